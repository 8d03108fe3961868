"""Who may go into an area and out of it: anti-passback, occupancy, escorts, two persons; and what is believed afterwards?"""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest

from portvakt.core.decision.compile import amend, compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import (
    AuthType,
    Barred,
    Companion,
    Decision,
    Denied,
    Escort,
    ExitRequested,
    Factor,
    Granted,
    NeedPerson,
    PinTries,
    Place,
    QrShown,
    Reason,
    Request,
    Side,
    State,
    Waiting,
)
from portvakt.core.decision.presence import COMPANY_SECONDS, after, after_swap, forgiven, passed
from portvakt.core.snapshot import Area, Delta, Lockdown, Snapshot
from tests.core.decision.asking import short
from tests.core.plain import AT, SECOND, assigned, card, door, key_card, person, rule, snapshot

ENTRY, EXIT = Side.ENTRY, Side.EXIT
SECONDS, MINUTES = timedelta(seconds=1), timedelta(minutes=1)
# A person of each sort, whose card has their number.
CAST = {1: "anna", 2: "bo", 3: "visitor", 4: "host", 5: "guest"}
ESCORTS = {"visitor": Escort.NEEDED, "guest": Escort.NEEDED, "host": Escort.GIVEN}
BOTH = (AuthType.KEY_CARD,)


def building(vault: Area, hall: Area | None = None, *, contact: bool = False) -> Snapshot:
    """Make a front door into a hall, where there is one, and a back door from it into the vault."""
    hall_id = None if hall is None else hall.id
    front = msgspec.structs.replace(door(), inside=hall_id, contact=contact)
    back = msgspec.structs.replace(door("back"), inside=vault.id, outside=hall_id, contact=contact)
    return snapshot(
        doors=(front, back),
        rules=(rule(entry=BOTH, exits=BOTH), rule("back", at="back", entry=BOTH, exits=BOTH)),
        persons=tuple(person(name, escort=ESCORTS.get(name, Escort.NONE)) for name in CAST.values()),
        credentials=tuple(key_card(number, of=name) for number, name in CAST.items()),
        assignments=tuple(assigned(to, who=name) for name in CAST.values() for to in ("staff", "back")),
        areas=(vault,) if hall is None else (vault, hall),
    )


class Building:
    """Its doors with what is believed; doors have no contact unless said otherwise."""

    def __init__(self, vault: Area, hall: Area | None = None, *, contact: bool = False) -> None:
        self.rows = building(vault, hall, contact=contact)
        self.index = compile_snapshot(self.rows)
        self.state = State(confirmed_at=AT)
        self.last: Decision = Denied(Reason.FAULT)

    def show(
        self, number: int, side: Side = ENTRY, where: str = "back", at: datetime = AT, factor: Factor | None = None
    ) -> str:
        request = Request(where, side, at, (factor or card(number),))
        self.last = decide(request, self.index, self.state)
        self.state = after(request, self.last, self.state, self.index)
        assert dict(self.state.inside) == Counter(each.area for each in self.state.places.values() if each.area)
        told = " again" if getattr(self.last, "passback", False) else ""
        company = getattr(self.last, "companion", None)
        return short(self.last) + told + (f" with {company.person}" if company else "")

    def inside(self) -> dict[str, int]:
        return dict(self.state.inside)


# ── anti-passback ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("passback", "again"), [("off", "KEY_CARD"), ("soft", "KEY_CARD again"), ("hard", "ANTI_PASSBACK")]
)
def test_entering_where_one_is(passback: str, again: str) -> None:
    place = Building(Area("vault", passback))
    assert place.show(1) == "KEY_CARD"
    assert place.show(1) == again
    assert place.show(2) == "KEY_CARD"
    assert place.show(1, EXIT) == "KEY_CARD"
    assert place.show(1) == "KEY_CARD"


@pytest.mark.parametrize(
    ("passback", "again"), [("off", "KEY_CARD"), ("soft", "KEY_CARD again"), ("hard", "ANTI_PASSBACK")]
)
def test_leaving_where_one_is_not(passback: str, again: str) -> None:
    place = Building(Area("vault", passback))
    assert place.show(1, EXIT) == "KEY_CARD"  # nothing is known about them yet
    assert place.show(1, EXIT) == again


