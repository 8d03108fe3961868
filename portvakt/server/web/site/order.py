"""How does somebody order the service, for a company (S04)?"""

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from stdnum.eu import vat
from stdnum.se import orgnr

from portvakt.core.privacy import Kind, Subject
from portvakt.server.provider.actions import place_order
from portvakt.server.provider.models import Order, OrderContact
from portvakt.server.purpose.identity_numbers import holds_personal_identity_number
from portvakt.server.web.forms import UNPROCESSABLE, Collecting, posted
from portvakt.server.web.site.page import public_page
from portvakt.server.web.site.stranger import StrangersForm, refuse_a_flood, where_there_is_a_site

MOST_CONTACTS = 3


class OrderForm(StrangersForm):
    """Who orders, for which company, and what."""

    collects = "ordering"
    about = Subject.ACCOUNT_HOLDER
    takes = {"no_offers": Kind.SUPPRESSION}
    numbers = ("phone", "organisation_number")

    no_offers = forms.BooleanField(
        label=_("No offers, please"),
        required=False,
        help_text=_("Otherwise customers may be sent offers of similar services of ours. Each has a link to say no."),
    )

    class Meta:
        model = Order
        fields = (
            "company", "organisation_number", "address", "first_name", "last_name", "email", "phone", "wanted",
        )  # fmt: skip
        widgets = {
            "address": forms.Textarea({"rows": 3}),
            "wanted": forms.Textarea({"rows": 4}),
        }
        help_texts = {
            "organisation_number": _("Such as 556000-0000, or the VAT number of a company in another EU country.")
        }

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        self.fields["phone"].required = True

    def clean_organisation_number(self) -> str:
        """Take a company's number; that of a sole trader is a personal identity number and is not kept."""
        number: str = self.cleaned_data["organisation_number"]
        if holds_personal_identity_number(number):
            raise forms.ValidationError(
                _(
                    "A sole trader's number is a personal identity number, and we keep none. Call or write to us instead."
                )
            )
        if orgnr.is_valid(number):
            return orgnr.format(number)
        if vat.is_valid(number):
            return str(vat.compact(number))
        raise forms.ValidationError(_("This is no organisation number. Look for a digit that is wrong."))


class ContactForm(Collecting, forms.ModelForm):  # type: ignore[type-arg]
    """Somebody else at the company."""

    collects = "ordering"
    numbers = ("phone",)

    class Meta:
        model = OrderContact
        fields = ("first_name", "last_name", "email", "phone")


Contacts = forms.formset_factory(
    ContactForm, extra=MOST_CONTACTS, max_num=MOST_CONTACTS, absolute_max=MOST_CONTACTS, validate_max=True
)


@where_there_is_a_site
@public_page("ordering")
def order(request: HttpRequest) -> HttpResponse:
    """Show the order form, and take an order."""
    form, contacts = OrderForm(posted(request)), Contacts(posted(request), prefix="contact")
    sound = form.is_bound and form.is_valid() and contacts.is_valid()
    if sound:
        refuse_a_flood(request)
        if not form.by_machine:
            _keep(form, contacts)
        return HttpResponseRedirect(reverse("site:received"))
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "site/order.html", {"form": form, "contacts": contacts}, status=status)


def _keep(form: OrderForm, contacts: "forms.BaseFormSet[ContactForm]") -> None:
    placed = form.instance
    placed.language = "en" if get_language() == "en" else "sv"
    named = [one.instance for one in contacts if one.has_changed()]
    with transaction.atomic():
        place_order(placed, named, no_offers=form.cleaned_data["no_offers"])


@where_there_is_a_site
@public_page("notice_reading")
def received(request: HttpRequest) -> HttpResponse:
    """Thank for an order or a question, whatever became of it."""
    return render(request, "site/received.html")
