"""How does somebody read the terms of use, accept them, and have a guardian asked who is too young to do so alone?"""

from datetime import date

from django import forms
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.privacy.actions import About, send_mail
from portvakt.server.privacy.actions.consents import say_as_account
from portvakt.server.privacy.actions.terms import LINK_DAYS, accept_terms, ask_guardian
from portvakt.server.privacy.consents import Offer, asked_of, offers
from portvakt.server.privacy.models import GuardianConsent
from portvakt.server.privacy.standing import Standing
from portvakt.server.privacy.terms import Terms, all_terms, child_age, terms_on
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.forms import BoardForm, posted, refusals_beside, show_form
from portvakt.server.web.own import account_of, account_page

PURPOSE = "terms"
OLD, YOUNG = "old", "young"


def _ages() -> list[tuple[str, str]]:
    """Return the two answers; the age is the law's, as the register has it."""
    years = {"age": child_age(catalogue.in_force())}
    return [(OLD, _("I am %(age)s or older.") % years), (YOUNG, _("I am younger than %(age)s.") % years)]


class GuardianForm(BoardForm):
    """Whom to ask for a child."""

    collects = PURPOSE
    about = Subject.GUARDIAN
    takes = {"guardian_name": Kind.IDENTITY, "guardian_email": Kind.CONTACT}

    guardian_name = forms.CharField(label=gettext_lazy("Parent's or guardian's name"), max_length=200)
    guardian_email = forms.EmailField(label=gettext_lazy("Parent's or guardian's e-mail"), max_length=254)


class TermsForm(GuardianForm):
    """What is asked together with the terms: nothing of it is ticked beforehand, and no consent is needed to go on."""

    collects = PURPOSE
    about = Subject.DATA_SUBJECT
    takes = {"accept": Kind.TERMS, "age": Kind.TERMS}

    digest = forms.CharField(widget=forms.HiddenInput)
    accept = forms.BooleanField(label=gettext_lazy("I have read the terms of use and accept them."))
    age = forms.ChoiceField(label=gettext_lazy("How old are you?"), choices=_ages, widget=forms.RadioSelect)

    def __init__(self, data: object, terms: Terms, offered: list[Offer]) -> None:
        super().__init__(data, initial={"digest": terms.digest})
        self.terms, self.offered = terms, offered
        for name in ("guardian_name", "guardian_email"):
            self.fields[name].required = False
        for offer in offered:
            self.fields[f"consent_{offer.purpose}"] = forms.BooleanField(label=offer.name, required=False)
            self.fields[f"text_{offer.purpose}"] = forms.CharField(
                widget=forms.HiddenInput, initial=offer.digest, required=False
            )

    def consents(self) -> list[tuple[Offer, forms.BoundField, forms.BoundField]]:
        """Return each consent with its box and the digest of its text, for the page."""
        return [(one, self[f"consent_{one.purpose}"], self[f"text_{one.purpose}"]) for one in self.offered]

    def clean_digest(self) -> str:
        """Refuse a yes to another text than the one that applies."""
        if self.cleaned_data["digest"] != self.terms.digest:
            raise forms.ValidationError(_("The terms have just changed. Read them again below."))
        return self.terms.digest

    def clean(self) -> None:
        """Ask for a guardian where one is needed."""
        if self.cleaned_data.get("age") == YOUNG:
            for name in ("guardian_name", "guardian_email"):
                if not self.cleaned_data.get(name) and name not in self.errors:
                    self.add_error(name, _("We must ask a parent or guardian first. Write this, please."))


def _language() -> str:
    return "en" if get_language() == "en" else "sv"


def _today() -> date:
    return timezone.localdate()


@account_page(PURPOSE, visitors=True)
def terms(request: HttpRequest) -> HttpResponse:
    """Show the terms that apply; an account that has not accepted them is asked to."""
    now = terms_on(_today())
    if request.standing is not Standing.ASKED:  # type: ignore[attr-defined]
        return _text(request, now)
    form = TermsForm(posted(request), now, offers(asked_of("controller"), account_of(request).pk, _language(), None))
    if form.is_valid():
        with refusals_beside(form):
            return _accepted(request, form)
    return show_form(request, "terms/accept.html", form, terms=_sections(now), version=now, next=_next(request))


def _accepted(request: HttpRequest, form: TermsForm) -> HttpResponse:
    account, said = account_of(request), form.cleaned_data
    old_enough = said["age"] == OLD
    accept_terms(form.terms, _language(), old_enough=old_enough, by=account)
    if not old_enough:
        # A child's own yes to anything else does not count, nor one given while the age was said to be another (GDPR Art. 8).
        for offer in form.offered:
            say_as_account(offer.purpose, offer.digest, _language(), given=False, by=account)
        _ask(account, said["guardian_name"], said["guardian_email"])
        return HttpResponseRedirect(reverse("terms_waiting"))
    for offer in form.offered:
        if said[f"consent_{offer.purpose}"]:
            say_as_account(offer.purpose, said[f"text_{offer.purpose}"], _language(), given=True, by=account)
    return HttpResponseRedirect(_next(request))


@account_page(PURPOSE, visitors=True)
def version(request: HttpRequest, number: str) -> HttpResponse:
    """Show one version, as it was."""
    found = next((one for one in all_terms() if one.version == number), None)
    if found is None:
        raise Http404
    return _text(request, found)


def _text(request: HttpRequest, shown: Terms) -> HttpResponse:
    context = {"terms": _sections(shown), "version": shown, "versions": all_terms(), "current": terms_on(_today())}
    return render(request, "terms/terms.html", context)


def _sections(shown: Terms) -> list[tuple[str, str]]:
    language = _language()
    return [(part.heading.within(language), part.text.within(language)) for part in shown.section]


@account_page(PURPOSE)
def waiting(request: HttpRequest) -> HttpResponse:
    """Tell a child what the account waits for, and ask another guardian if the first does not answer."""
    if request.standing not in {Standing.WAITING, Standing.CLOSED}:  # type: ignore[attr-defined]
        return HttpResponseRedirect("/")
    form = GuardianForm(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            _ask(account_of(request), form.cleaned_data["guardian_name"], form.cleaned_data["guardian_email"])
            return HttpResponseRedirect(reverse("terms_waiting"))
    asked = GuardianConsent.objects.filter(account_id=account_of(request).pk).order_by("-asked_at").first()
    closed = request.standing is Standing.CLOSED  # type: ignore[attr-defined]
    return show_form(request, "terms/waiting.html", form, asked=asked, closed=closed, days=LINK_DAYS)


def _ask(account: Account, name: str, email: str) -> None:
    """Keep the question and send it; where the mail server does not take it, nothing is kept."""
    token = ask_guardian(name, email, by=account)
    register = catalogue.in_force()
    context = {
        "guardian": name,
        "child": account.name,
        "platform": register.provider.platform,
        "provider": register.provider.contact,
        "age": child_age(register),
        "link": settings.PUBLIC_URL + reverse("site:guardian", args=[token]),
        "days": LINK_DAYS,
    }
    subject = render_to_string("terms/guardian_mail_subject.txt", context).strip()
    mail = EmailMessage(subject, render_to_string("terms/guardian_mail.txt", context), to=[email])
    about = About(Subject.GUARDIAN, account.pk)
    if not send_mail(mail, about, {Kind.IDENTITY, Kind.CONTACT}, by=None, organisation=None):
        raise Refused("guardian_mail", field="guardian_email")


def _next(request: HttpRequest) -> str:
    """Return where to go afterwards: where the request was going, if that is here."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"
