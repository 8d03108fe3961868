"""In which form does a snapshot answer a decision with no more work than the rules of this person at this door?

Only here are time zones read; the index holds them, so that a decision touches no file. An index is a plain value that
nobody changes; the controller swaps a whole one in.
"""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from portvakt.core.decision.model import AuthType, CredentialKind, Side
from portvakt.core.snapshot import Credential, Door, Person, Rule, RuleDoor, Schedule, Snapshot

AuthTypes = frozenset[AuthType]


class CompiledDoor(msgspec.Struct, frozen=True):
    """A door with its local clock and what it accepts by itself on each side."""

    id: str
    timezone: ZoneInfo
    in_service: bool
    release_seconds: int
    accepts: dict[Side, AuthTypes]
    age_limit: timedelta
    past_age: str


class Option(msgspec.Struct, frozen=True):
    """One assignment of a person as far as it concerns one door.

    In force from `valid_from` until before `valid_to` (seconds since the epoch, None unbounded), where assignment and
    rule both are; `accepts` is what the door and the rule both allow on a side.
    """

    rule: str
    schedule: Schedule | None
    valid_from: int | None
    valid_to: int | None
    accepts: dict[Side, AuthTypes]


Options = dict[str, tuple[Option, ...]]


class Index(msgspec.Struct, frozen=True):
    """A snapshot, keyed for decisions. `options` by person, then door, each sorted by rule."""

    controller: str
    version: int
    doors: dict[str, CompiledDoor]
    persons: dict[str, Person]
    cards: dict[bytes, Credential]
    pins: dict[bytes, Credential]
    person_pins: dict[str, tuple[Credential, ...]]
    options: dict[str, Options]


_Held = tuple[str, int | None, int | None]


class _Rows(msgspec.Struct, frozen=True):
    """What an assignment's names stand for."""

    doors: dict[str, CompiledDoor]
    rules: dict[str, Rule]
    schedules: dict[str, Schedule]


def compile_snapshot(snapshot: Snapshot) -> Index:
    """Key a snapshot for decisions; it must be free of `snapshot.inconsistencies`, else KeyError or a partial index."""
    doors = {door.id: _compiled_door(door) for door in snapshot.doors}
    pins = [row for row in snapshot.credentials if row.kind is CredentialKind.PIN]
    return Index(
        controller=snapshot.controller,
        version=snapshot.version,
        doors=doors,
        persons={person.id: person for person in snapshot.persons},
        cards={row.digest: row for row in snapshot.credentials if row.kind is CredentialKind.KEY_CARD},
        pins={row.digest: row for row in pins},
        person_pins=_by_person(pins),
        options=_options(snapshot, doors),
    )


def _compiled_door(door: Door) -> CompiledDoor:
    return CompiledDoor(
        id=door.id,
        timezone=ZoneInfo(door.timezone),
        in_service=door.in_service,
        release_seconds=door.release_seconds,
        accepts={Side.ENTRY: frozenset(door.entry), Side.EXIT: frozenset(door.exit)},
        age_limit=timedelta(hours=door.past_age.hours),
        past_age=door.past_age.behaviour,
    )


def _by_person(credentials: list[Credential]) -> dict[str, tuple[Credential, ...]]:
    groups: defaultdict[str, list[Credential]] = defaultdict(list)
    for credential in credentials:
        groups[credential.person].append(credential)
    return {person: tuple(group) for person, group in groups.items()}


def _options(snapshot: Snapshot, doors: dict[str, CompiledDoor]) -> dict[str, Options]:
    rows = _Rows(doors, {rule.id: rule for rule in snapshot.rules}, {plan.id: plan for plan in snapshot.schedules})
    held: defaultdict[str, set[_Held]] = defaultdict(set)
    for row in snapshot.assignments:
        held[row.person].add((row.rule, row.valid_from, row.valid_to))
    # Persons with the same assignments share one value: ten thousand residents of a house cost what one of them does.
    made: dict[frozenset[_Held], Options] = {}
    keys = {person: frozenset(group) for person, group in held.items()}
    for key in keys.values():
        if key not in made:
            made[key] = _by_door(key, rows)
    return {person: made[key] for person, key in keys.items()}


def _by_door(held: frozenset[_Held], rows: _Rows) -> Options:
    found: defaultdict[str, list[Option]] = defaultdict(list)
    for name, since, until in held:
        for at_door in rows.rules[name].doors:
            found[at_door.door].append(_option(rows, rows.rules[name], at_door, since, until))
    return {door: tuple(sorted(options, key=lambda option: option.rule)) for door, options in found.items()}


def _option(rows: _Rows, rule: Rule, at_door: RuleDoor, since: int | None, until: int | None) -> Option:
    door = rows.doors[at_door.door]
    return Option(
        rule=rule.id,
        schedule=None if rule.schedule is None else rows.schedules[rule.schedule],
        valid_from=_later(since, rule.valid_from),
        valid_to=_earlier(until, rule.valid_to),
        accepts={
            Side.ENTRY: door.accepts[Side.ENTRY] & frozenset(at_door.entry),
            Side.EXIT: door.accepts[Side.EXIT] & frozenset(at_door.exit),
        },
    )


def _later(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)


def _earlier(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)
