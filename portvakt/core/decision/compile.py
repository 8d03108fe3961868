"""In which form does a snapshot answer a decision with no more work than the rules of this person at this door?

Only here are time zones read; the index holds them, so that a decision touches no file. An index is a plain value that
nobody changes; the controller swaps a whole one in. `amend` makes the next one from a delta: of the persons it copies
columns of bytes and replaces those that were touched, and the site it compiles only where the delta brings it.

Auth types are sets of bits here, bit n for number n.
"""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from portvakt.core.decision.holders import ALWAYS, FOREVER, Holders, holders_of
from portvakt.core.decision.model import AuthType, Side
from portvakt.core.decision.timetable import Timetable, Zone
from portvakt.core.snapshot import Area, Delta, Door, Hold, Lockdown, Rule, Schedule, Snapshot

WITH_CARD = 1 << AuthType.KEY_CARD | 1 << AuthType.KEY_CARD_PLUS_PIN
ALL_TYPES = sum(1 << each for each in AuthType)
# What an old snapshot refuses; a word from the future refuses everyone.
_REFUSED_WHEN_OLD = {"keep": 0, "cards_only": ALL_TYPES & ~WITH_CARD}


class Option(msgspec.Struct, frozen=True):
    """What one rule gives at one side of a door, in force from `valid_from` until before `valid_to` (seconds)."""

    rule: str
    timetable: Timetable | None
    valid_from: int
    valid_to: int
    accepts: int


class CompiledSide(msgspec.Struct, frozen=True):
    """A side of a door: what it accepts by itself, its printed code, between which areas it leads, and its rules' options.

    `simple`: whoever came through the auth type need be asked nothing more. `company`: one person may not be enough.
    """

    accepts: int
    code: bytes
    enters: Area | None
    leaves: Area | None
    simple: bool
    company: bool
    options: dict[str, Option]


class CompiledDoor(msgspec.Struct, frozen=True):
    """A door with its local clock and what else a decision and its posture ask of it.

    `refused_when_old`: the auth types that a snapshot past `age_limit` refuses. `lockdowns`: those that cover the door,
    the highest rank first. `interlocked`: the doors that must be secured before this one may open.
    """

    id: str
    timezone: ZoneInfo
    zone: Zone
    in_service: bool
    release_seconds: int
    age_limit: timedelta
    refused_when_old: int
    contact: bool
    within_metres: int | None
    unlock_schedule: Schedule | None
    first_person_in: bool
    lockdowns: tuple[Lockdown, ...]
    interlocked: frozenset[str]
    entry: CompiledSide
    exit: CompiledSide

    def side(self, side: Side) -> CompiledSide:
        """Return one side."""
        return self.entry if side is Side.ENTRY else self.exit


class Index(msgspec.Struct, frozen=True):
    """A snapshot, keyed for decisions. Persons, credentials and assignments are in `holders`."""

    controller: str
    organisation: str
    version: int
    digest_key: bytes
    doors: dict[str, CompiledDoor]
    areas: dict[str, Area]
    schedules: dict[str, Schedule]
    lockdowns: tuple[Lockdown, ...]
    holds: tuple[Hold, ...]
    holders: Holders


def compile_snapshot(snapshot: Snapshot) -> Index:
    """Key a snapshot for decisions; it must be free of `snapshot.inconsistencies`, else KeyError or ValueError."""
    return _index(snapshot, holders_of(snapshot.persons, snapshot.credentials, snapshot.assignments))


def amend(index: Index, delta: Delta) -> Index:
    """Return the index of the snapshot that follows from the delta; KeyError or ValueError where the rows do not fit."""
    rows = delta.rows
    if delta.base != index.version:
        raise ValueError(f"the delta follows version {delta.base}, not {index.version}")
    holders = index.holders.amended(delta.touched, rows.persons, rows.credentials, rows.assignments)
    if delta.site:
        return _index(rows, holders)
    return msgspec.structs.replace(index, version=rows.version, digest_key=rows.digest_key, holders=holders)


def types_in(bits: int) -> tuple[AuthType, ...]:
    """Return the auth types of a set of bits, in the order of their numbers."""
    return tuple(each for each in AuthType if bits >> each & 1)


