"""Who can open what: which doors, from which side, with what, when, and is that so now? Asked of the compiled rows that decide."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.model import WITH_PHONE, AuthType, Side
from portvakt.core.decision.reach import Way, what_can_open, who_can_open
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor
from portvakt.server.access.snapshot import build_whole
from portvakt.server.accounts.models import Membership
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door


class Opening(msgspec.Struct, frozen=True):
    """One side of a door that a rule opens for a person, from when to when, with what, and whether it does so now.

    `not_held`: auth types that door and rule take too, for which the person has no credential or, with a phone, no account.
    """

    door: Door
    side: Side
    auth_types: tuple[AuthType, ...]
    not_held: tuple[AuthType, ...]
    rule: AccessRule
    person: Person
    valid_from: datetime | None
    valid_to: datetime | None
    now: bool


def reach_of_person(person: Person) -> list[Opening]:
    """Return what a person can open from now on; by site, section, door, rule and side."""
    # Asked for in two steps: of nested questions about tables that grew today, the database plans badly.
    rules = set(Assignment.objects.filter(person=person).values_list("rule_id", flat=True))
    doors = set(RuleDoor.objects.filter(rule_id__in=rules).values_list("door_id", flat=True))
    index = compile_snapshot(build_whole(person.organisation_id, [person.pk], doors))
    return _openings(what_can_open(index, str(person.pk), timezone.now()))


def reach_of_door(door: Door) -> list[Opening]:
    """Return everybody who can open a door from now on; by name, rule and side."""
    rules = set(RuleDoor.objects.filter(door=door).values_list("rule_id", flat=True))
    persons = set(Assignment.objects.filter(rule_id__in=rules).values_list("person_id", flat=True))
    index = compile_snapshot(build_whole(door.organisation_id, persons, [door.pk]))
    at = timezone.now()
    return _openings([way for side in Side for way in who_can_open(index, str(door.pk), side, at)])


def _openings(ways: Iterable[Way]) -> list[Opening]:
    """Return ways with the rows that they name; a way of which a row went away meanwhile is left out."""
    ways = list(ways)
    persons = _in_order(Person.objects.order_by("last_name", "first_name", "pk"), {way.person for way in ways})
    doors = Door.objects.select_related("section__site").order_by("section__site__name", "section__name", "name")
    places = _in_order(doors, {way.door for way in ways})
    rules = _in_order(AccessRule.objects.select_related("schedule").order_by("name"), {way.rule for way in ways})
    members = Membership.objects.filter(person_id__in=persons).values_list("person_id", flat=True)
    phones = {str(person) for person in members}
    known = [way for way in ways if way.person in persons and way.door in places and way.rule in rules]
    known.sort(key=lambda way: (persons[way.person][0], places[way.door][0], rules[way.rule][0], way.side is Side.EXIT))
    return [
        _opening(way, places[way.door][1], rules[way.rule][1], persons[way.person][1], phone=way.person in phones)
        for way in known
    ]


def _in_order(rows: QuerySet[Any], ids: set[str]) -> dict[str, tuple[int, Any]]:
    """Return by id the place of each row in the order asked for, and the row."""
    return {str(row.pk): (place, row) for place, row in enumerate(rows.filter(pk__in=ids))}


def _opening(way: Way, door: Door, rule: AccessRule, person: Person, *, phone: bool) -> Opening:
    # The door takes a phone's word for who holds it; only one that is signed in to an account can give it.
    useless = frozenset[AuthType]() if phone else WITH_PHONE
    return Opening(
        door=door,
        side=way.side,
        auth_types=tuple(each for each in way.auth_types if each not in useless),
        not_held=tuple(sorted({*way.not_held, *(useless.intersection(way.auth_types))})),
        rule=rule,
        person=person,
        valid_from=_moment(way.valid_from),
        valid_to=_moment(way.valid_to),
        now=any(each not in useless for each in way.now),
    )


def _moment(second: int | None) -> datetime | None:
    return None if second is None else datetime.fromtimestamp(second, UTC)
