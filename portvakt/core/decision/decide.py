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
- A PIN alone identifies its holder. While PINs are locked where it was typed, at the side or in the person's phone,
  nothing is said about the PIN, not even that it is unknown; neither lock touches the other. Where a side takes a PIN
  only in a pair, a PIN that comes first is not looked at until the rest is there.
- A duress PIN answers exactly as its holder's PIN would, and says so in the answer alone, in a refusal too once its
  holder is known; one that is not in use says nothing.
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
  is good there for that, and a step longer. By a clock that is wrong none is good at any door: it would be an old one.
- Where an area wants company, the first person waits; the next one at that side whose own checks pass completes it.
- Factors that make up no auth type known here are AUTH_TYPE_NOT_ACCEPTED.
"""

from datetime import UTC, datetime
from typing import cast

from portvakt.core.credentials import STEP_SECONDS, CredentialError, qr_proof, same_digest
from portvakt.core.decision.attempt import NOBODY, Attempt
from portvakt.core.decision.compile import CompiledDoor, Index, types_in
from portvakt.core.decision.holders import DURESS
from portvakt.core.decision.lockout import typed_at
from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CodeScanned,
    CredentialKind,
    Decision,
    Denied,
    Granted,
    NeedFactor,
    PinTyped,
    QrShown,
    Reason,
    RemoteOpening,
    Request,
    Side,
    State,
)
from portvakt.core.decision.passage import grant
from portvakt.core.decision.shapes import KEYPAD_PAIRS, PIN_BIT, SHAPES, SHAPES_OF_ONE, Source

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# To look a member up in its class costs as much as a check.
_ENTRY = Side.ENTRY
_EXIT, _DIGEST, _PIN, _CODE = Source.EXIT, Source.DIGEST, Source.PIN, Source.CODE
_UNAUTHORISED, _AT_OTHER_TIMES, _NOT_TAKEN = (
    Reason.UNAUTHORISED,
    Reason.NOT_PERMITTED_AT_THIS_TIME,
    Reason.AUTH_TYPE_NOT_ACCEPTED,
)
_REX = 1 << AuthType.REX


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
    attempt = Attempt(request, index, state, door, side, shape, since.days * 86_400 + since.seconds)
    if door.refused_when_old & shape.aged and (reason := _age_trouble(attempt)) is not None:
        return Denied(reason, shape.auth_type)
    if shape.source is _CODE and not state.clock_trusted:
        return Denied(Reason.CLOCK_WRONG, shape.auth_type)
    if shape.source is _DIGEST:
        # Whatever is known by its digest has it under the same name as a card.
        shown: CardShown = factors[shape.who]  # type: ignore[assignment]
        return _with_credential(attempt, index.holders.by_digest[shape.kind].find(shown.digest))
    return _OTHERS[shape.source](attempt)


def _exit(door: CompiledDoor) -> Decision:
    if door.exit.accepts & _REX:
        return Granted(AuthType.REX, door.release_seconds)
    return Denied(Reason.AUTH_TYPE_NOT_ACCEPTED, AuthType.REX)


def _age_trouble(attempt: Attempt) -> Reason | None:
    """Say why the age of the snapshot or the clock refuses what is presented."""
    if attempt.shape.source is _PIN:
        # A PIN that only begins a pair is judged as the pairs it may become.
        presented = _pin_first(attempt) or PIN_BIT
        if presented & ~attempt.door.refused_when_old:
            return None
    return _past_age(attempt)


def _past_age(attempt: Attempt) -> Reason | None:
    state = attempt.state
    if not state.clock_trusted:
        return Reason.CLOCK_WRONG
    # A confirmation from the future means that the clock was set back: it proves no more than one as far in the past.
    if state.confirmed_at is not None and abs(attempt.request.at - state.confirmed_at) <= attempt.door.age_limit:
        return None
    return Reason.SNAPSHOT_TOO_OLD


def _pin_first(attempt: Attempt) -> int:
    """Give the pairs that a PIN alone begins where the side takes no PIN alone; 0 for anything else."""
    accepts = attempt.side.accepts
    return KEYPAD_PAIRS & accepts if attempt.shape.source is _PIN and not accepts & PIN_BIT else 0


# ── who it is ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _by_pin(attempt: Attempt) -> Decision:
    """A PIN alone: while it is not to be judged nothing is said about it, not in a lockdown either."""
    first = _pin_first(attempt)
    if attempt.pins_locked():
        return attempt.denied(Reason.LOCKDOWN if attempt.rank() else Reason.PIN_LOCKED)
    if not first:
        row = attempt.index.holders.find(CredentialKind.PIN, cast("PinTyped", attempt.request.factors[0]).digest)
        attempt.duress = row >= 0 and attempt.index.holders.kinds[row] == DURESS
        return _with_credential(attempt, row)
    if attempt.rank():
        return attempt.denied(Reason.LOCKDOWN)
    refused = attempt.door.refused_when_old if _past_age(attempt) else 0
    return NeedFactor(types_in(first & ~refused))


def _by_code(attempt: Attempt) -> Decision:
    """A changing code; one with a wrong proof is nobody's."""
    shown = cast("QrShown", attempt.request.factors[attempt.shape.who])
    row = attempt.index.holders.find(CredentialKind.QR, shown.handle)
    return _with_credential(attempt, row if row >= 0 and _is_proven(shown, attempt.index.digest_key) else NOBODY)


def _is_proven(shown: QrShown, digest_key: bytes) -> bool:
    try:
        return same_digest(qr_proof(digest_key, shown.handle, shown.step), shown.proof)
    except CredentialError:
        return False