def test_the_harder_word_of_two_areas_decides() -> None:
    place = Building(Area("vault", "hard"), Area("hall", "soft"))
    place.state = State(AT, places={"anna": Place("vault", AT)}, inside={"vault": 1})
    assert place.show(1, ENTRY, "front") == "KEY_CARD"
    place.state = State(AT, places={"anna": Place("vault", AT)}, inside={"vault": 1})
    assert place.show(1) == "ANTI_PASSBACK"
    place.state = State(AT, places={"anna": Place(None, AT)})
    assert place.show(1) == "KEY_CARD again"  # into the vault from a hall where they are not


def test_a_belief_is_forgotten_in_time() -> None:
    place = Building(Area("vault", "hard", forgive_minutes=5))
    place.show(1)
    assert place.show(1, at=AT + 5 * MINUTES - SECONDS) == "ANTI_PASSBACK"
    assert place.show(1, at=AT + 5 * MINUTES) == "KEY_CARD"
    place.show(1, EXIT, at=AT + 5 * MINUTES)
    assert place.show(1, EXIT, at=AT + 10 * MINUTES - SECONDS) == "ANTI_PASSBACK"
    assert place.show(1, EXIT, at=AT + 10 * MINUTES) == "KEY_CARD"


def test_entering_again_too_soon_even_after_an_exit() -> None:
    place = Building(Area("vault", "hard", timed_minutes=10))
    place.show(1)
    assert place.show(1, EXIT, at=AT + MINUTES) == "KEY_CARD"
    assert place.show(1, at=AT + 10 * MINUTES - SECONDS) == "ANTI_PASSBACK"
    assert place.show(1, at=AT - MINUTES) == "KEY_CARD"  # a clock set back knows of no entry yet
    place.show(1, EXIT, at=AT)
    assert place.show(1, at=AT + 10 * MINUTES) == "KEY_CARD"


# ── occupancy ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_more_persons_than_there_is_room_for() -> None:
    place = Building(Area("vault", limit=2))
    assert [place.show(number) for number in (1, 2, 3)] == ["KEY_CARD", "KEY_CARD", "AREA_FULL"]
    assert place.show(2) == "KEY_CARD"  # inside already
    assert place.show(1, EXIT) == "KEY_CARD"
    assert place.show(3) == "KEY_CARD"
    assert place.inside() == {"vault": 2}


# ── escorts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ESCORTED = Area("vault", escort=True)


def test_who_needs_an_escort_enters_together_with_one() -> None:
    place = Building(ESCORTED)
    assert place.show(3) == "needs somebody: ESCORT_MISSING"
    assert place.last == NeedPerson(Reason.ESCORT_MISSING, AuthType.KEY_CARD, "visitor", "card-3", "back")
    assert place.show(4) == "KEY_CARD with visitor"
    assert getattr(place.last, "companion", None) == Companion(AuthType.KEY_CARD, "visitor", "card-3", "back")
    assert place.inside() == {"vault": 2}
    assert place.state.waiting == {}


def test_an_escort_who_comes_first_goes_in_alone_and_presents_again() -> None:
    place = Building(ESCORTED)
    assert [place.show(4), place.show(3), place.show(4)] == [
        "KEY_CARD",
        "needs somebody: ESCORT_MISSING",
        "KEY_CARD with visitor",
    ]
    assert place.inside() == {"vault": 2}


def test_others_pass_meanwhile_and_the_visitor_waits_on() -> None:
    place = Building(ESCORTED)
    place.show(3)
    assert place.show(1) == "KEY_CARD"
    assert place.show(9) == "UNKNOWN_CREDENTIAL"
    assert place.show(4) == "KEY_CARD with visitor"


def test_a_second_visitor_takes_the_first_ones_turn() -> None:
    place = Building(ESCORTED)
    place.show(3)
    assert place.show(5) == "needs somebody: ESCORT_MISSING"
    assert place.show(4) == "KEY_CARD with guest"


def test_nobody_needs_an_escort_out() -> None:
    assert Building(ESCORTED).show(3, EXIT) == "KEY_CARD"


def test_who_waited_too_long_waits_no_more() -> None:
    for seconds, expected in ((COMPANY_SECONDS, "KEY_CARD with visitor"), (COMPANY_SECONDS + 1, "KEY_CARD")):
        place = Building(ESCORTED)
        place.show(3)
        assert place.show(4, at=AT + seconds * SECONDS) == expected
    place = Building(ESCORTED)
    place.show(3)
    place.show(3, where="back", side=ENTRY, at=AT + 60 * SECONDS)
    assert [each.at for each in place.state.waiting.values()] == [AT + 60 * SECONDS]


