"""How does an operator write down what a person consented to, or withdrew, on paper?"""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.people.models import Category, Person
from portvakt.server.privacy.actions.consents import write_down
from portvakt.server.privacy.consents import asked_of, offers, refusing_has_no_effect
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.register import Activity
from portvakt.server.web.board.page import BoardRequest, page

PURPOSE = "consent_on_paper"


def _person(request: BoardRequest, person_id: UUID) -> Person:
    known = Person.objects.only("first_name", "last_name", "language", "category")
    return get_object_or_404(known, pk=person_id, organisation=request.organisation)


def _offered(person: Person) -> list[Activity]:
    employed = person.category == Category.EMPLOYEE
    return [one for one in asked_of("processor") if not employed or refusing_has_no_effect(one)]


@page(PURPOSE, Permission.PERSON_ENROL)
def consents(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Show how each consent of a person stands, in the person's language, which is that of the paper."""
    person = _person(request, person_id)
    shown = offers(_offered(person), person.pk, person.language, request.organisation)
    return render(request, "board/people/paper_consent.html", {"person": person, "offers": shown})


@page(PURPOSE, Permission.PERSON_ENROL)
@require_POST
def say(request: BoardRequest, person_id: UUID, purpose: str) -> HttpResponse:
    """Write down one yes or no."""
    person, given = _person(request, person_id), request.POST.get("given") == "yes"
    if given and purpose not in {activity.id for activity in _offered(person)}:
        raise Http404
    digest = request.POST.get("digest", "")
    write_down(person, purpose, digest, person.language, request.organisation, given=given, by=request.operator)
    messages.success(request, _("Written down. Keep the paper, too."))
    return HttpResponseRedirect(reverse("board:paper_consents", args=[request.organisation.slug, person.pk]))
