"""May this passage happen, and if not, why not?

The checks run in a fixed order and the first that fails names the reason: door known and in service, clock right and
snapshot not too old, lockdown, credential (known, not barred, enabled, begun, not expired; of a changing code its step,
and that it was not used), person (not barred or suspended, begun, not expired), an assignment in force, its schedule,
the auth type, the PIN, position, interlock, anti-passback, occupancy, escort, two persons. Rules of its own:

- A side accepts what the door and the rule both list for it. An exit request (REX) needs the door's exit list alone: no
  person, no rule, no schedule, no snapshot age, no lockdown and no area, because a person inside must not depend on any
  of them.
- One factor alone opens where a rule takes it so; else, where a rule takes a pair it belongs to, the rest is asked for.
  Where both are taken the one alone opens. The PIN of a pair must be in use and belong to the same person; of two
  factors the one that says who it is is judged first, whichever came first.
- A PIN alone identifies its holder. While PINs are locked at the side nothing is said about the PIN, not even that it
  is unknown. Where a side takes a PIN only in a pair, a PIN that comes first is not looked at until the rest is there.
- A duress PIN answers exactly as its holder's PIN would, and says so in the answer alone.
- Of several assignments the one that came furthest names the reason: when one fails at its schedule and another at its
  auth type, the answer is AUTH_TYPE_NOT_ACCEPTED. Neither the answer nor the rule it names depends on the order of
  rows; of several rules that would grant, the one with the smallest id is named.
- Whatever is valid is so from its first second until before its last. An assignment or rule that is not in force gives
  no right: UNAUTHORISED. An unknown door counts as out of service. What is barred counts as not enabled, suspended, or
  not assigned.
- Past the age limit "deny" refuses everyone, "cards_only" refuses what needs no key card, "keep" changes nothing. A
  clock that is wrong counts as past the limit, and a lockdown then goes on past its end.
- A lockdown refuses everyone but persons who override its rank, unknown ones too, so that it says nothing about them.
- A changing code is good for its step, the one before and the one after, once; while it waits for its PIN at one side it
  is good there for that, and a step longer.
- Where an area wants company, the first person waits; the next one at that side whose own checks pass completes it.
- Factors that make up no auth type known here are AUTH_TYPE_NOT_ACCEPTED.

An attempt is one mutable value that the steps fill in, because a copy at each step cost more than all checks together.
"""

from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec

from portvakt.core.credentials import STEP_SECONDS, CredentialError, qr_proof, same_digest
from portvakt.core.decision.areas import company_missing, is_full, passback
from portvakt.core.decision.compile import CompiledDoor, CompiledSide, Index, types_in
from portvakt.core.decision.holders import DURESS
from portvakt.core.decision.lockout import pins_locked
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CodeScanned,
    Companion,
    CredentialKind,
    Decision,
    Denied,
    Escort,
    Granted,
    NeedFactor,
    NeedPerson,
    PinOnPhone,
    PinTyped,
    QrShown,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.decision.presence import COMPANY_SECONDS
from portvakt.core.decision.shapes import KEYPAD_PAIRS, PIN_BIT, SHAPES, SHAPES_OF_ONE, Shape, Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPANY = timedelta(seconds=COMPANY_SECONDS)
_NOBODY = -1
# To look a member up in its class costs as much as a check.
_ENTRY = Side.ENTRY
_EXIT, _DIGEST, _PIN, _CODE = Source.EXIT, Source.DIGEST, Source.PIN, Source.CODE
_UNAUTHORISED, _AT_OTHER_TIMES, _NOT_TAKEN = (
    Reason.UNAUTHORISED,
    Reason.NOT_PERMITTED_AT_THIS_TIME,
    Reason.AUTH_TYPE_NOT_ACCEPTED,
)
_REX = 1 << AuthType.REX
_HARD = "hard"