def test_who_waits_too_long_is_forgotten_with_the_next_one() -> None:
    place = Building(ESCORTED, Area("hall", escort=True))
    place.show(3)
    place.show(5, where="front", at=AT + (COMPANY_SECONDS + 1) * SECONDS)
    assert list(place.state.waiting) == [("front", ENTRY)]


@pytest.mark.parametrize(
    "barred",
    [
        Barred(persons=frozenset({"visitor"})),
        Barred(credentials=frozenset({"card-3"})),
        Barred(assignments=frozenset({("visitor", "back")})),
    ],
)
def test_what_is_taken_from_who_waits_counts_at_once(barred: Barred) -> None:
    place = Building(ESCORTED)
    place.show(3)
    place.state = msgspec.structs.replace(place.state, barred=barred)
    assert place.show(4) == "KEY_CARD"
    place.state = msgspec.structs.replace(place.state, barred=Barred())
    place.show(3)
    assert place.show(4) == "KEY_CARD with visitor"


@pytest.mark.parametrize("changed", ["gone", "suspended", "locked down", "inside"])
def test_who_waits_must_still_be_able_to_pass(changed: str) -> None:
    place = Building(msgspec.structs.replace(ESCORTED, passback="hard"))
    place.show(3)
    rows, others = place.rows, tuple(each for each in place.rows.persons if each.id != "visitor")
    if changed == "gone":
        rows = msgspec.structs.replace(
            rows, persons=others, credentials=rows.credentials[3:4], assignments=rows.assignments[-4:-2]
        )
    if changed == "suspended":
        rows = msgspec.structs.replace(rows, persons=(*others, person("visitor", suspended=True, escort=Escort.NEEDED)))
    if changed == "locked down":
        others = tuple(msgspec.structs.replace(each, overrides=9) for each in others)
        visitor = person("visitor", escort=Escort.NEEDED)
        rows = msgspec.structs.replace(rows, persons=(*others, visitor), lockdowns=(Lockdown("l", 1, ("back",), None),))
    if changed == "inside":
        place.state = msgspec.structs.replace(place.state, places={"visitor": Place("vault", AT)}, inside={"vault": 1})
    place.index = compile_snapshot(rows)
    assert place.show(4) == "KEY_CARD"


TAKEN_BACK = ["the card", "the card's time", "the rule", "the rule's time", "the rule here", "another auth type"]


@pytest.mark.parametrize("taken", TAKEN_BACK)
def test_what_a_newer_snapshot_took_from_who_waits_counts_at_once(taken: str) -> None:
    """Bars say it first, but are forgotten when the snapshot that says so itself comes in force."""
    place, back = Building(ESCORTED), rule("back", at="back", entry=BOTH, exits=BOTH)
    place.show(3)
    rows, rules, held = place.rows, {}, [each for each in place.rows.credentials if each.person != "visitor"]
    if taken in {"the card", "the card's time"}:
        card_3 = key_card(3, of="visitor", enabled=taken != "the card", until=SECOND)
        rows = msgspec.structs.replace(rows, credentials=(*held, card_3))
    elif taken in {"the rule", "the rule's time"}:
        kept = tuple(each for each in rows.assignments if (each.person, each.rule) != ("visitor", "back"))
        ended = () if taken == "the rule" else (assigned("back", who="visitor", until=SECOND),)
        rows = msgspec.structs.replace(rows, assignments=(*kept, *ended))
    else:
        rules = {"the rule here": {"at": "front"}, "another auth type": {"entry": (AuthType.PIN,)}}[taken]
        others = (rule("host", at="back", entry=BOTH), assigned("host", who="host"))
        back = rule("back", **({"at": "back", "entry": BOTH} | rules))
        rows = msgspec.structs.replace(
            rows, rules=(rows.rules[0], back, others[0]), assignments=(*rows.assignments, others[1])
        )
    place.index = compile_snapshot(rows)
    assert place.show(4) == "KEY_CARD"


# ── two persons ──────────────────────────────────────────────────────────────────────────────────────────────────────

PAIRED = Area("vault", two_person=True)


def test_nobody_is_ever_inside_alone() -> None:
    place = Building(PAIRED)
    assert place.show(1) == "needs somebody: SECOND_PERSON_MISSING"
    assert place.show(1) == "needs somebody: SECOND_PERSON_MISSING"  # the same person is no second one
    assert place.show(2) == "KEY_CARD with anna"
    assert place.show(4) == "KEY_CARD"
    assert place.inside() == {"vault": 3}
    assert place.show(1, EXIT) == "KEY_CARD"
    assert place.show(2, EXIT) == "needs somebody: SECOND_PERSON_MISSING"
    assert place.show(4, EXIT) == "KEY_CARD with bo"
    assert place.inside() == {}


