"""How does a guardian say yes or no to a child's account? By the link in a mail, without an account of their own."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import Account
from portvakt.server.privacy.actions.terms import answer_as_guardian, open_question
from portvakt.server.privacy.terms import child_age, terms_on
from portvakt.server.purpose import catalogue
from portvakt.server.web.forms import BoardForm, posted, refusals_beside, show_form
from portvakt.server.web.site.page import public_page


class AnswerForm(BoardForm):
    """A yes must come from somebody who says to be the guardian; a no needs nothing more."""

    collects = "guardian_answer"
    about = Subject.GUARDIAN
    takes = {"guardian": Kind.CONSENT, "answer": Kind.CONSENT}

    guardian = forms.BooleanField(label=_("I am this child's parent or guardian."), required=False)
    answer = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], widget=forms.HiddenInput)

    def clean(self) -> None:
        """Take no yes from somebody who does not say to be the guardian."""
        if self.cleaned_data.get("answer") == "yes" and not self.cleaned_data.get("guardian"):
            self.add_error("guardian", _("Tick this to say yes."))


@public_page("guardian_answer")
def guardian(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked, and take the answer; opening the page alone answers nothing."""
    question = open_question(token)
    form = AnswerForm(posted(request))
    if form.is_valid():
        given = form.cleaned_data["answer"] == "yes"
        with refusals_beside(form):
            answer_as_guardian(token, given=given)
            return _private(render(request, "site/guardian_answered.html", {"given": given}))
    language = "en" if get_language() == "en" else "sv"
    register = catalogue.in_force()
    context = {
        "question": question,
        "child": Account.objects.only("first_name", "last_name").get(pk=question.account_id),
        "provider": register.provider,
        "age": child_age(register),
        "activities": [
            (one.name.within(language), one.child.within(language))
            for one in register.activities
            if one.child and one.legal_basis != "consent"
        ],
        "sections": [
            (part.heading.within(language), part.text.within(language))
            for part in terms_on(timezone.localdate()).section
        ],
    }
    return _private(show_form(request, "site/guardian.html", form, **context))


def _private(answer: HttpResponse) -> HttpResponse:
    """Keep the page from caches; that its address tells nobody else is the referrer policy of every page, same-origin."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