class _Attempt(msgspec.Struct, gc=False):
    """A request with what is known about it so far: `second` since the epoch, rows of holders, -1 while not known."""

    request: Request
    index: Index
    state: State
    door: CompiledDoor
    side: CompiledSide
    shape: Shape
    second: int
    person: int = _NOBODY
    credential: int = _NOBODY
    duress: bool = False

    def denied(self, reason: Reason) -> Denied:
        return Denied(reason, self.shape.auth_type, self.person_id(), self.credential_id())

    def person_id(self) -> str | None:
        return None if self.person < 0 else self.index.holders.person_id(self.person)

    def credential_id(self) -> str | None:
        return None if self.credential < 0 else self.index.holders.credential_id(self.credential)


def decide(request: Request, index: Index, state: State) -> Decision:
    """Answer one attempt to pass. Never raises: unforeseen trouble is Denied(FAULT), and the door stays locked."""
    try:
        return _decide(request, index, state)
    except Exception:  # noqa: BLE001 - a door must answer whatever is broken; FAULT is how it tells
        return Denied(Reason.FAULT)


def _decide(request: Request, index: Index, state: State) -> Decision:
    factors = request.factors
    shape = SHAPES_OF_ONE.get(type(factors[0])) if len(factors) == 1 else SHAPES.get(tuple(map(type, factors)))
    door = index.doors.get(request.door)
    if door is None or not door.in_service:
        return Denied(Reason.DOOR_OUT_OF_SERVICE, None if shape is None else shape.auth_type)
    if shape is None:
        return Denied(Reason.AUTH_TYPE_NOT_ACCEPTED)
    if shape.source is _EXIT:
        return _exit(door)
    since = request.at - _EPOCH
    side = door.entry if request.side is _ENTRY else door.exit
    attempt = _Attempt(request, index, state, door, side, shape, since.days * 86_400 + since.seconds)
    if door.refused_when_old & shape.aged and (reason := _age_trouble(attempt)) is not None:
        return Denied(reason, shape.auth_type)
    if shape.source is _DIGEST:
        # Whatever is known by its digest has it under the same name as a card.
        shown: CardShown = factors[shape.who]  # type: ignore[assignment]
        return _with_credential(attempt, index.holders.by_digest[shape.kind].find(shown.digest))
    return _OTHERS[shape.source](attempt)


def _exit(door: CompiledDoor) -> Decision:
    if door.exit.accepts & _REX:
        return Granted(AuthType.REX, door.release_seconds)
    return Denied(Reason.AUTH_TYPE_NOT_ACCEPTED, AuthType.REX)


def _age_trouble(attempt: _Attempt) -> Reason | None:
    """Say why the age of the snapshot or the clock refuses what is presented."""
    if attempt.shape.source is _PIN:
        # A PIN that only begins a pair is judged as the pairs it may become.
        presented = _pin_first(attempt) or PIN_BIT
        if presented & ~attempt.door.refused_when_old:
            return None
    return _past_age(attempt)


def _past_age(attempt: _Attempt) -> Reason | None:
    state = attempt.state
    if not state.clock_trusted:
        return Reason.CLOCK_WRONG
    # A confirmation from the future means that the clock was set back: it proves no more than one as far in the past.
    if state.confirmed_at is not None and abs(attempt.request.at - state.confirmed_at) <= attempt.door.age_limit:
        return None
    return Reason.SNAPSHOT_TOO_OLD


def _pin_first(attempt: _Attempt) -> int:
    """Give the pairs that a PIN alone begins where the side takes no PIN alone; 0 for anything else."""
    accepts = attempt.side.accepts
    return KEYPAD_PAIRS & accepts if attempt.shape.source is _PIN and not accepts & PIN_BIT else 0


# ── who it is ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_pin(attempt: _Attempt) -> Decision:
    """A PIN alone: while it is not to be judged nothing is said about it, not in a lockdown either."""
    first = _pin_first(attempt)
    if _pins_locked(attempt):
        return attempt.denied(Reason.LOCKDOWN if _rank(attempt) else Reason.PIN_LOCKED)
    if not first:
        row = attempt.index.holders.find(CredentialKind.PIN, cast("PinTyped", attempt.request.factors[0]).digest)
        attempt.duress = row >= 0 and attempt.index.holders.kinds[row] == DURESS
        return _with_credential(attempt, row)
    if _rank(attempt):
        return attempt.denied(Reason.LOCKDOWN)
    refused = attempt.door.refused_when_old if _past_age(attempt) else 0
    return NeedFactor(types_in(first & ~refused))


