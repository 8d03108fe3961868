"""With what, through which rules and from when until when may a person open, apart from any one attempt?

The questions about an index (reach, difference, guard) stand on these. Rights are what rules and credentials give: that
an area is full or a PIN is typed wrong is no matter of rights.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from portvakt.core.decision.compile import CompiledDoor, Index, Option
from portvakt.core.decision.holders import ALWAYS, FOREVER, Group
from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.snapshot import Person

Window = tuple[int, int]
"""From, until before, in seconds since the epoch; ALWAYS and FOREVER where it is not bounded."""
Windows = tuple[Window, ...]
"""Sorted, apart from one another."""
Means = tuple[tuple[AuthType, Windows], ...]
"""With which auth types a person can come, and when; those that are never possible are left out."""

_DIGITS = (CredentialKind.PIN, CredentialKind.DURESS_PIN)
_CODES = (CredentialKind.QR, CredentialKind.GUEST_CODE)
_CARD = (CredentialKind.KEY_CARD,)
# What of each is needed for an auth type; none where the phone says who it is. An exit button is no person's.
_NEEDED: dict[AuthType, tuple[tuple[CredentialKind, ...], ...]] = {
    AuthType.CARD: (_CODES,),
    AuthType.PIN: (_DIGITS,),
    AuthType.CARD_PLUS_PIN: (_CODES, _DIGITS),
    AuthType.SCAN: (),
    AuthType.SCAN_PLUS_KEYPAD: (_DIGITS,),
    AuthType.SCAN_PLUS_PHONE: (_DIGITS,),
    AuthType.KEY_CARD: (_CARD,),
    AuthType.REMOTE: (),
    AuthType.REMOTE_PLUS_PHONE: (_DIGITS,),
    AuthType.CARD_PLUS_PHONE: (_CODES, _DIGITS),
    AuthType.PASSCODE: ((CredentialKind.PASSCODE,),),
    AuthType.KEY_CARD_PLUS_PIN: (_CARD, _DIGITS),
    AuthType.PLATE: ((CredentialKind.PLATE,),),
}


class Place(msgspec.Struct, frozen=True):
    """A side of a door, and what a rule gives there."""

    door: CompiledDoor
    side: Side
    option: Option


class Rights:
    """What the persons of one index may do; remembers what many of them share."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.places = _places(index)
        self._means: dict[tuple[Window, frozenset[tuple[CredentialKind, Window]]], Means] = {}

    def group(self, row: int) -> Group:
        """Return a person's assignments."""
        return self.index.holders.groups[row]

    def means(self, row: int) -> Means:
        """Return with what a person can come; nothing for one who is suspended."""
        person = self.index.holders.person(row)
        return () if person.suspended else self.held(person, row)

    def held(self, person: Person, row: int) -> Means:
        """Return with what the person of a row could come if they were not suspended."""
        holders = self.index.holders
        window = in_force(person)
        credentials = map(holders.credential, holders.credentials_of(row))
        held = frozenset((each.kind, _window(each.valid_from, each.valid_to)) for each in credentials if each.enabled)
        found = self._means.get((window, held))
        if found is None:
            found = self._means[window, held] = _means(window, held)
        return found


def in_force(person: Person) -> Window:
    """Return from when until when a person is there."""
    return _window(person.valid_from, person.valid_to)


def overlap(one: Window, other: Window) -> Window | None:
    """Return what two windows have in common, None for nothing."""
    since, until = max(one[0], other[0]), min(one[1], other[1])
    return (since, until) if since < until else None


def common(one: Iterable[Window], other: Windows) -> Windows:
    """Return what two sets of windows have in common."""
    pieces = (overlap(mine, theirs) for mine in one for theirs in other)
    return tuple(sorted(each for each in pieces if each is not None))


def contains(windows: Windows, second: int) -> bool:
    """Tell whether one of the windows contains a second."""
    return any(since <= second < until for since, until in windows)


def _places(index: Index) -> dict[str, tuple[Place, ...]]:
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for door in index.doors.values():
        for side in Side:
            for rule, option in door.side(side).options.items():
                found[rule].append(Place(door, side, option))
    return {rule: tuple(places) for rule, places in found.items()}


def _window(since: int | None, until: int | None) -> Window:
    return (ALWAYS if since is None else since, FOREVER if until is None else until)


def _means(own: Window, held: frozenset[tuple[CredentialKind, Window]]) -> Means:
    found = []
    for auth_type, needed in _NEEDED.items():
        windows: Windows = (own,)
        for kinds in needed:
            windows = common(windows, _joined(window for kind, window in held if kind in kinds))
        if any(since < until for since, until in windows):
            found.append((auth_type, windows))
    return tuple(found)


def _joined(windows: Iterable[Window]) -> Windows:
    """Make one of windows that meet or overlap."""
    joined: list[Window] = []
    for since, until in sorted(windows):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], until))
        else:
            joined.append((since, until))
    return tuple(joined)
