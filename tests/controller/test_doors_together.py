"""What do doors do that is more than one card at one reader: other credentials, company, areas, postures, alarms?"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from portvakt.controller.doors import RELEASE_WITHIN_SECONDS
from portvakt.controller.journal import JournalFull
from portvakt.controller.outputs import ExitPressed, FireChanged, TamperChanged
from portvakt.controller.readers import CardRead, KeysTyped, Signal
from portvakt.core.credentials import (
    STEP_SECONDS,
    guest_code_digest,
    guest_text,
    passcode_digest,
    pin_digest,
    plate_digest,
    qr_proof,
    qr_text,
)
from portvakt.core.decision.model import (
    AuthType,
    CredentialKind,
    Denied,
    Granted,
    NeedFactor,
    NeedPerson,
    Place,
    QrShown,
    Reason,
    Side,
)
from portvakt.core.decision.presence import COMPANY_SECONDS
from portvakt.core.door import DoorState
from portvakt.core.event import Event
from portvakt.core.snapshot import (
    Area,
    Assignment,
    Credential,
    Hold,
    Interlock,
    Interval,
    Lockdown,
    Reader,
    RuleDoor,
    Schedule,
    Snapshot,
)
from tests.controller.fakes import NOON
from tests.controller.rig import Rig, run
from tests.controller.site import (
    BACK,
    BACK_IN,
    BITS,
    CARD_ANNA,
    CARD_BO,
    CARD_UNKNOWN,
    FRONT,
    FRONT_IN,
    KEY,
    RELEASE_SECONDS,
    SITE,
    door,
    rule,
    site,
)

HANDLE, GUEST, PLATE, PASSCODE, DURESS = b"h" * 16, b"g" * 16, "ABC123", "1234567890", "975310"
CAMERA = "camera-front-in"
PRINTED = b"front-door-entry"
EVERY = tuple(AuthType)


def credential(kind: CredentialKind, digest: bytes) -> Credential:
    return Credential(kind.value, "anna", kind, digest, True, None, None)


# Everything opens the front door for Anna and Bo, and the area behind it is `inside`.
FULL = site(
    doors=(door(FRONT, entry=EVERY, exit=EVERY, inside="hall", entry_code=PRINTED), door(BACK)),
    readers=(*SITE.readers, Reader(CAMERA, FRONT, Side.EXIT, "bus0", 2, 9600, "plate")),
    areas=(Area("hall"),),
    rules=(rule("rule-front", RuleDoor(FRONT, EVERY, EVERY)), *SITE.rules[1:]),
    assignments=(*SITE.assignments, Assignment("rule-front", "bo", None, None)),
    credentials=(
        *SITE.credentials,
        credential(CredentialKind.QR, HANDLE),
        credential(CredentialKind.GUEST_CODE, guest_code_digest(KEY, GUEST)),
        credential(CredentialKind.PLATE, plate_digest(KEY, PLATE)),
        credential(CredentialKind.PASSCODE, passcode_digest(KEY, PASSCODE)),
        credential(CredentialKind.DURESS_PIN, pin_digest(KEY, DURESS)),
    ),
)


def changed(**changes: object) -> Snapshot:
    return site(**({name: getattr(FULL, name) for name in FULL.__struct_fields__} | changes))


def behind(area: Area) -> Snapshot:
    return changed(areas=(area,))


def text(said: str) -> tuple[int, bytes]:
    return len(said) * 8, said.encode()


def code(at: float = 0) -> str:
    step = int(NOON.timestamp() + at) // STEP_SECONDS
    return qr_text(QrShown(HANDLE, step, qr_proof(KEY, HANDLE, step)))


async def show(rig: Rig, said: tuple[int, bytes], reader: str = FRONT_IN) -> None:
    rig.doors.from_reader(CardRead(reader, *said))
    await rig.doors.settle()


@pytest.mark.parametrize(
    ("reader", "said", "auth_type"),
    [
        (FRONT_IN, text(code()), AuthType.CARD),
        (FRONT_IN, text(guest_text(GUEST)), AuthType.CARD),
        (CAMERA, text("abc 123"), AuthType.PLATE),
    ],
)
def test_what_a_reader_delivers_is_known_for_what_it_is(
    reader: str, said: tuple[int, bytes], auth_type: AuthType
) -> None:
    async def story() -> None:
        rig = Rig(FULL)
        await show(rig, said, reader)
        assert [(event.kind.value, event.auth_type) for event in rig.events] == [("access_granted", auth_type)]

    run(story)


@pytest.mark.parametrize(
    ("reader", "said"), [(CAMERA, text("?")), (CAMERA, (16, b"\xff\xfe")), (CAMERA, (26, CARD_ANNA))]
)
def test_what_is_no_plate_is_nobodys(reader: str, said: tuple[int, bytes]) -> None:
    async def story() -> None:
        rig = Rig(FULL)
        await show(rig, said, reader)
        assert rig.said() == ["access_denied: unknown_credential"]

    run(story)


def test_a_changing_code_opens_once() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        await show(rig, text(code()))
        await show(rig, text(code()))
        rig.clock.advance(STEP_SECONDS)
        await show(rig, text(code(STEP_SECONDS)))
        assert rig.said() == ["access_granted", "access_denied: replayed_code", "access_granted"]

    run(story)


def test_a_passcode_is_told_from_a_pin_by_its_length() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        await rig.keys(f"{PASSCODE}#", FRONT_IN)
        assert [event.auth_type for event in rig.events] == [AuthType.PASSCODE]

    run(story)


def test_a_duress_pin_opens_like_any_other_and_raises_an_alarm_kept_with_the_grant() -> None:
    async def story() -> None:
        plain, pressed = Rig(FULL), Rig(FULL)
        await plain.keys("4711#", FRONT_IN)
        await pressed.keys(f"{DURESS}#", FRONT_IN)
        assert pressed.shown == plain.shown == [(FRONT_IN, Signal.GRANTED)]
        assert pressed.outputs.diary[-1] == plain.outputs.diary[-1] == f"release {FRONT}"
        assert plain.said() == ["access_granted"]
        assert pressed.said() == ["access_granted", "duress"]
        assert [event.person for event in pressed.events] == ["anna", "anna"]

    run(story)


def test_a_duress_pin_that_is_denied_raises_the_alarm_and_looks_like_any_other_at_the_door() -> None:
    async def story() -> None:
        locked = msgspec.structs.replace(FULL, lockdowns=(Lockdown("plan-1", 5, (FRONT,), None),))
        plain, pressed = Rig(locked), Rig(locked)
        for rig, digits in ((plain, "4711"), (pressed, DURESS)):
            rig.disk.clear()
            rig.doors.from_reader(KeysTyped(FRONT_IN, f"{digits}#"))
            await asyncio.sleep(0)
            rig.clock.advance(RELEASE_WITHIN_SECONDS)
            rig.disk.set()
            await rig.doors.settle()
        assert pressed.shown == plain.shown
        assert pressed.outputs.released == plain.outputs.released == {FRONT: False, BACK: False}
        assert plain.said() == ["lockdown_begun", "access_denied: lockdown"]
        assert pressed.said() == ["lockdown_begun", "access_denied: lockdown", "duress"]
        assert [(event.door, event.person) for event in pressed.events[1:]] == [(FRONT, "anna")] * 2

    run(story)


def test_a_scan_and_a_pin_at_the_door_make_a_pair_from_two_directions() -> None:
    async def story() -> None:
        pair = (rule("rule-front", RuleDoor(FRONT, (AuthType.SCAN_PLUS_KEYPAD,), ())), *SITE.rules[1:])
        rig = Rig(changed(rules=pair))
        assert isinstance(await rig.from_phone(FRONT, "anna", code=PRINTED), NeedFactor)
        assert rig.shown == [(FRONT_IN, Signal.NEED_PIN)]
        await rig.keys("4711#", FRONT_IN)
        assert [event.auth_type for event in rig.events] == [AuthType.SCAN_PLUS_KEYPAD]

    run(story)


def test_a_code_shown_is_completed_by_a_pin_in_the_phone_of_the_same_person() -> None:
    async def story() -> None:
        pair = (rule("rule-front", RuleDoor(FRONT, (AuthType.CARD_PLUS_PHONE,), ())), *SITE.rules[1:])
        rig = Rig(changed(rules=pair))
        await show(rig, text(code()))
        typed = await rig.from_phone(FRONT, "anna", pin=pin_digest(KEY, "4711"), pin_only=True)
        assert isinstance(typed, Granted)
        rig.clock.advance(STEP_SECONDS)
        await show(rig, text(code(STEP_SECONDS)))
        other = await rig.from_phone(FRONT, "bo", pin=pin_digest(KEY, "4711"), pin_only=True)
        assert other == Denied(Reason.WRONG_PIN, AuthType.CARD_PLUS_PHONE, "anna", "qr")

    run(story)


def test_a_pin_in_the_phone_alone_opens_nothing() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        alone = await rig.from_phone(FRONT, "anna", pin=pin_digest(KEY, "4711"), pin_only=True)
        assert isinstance(alone, Denied)
        nothing = await rig.from_phone(FRONT, "anna", pin_only=True)
        assert isinstance(nothing, Denied)

    run(story)


def test_two_must_come_together_where_nobody_may_be_alone() -> None:
    async def story() -> None:
        rig = Rig(behind(Area("hall", two_person=True)))
        await rig.card(CARD_ANNA)
        assert rig.shown == [(FRONT_IN, Signal.WAIT_FOR_PERSON)]
        assert rig.outputs.released[FRONT] is False
        await rig.card(CARD_BO)
        assert [(event.kind.value, event.person) for event in rig.events] == [
            ("access_granted", "anna"),
            ("access_granted", "bo"),
        ]
        await rig.contact(open_=True)
        assert rig.doors.deciding.state.inside == {"hall": 2}

    run(story)


def test_who_waited_for_company_in_vain_is_denied_and_logged() -> None:
    async def story() -> None:
        rig = Rig(behind(Area("hall", two_person=True)))
        await rig.card(CARD_ANNA)
        await rig.advance(COMPANY_SECONDS)
        assert rig.said() == ["access_denied: second_person_missing"]
        assert rig.shown[-1] == (FRONT_IN, Signal.DENIED)
        await rig.card(CARD_BO)
        assert isinstance(rig.doors.deciding.state.waiting[FRONT, Side.ENTRY].who, NeedPerson)

    run(story)


def test_duress_while_waiting_for_company_raises_the_alarm_at_once() -> None:
    async def story() -> None:
        rig = Rig(behind(Area("hall", two_person=True)))
        await rig.keys(f"{DURESS}#", FRONT_IN)
        assert rig.said() == ["duress"]
        assert rig.shown == [(FRONT_IN, Signal.WAIT_FOR_PERSON)]

    run(story)


def test_a_passage_counts_when_the_door_opens_and_not_before() -> None:
    async def story() -> None:
        rig = Rig(behind(Area("hall", passback="hard")))
        await rig.card(CARD_ANNA)
        await rig.advance(RELEASE_SECONDS)
        assert rig.doors.deciding.state.places == {}
        await rig.card(CARD_ANNA)
        await rig.contact(open_=True)
        await rig.contact(open_=False)
        assert rig.doors.deciding.state.places == {"anna": Place("hall", NOON + timedelta(seconds=RELEASE_SECONDS))}
        await rig.card(CARD_ANNA)
        assert rig.said()[-1] == "access_denied: anti_passback"
        rig.doors.forgive("anna")
        await rig.card(CARD_ANNA)
        assert rig.said()[-1] == "access_granted"

    run(story)


def test_a_soft_passback_is_granted_and_reported() -> None:
    async def story() -> None:
        rig = Rig(behind(Area("hall", passback="soft")))
        for _ in range(2):
            await rig.card(CARD_ANNA)
            await rig.contact(open_=True)
            await rig.contact(open_=False)
        assert [said for said in rig.said() if not said.startswith("door")] == ["access_granted"] * 2 + ["passback"]

    run(story)


def test_through_a_door_that_stands_open_a_passage_counts_at_once() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        await rig.card(CARD_ANNA)
        await rig.contact(open_=True)
        await rig.card(CARD_BO)
        assert rig.doors.deciding.state.inside == {"hall": 2}

    run(story)


def test_an_interlock_counts_a_grant_whose_event_is_still_on_its_way_to_the_disk() -> None:
    async def story() -> None:
        rig = Rig(changed(interlocks=(Interlock("lock", (FRONT, BACK)),)))
        rig.disk.clear()
        rig.doors.from_reader(CardRead(FRONT_IN, BITS, CARD_ANNA))
        waits = asyncio.create_task(rig.keys("902615#", BACK_IN))
        rig.disk.set()
        await waits
        assert sorted(rig.said()) == ["access_denied: interlocked", "access_granted"]
        await rig.advance(RELEASE_SECONDS)
        await rig.keys("902615#", BACK_IN)
        assert rig.said()[-1] == "access_granted"

    run(story)


def test_an_event_that_cannot_be_kept_opens_nothing_and_holds_no_interlock() -> None:
    async def story() -> None:
        rig = Rig(changed(interlocks=(Interlock("lock", (FRONT, BACK)),)))
        kept = rig.doors._append

        async def full(_events: Sequence[Event]) -> None:
            raise JournalFull

        rig.doors._append = full
        await rig.card(CARD_ANNA)
        assert rig.shown == [(FRONT_IN, Signal.DENIED)]
        assert rig.doors.deciding.state.unsecured == frozenset()
        rig.doors._append = kept
        await rig.keys("902615#", BACK_IN)
        assert rig.said() == ["access_granted"]

    run(story)


def test_a_door_stands_unlocked_by_its_schedule_and_locks_at_its_end() -> None:
    async def story() -> None:
        # Noon in Stockholm is minute 720.
        plan = Schedule("noon", ((Interval(720, 721),),) * 7, ())
        rig = Rig(changed(schedules=(*SITE.schedules, plan), doors=(door(FRONT, unlock_schedule="noon"), door(BACK))))
        await rig.doors.settle()
        assert rig.outputs.released == {FRONT: True, BACK: False}
        await rig.contact(open_=True)
        await rig.contact(open_=False)
        await rig.advance(60)
        assert rig.outputs.released[FRONT] is False
        assert rig.said() == ["door_unlocked", "door_opened", "door_closed", "door_locked"]

    run(story)


def test_a_door_that_waits_for_the_first_person_unlocks_when_one_has_come_in() -> None:
    async def story() -> None:
        plan = Schedule("day", ((Interval(0, 0),),) * 7, ())
        first = door(FRONT, entry=EVERY, unlock_schedule="day", first_person_in=True)
        rig = Rig(changed(schedules=(*SITE.schedules, plan), doors=(first, door(BACK))))
        await rig.card(CARD_UNKNOWN)
        assert rig.doors.live()[FRONT].state is DoorState.LOCKED
        await rig.card(CARD_ANNA)
        await rig.contact(open_=True)
        await rig.contact(open_=False)
        assert rig.doors.live()[FRONT].state is DoorState.UNLOCKED
        # In the order of cause and effect.
        assert rig.said()[1:] == ["access_granted", "door_opened", "door_unlocked", "door_closed"]

    run(story)


def test_an_operators_hold_ends_by_itself_and_a_clock_that_was_set_is_noticed() -> None:
    async def story() -> None:
        hour = int(NOON.timestamp()) + 3600
        rig = Rig(changed(holds=(Hold(FRONT, hour),)))
        assert rig.doors.live()[FRONT].state is DoorState.UNLOCKED
        rig.clock.jump(3600)
        await rig.advance(30)
        assert rig.doors.live()[FRONT].state is DoorState.LOCKED

    run(story)


def locked_down(ends_at: int | None = None) -> Snapshot:
    return changed(lockdowns=(Lockdown("plan-1", 5, (FRONT,), ends_at),))


def test_a_lockdown_refuses_says_so_and_ends_by_itself() -> None:
    async def story() -> None:
        rig = Rig(locked_down(int(NOON.timestamp()) + 60))
        await rig.card(CARD_ANNA)
        await rig.card(CARD_UNKNOWN)
        assert rig.said() == ["lockdown_begun", *["access_denied: lockdown"] * 2]
        assert rig.shown == [(FRONT_IN, Signal.LOCKED_DOWN)] * 2
        await rig.advance(60)
        await rig.card(CARD_ANNA)
        assert rig.said()[-2:] == ["lockdown_ended", "access_granted"]

    run(story)


def test_a_lockdown_ends_a_release_that_has_begun_and_lets_people_out() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        await rig.card(CARD_ANNA)
        rig.put_in_force(locked_down())
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is False
        rig.doors.from_door(ExitPressed(FRONT))
        await rig.doors.settle()
        assert rig.outputs.released[FRONT] is True

    run(story)


def test_a_fire_silences_doors_that_people_push_open_and_unlocks_none() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        rig.doors.from_door(FireChanged(active=True))
        rig.doors.from_door(FireChanged(active=True))
        await rig.contact(open_=True)
        assert not any(rig.outputs.released.values())
        assert rig.said() == ["fire_begun", "door_opened"]
        assert rig.events[-1].detail == "door_forced during a fire alarm"
        rig.doors.from_door(FireChanged(active=False))
        await rig.contact(open_=False)
        await rig.contact(open_=True)
        assert rig.said()[2:] == ["fire_ended", "door_closed", "door_forced"]

    run(story)


def test_an_opened_enclosure_is_told_once_for_each_time() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        for active in (True, True, False, True):
            rig.doors.from_door(TamperChanged(active))
        await rig.doors.settle()
        assert rig.said() == ["controller_tampered"] * 2
        assert rig.doors.conditions.tampered

    run(story)


OBSTACLES: list[tuple[Sequence[bool], bool, str]] = [
    ((), False, ""),
    ((True,), False, "forced"),
    ((), True, "unreachable"),
]


@pytest.mark.parametrize(("contacts", "cut", "why"), OBSTACLES)
def test_a_rehearsal_says_which_door_would_not_lock_and_locks_none(
    contacts: Sequence[bool],
    cut: bool,  # noqa: FBT001 - a case of the table
    why: str,
) -> None:
    async def story() -> None:
        rig = Rig(FULL)
        for open_ in contacts:
            await rig.contact(open_=open_)
        rig.outputs.cut = {FRONT} if cut else set()
        before = list(rig.diary)
        assert rig.doors.rehearse([FRONT, "elsewhere"]) == {FRONT: why, "elsewhere": "unknown"}
        assert rig.diary == before

    run(story)


def test_a_card_that_is_being_read_for_an_operator_opens_nothing() -> None:
    async def story() -> None:
        rig, said = Rig(FULL), []
        assert rig.doors.read_card(FRONT_IN, 30, said.append)
        assert not rig.doors.read_card("elsewhere", 30, said.append)
        await rig.card(CARD_ANNA)
        await rig.card(CARD_ANNA)
        assert said == [CardRead(FRONT_IN, BITS, CARD_ANNA)] * 2
        assert rig.events == []
        await rig.card(CARD_ANNA)
        assert rig.said() == ["access_granted"]

    run(story)


def test_an_operator_who_never_shows_the_card_leaves_the_reader_as_it_was() -> None:
    async def story() -> None:
        rig = Rig(FULL)
        assert rig.doors.read_card(FRONT_IN, 30, lambda said: pytest.fail(f"reported {said}"))
        await rig.advance(30)
        await rig.card(CARD_ANNA)
        assert rig.said() == ["access_granted"]

    run(story)
