"""What would a careful reader answer from the plain rows alone, slowly and without the compiled form?

Written from the order of checks as it was ordered, not from decide: it keeps no index, asks every row every time, finds the furthest
assignment by ranking all of them, and leaves at the first check that fails. It shares only the words with the code it judges.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portvakt.core.credentials import qr_proof
from portvakt.core.decision.model import (
    AuthType,
    Companion,
    CredentialKind,
    Decision,
    Denied,
    Escort,
    Granted,
    NeedFactor,
    NeedPerson,
    Reason,
    Request,
    Side,
    State,
)
from portvakt.core.snapshot import Area, Assignment, Credential, Door, Person, Schedule, Snapshot

# The names of the factors in the order presented: what they make up together, and what the identifying one is alone.
PAIRS = {
    "CardShown PinTyped": "KEY_CARD_PLUS_PIN KEY_CARD",
    "PinTyped CardShown": "KEY_CARD_PLUS_PIN KEY_CARD",
    "QrShown PinTyped": "CARD_PLUS_PIN CARD",
    "PinTyped QrShown": "CARD_PLUS_PIN CARD",
    "GuestCodeShown PinTyped": "CARD_PLUS_PIN CARD",
    "PinTyped GuestCodeShown": "CARD_PLUS_PIN CARD",
    "QrShown PinOnPhone": "CARD_PLUS_PHONE CARD",
    "PinOnPhone QrShown": "CARD_PLUS_PHONE CARD",
    "GuestCodeShown PinOnPhone": "CARD_PLUS_PHONE CARD",
    "PinOnPhone GuestCodeShown": "CARD_PLUS_PHONE CARD",
    "CodeScanned PinTyped": "SCAN_PLUS_KEYPAD SCAN",
    "PinTyped CodeScanned": "SCAN_PLUS_KEYPAD SCAN",
    "CodeScanned PinOnPhone": "SCAN_PLUS_PHONE SCAN",
    "RemoteOpening PinOnPhone": "REMOTE_PLUS_PHONE REMOTE",
}
SINGLES = {
    "CardShown": "KEY_CARD",
    "QrShown": "CARD",
    "GuestCodeShown": "CARD",
    "PinTyped": "PIN",
    "PasscodeTyped": "PASSCODE",
    "PlateSeen": "PLATE",
    "CodeScanned": "SCAN",
    "RemoteOpening": "REMOTE",
    "ExitRequested": "REX",
}
KINDS = {
    "CardShown": ["key_card"],
    "QrShown": ["qr"],
    "GuestCodeShown": ["guest_code"],
    "PinTyped": ["pin", "duress_pin"],
    "PasscodeTyped": ["passcode"],
    "PlateSeen": ["plate"],
}
# A single that is not enough becomes one of these.
BECOMES = {
    "KEY_CARD": ["KEY_CARD_PLUS_PIN"],
    "CARD": ["CARD_PLUS_PIN", "CARD_PLUS_PHONE"],
    "SCAN": ["SCAN_PLUS_KEYPAD", "SCAN_PLUS_PHONE"],
    "REMOTE": ["REMOTE_PLUS_PHONE"],
    "PIN": ["CARD_PLUS_PIN", "SCAN_PLUS_KEYPAD", "KEY_CARD_PLUS_PIN"],
}
RANKS = ["UNAUTHORISED", "NOT_PERMITTED_AT_THIS_TIME", "AUTH_TYPE_NOT_ACCEPTED"]


class Answered(Exception):
    """The first check that fails ends the attempt."""

    def __init__(self, decision: Decision) -> None:
        super().__init__()
        self.decision = decision


def expected(request: Request, rows: Snapshot, state: State) -> Decision:
    try:
        return Attempt(request, rows, state).answer()
    except Answered as answered:
        return answered.decision


class Attempt:
    def __init__(self, request: Request, rows: Snapshot, state: State) -> None:
        self.request, self.rows, self.state, self.at = request, rows, state, request.at
        names = [type(factor).__name__ for factor in request.factors]
        whole = PAIRS.get(" ".join(names), "").split()
        self.paired = bool(whole)
        self.whole, self.single = whole or [SINGLES.get(" ".join(names), "")] * 2
        pins = [each for each in request.factors if type(each).__name__ in ("PinTyped", "PinOnPhone")]
        others = [each for each in request.factors if each not in pins]
        self.first = (others or pins or [None])[0]
        self.pin = (pins or [None])[0]
        self.person: Person | None = None
        self.credential: Credential | None = None
        self.duress = False
        self.door = Door("", "UTC", False, 0, 0, (), (), None)  # type: ignore[arg-type]

    # ── the order ────────────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self) -> Decision:
        self.service()
        if self.single == "REX":
            if AuthType.REX in self.door.exit:
                return Granted(AuthType.REX, self.door.release_seconds)
            self.refuse("AUTH_TYPE_NOT_ACCEPTED")
        self.age()
        self.begins_with_pin()
        self.identify()
        self.lockdown()
        self.sound_credential()
        self.sound_person()
        rule, taken = self.rules()
        self.position()
        self.interlock()
        return self.areas(taken, rule)

    def refuse(self, reason: str) -> None:
        shape = AuthType[self.whole] if self.whole else None
        person = None if self.person is None else self.person.id
        forced = self.person is not None and self.right_pin() == CredentialKind.DURESS_PIN
        named = None if self.credential is None else self.credential.id
        raise Answered(Denied(Reason[reason], shape, person, named, forced))

    def service(self) -> None:
        doors = [door for door in self.rows.doors if door.id == self.request.door and door.in_service]
        if not doors:
            self.refuse("DOOR_OUT_OF_SERVICE")
        self.door = doors[0]
        if not self.whole:
            self.refuse("AUTH_TYPE_NOT_ACCEPTED")

    def past_age(self) -> str:
        if not self.state.clock_trusted:
            return "CLOCK_WRONG"
        heard = self.state.confirmed_at
        hours = timedelta(hours=self.door.past_age.hours)
        return "" if heard is not None and heard - hours <= self.at <= heard + hours else "SNAPSHOT_TOO_OLD"

    def too_old_for(self, shape: str) -> bool:
        if self.door.past_age.behaviour == "keep" or not self.past_age():
            return False
        return self.door.past_age.behaviour == "deny" or not shape.startswith("KEY_CARD")

    def age(self) -> None:
        if not self.state.clock_trusted and type(self.first).__name__ == "QrShown":
            self.refuse("CLOCK_WRONG")
        meant = self.begun_pairs() or [self.whole]
        if all(self.too_old_for(shape) for shape in meant):
            self.refuse(self.past_age())

    def begun_pairs(self) -> list[str]:
        own = [each.name for each in self.own_list()]
        if self.whole != "PIN" or "PIN" in own:
            return []
        return [each for each in BECOMES["PIN"] if each in own]

    def own_list(self) -> tuple[AuthType, ...]:
        return self.door.entry if self.request.side is Side.ENTRY else self.door.exit

    def begins_with_pin(self) -> None:
        if self.whole == "PIN" and self.locked(phone=""):
            self.refuse("LOCKDOWN" if self.rank() else "PIN_LOCKED")
        if pairs := [each for each in self.begun_pairs() if not self.too_old_for(each)]:
            if self.rank():
                self.refuse("LOCKDOWN")
            raise Answered(NeedFactor(in_order(pairs)))

    def locked(self, phone: str) -> bool:
        """Tell of a person's phone, or without a name of the keypad here."""
        tries = self.state.pin_tries.get((phone, None) if phone else (self.request.door, self.request.side))
        if tries is None or tries.locked_until is None:
            return False
        return self.at < tries.locked_until <= self.at + timedelta(minutes=1)

    def rank(self) -> int:
        ranks = [
            plan.rank
            for plan in self.rows.lockdowns
            if self.door.id in plan.doors
            and (plan.ends_at is None or self.at.timestamp() < plan.ends_at or not self.state.clock_trusted)
        ]
        return max(ranks, default=0)

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def identify(self) -> None:
        name = type(self.first).__name__
        if name in KINDS:
            key = getattr(self.first, "handle" if name == "QrShown" else "digest")
            found = [row for row in self.rows.credentials if row.kind in KINDS[name] and row.digest == key]
            if found and name == "QrShown":
                proof = qr_proof(self.rows.digest_key, key, getattr(self.first, "step"))  # noqa: B009 - a code has one
                found = found if proof == getattr(self.first, "proof") else []  # noqa: B009 - and a proof
            if found:
                [self.credential] = found
                self.duress = self.credential.kind == CredentialKind.DURESS_PIN
                self.person = self.person_called(self.credential.person)
            return
        printed = self.door.entry_code if self.request.side is Side.ENTRY else self.door.exit_code
        if name == "CodeScanned" and (not printed or printed != getattr(self.first, "code")):  # noqa: B009 - a scan has one
            return
        self.person = self.person_called(getattr(self.first, "person"))  # noqa: B009 - a phone names one

    def person_called(self, name: str) -> Person | None:
        return next((row for row in self.rows.persons if row.id == name), None)

    def lockdown(self) -> None:
        if self.rank() > (0 if self.person is None else self.person.overrides):
            self.refuse("LOCKDOWN")
        if self.person is None:
            self.refuse("UNKNOWN_CREDENTIAL")

    def sound_credential(self) -> None:
        if self.credential is None:
            return
        if self.barred("credentials", self.credential.id) or not self.credential.enabled:
            self.refuse("CREDENTIAL_NOT_ENABLED")
        self.in_time(self.credential, "CREDENTIAL")
        if type(self.first).__name__ == "QrShown":
            self.fresh_code(getattr(self.first, "handle"), getattr(self.first, "step"))  # noqa: B009 - a code has both

    def fresh_code(self, handle: bytes, step: int) -> None:
        now = int(self.at.timestamp() // 30)
        waits = self.paired and self.state.codes_waiting.get((self.request.door, self.request.side)) == self.first
        if step - now > 1:
            self.refuse("CREDENTIAL_NOT_ACTIVE")
        if now - step > (2 if waits else 1):
            self.refuse("CREDENTIAL_EXPIRED")
        if not waits and (step <= self.state.codes_from or step <= self.state.codes_used.get(handle, -1)):
            self.refuse("REPLAYED_CODE")

    def sound_person(self) -> None:
        assert self.person is not None
        if self.barred("persons", self.person.id) or self.person.suspended:
            self.refuse("PERSON_SUSPENDED")
        self.in_time(self.person, "PERSON")

    def in_time(self, row: Credential | Person, noun: str) -> None:
        if when(row, self.at) == "early":
            self.refuse(f"{noun}_NOT_ACTIVE")
        if when(row, self.at) == "late":
            self.refuse(f"{noun}_EXPIRED")

    def barred(self, what: str, key: object) -> bool:
        return self.state.barred is not None and key in getattr(self.state.barred, what)

    # ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def rules(self) -> tuple[str, str]:
        assert self.person is not None
        theirs = [row for row in self.rows.assignments if row.person == self.person.id]
        taken = [(row.rule, self.taken_by(row)) for row in theirs]
        by_single = sorted(rule for rule, types in taken if self.single in types)
        if by_single:
            self.duress = self.duress or (self.paired and self.right_pin() == CredentialKind.DURESS_PIN)
            return by_single[0], self.single
        wanted = [self.whole] if self.paired else BECOMES.get(self.single, [])
        by_pair = sorted((rule, pair) for rule, types in taken for pair in wanted if pair in types)
        if not by_pair:
            self.refuse(max((types for _, types in taken), key=furthest, default=RANKS)[0])
        if not self.paired:
            whose = {pair: self.person.id if pair.endswith("PHONE") else "" for _, pair in by_pair}
            left = [pair for pair, phone in whose.items() if not self.locked(phone)]
            named = None if self.credential is None else self.credential.id
            if left:
                raise Answered(NeedFactor(in_order(left), self.person.id, named))
        if not self.paired or self.locked(getattr(self.pin, "person", "")):
            self.refuse("PIN_LOCKED")
        if not self.right_pin():
            self.refuse("WRONG_PIN")
        self.duress = self.right_pin() == CredentialKind.DURESS_PIN
        return by_pair[0][0], self.whole

    def taken_by(self, assignment: Assignment) -> list[str]:
        """Give how far an assignment comes, and then what it takes when it comes all the way."""
        rule = next(row for row in self.rows.rules if row.id == assignment.rule)
        here = [each for each in rule.doors if each.door == self.door.id]
        if self.barred("assignments", (assignment.person, assignment.rule)) or not here:
            return ["UNAUTHORISED"]
        if when(assignment, self.at) or when(rule, self.at):
            return ["UNAUTHORISED"]
        plan = next((row for row in self.rows.schedules if row.id == rule.schedule), None)
        if plan is not None and not open_by(plan, self.at.astimezone(ZoneInfo(self.door.timezone))):
            return ["NOT_PERMITTED_AT_THIS_TIME"]
        theirs = here[0].entry if self.request.side is Side.ENTRY else here[0].exit
        return ["AUTH_TYPE_NOT_ACCEPTED", *(each.name for each in theirs if each in self.own_list())]

    def right_pin(self) -> str:
        """Give the kind of PIN it is, nothing where it is none that this person may use now."""
        assert self.person is not None
        digest = getattr(self.pin, "digest", None)
        typed_by = getattr(self.pin, "person", self.person.id)
        for row in self.rows.credentials:
            theirs = row.kind in KINDS["PinTyped"] and row.person == self.person.id == typed_by and row.digest == digest
            if theirs and row.enabled and not when(row, self.at) and not self.barred("credentials", row.id):
                return row.kind
        return ""

    # ── position, interlock, areas ───────────────────────────────────────────────────────────────────────────────────

    def position(self) -> None:
        limit, phone = self.door.within_metres, self.single in ("SCAN", "REMOTE")
        metres = getattr(self.first, "metres", None)
        if limit is not None and phone and metres is None:
            self.refuse("NO_POSITION")
        if limit is not None and phone and metres is not None and metres > limit:
            self.refuse("TOO_FAR")

    def interlock(self) -> None:
        others = [door for lock in self.rows.interlocks if self.door.id in lock.doors for door in lock.doors]
        if any(door in self.state.unsecured for door in others if door != self.door.id):
            self.refuse("INTERLOCKED")

    def areas(self, taken: str, rule: str) -> Decision:
        assert self.person is not None
        named = None if self.credential is None else self.credential.id
        seconds, shape = self.door.release_seconds, AuthType[taken]
        mine = self.passback_of(self.person)
        if mine == "hard":
            self.refuse("ANTI_PASSBACK")
        if self.over_limit([self.person]):
            self.refuse("AREA_FULL")
        other, waiting = self.waits_here(), self.state.waiting.get((self.request.door, self.request.side))
        if other is not None and waiting is not None:
            both, theirs = [other, self.person], self.passback_of(other) == "soft"
            if not self.over_limit(both) and not self.lacks(both):
                who = waiting.who
                with_whom = Companion(who.auth_type, who.person, who.credential, who.rule, who.duress, theirs)
                return Granted(shape, seconds, self.person.id, named, rule, self.duress, mine == "soft", with_whom)
        if lacking := self.lacks([self.person]):
            return NeedPerson(Reason[lacking], shape, self.person.id, named, rule, self.duress)
        return Granted(shape, seconds, self.person.id, named, rule, self.duress, mine == "soft")

    def waits_here(self) -> Person | None:
        """Give the other person who waits here and may still pass."""
        assert self.person is not None
        waiting = self.state.waiting.get((self.request.door, self.request.side))
        into, out_of = self.area(entered=True), self.area(entered=False)
        asked = (into is not None and (into.escort or into.two_person)) or (out_of is not None and out_of.two_person)
        if not asked or waiting is None or not waiting.at <= self.at <= waiting.at + timedelta(seconds=20):
            return None
        other = self.person_called(waiting.who.person)
        if other is None or other.id == self.person.id or other.suspended or when(other, self.at):
            return None
        if self.barred("persons", other.id) or self.barred("credentials", waiting.who.credential):
            return None
        if self.barred("assignments", (other.id, waiting.who.rule)) or other.overrides < self.rank():
            return None
        if not (self.still_holds(other, waiting.who) and self.still_assigned(other, waiting.who)):
            return None
        return None if self.passback_of(other) == "hard" else other

    def still_holds(self, other: Person, who: NeedPerson) -> bool:
        mine = [row for row in self.rows.credentials if row.id == who.credential and row.person == other.id]
        return who.credential is None or any(row.enabled and not when(row, self.at) for row in mine)

    def still_assigned(self, other: Person, who: NeedPerson) -> bool:
        """Tell whether a rule that takes this still has them; that its schedule ended meanwhile takes nothing away."""
        mine = [row for row in self.rows.assignments if (row.person, row.rule) == (other.id, who.rule)]
        rule = next((row for row in self.rows.rules if row.id == who.rule), None)
        here = [each for each in rule.doors if each.door == self.door.id] if rule and not when(rule, self.at) else []
        takes = [each.entry if self.request.side is Side.ENTRY else each.exit for each in here]
        takes = [each for each in takes if who.auth_type in each and who.auth_type in self.own_list()]
        return bool(takes) and any(not when(row, self.at) for row in mine)

    def area(self, *, entered: bool) -> Area | None:
        inwards = (self.request.side is Side.ENTRY) is entered
        name = self.door.inside if inwards else self.door.outside
        return next((row for row in self.rows.areas if row.id == name), None)

    def passback_of(self, person: Person) -> str:
        words = []
        into, out_of = self.area(entered=True), self.area(entered=False)
        if into is not None:
            last = self.state.entered.get((person.id, into.id))
            too_soon = last is not None and into.timed_minutes is not None
            too_soon = too_soon and last <= self.at < last + timedelta(minutes=into.timed_minutes)  # type: ignore[operator,arg-type]
            words += [into.passback] if too_soon or self.believed(person, into) == into.id else []
        if out_of is not None and self.believed(person, out_of) not in ("unknown", out_of.id):
            words.append(out_of.passback)
        return next((word for word in ("hard", "soft") if word in words), "off")

    def believed(self, person: Person, area: Area) -> str | None:
        """Give where a person is believed to be, by the memory of this area."""
        place = self.state.places.get(person.id)
        if place is None:
            return "unknown"
        memory = area.forgive_minutes
        forgotten = memory is not None and self.at >= place.since + timedelta(minutes=memory)
        return "unknown" if forgotten else place.area

    def counted_in(self, area: Area) -> set[str]:
        return {who for who, place in self.state.places.items() if place.area == area.id}

    def over_limit(self, persons: Iterable[Person]) -> bool:
        into = self.area(entered=True)
        if into is None or into.limit is None:
            return False
        before = self.counted_in(into)
        then = before | {person.id for person in persons}
        return len(then) > len(before) and len(then) > into.limit

    def lacks(self, persons: Iterable[Person]) -> str:
        into, out_of = self.area(entered=True), self.area(entered=False)
        names, escorts = {person.id for person in persons}, {person.escort for person in persons}
        if into is not None and into.escort and Escort.NEEDED in escorts and Escort.GIVEN not in escorts:
            return "ESCORT_MISSING"
        changes = []
        if into is not None and into.two_person:
            changes.append((self.counted_in(into), self.counted_in(into) | names))
        if out_of is not None and out_of.two_person:
            changes.append((self.counted_in(out_of), self.counted_in(out_of) - names))
        return "SECOND_PERSON_MISSING" if any(len(b) == 1 and a != b for a, b in changes) else ""


def furthest(types: list[str]) -> int:
    return RANKS.index(types[0])


def in_order(names: Iterable[str]) -> tuple[AuthType, ...]:
    return tuple(sorted(AuthType[name] for name in names))


def when(row: object, at: datetime) -> str:
    begin, end = getattr(row, "valid_from"), getattr(row, "valid_to")  # noqa: B009 - every row with a span has both
    if begin is not None and at.timestamp() < begin:
        return "early"
    return "late" if end is not None and at.timestamp() >= end else ""


def open_by(plan: Schedule, local: datetime) -> bool:
    """Lay today's and yesterday's intervals out as minutes since yesterday's midnight and look whether now is in one."""
    now = MINUTES + local.hour * 60 + local.minute
    return any(
        first + start <= now < first + (end if end > start else end + MINUTES)
        for first, day in ((0, local.date() - timedelta(days=1)), (MINUTES, local.date()))
        for start, end in spans_of(plan, day)
    )


def spans_of(plan: Schedule, day: date) -> list[tuple[int, int]]:
    special = {date.fromisoformat(each.date): each.intervals for each in plan.special_days}
    return [(each.start, each.end) for each in special.get(day, plan.weekly[day.weekday()])]


MINUTES = 24 * 60