def test_three_take_two_turns_out() -> None:
    """Two of three may not leave together: the third would be alone."""
    place = Building(PAIRED, Area("hall", escort=True))
    place.state = State(
        AT, places={name: Place("vault", AT) for name in ("visitor", "host", "bo")}, inside={"vault": 3}
    )
    assert place.show(3, EXIT) == "needs somebody: ESCORT_MISSING"
    assert place.show(4, EXIT) == "KEY_CARD"


def test_who_is_inside_already_changes_nothing() -> None:
    place = Building(PAIRED)
    place.state = State(AT, places={"anna": Place("vault", AT)}, inside={"vault": 1})
    assert place.show(1) == "KEY_CARD"
    assert place.show(2, EXIT) == "KEY_CARD"


def test_one_companion_satisfies_both_wishes() -> None:
    place = Building(msgspec.structs.replace(PAIRED, escort=True))
    assert place.show(3) == "needs somebody: ESCORT_MISSING"
    assert place.show(1) == "needs somebody: SECOND_PERSON_MISSING"
    assert place.show(3) == "needs somebody: ESCORT_MISSING"
    assert place.show(4) == "KEY_CARD with visitor"


def test_there_must_be_room_for_both() -> None:
    place = Building(msgspec.structs.replace(ESCORTED, limit=2))
    place.show(1)
    place.show(3)
    assert place.show(4) == "KEY_CARD"  # room for one: the escort goes in, the visitor does not
    place = Building(msgspec.structs.replace(PAIRED, limit=2))
    place.show(1)
    assert place.show(2) == "KEY_CARD with anna"


def test_what_either_broke_softly_or_under_duress_is_told_of_them_and_not_of_the_other() -> None:
    place = Building(msgspec.structs.replace(PAIRED, passback="soft"), Area("hall"))
    place.state = State(AT, places={"anna": Place(None, AT)})
    place.show(1)
    assert place.show(2) == "KEY_CARD with anna"
    place = Building(msgspec.structs.replace(PAIRED, passback="soft", timed_minutes=10))
    place.state = State(AT, entered={("anna", "vault"): AT})
    place.show(1)
    assert place.show(2) == "KEY_CARD with anna"
    assert place.last == granted_with(Companion(AuthType.KEY_CARD, "anna", "card-1", "back", passback=True))
    who = NeedPerson(Reason.SECOND_PERSON_MISSING, AuthType.KEY_CARD, "anna", "card-1", "back", duress=True)
    place = Building(PAIRED)
    place.state = State(AT, waiting={("back", ENTRY): Waiting(who, AT)})
    place.show(2)
    assert place.last == granted_with(Companion(AuthType.KEY_CARD, "anna", "card-1", "back", duress=True))


def granted_with(companion: Companion) -> Granted:
    return Granted(AuthType.KEY_CARD, 5, "bo", "card-2", "back", companion=companion)


# ── what is believed ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_at_a_door_with_a_contact_only_the_opened_door_counts() -> None:
    place = Building(Area("vault", timed_minutes=5), contact=True)
    place.show(1)
    assert place.state.places == {}
    place.state = passed("back", ENTRY, ("anna", "stranger"), AT, place.state, place.index)
    assert place.state.places == {"anna": Place("vault", AT)}
    assert place.state.entered == {("anna", "vault"): AT}
    place.state = passed("back", EXIT, ("anna",), AT + SECONDS, place.state, place.index)
    assert place.state.places == {"anna": Place(None, AT + SECONDS)}
    assert place.inside() == {}


@pytest.mark.parametrize(
    ("where", "persons"), [("cellar", ("anna",)), ("back", ()), ("back", ("stranger",)), ("front", ("anna",))]
)
def test_a_passage_that_says_nothing_changes_nothing(where: str, persons: tuple[str, ...]) -> None:
    place = Building(Area("vault"), contact=True)
    assert passed(where, ENTRY, persons, AT, place.state, place.index) is place.state


def test_leaving_by_the_exit_button_moves_nobody() -> None:
    place = Building(Area("vault", "hard", limit=1))
    place.show(1)
    before = place.state
    assert place.show(1, EXIT, factor=ExitRequested()) == "REX"
    assert place.state is before


