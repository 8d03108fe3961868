"""What has a person consented to at their organisation, and how do they say yes or no?"""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.people.models import Category, Person
from portvakt.server.privacy.actions.consents import say_as_person
from portvakt.server.privacy.consents import asked_of, offers, refusing_has_no_effect
from portvakt.server.privacy.models import Consent
from portvakt.server.privacy.standing import is_child
from portvakt.server.purpose.register import Activity
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.consents import PURPOSE, as_file, asked_or_given, first_the_age, language, said, tell
from portvakt.server.web.me.person import own_id


@own_page(PURPOSE)
def consents(request: BoardRequest) -> HttpResponse:
    """Show what the organisation asks of the person."""
    person = _person(request)
    slug = request.organisation.slug
    every = offers(asked_of("processor"), person.pk, language(), request.organisation)
    shown = asked_or_given(every, {activity.id for activity in _offered(request, person)})
    context = {
        "offers": [(offer, reverse("me:consent", args=[slug, offer.purpose])) for offer in shown],
        "reason": _reason(request, person),
        "file": reverse("me:consents_file", args=[slug]),
        "email": person.email,
    }
    return render(request, "me/consents.html", context)


@own_page(PURPOSE)
@require_POST
def say(request: BoardRequest, purpose: str) -> HttpResponse:
    """Keep a yes or a no to one thing; a no is always taken."""
    given, digest = said(request)
    if given and (elsewhere := first_the_age(request)):
        return elsewhere
    if given and purpose not in {activity.id for activity in _offered(request, _person(request))}:
        raise Http404
    say_as_person(purpose, digest, language(), request.organisation, given=given, by=request.operator)
    tell(request, given=given)
    return HttpResponseRedirect(reverse("me:consents", args=[request.organisation.slug]))


@own_page(PURPOSE)
def file(request: BoardRequest) -> HttpResponse:
    """Give the person the records of what they said."""
    rows = Consent.objects.filter(subject_id=own_id(request), organisation=request.organisation).order_by("at", "id")
    return as_file(list(rows), request.organisation)


def _person(request: BoardRequest) -> Person:
    known = Person.objects.only("organisation_id", "email", "category")
    return get_object_or_404(known, pk=own_id(request), organisation=request.organisation)


def _offered(request: BoardRequest, person: Person) -> list[Activity]:
    """Return what the person may be asked: nothing of a child, and of an employee only what can be refused without any effect."""
    if is_child(request.user):
        return []
    employed = person.category == Category.EMPLOYEE
    return [one for one in asked_of("processor") if not employed or refusing_has_no_effect(one)]


def _reason(request: BoardRequest, person: Person) -> str:
    if is_child(request.user):
        return _("You are too young to be asked for consents. A parent or guardian can speak with the organisation.")
    if person.category == Category.EMPLOYEE:
        return _(
            "You are here as an employee. An employer can seldom rely on consent, because it may be hard to say no."
            " Only what makes no difference at all to your work, if you say no, is asked for here."
        )
    return ""