def _by_code(attempt: _Attempt) -> Decision:
    """A changing code; one with a wrong proof is nobody's."""
    shown = cast("QrShown", attempt.request.factors[attempt.shape.who])
    row = attempt.index.holders.find(CredentialKind.QR, shown.handle)
    return _with_credential(attempt, row if row >= 0 and _is_proven(shown, attempt.index.digest_key) else _NOBODY)


def _is_proven(shown: QrShown, digest_key: bytes) -> bool:
    try:
        return same_digest(qr_proof(digest_key, shown.handle, shown.step), shown.proof)
    except CredentialError:
        return False


def _by_scan(attempt: _Attempt) -> Decision:
    """A phone at the door: the code printed there proves that it is at this side."""
    scanned = cast("CodeScanned", attempt.request.factors[attempt.shape.who])
    code = attempt.side.code
    if not code or not same_digest(code, scanned.code):
        return _with_person(attempt, _NOBODY)
    return _with_person(attempt, attempt.index.holders.find_person(scanned.person))


def _by_remote(attempt: _Attempt) -> Decision:
    asked = cast("RemoteOpening", attempt.request.factors[attempt.shape.who])
    return _with_person(attempt, attempt.index.holders.find_person(asked.person))


_OTHERS = {Source.PIN: _by_pin, Source.CODE: _by_code, Source.SCAN: _by_scan, Source.REMOTE: _by_remote}


# ── lockdown, credential, person ─────────────────────────────────────────────────────────────────────────────────────


def _with_credential(attempt: _Attempt, row: int) -> Decision:
    if row < 0:
        return attempt.denied(Reason.LOCKDOWN if _rank(attempt) else Reason.UNKNOWN_CREDENTIAL)
    holders = attempt.index.holders
    attempt.credential = row
    attempt.person = person = holders.owners[row]
    if attempt.door.lockdowns and _rank(attempt) > holders.overrides[person]:
        return attempt.denied(Reason.LOCKDOWN)
    # The common path reads one byte here.
    if not holders.sound[row] or attempt.state.barred is not None or attempt.shape.source is _CODE:
        reason = _credential_trouble(attempt) or _person_trouble(attempt)
        if reason is not None:
            return attempt.denied(reason)
    return _by_rules(attempt)


def _with_person(attempt: _Attempt, row: int) -> Decision:
    if row < 0:
        return attempt.denied(Reason.LOCKDOWN if _rank(attempt) else Reason.UNKNOWN_CREDENTIAL)
    attempt.person = row
    if _rank(attempt) > attempt.index.holders.overrides[row]:
        return attempt.denied(Reason.LOCKDOWN)
    reason = _person_trouble(attempt)
    return _by_rules(attempt) if reason is None else attempt.denied(reason)


def _rank(attempt: _Attempt) -> int:
    """Give the highest rank of the lockdowns in effect at the door, 0 for none."""
    for lockdown in attempt.door.lockdowns:
        if lockdown.ends_at is None or attempt.second < lockdown.ends_at or not attempt.state.clock_trusted:
            return lockdown.rank
    return 0


def _credential_trouble(attempt: _Attempt) -> Reason | None:
    barred = attempt.state.barred
    if barred is not None and attempt.credential_id() in barred.credentials:
        return Reason.CREDENTIAL_NOT_ENABLED
    reason = attempt.index.holders.trouble_with_credential(attempt.credential, attempt.second)
    if reason is not None or attempt.shape.source is not _CODE:
        return reason
    return _step_trouble(attempt, cast("QrShown", attempt.request.factors[attempt.shape.who]))