def test_from_one_area_into_the_other() -> None:
    place = Building(Area("vault"), Area("hall"))
    for where, side, inside in (
        ("front", ENTRY, {"hall": 1}),
        ("back", ENTRY, {"vault": 1}),
        ("back", EXIT, {"hall": 1}),
        ("front", EXIT, {}),
    ):
        place.show(1, side, where)
        assert place.inside() == inside
    assert place.state.places == {"anna": Place(None, AT)}


def test_the_first_person_in_is_remembered_where_a_door_waits_for_one() -> None:
    rows = building(Area("vault"))
    rows = msgspec.structs.replace(
        rows, doors=tuple(msgspec.structs.replace(each, first_person_in=each.id == "front") for each in rows.doors)
    )
    place = Building(Area("vault"))
    place.index = compile_snapshot(rows)
    place.show(1, EXIT, "front")
    place.show(1, ENTRY, "back")
    assert place.state.first_in == {}
    place.show(1, ENTRY, "front", at=AT + MINUTES)
    assert place.state.first_in == {"front": AT + MINUTES}


def test_one_person_or_everybody_is_forgiven() -> None:
    place = Building(Area("vault", "hard", timed_minutes=60))
    place.show(1)
    place.show(2)
    place.state = forgiven(place.state, "anna")
    assert place.inside() == {"vault": 1}
    assert [place.show(1), place.show(2)] == ["KEY_CARD", "ANTI_PASSBACK"]
    place.state = forgiven(place.state, None)
    assert (place.state.places, place.inside(), place.state.entered) == ({}, {}, {})
    assert forgiven(place.state, "nobody") == place.state


def test_with_another_snapshot_what_is_not_in_it_is_forgotten() -> None:
    place = Building(Area("vault", timed_minutes=5), Area("hall", timed_minutes=5))
    waits = NeedPerson(Reason.ESCORT_MISSING, AuthType.KEY_CARD, "visitor", "card-3", "back")
    code = QrShown(bytes(16), 1, bytes(8))
    sides = {("back", ENTRY), ("front", ENTRY)}
    place.state = State(
        AT,
        places={
            "anna": Place("vault", AT),
            "bo": Place("hall", AT),
            "host": Place("vault", AT),
            "guest": Place(None, AT),
        },
        inside={"vault": 2, "hall": 1},
        entered={("anna", "vault"): AT, ("bo", "hall"): AT, ("host", "vault"): AT},
        pin_tries=dict.fromkeys(sides, PinTries()),
        waiting=dict.fromkeys(sides, Waiting(waits, AT)),
        codes_waiting=dict.fromkeys(sides, code),
        first_in={"back": AT, "front": AT},
    )
    gone = {"persons": (), "credentials": (), "assignments": ()}
    only_back = msgspec.structs.replace(building(Area("vault")), version=2, **gone)
    back = msgspec.structs.replace(only_back, doors=only_back.doors[1:], readers=(), rules=only_back.rules[1:])
    index = amend(place.index, Delta(1, ("host",), site=True, rows=back))
    state = after_swap(place.state, index)
    assert state.places == {"anna": Place("vault", AT), "guest": Place(None, AT)}
    assert state.inside == {"vault": 1}
    assert state.entered == {("anna", "vault"): AT}
    for kept in (state.pin_tries, state.waiting, state.codes_waiting):
        assert set(kept) == {("back", ENTRY)}
    assert state.first_in == {"back": AT}


def test_a_grant_at_a_door_that_has_gone_moves_nobody() -> None:
    place = Building(Area("vault"))
    granted = Granted(AuthType.KEY_CARD, 5, "anna", "card-1", "staff")
    assert after(Request("cellar", ENTRY, AT, (card(1),)), granted, place.state, place.index) is place.state


def test_a_delta_of_another_version_is_refused() -> None:
    rows = building(Area("vault"))
    with pytest.raises(ValueError, match="the delta follows version 7, not 1"):
        amend(compile_snapshot(rows), Delta(7, (), site=False, rows=rows))
    assert rows.compiled_at == SECOND


def test_a_newer_snapshot_that_changes_nobodys_place_leaves_the_very_same_beliefs() -> None:
    """They are written to disk whenever they are others, and a snapshot comes with every change anywhere."""
    place = Building(Area("vault", timed_minutes=5))
    place.show(1)
    place.state = msgspec.structs.replace(place.state, first_in={"back": AT})
    state = after_swap(place.state, compile_snapshot(place.rows))
    kept = ("places", "inside", "entered", "first_in")
    assert [getattr(state, name) is getattr(place.state, name) for name in kept] == [True] * 4