def _by_scan(attempt: Attempt) -> Decision:
    """A phone at the door: the code printed there proves that it is at this side."""
    scanned = cast("CodeScanned", attempt.request.factors[attempt.shape.who])
    code = attempt.side.code
    if not code or not same_digest(code, scanned.code):
        return _with_person(attempt, NOBODY)
    return _with_person(attempt, attempt.index.holders.find_person(scanned.person))


def _by_remote(attempt: Attempt) -> Decision:
    asked = cast("RemoteOpening", attempt.request.factors[attempt.shape.who])
    return _with_person(attempt, attempt.index.holders.find_person(asked.person))


_OTHERS = {Source.PIN: _by_pin, Source.CODE: _by_code, Source.SCAN: _by_scan, Source.REMOTE: _by_remote}


# ── lockdown, credential, person ─────────────────────────────────────────────────────────────────────────────────────


def _with_credential(attempt: Attempt, row: int) -> Decision:
    if row < 0:
        return attempt.denied(Reason.LOCKDOWN if attempt.rank() else Reason.UNKNOWN_CREDENTIAL)
    holders = attempt.index.holders
    attempt.credential = row
    attempt.person = person = holders.owners[row]
    if attempt.door.lockdowns and attempt.rank() > holders.overrides[person]:
        return attempt.denied(Reason.LOCKDOWN)
    # The common path reads one byte here.
    if not holders.sound[row] or attempt.state.barred is not None or attempt.shape.source is _CODE:
        reason = _credential_trouble(attempt) or _person_trouble(attempt)
        if reason is not None:
            return attempt.denied(reason)
    return _by_rules(attempt)


def _with_person(attempt: Attempt, row: int) -> Decision:
    if row < 0:
        return attempt.denied(Reason.LOCKDOWN if attempt.rank() else Reason.UNKNOWN_CREDENTIAL)
    attempt.person = row
    if attempt.rank() > attempt.index.holders.overrides[row]:
        return attempt.denied(Reason.LOCKDOWN)
    reason = _person_trouble(attempt)
    return _by_rules(attempt) if reason is None else attempt.denied(reason)


def _credential_trouble(attempt: Attempt) -> Reason | None:
    barred = attempt.state.barred
    if barred is not None and attempt.credential_id() in barred.credentials:
        return Reason.CREDENTIAL_NOT_ENABLED
    reason = attempt.index.holders.trouble_with_credential(attempt.credential, attempt.second)
    if reason is not None or attempt.shape.source is not _CODE:
        return reason
    return _step_trouble(attempt, cast("QrShown", attempt.request.factors[attempt.shape.who]))


def _step_trouble(attempt: Attempt, shown: QrShown) -> Reason | None:
    state, step = attempt.state, attempt.second // STEP_SECONDS
    waits = attempt.shape.pin >= 0 and state.codes_waiting.get((attempt.door.id, attempt.request.side)) == shown
    if shown.step > step + 1:
        return Reason.CREDENTIAL_NOT_ACTIVE
    if shown.step < step - (2 if waits else 1):
        return Reason.CREDENTIAL_EXPIRED
    used = max(state.codes_from, state.codes_used.get(shown.handle, 0))
    return Reason.REPLAYED_CODE if shown.step <= used and not waits else None


def _person_trouble(attempt: Attempt) -> Reason | None:
    barred = attempt.state.barred
    if barred is not None and attempt.person_id() in barred.persons:
        return Reason.PERSON_SUSPENDED
    return attempt.index.holders.trouble_with_person(attempt.person, attempt.second)


# ── rules, schedule, auth type ───────────────────────────────────────────────────────────────────────────────────────


def _by_rules(attempt: Attempt) -> Decision:
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
                # One factor opens alone; the PIN that came with it can still be a call for help.
                attempt.duress = attempt.is_under_duress()
            return grant(attempt, shape.single, rule)
        reached = _NOT_TAKEN
        taken |= accepts
        if pair_rule is None and accepts & shape.pair_bit:
            pair_rule = rule
    if pair_rule is not None:
        return _pair(attempt, pair_rule)
    pairs = taken & shape.pairs
    return _need(attempt, pairs) if pairs else attempt.denied(reached)


def _need(attempt: Attempt, pairs: int) -> Decision:
    """Ask for the PIN where it can be typed: at the keypad, in the phone, or both."""
    if attempt.pins_locked():
        pairs &= ~KEYPAD_PAIRS
    if attempt.pins_locked((cast("str", attempt.person_id()), None)):
        pairs &= KEYPAD_PAIRS
    if not pairs:
        return attempt.denied(Reason.PIN_LOCKED)
    return NeedFactor(types_in(pairs), attempt.person_id(), attempt.credential_id())


# ── the PIN of a pair ────────────────────────────────────────────────────────────────────────────────────────────────


def _pair(attempt: Attempt, rule: str) -> Decision:
    holders, pin = attempt.index.holders, attempt.request.factors[attempt.shape.pin]
    if attempt.pins_locked(typed_at(pin, attempt.request)):
        return attempt.denied(Reason.PIN_LOCKED)
    row = holders.find(CredentialKind.PIN, cast("PinTyped", pin).digest)
    if row < 0 or not attempt.is_theirs(pin, row):
        return attempt.denied(Reason.WRONG_PIN)
    attempt.duress = holders.kinds[row] == DURESS
    return grant(attempt, attempt.shape.auth_type, rule)