def _step_trouble(attempt: _Attempt, shown: QrShown) -> Reason | None:
    state, step = attempt.state, attempt.second // STEP_SECONDS
    waits = attempt.shape.pin >= 0 and state.codes_waiting.get((attempt.door.id, attempt.request.side)) == shown
    if shown.step > step + 1:
        return Reason.CREDENTIAL_NOT_ACTIVE
    if shown.step < step - (2 if waits else 1):
        return Reason.CREDENTIAL_EXPIRED
    used = max(state.codes_from, state.codes_used.get(shown.handle, 0))
    return Reason.REPLAYED_CODE if shown.step <= used and not waits else None


def _person_trouble(attempt: _Attempt) -> Reason | None:
    barred = attempt.state.barred
    if barred is not None and attempt.person_id() in barred.persons:
        return Reason.PERSON_SUSPENDED
    return attempt.index.holders.trouble_with_person(attempt.person, attempt.second)


# ── rules, schedule, auth type ───────────────────────────────────────────────────────────────────────────────────────


def _by_rules(attempt: _Attempt) -> Decision:
    """Walk the person's assignments, smallest rule first; in one piece, because this is where a decision's time goes."""
    shape, second, options = attempt.shape, attempt.second, attempt.side.options
    barred = None if attempt.state.barred is None else attempt.state.barred.assignments
    reached, taken, pair_rule = _UNAUTHORISED, 0, None
    for rule, since, until in attempt.index.holders.groups[attempt.person]:
        option = options.get(rule)
        if option is None or not (since <= second < until and option.valid_from <= second < option.valid_to):
            continue
        if barred and (attempt.person_id(), rule) in barred:
            continue
        if option.timetable is not None and not option.timetable.active(attempt.door.zone.local(second)):
            if reached is _UNAUTHORISED:
                reached = _AT_OTHER_TIMES
            continue
        accepts = option.accepts
        if accepts & shape.single_bit:
            if shape.pin >= 0:
                _look_for_duress(attempt)
            return _grant(attempt, shape.single, rule)
        reached = _NOT_TAKEN
        taken |= accepts
        if pair_rule is None and accepts & shape.pair_bit:
            pair_rule = rule
    if pair_rule is not None:
        return _pair(attempt, pair_rule)
    pairs = taken & shape.pairs
    return _need(attempt, pairs) if pairs else attempt.denied(reached)


def _need(attempt: _Attempt, pairs: int) -> Decision:
    if _pins_locked(attempt):
        return attempt.denied(Reason.PIN_LOCKED)
    return NeedFactor(types_in(pairs), attempt.person_id(), attempt.credential_id())


# ── the PIN of a pair ────────────────────────────────────────────────────────────────────────────────────────────────


def _pair(attempt: _Attempt, rule: str) -> Decision:
    if _pins_locked(attempt):
        return attempt.denied(Reason.PIN_LOCKED)
    holders, pin = attempt.index.holders, attempt.request.factors[attempt.shape.pin]
    row = holders.find(CredentialKind.PIN, cast("PinTyped", pin).digest)
    if row < 0 or not _is_theirs(attempt, pin, row):
        return attempt.denied(Reason.WRONG_PIN)
    attempt.duress = holders.kinds[row] == DURESS
    return _grant(attempt, attempt.shape.auth_type, rule)


def _look_for_duress(attempt: _Attempt) -> None:
    """One factor would have opened alone; a PIN that came with it can still be a call for help."""
    holders, pin = attempt.index.holders, attempt.request.factors[attempt.shape.pin]
    row = holders.find(CredentialKind.PIN, cast("PinTyped", pin).digest)
    attempt.duress = row >= 0 and holders.kinds[row] == DURESS and _is_theirs(attempt, pin, row)


def _is_theirs(attempt: _Attempt, pin: object, row: int) -> bool:
    """Tell whether a PIN is in use and the person's own, and was typed by them if on a phone."""
    holders, barred = attempt.index.holders, attempt.state.barred
    if holders.owners[row] != attempt.person or holders.trouble_with_credential(row, attempt.second) is not None:
        return False
    if isinstance(pin, PinOnPhone) and pin.person != attempt.person_id():
        return False
    return barred is None or holders.credential_id(row) not in barred.credentials


