"""What can a person open: which doors, from which side, with what, when?"""

from collections.abc import Iterable

import msgspec

from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor
from portvakt.server.people.models import Credential
from portvakt.server.places.models import Door
from portvakt.server.web.board.standing import standing

NEEDS: dict[AuthType, frozenset[CredentialKind]] = {
    AuthType.KEY_CARD: frozenset({CredentialKind.KEY_CARD}),
    AuthType.PIN: frozenset({CredentialKind.PIN}),
    AuthType.KEY_CARD_PLUS_PIN: frozenset({CredentialKind.KEY_CARD, CredentialKind.PIN}),
}


class Way(msgspec.Struct, frozen=True):
    """One auth type at a door side, and whether the person has what it takes."""

    auth_type: AuthType
    possible: bool


class Opening(msgspec.Struct, frozen=True):
    """One side of a door that a rule opens for a person."""

    door: Door
    side: Side
    ways: tuple[Way, ...]
    rule: AccessRule


def presentable(credentials: Iterable[Credential]) -> frozenset[CredentialKind]:
    """Return the kinds of credential of which one holds now."""
    return frozenset(CredentialKind(row.kind) for row in credentials if standing(row).holds)


def reach(assignments: Iterable[Assignment], kinds: frozenset[CredentialKind]) -> list[Opening]:
    """Return what assignments that hold now, to rules that hold now, open; by site, section, door and side.

    The schedules of the rules decide when; a credential of one of `kinds` can be presented.
    """
    rules = {row.rule_id: row.rule for row in assignments if standing(row).holds and standing(row.rule).holds}
    parts = RuleDoor.objects.filter(rule_id__in=rules).select_related("door__section__site")
    order = ("door__section__site__name", "door__section__name", "door__name", "rule__name")
    return [opening for part in parts.order_by(*order) for opening in _sides(part, rules[part.rule_id], kinds)]


def _sides(part: RuleDoor, rule: AccessRule, kinds: frozenset[CredentialKind]) -> list[Opening]:
    sides = ((Side.ENTRY, part.entry_auth_types), (Side.EXIT, part.exit_auth_types))
    return [Opening(part.door, side, _ways(numbers, kinds), rule) for side, numbers in sides if numbers]


def _ways(numbers: Iterable[int], kinds: frozenset[CredentialKind]) -> tuple[Way, ...]:
    auth_types = [AuthType(number) for number in sorted(numbers)]
    return tuple(Way(auth, NEEDS.get(auth, frozenset()) <= kinds) for auth in auth_types)
