"""What has an account's owner consented to, and how do they say yes or no? One control for each thing, and as few steps back as forth."""

from collections.abc import Collection, Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.actions.consents import say_as_account
from portvakt.server.privacy.consent_record import records
from portvakt.server.privacy.consents import Offer, State, asked_of, offers
from portvakt.server.privacy.models import Consent
from portvakt.server.privacy.standing import age_is_known, is_child
from portvakt.server.purpose import catalogue
from portvakt.server.web.own import account_of, account_page

PURPOSE = "terms"
JSON_LD = "application/ld+json"


def language() -> str:
    """Return the reader's language, of the two that texts are written in."""
    return "en" if get_language() == "en" else "sv"


def said(request: HttpRequest) -> tuple[bool, str]:
    """Return whether a posted answer is yes, and the digest of the text that it answers."""
    return request.POST.get("given") == "yes", request.POST.get("digest", "")


def tell(request: HttpRequest, *, given: bool) -> None:
    """Say what follows from what was just chosen."""
    if given:
        messages.success(request, _("You have consented. You can withdraw it here at any time."))
    else:
        messages.success(
            request, _("Your consent is withdrawn. Nothing more is done by it; what was done before stays lawful.")
        )


def as_file(rows: list[Consent], organisation: Organisation | None) -> HttpResponse:
    """Answer with consents as records that other systems can read."""
    answer = JsonResponse(records(rows, catalogue.in_force(), organisation), content_type=JSON_LD)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def asked_or_given(every: Iterable[Offer], asked: Collection[str]) -> list[Offer]:
    """Return what somebody may be asked, and what they have said yes to: whatever has become of them, they find where to withdraw it."""
    return [offer for offer in every if offer.purpose in asked or offer.state is State.GIVEN]


def first_the_age(request: HttpRequest) -> HttpResponse | None:
    """Lead whoever has not said how old they are to where that is asked: a child's yes must not count (GDPR Art. 8)."""
    return None if age_is_known(request.user) else HttpResponseRedirect(reverse("terms"))


@account_page(PURPOSE)
def consents(request: HttpRequest) -> HttpResponse:
    """Show what the provider asks of whoever has an account."""
    every = asked_of("controller")
    asked = () if is_child(request.user) else [activity.id for activity in every]
    shown = asked_or_given(offers(every, account_of(request).pk, language(), None), asked)
    context = {
        "offers": [(offer, reverse("consent", args=[offer.purpose])) for offer in shown],
        "reason": _("You are too young to be asked for consents.") if is_child(request.user) else "",
        "file": reverse("consents_file"),
    }
    return render(request, "consents/mine.html", context)


@account_page(PURPOSE)
@require_POST
def say(request: HttpRequest, purpose: str) -> HttpResponse:
    """Keep a yes or a no to one thing."""
    given, digest = said(request)
    if given and (elsewhere := first_the_age(request)):
        return elsewhere
    if given and is_child(request.user):
        raise Http404
    say_as_account(purpose, digest, language(), given=given, by=account_of(request))
    tell(request, given=given)
    return HttpResponseRedirect(reverse("consents"))


@account_page(PURPOSE)
def file(request: HttpRequest) -> HttpResponse:
    """Give the account's owner the records of what they said."""
    rows = Consent.objects.filter(subject_id=account_of(request).pk).order_by("at", "id")
    return as_file(list(rows), None)