def _pins_locked(attempt: _Attempt) -> bool:
    request = attempt.request
    return pins_locked(attempt.state, request.door, request.side, request.at)


# ── position, interlock, areas ───────────────────────────────────────────────────────────────────────────────────────


def _grant(attempt: _Attempt, auth_type: AuthType, rule: str) -> Decision:
    """Ask what is left to ask once the auth type is satisfied."""
    if attempt.side.simple:
        person = attempt.index.holders.person_id(attempt.person)
        return Granted(auth_type, attempt.door.release_seconds, person, attempt.credential_id(), rule, attempt.duress)
    reason = _position_trouble(attempt)
    if reason is None and not attempt.state.unsecured.isdisjoint(attempt.door.interlocked):
        reason = Reason.INTERLOCKED
    return _through_areas(attempt, auth_type, rule) if reason is None else attempt.denied(reason)


def _position_trouble(attempt: _Attempt) -> Reason | None:
    within = attempt.door.within_metres
    if within is None or not attempt.shape.needs_position:
        return None
    metres = cast("CodeScanned | RemoteOpening", attempt.request.factors[attempt.shape.who]).metres
    if metres is None:
        return Reason.NO_POSITION
    return Reason.TOO_FAR if metres > within else None


def _through_areas(attempt: _Attempt, auth_type: AuthType, rule: str) -> Decision:
    side, state, at = attempt.side, attempt.state, attempt.request.at
    person, credential = cast("str", attempt.person_id()), attempt.credential_id()
    broken = passback(side, person, state, at)
    if broken == _HARD:
        return attempt.denied(Reason.ANTI_PASSBACK)
    if is_full(side, (person,), state):
        return attempt.denied(Reason.AREA_FULL)
    escort = attempt.index.holders.escort(attempt.person)
    granted = Granted(
        auth_type, attempt.door.release_seconds, person, credential, rule, attempt.duress, broken == "soft"
    )
    if not side.company:
        return granted
    together = _together(attempt, granted, (person, escort))
    if together is not None:
        return together
    missing = company_missing(side, ((person, escort),), state)
    if missing is not None:
        return NeedPerson(missing, auth_type, person, credential, rule, attempt.duress)
    return granted


def _together(attempt: _Attempt, granted: Granted, second: tuple[str, Escort]) -> Granted | None:
    """Give the grant for both where somebody fit waits for company and the two satisfy the area."""
    state, side, request = attempt.state, attempt.side, attempt.request
    waiting = state.waiting.get((request.door, request.side))
    if waiting is None or not timedelta(0) <= request.at - waiting.at <= _COMPANY or waiting.who.person == second[0]:
        return None
    who = waiting.who
    row = attempt.index.holders.find_person(who.person)
    broken = passback(side, who.person, state, request.at)
    if row < 0 or broken == _HARD or not _still_may(attempt, row, who):
        return None
    first = (who.person, attempt.index.holders.escort(row))
    if is_full(side, (first[0], second[0]), state) or company_missing(side, (first, second), state) is not None:
        return None
    return msgspec.structs.replace(
        granted,
        duress=granted.duress or who.duress,
        passback=granted.passback or broken == "soft",
        companion=Companion(who.auth_type, who.person, who.credential, who.rule),
    )


def _still_may(attempt: _Attempt, row: int, who: NeedPerson) -> bool:
    """Tell whether nothing was taken from somebody while they waited, and no lockdown began."""
    holders, barred = attempt.index.holders, attempt.state.barred
    if _rank(attempt) > holders.overrides[row] or holders.trouble_with_person(row, attempt.second) is not None:
        return False
    if barred is None:
        return True
    taken = who.person in barred.persons or who.credential in barred.credentials
    return not taken and (who.person, who.rule) not in barred.assignments
