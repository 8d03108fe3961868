"""What would a careful reader answer from the plain rows alone, slowly and without the compiled form?

Written from the design's order of checks, not from decide: it keeps no index, asks every row every time, and finds the furthest
assignment by ranking all of them. It shares only the words with the code it judges.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portvakt.core.decision.model import (
    AuthType,
    CardShown,
    CredentialKind,
    ExitRequested,
    PinTyped,
    RemoteOpening,
    Request,
    Side,
)
from portvakt.core.snapshot import Assignment, Credential, Door, Person, Schedule, Snapshot

SHAPES = {
    (CardShown,): "KEY_CARD",
    (CardShown, PinTyped): "KEY_CARD_PLUS_PIN",
    (PinTyped,): "PIN",
    (ExitRequested,): "REX",
    (RemoteOpening,): "REMOTE",
}
RANKS = ["UNAUTHORISED", "NOT_PERMITTED_AT_THIS_TIME", "AUTH_TYPE_NOT_ACCEPTED", "pair", "single"]


def expected(request: Request, rows: Snapshot, confirmed_at: datetime | None, locked: object) -> str:
    """Answer with the auth type's name, "needs pin", or the reason's name."""
    shape = SHAPES.get(tuple(type(factor) for factor in request.factors))
    doors = [door for door in rows.doors if door.id == request.door and door.in_service]
    if not doors:
        return "DOOR_OUT_OF_SERVICE"
    if shape is None:
        return "AUTH_TYPE_NOT_ACCEPTED"
    if shape == "REX":
        return "REX" if AuthType.REX in doors[0].exit else "AUTH_TYPE_NOT_ACCEPTED"
    if refuses_by_age(doors[0], shape, request.at, confirmed_at):
        return "SNAPSHOT_TOO_OLD"
    if shape == "PIN" and locked:
        return "PIN_LOCKED"
    return of_somebody(request, rows, doors[0], shape, locked)


def refuses_by_age(door: Door, shape: str, at: datetime, confirmed_at: datetime | None) -> bool:
    old = confirmed_at is None or at > confirmed_at + timedelta(hours=door.past_age.hours)
    if door.past_age.behaviour == "deny":
        return old
    return old and door.past_age.behaviour == "cards_only" and not shape.startswith("KEY_CARD")


def of_somebody(request: Request, rows: Snapshot, door: Door, shape: str, locked: object) -> str:
    first = request.factors[0]
    if isinstance(first, RemoteOpening):
        holder = first.person
    else:
        kind = CredentialKind.KEY_CARD if isinstance(first, CardShown) else CredentialKind.PIN
        digest = getattr(first, "digest", None)
        found = [row for row in rows.credentials if row.kind == kind and row.digest == digest]
        if not found:
            return "UNKNOWN_CREDENTIAL"
        if trouble := trouble_with_credential(found[0], request.at):
            return trouble
        holder = found[0].person
    persons = [row for row in rows.persons if row.id == holder]
    if not persons:
        return "UNKNOWN_CREDENTIAL"
    return trouble_with_person(persons[0], request.at) or by_rules(request, rows, door, holder, shape, locked)


def trouble_with_credential(row: Credential, at: datetime) -> str:
    if not row.enabled:
        return "CREDENTIAL_NOT_ENABLED"
    return {"early": "CREDENTIAL_NOT_ACTIVE", "late": "CREDENTIAL_EXPIRED"}.get(when(row, at), "")


def trouble_with_person(row: Person, at: datetime) -> str:
    if row.suspended:
        return "PERSON_SUSPENDED"
    return {"early": "PERSON_NOT_ACTIVE", "late": "PERSON_EXPIRED"}.get(when(row, at), "")


def when(row: object, at: datetime) -> str:
    begin, end = getattr(row, "valid_from"), getattr(row, "valid_to")  # noqa: B009 - every row with a span has both
    if begin is not None and at.timestamp() < begin:
        return "early"
    return "late" if end is not None and at.timestamp() >= end else ""


def by_rules(  # noqa: PLR0917 - all of them are what the answer depends on
    request: Request, rows: Snapshot, door: Door, holder: str, shape: str, locked: object
) -> str:
    reached = max(
        (RANKS.index(how_far(request, rows, door, row, shape)) for row in rows.assignments if row.person == holder),
        default=0,
    )
    if RANKS[reached] == "single":
        return "KEY_CARD" if shape.startswith("KEY_CARD") else shape
    if RANKS[reached] != "pair":
        return RANKS[reached]
    if locked:
        return "PIN_LOCKED"
    if shape == "KEY_CARD":
        return "needs pin"
    return "KEY_CARD_PLUS_PIN" if right_pin(request, rows, holder) else "WRONG_PIN"


def how_far(request: Request, rows: Snapshot, door: Door, assignment: Assignment, shape: str) -> str:
    rule = next(row for row in rows.rules if row.id == assignment.rule)
    here = [each for each in rule.doors if each.door == door.id]
    if not here or when(assignment, request.at) or when(rule, request.at):
        return "UNAUTHORISED"
    plan = next((row for row in rows.schedules if row.id == rule.schedule), None)
    if plan is not None and not open_by(plan, request.at.astimezone(ZoneInfo(door.timezone))):
        return "NOT_PERMITTED_AT_THIS_TIME"
    theirs, own = (here[0].entry, door.entry) if request.side is Side.ENTRY else (here[0].exit, door.exit)
    taken = {each.name for each in theirs if each in own}
    if (shape if shape != "KEY_CARD_PLUS_PIN" else "KEY_CARD") in taken:
        return "single"
    return "pair" if shape.startswith("KEY_CARD") and "KEY_CARD_PLUS_PIN" in taken else "AUTH_TYPE_NOT_ACCEPTED"


def right_pin(request: Request, rows: Snapshot, holder: str) -> bool:
    typed = getattr(request.factors[1], "digest", None)
    return any(
        row.kind == CredentialKind.PIN
        and row.person == holder
        and row.digest == typed
        and not trouble_with_credential(row, request.at)
        for row in rows.credentials
    )


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
