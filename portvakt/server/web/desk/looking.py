"""What does support see of an organisation, as long as it has leave? To read alone; each look, and each person in it, is on record."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from portvakt.core.privacy import Kind
from portvakt.server.access.models import Assignment
from portvakt.server.logbook.models import AccessEvent
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.models import ControllerStatus, Door, DoorStatus
from portvakt.server.privacy.actions.support import note_look
from portvakt.server.privacy.models import SupportCase
from portvakt.server.purpose.actor import Actor
from portvakt.server.web.board.people import named
from portvakt.server.web.board.standing import standing
from portvakt.server.web.desk.page import DeskRequest
from portvakt.server.web.desk.support import case_page
from portvakt.server.web.forms import FilterForm

PERSON = ("first_name", "last_name", "unit", "valid_from", "valid_to", "suspended_at")
CREDENTIAL = ("person_id", "kind", "number", "label", "valid_from", "valid_to", "suspended_at", "revoked_at")
EVENT = ("at", "kind", "door_id", "side", "auth_type", "reason", "person_id")
FOUND = 20
EVENTS = 50


class FindForm(FilterForm):
    """Whom support looks for, by words of the name."""

    who = forms.CharField(label=gettext_lazy("Name"), max_length=100)


class DoorForm(FilterForm):
    """At which door support looks for events."""

    door = forms.ModelChoiceField(label=gettext_lazy("Door"), queryset=Door.objects.none())

    def __init__(self, *arguments: Any, organisation: UUID, **options: Any) -> None:
        super().__init__(*arguments, **options)
        doors = Door.objects.filter(organisation=organisation).order_by("name")
        self.fields["door"].queryset = doors  # type: ignore[attr-defined]


@case_page("support_look")
def access(request: DeskRequest, case: SupportCase, by: Actor) -> HttpResponse:
    """Show the state of doors and controllers, and what the persons whom some words name have."""
    form = FindForm(request.GET or None)
    found = _found(case, form.cleaned_data["who"]) if form.is_valid() else []
    note_look([person.pk for person in found], [Kind.ACCESS_RIGHT, Kind.CREDENTIAL, Kind.IDENTITY], by=by)
    context = {"case": case, "form": form, "persons": [_person(one) for one in found], "asked": form.is_bound}
    return render(request, "desk/support/access.html", context | _premises(case.organisation_id))


@case_page("support_log_look")
def log(request: DeskRequest, case: SupportCase, by: Actor) -> HttpResponse:
    """Show the newest events of one door."""
    form = DoorForm(request.GET or None, organisation=case.organisation_id)
    rows = []
    if form.is_valid():
        found = AccessEvent.objects.filter(organisation=case.organisation_id, door_id=form.cleaned_data["door"].pk)
        rows = list(found.only(*EVENT).order_by("-at", "-id")[:EVENTS])
    passed = {row.person_id for row in rows if row.person_id}
    note_look(passed, [Kind.DOOR_EVENT, Kind.IDENTITY, Kind.PASSAGE], by=by)
    names = Person.objects.only("first_name", "last_name").in_bulk(list(passed))
    shown = [(row, names[row.person_id].name if row.person_id in names else "") for row in rows]
    return render(request, "desk/support/log.html", {"case": case, "form": form, "rows": shown})


def _found(case: SupportCase, words: str) -> list[Person]:
    persons = named(Person.objects.filter(organisation=case.organisation_id), words, by_address=False)
    return list(persons.only(*PERSON).order_by("last_name", "first_name")[:FOUND])


def _person(person: Person) -> dict[str, Any]:
    """Return what a person has, with how each stands now."""
    credentials = Credential.objects.filter(person=person.pk).only(*CREDENTIAL).order_by("-issued_at")
    rules = Assignment.objects.filter(person=person.pk).select_related("rule").order_by("rule__name")
    return {
        "person": person,
        "standing": standing(person),
        "credentials": [(row, standing(row)) for row in credentials],
        "rules": [(row, standing(row), standing(row.rule)) for row in rules],
    }


def _premises(organisation: UUID) -> dict[str, Any]:
    """Return how doors and controllers are; nothing of it is about a person."""
    states = {row.door_id: row for row in DoorStatus.objects.filter(organisation=organisation)}
    doors = Door.objects.filter(organisation=organisation).select_related("section__site").order_by("name")
    return {
        "doors": [(door, states.get(door.pk)) for door in doors],
        "controllers": ControllerStatus.objects.filter(organisation=organisation).select_related("controller"),
    }
