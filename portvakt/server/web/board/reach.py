"""Who can open what: which doors, from which side, with what, when, and is that so now?"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from django.utils import timezone

from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.server.access.calendar import change_of
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.models import Door
from portvakt.server.web.board.standing import standing

PINS = frozenset({CredentialKind.PIN, CredentialKind.DURESS_PIN})
CODES = frozenset({CredentialKind.QR, CredentialKind.GUEST_CODE})
CARDS = frozenset({CredentialKind.KEY_CARD})
# Of each group one must be held. What is left out needs none: a button, or a signed-in phone, which the account is.
NEEDS: dict[AuthType, tuple[frozenset[CredentialKind], ...]] = {
    AuthType.CARD: (CODES,),
    AuthType.PIN: (PINS,),
    AuthType.CARD_PLUS_PIN: (CODES, PINS),
    AuthType.SCAN_PLUS_KEYPAD: (PINS,),
    AuthType.SCAN_PLUS_PHONE: (PINS,),
    AuthType.KEY_CARD: (CARDS,),
    AuthType.REMOTE_PLUS_PHONE: (PINS,),
    AuthType.CARD_PLUS_PHONE: (CODES, PINS),
    AuthType.PASSCODE: (frozenset({CredentialKind.PASSCODE}),),
    AuthType.KEY_CARD_PLUS_PIN: (CARDS, PINS),
    AuthType.PLATE: (frozenset({CredentialKind.PLATE}),),
}
PHONE = frozenset(
    {AuthType.REMOTE, AuthType.REMOTE_PLUS_PHONE, AuthType.SCAN, AuthType.SCAN_PLUS_PHONE,
     AuthType.SCAN_PLUS_KEYPAD, AuthType.CARD_PLUS_PHONE}
)  # fmt: skip


class Held(msgspec.Struct, frozen=True):
    """What a person can present: credentials of which kinds, and whether they have an account for the phone."""

    kinds: frozenset[CredentialKind] = frozenset()
    phone: bool = False

    def takes(self, auth_type: AuthType) -> bool:
        """Tell whether the person has what an auth type takes."""
        if auth_type in PHONE and not self.phone:
            return False
        return all(group & self.kinds for group in NEEDS.get(auth_type, ()))


class Way(msgspec.Struct, frozen=True):
    """One auth type at a door side, and whether the person has what it takes."""

    auth_type: AuthType
    possible: bool


class Opening(msgspec.Struct, frozen=True):
    """One side of a door that a rule opens for a person, from when to when, and whether it does so now."""

    door: Door
    side: Side
    ways: tuple[Way, ...]
    rule: AccessRule
    person: Person
    valid_from: datetime | None
    valid_to: datetime | None
    now: bool


def presentable(credentials: Iterable[Credential]) -> frozenset[CredentialKind]:
    """Return the kinds of credential of which one holds now."""
    return frozenset(CredentialKind(row.kind) for row in credentials if standing(row).holds)


def reach(assignments: Iterable[Assignment], held: Held) -> list[Opening]:
    """Return what assignments of one person that are not over, to rules that are not over, open; by site, section, door and side."""
    rows = [row for row in assignments if _to_come(row) and _to_come(row.rule)]
    by_rule = {row.rule_id: row for row in rows}
    parts = RuleDoor.objects.filter(rule_id__in=by_rule).select_related("door__section__site")
    order = ("door__section__site__name", "door__section__name", "door__name", "rule__name")
    clocks = Clocks()
    return [
        opening
        for part in parts.order_by(*order)
        for opening in openings(part, by_rule[part.rule_id], held, clocks)
    ]  # fmt: skip


def reach_of(door: Door, held: dict[UUID, Held]) -> list[Opening]:
    """Return everybody who can open a door, by name; `held` says by person what each can present."""
    clocks = Clocks()
    parts = RuleDoor.objects.filter(door=door).select_related("door__section__site")
    by_rule = {part.rule_id: part for part in parts}
    rows = Assignment.objects.filter(rule_id__in=by_rule).select_related("person", "rule__schedule")
    ordered = rows.order_by("person__last_name", "person__first_name", "person_id", "rule__name")
    return [
        opening
        for row in ordered
        if _to_come(row) and _to_come(row.rule) and _to_come(row.person)
        for opening in openings(by_rule[row.rule_id], row, held.get(row.person_id, Held()), clocks)
    ]


class Clocks:
    """Which schedules are active now where; each is looked up once."""

    def __init__(self) -> None:
        self._known: dict[tuple[UUID | None, str], bool] = {}

    def active(self, rule: AccessRule, zone: str) -> bool:
        """Tell whether a rule's schedule is active now by the clock of a zone; a rule without one always is."""
        if rule.schedule is None:
            return True
        key = (rule.schedule_id, zone)
        if key not in self._known:
            self._known[key] = change_of(rule.schedule, zone).active
        return self._known[key]


def openings(part: RuleDoor, row: Assignment, held: Held, clocks: Clocks) -> list[Opening]:
    """Return the sides of a rule's door for one assignment; only what the door's equipment takes as well."""
    door, person, rule = part.door, row.person, row.rule
    now = (
        door.in_service
        and all(standing(each).holds for each in (row, rule, person))
        and clocks.active(rule, door.section.site.timezone)
    )
    found = []
    for side, numbers in ((Side.ENTRY, part.entry_auth_types), (Side.EXIT, part.exit_auth_types)):
        ways = tuple(Way(auth, held.takes(auth)) for auth in sorted(set(door.accepts(side)) & set(numbers)))
        if ways:
            starts = [each.valid_from for each in (row, rule, person) if each.valid_from]
            ends = [each.valid_to for each in (row, rule, person) if each.valid_to]
            open_now = now and any(way.possible for way in ways)
            opening = Opening(
                door, side, ways, rule, person, max(starts, default=None), min(ends, default=None), open_now
            )
            found.append(opening)
    return found


def _to_come(row: Assignment | AccessRule | Person) -> bool:
    return row.valid_to is None or row.valid_to > timezone.now()
