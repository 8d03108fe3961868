"""Who holds what, packed so that a million persons fit and any one of them is found in the same time?

One row number for each person and each credential, and columns of bytes. Ids lie in columns of one width and become
text only when an answer names them. What a decision nearly always wants to know, whether anything at all is wrong with
a credential or its holder, is one byte. A holder's assignments are one tuple, shared by all who have the same ones.

Rows change only while Holders are made, or in the copy that `amended` makes.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

from portvakt.core.credentials import DIGEST_BYTES
from portvakt.core.decision.model import CredentialKind, Escort, Reason
from portvakt.core.decision.slots import Slots
from portvakt.core.snapshot import Assignment, Credential, Person

# What is not bounded ends beyond every moment a clock can show.
ALWAYS, FOREVER = -(1 << 62), 1 << 62
_NONE = -1
_KINDS = tuple(CredentialKind)
_ESCORTS = tuple(Escort)
NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
"""By kind of credential, its number in the column of kinds."""
PIN, DURESS = NUMBERS[CredentialKind.PIN], NUMBERS[CredentialKind.DURESS_PIN]
_GONE = 0xFF

Held = tuple[str, int, int]
"""An assignment: rule, from, until before (seconds since the epoch, ALWAYS and FOREVER where it is not bounded)."""
Group = tuple[Held, ...]
"""All assignments of a person, sorted."""


class Holders:
    """Persons, credentials and assignments; the columns without an underscore are read by decide alone.

    - `by_digest`: by number of kind, where its digests are found.
    - `owners`: by credential, the person's row. `kinds`: by credential, the number of its kind.
    - `sound`: by credential, 1 where it is enabled and its holder not suspended, and neither has a first or last moment.
    - `groups`: by person, the assignments.
    """

    __slots__ = (
        "_by_id",
        "_credential_from",
        "_credential_ids",
        "_credential_until",
        "_digests",
        "_enabled",
        "_escorts",
        "_first",
        "_free_credentials",
        "_free_persons",
        "_next",
        "_person_from",
        "_person_ids",
        "_person_until",
        "_suspended",
        "_width",
        "by_digest",
        "groups",
        "kinds",
        "overrides",
        "owners",
        "sound",
    )

    def __init__(self, width: int) -> None:
        """`width` is the length of the longest id."""
        self._width = width
        self._person_ids, self._credential_ids, self._digests = bytearray(), bytearray(), bytearray()
        self._suspended, self._escorts, self.overrides = bytearray(), bytearray(), bytearray()
        self.kinds, self._enabled, self.sound = bytearray(), bytearray(), bytearray()
        self._person_from, self._person_until = array("q"), array("q")
        self._credential_from, self._credential_until = array("q"), array("q")
        self.owners, self._first, self._next = array("i"), array("i"), array("i")
        self.groups: list[Group] = []
        self._free_persons: list[int] = []
        self._free_credentials: list[int] = []
        self._by_id = Slots(self._person_ids, width)
        self.by_digest = _with_one_for_pins([Slots(self._digests, DIGEST_BYTES) for _ in _KINDS])

    # ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, kind: CredentialKind, digest: bytes) -> int:
        """Return the row of a credential, -1 where there is none; PIN finds duress PINs too, and the other way round."""
        return self.by_digest[NUMBERS[kind]].find(digest)

    def find_person(self, name: str) -> int:
        """Return the row of a person, -1 where there is none."""
        # What fills up a short id is no part of one.
        return _NONE if "\0" in name else self._by_id.find(name.encode().ljust(self._width, b"\0"))

    def person_id(self, row: int) -> str:
        """Return the id of a person."""
        width = self._width
        name = self._person_ids[row * width : (row + 1) * width]
        return name.decode() if name[-1] else name.rstrip(b"\0").decode()

    def credential_id(self, row: int) -> str:
        """Return the id of a credential."""
        width = self._width
        name = self._credential_ids[row * width : (row + 1) * width]
        return name.decode() if name[-1] else name.rstrip(b"\0").decode()

    def escort(self, row: int) -> Escort:
        """Return what a person is where an area asks for escorts."""
        return _ESCORTS[self._escorts[row]]

    def trouble_with_credential(self, row: int, second: int) -> Reason | None:
        """Say why a credential may not be used at this second."""
        if not self._enabled[row]:
            return Reason.CREDENTIAL_NOT_ENABLED
        if second < self._credential_from[row]:
            return Reason.CREDENTIAL_NOT_ACTIVE
        return Reason.CREDENTIAL_EXPIRED if second >= self._credential_until[row] else None

    def trouble_with_person(self, row: int, second: int) -> Reason | None:
        """Say why a person may not pass at this second."""
        if self._suspended[row]:
            return Reason.PERSON_SUSPENDED
        if second < self._person_from[row]:
            return Reason.PERSON_NOT_ACTIVE
        return Reason.PERSON_EXPIRED if second >= self._person_until[row] else None

    def person(self, row: int) -> Person:
        """Return a person as the snapshot had them."""
        return Person(
            self.person_id(row),
            bool(self._suspended[row]),
            _bound(self._person_from[row]),
            _bound(self._person_until[row]),
            self.overrides[row],
            self.escort(row),
        )

    def credential(self, row: int) -> Credential:
        """Return a credential as the snapshot had it."""
        return Credential(
            self.credential_id(row),
            self.person_id(self.owners[row]),
            _KINDS[self.kinds[row]],
            bytes(self._digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES]),
            bool(self._enabled[row]),
            _bound(self._credential_from[row]),
            _bound(self._credential_until[row]),
        )

    def persons(self) -> Iterator[int]:
        """Give the row of every person, in no order."""
        return (row for row in range(len(self.groups)) if self._suspended[row] != _GONE)

    def credentials_of(self, person: int) -> Iterator[int]:
        """Give the row of every credential of a person, in no order."""
        row = self._first[person]
        while row != _NONE:
            yield row
            row = self._next[row]

    def assignments_of(self, person: int) -> Iterator[Assignment]:
        """Give every assignment of a person, as the snapshot had it, sorted."""
        name = self.person_id(person)
        return (Assignment(rule, name, _bound(since), _bound(until)) for rule, since, until in self.groups[person])

    # ── making and changing ──────────────────────────────────────────────────────────────────────────────────────────

    def amended(
        self,
        touched: Iterable[str],
        persons: tuple[Person, ...],
        credentials: tuple[Credential, ...],
        assignments: tuple[Assignment, ...],
    ) -> "Holders":
        """Return a copy in which the persons named have these rows and no others. Raises ValueError on two of one key."""
        if longest_id(persons, credentials) > self._width:
            return self._laid_out_anew(frozenset(touched), persons, credentials, assignments)
        copy = self._copied()
        for name in touched:
            row = copy.find_person(name)
            if row != _NONE:
                copy._remove(row)  # noqa: SLF001 - one of our own
        copy.take(persons, credentials, assignments)
        return copy

    def take(
        self, persons: tuple[Person, ...], credentials: tuple[Credential, ...], assignments: tuple[Assignment, ...]
    ) -> None:
        """Take in rows; every credential's and assignment's person must be among them. Raises KeyError, ValueError."""
        self._make_room(len(persons), credentials)
        groups = _grouped(assignments)
        rows: dict[str, int] = {}
        for person in persons:
            rows[person.id] = row = self._free_persons.pop()
            self._put_person(row, person, groups.pop(person.id, ()))
        for credential in credentials:
            self._put_credential(self._free_credentials.pop(), rows[credential.person], credential)
        if groups:
            raise KeyError("an assignment names an unknown person")

    def _make_room(self, persons: int, credentials: tuple[Credential, ...]) -> None:
        """Grow all columns by what the free rows do not hold, at once."""
        self._by_id.expect(persons)
        for kind, count in Counter(row.kind for row in credentials).items():
            self.by_digest[NUMBERS[kind]].expect(count)
        people = max(0, persons - len(self._free_persons))
        cards = max(0, len(credentials) - len(self._free_credentials))
        self._free_persons[:0] = range(len(self.groups) + people - 1, len(self.groups) - 1, -1)
        self._free_credentials[:0] = range(len(self.sound) + cards - 1, len(self.sound) - 1, -1)
        self._person_ids.extend(bytes(people * self._width))
        self._suspended.extend(bytes([_GONE]) * people)
        for flags in (self._escorts, self.overrides):
            flags.extend(bytes(people))
        for moments in (self._person_from, self._person_until):
            moments.frombytes(bytes(8 * people))
        self._first.frombytes(bytes(4 * people))
        self.groups.extend([()] * people)
        self._credential_ids.extend(bytes(cards * self._width))
        self._digests.extend(bytes(cards * DIGEST_BYTES))
        for flags in (self.kinds, self._enabled, self.sound):
            flags.extend(bytes(cards))
        for moments in (self._credential_from, self._credential_until):
            moments.frombytes(bytes(8 * cards))
        for numbers in (self.owners, self._next):
            numbers.frombytes(bytes(4 * cards))

    def _put_person(self, row: int, person: Person, group: Group) -> None:
        self._person_ids[row * self._width : (row + 1) * self._width] = person.id.encode().ljust(self._width, b"\0")
        self._suspended[row] = person.suspended
        self._escorts[row] = _ESCORTS.index(person.escort)
        self.overrides[row] = person.overrides
        self._person_from[row] = ALWAYS if person.valid_from is None else person.valid_from
        self._person_until[row] = FOREVER if person.valid_to is None else person.valid_to
        self._first[row] = _NONE
        self.groups[row] = group
        self._by_id.add(row)

    def _put_credential(self, row: int, owner: int, credential: Credential) -> None:
        if len(credential.digest) != DIGEST_BYTES:
            raise ValueError("a digest of another length")
        name = credential.id.encode().ljust(self._width, b"\0")
        self._credential_ids[row * self._width : (row + 1) * self._width] = name
        self._digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] = credential.digest
        self.kinds[row] = NUMBERS[credential.kind]
        self._enabled[row] = credential.enabled
        self._credential_from[row] = ALWAYS if credential.valid_from is None else credential.valid_from
        self._credential_until[row] = FOREVER if credential.valid_to is None else credential.valid_to
        self.owners[row] = owner
        self._next[row], self._first[owner] = self._first[owner], row
        self.sound[row] = self._is_sound(row, owner)
        self.by_digest[self.kinds[row]].add(row)

    def _is_sound(self, row: int, owner: int) -> bool:
        since = max(self._credential_from[row], self._person_from[owner])
        until = min(self._credential_until[row], self._person_until[owner])
        return self._enabled[row] == 1 and self._suspended[owner] == 0 and (since, until) == (ALWAYS, FOREVER)

    def _remove(self, person: int) -> None:
        for row in list(self.credentials_of(person)):
            self.by_digest[self.kinds[row]].remove(row)
            self._free_credentials.append(row)
        self._by_id.remove(person)
        self._suspended[person] = _GONE
        self.groups[person] = ()
        self._free_persons.append(person)

    def _copied(self) -> "Holders":
        """Copy every column, byte by byte; a million persons are some 200 MB."""
        copy = Holders(self._width)
        for name in self.__slots__:
            kept = getattr(self, name)
            if isinstance(kept, bytearray | array | list):
                setattr(copy, name, kept[:])
        copy._by_id = self._by_id.over(copy._person_ids)
        copy.by_digest = _with_one_for_pins([slots.over(copy._digests) for slots in self.by_digest])
        return copy

    def _laid_out_anew(
        self,
        touched: frozenset[str],
        persons: tuple[Person, ...],
        credentials: tuple[Credential, ...],
        assignments: tuple[Assignment, ...],
    ) -> "Holders":
        """Do it row by row: an id is longer than any before. Seldom, since ids are made by one rule."""
        kept = [row for row in self.persons() if self.person_id(row) not in touched]
        return holders_of(
            (*map(self.person, kept), *persons),
            (*(self.credential(each) for row in kept for each in self.credentials_of(row)), *credentials),
            (*(each for row in kept for each in self.assignments_of(row)), *assignments),
        )


def holders_of(
    persons: tuple[Person, ...], credentials: tuple[Credential, ...], assignments: tuple[Assignment, ...]
) -> Holders:
    """Pack these rows. Raises KeyError and ValueError where they are inconsistent."""
    made = Holders(longest_id(persons, credentials))
    made.take(persons, credentials, assignments)
    return made


def longest_id(persons: Iterable[Person], credentials: Iterable[Credential]) -> int:
    """Return how many bytes the longest id has, at least 1."""
    return max((len(row.id.encode()) for rows in (persons, credentials) for row in rows), default=1)


def _with_one_for_pins(slots: list[Slots]) -> list[Slots]:
    # Digits typed are looked up once, whichever of the two they are.
    slots[DURESS] = slots[PIN]
    return slots


def _grouped(assignments: Iterable[Assignment]) -> dict[str, Group]:
    """Give each person's assignments; persons with the same ones share one tuple."""
    held: dict[Held, Held] = {}
    found: dict[str, Group] = {}
    same: dict[Group, Group] = {}
    for row in assignments:
        since = ALWAYS if row.valid_from is None else row.valid_from
        one = (row.rule, since, FOREVER if row.valid_to is None else row.valid_to)
        group = (*found.get(row.person, ()), held.setdefault(one, one))
        found[row.person] = same.setdefault(group, group)
    shared: dict[Group, Group] = {}
    for group in same:
        ordered = tuple(sorted(set(group)))
        same[group] = shared.setdefault(ordered, ordered)
    return {person: same[group] for person, group in found.items()}


def _bound(moment: int) -> int | None:
    return None if moment in (ALWAYS, FOREVER) else moment