def _index(rows: Snapshot, holders: Holders) -> Index:
    site = _Site(rows)
    return Index(
        controller=rows.controller,
        organisation=rows.organisation,
        version=rows.version,
        digest_key=rows.digest_key,
        doors={door.id: site.door(door) for door in rows.doors},
        areas=site.areas,
        schedules=site.schedules,
        lockdowns=rows.lockdowns,
        holds=rows.holds,
        holders=holders,
    )


class _Site:
    """The rows about a site, keyed for compiling its doors."""

    def __init__(self, rows: Snapshot) -> None:
        self.areas = {area.id: area for area in rows.areas}
        self.schedules = {plan.id: plan for plan in rows.schedules}
        self._timetables = {plan.id: Timetable(plan) for plan in rows.schedules}
        # Doors of one zone share its clock.
        self._zones = {name: Zone(ZoneInfo(name)) for name in {door.timezone for door in rows.doors}}
        self._interlocks = rows.interlocks
        self._lockdowns = rows.lockdowns
        self._options = _options_by_side(rows, self._timetables)

    def door(self, door: Door) -> CompiledDoor:
        """Compile one door."""
        interlocked = {other for each in self._interlocks if door.id in each.doors for other in each.doors} - {door.id}
        lockdowns = [each for each in self._lockdowns if door.id in each.doors]
        simple = not interlocked and door.within_metres is None
        inside, outside = self._area(door.inside), self._area(door.outside)
        return CompiledDoor(
            id=door.id,
            timezone=ZoneInfo(door.timezone),
            zone=self._zones[door.timezone],
            in_service=door.in_service,
            release_seconds=door.release_seconds,
            age_limit=timedelta(hours=door.past_age.hours),
            refused_when_old=_REFUSED_WHEN_OLD.get(door.past_age.behaviour, ALL_TYPES),
            contact=door.contact,
            within_metres=door.within_metres,
            unlock_schedule=None if door.unlock_schedule is None else self.schedules[door.unlock_schedule],
            first_person_in=door.first_person_in,
            lockdowns=tuple(sorted(lockdowns, key=lambda each: -each.rank)),
            interlocked=frozenset(interlocked),
            entry=self._side(door, Side.ENTRY, inside, outside, simple=simple),
            exit=self._side(door, Side.EXIT, outside, inside, simple=simple),
        )

    def _side(self, door: Door, side: Side, enters: Area | None, leaves: Area | None, *, simple: bool) -> CompiledSide:
        accepts = bits_of(door.entry if side is Side.ENTRY else door.exit)
        options = {
            rule: msgspec.structs.replace(option, accepts=option.accepts & accepts)
            for rule, option in self._options.get((door.id, side), {}).items()
        }
        code = door.entry_code if side is Side.ENTRY else door.exit_code
        company = (enters is not None and (enters.escort or enters.two_person)) or (
            leaves is not None and leaves.two_person
        )
        return CompiledSide(accepts, code, enters, leaves, simple and enters is leaves is None, company, options)

    def _area(self, name: str | None) -> Area | None:
        return None if name is None else self.areas[name]


_Options = dict[tuple[str, Side], dict[str, Option]]


def _options_by_side(rows: Snapshot, timetables: dict[str, Timetable]) -> _Options:
    options: _Options = {(door.id, side): {} for door in rows.doors for side in Side}
    for rule in rows.rules:
        timetable = None if rule.schedule is None else timetables[rule.schedule]
        for at_door in rule.doors:
            for side, types in ((Side.ENTRY, at_door.entry), (Side.EXIT, at_door.exit)):
                options[at_door.door, side][rule.id] = _option(rule, timetable, types)
    return options


def _option(rule: Rule, timetable: Timetable | None, types: Iterable[AuthType]) -> Option:
    since = ALWAYS if rule.valid_from is None else rule.valid_from
    until = FOREVER if rule.valid_to is None else rule.valid_to
    return Option(rule.id, timetable, since, until, bits_of(types))


def bits_of(types: Iterable[AuthType]) -> int:
    """Return auth types as a set of bits."""
    return sum(1 << each for each in set(types))
