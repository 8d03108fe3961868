"""What is asked of the provider, by whichever channel, and what was answered (S06, S07, S08)?"""

from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.provider.actions import answer_enquiry, write_enquiry
from portvakt.server.provider.models import BY_MAIL, MOST_TEXT, Enquiry
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.forms import BoardForm, Refusable, posted, refusals_beside, show_form

PURPOSE = "enquiries"
PAGE_ROWS = 50


class WriteForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A question that did not come by the form on the website."""

    collects = PURPOSE
    numbers = ("phone",)

    class Meta:
        model = Enquiry
        fields = ("channel", "first_name", "last_name", "email", "phone", "company", "project", "question")
        widgets = {"question": forms.Textarea({"rows": 5})}

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        others = [choice for choice in Enquiry.Channel.choices if choice[0] != Enquiry.Channel.FORM]
        self.fields["channel"].choices = others  # type: ignore[attr-defined]
        # Who writes in a social channel may have given nothing but a name there, or calls and leaves no address.
        for name in ("email", "last_name"):
            self.fields[name].required = False


class AnswerForm(BoardForm):
    """What is answered."""

    collects = PURPOSE
    about = Subject.CONTACT
    takes = {"answer": Kind.ENQUIRY}

    answer = forms.CharField(label=_("answer"), max_length=2 * MOST_TEXT, widget=forms.Textarea({"rows": 6}))


@desk_page(PURPOSE, Permission.ENQUIRY_ANSWER)
def enquiries(request: DeskRequest) -> HttpResponse:
    """List the questions, the newest first, all or those without an answer."""
    unanswered = Enquiry.objects.filter(answered_at=None)
    rows = unanswered if request.GET.get("open") else Enquiry.objects.all()
    page = Paginator(rows.order_by("-received_at", "-id"), PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "desk/enquiries.html", {"page": page, "waiting": unanswered.count()})


@desk_page(PURPOSE, Permission.ENQUIRY_ANSWER)
def write(request: DeskRequest) -> HttpResponse:
    """Write down a question that came another way."""
    form = WriteForm(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            asked = form.instance
            asked.language = "en" if get_language() == "en" else "sv"
            entry = write_enquiry(asked, by=request.operator)
            return done(request, entry, to=reverse("desk:enquiry", args=[asked.pk]))
    return show_form(request, "desk/enquiry_write.html", form)


@desk_page(PURPOSE, Permission.ENQUIRY_ANSWER)
def enquiry(request: DeskRequest, enquiry_id: UUID) -> HttpResponse:
    """Show one question, and answer it in the channel it came by."""
    found = get_object_or_404(_rows(request), pk=enquiry_id)
    form = AnswerForm(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            entry = answer_enquiry(found, form.cleaned_data["answer"], by=request.operator)
            return done(
                request, entry, to=reverse("desk:enquiry", args=[found.pk]), message=gettext("The answer is kept.")
            )
        found.refresh_from_db()
    return show_form(request, "desk/enquiry.html", form, enquiry=found, by_mail=found.channel in BY_MAIL)


def _rows(request: DeskRequest) -> QuerySet[Enquiry]:
    """Return the rows, each held while it is changed: two of the staff may press at once."""
    rows = Enquiry.objects.all()
    return rows.select_for_update() if request.method == "POST" else rows
