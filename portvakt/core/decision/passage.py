"""What is left to ask once the auth type is satisfied: position, interlock, anti-passback, occupancy, company?

Where an area wants company, the first person waits; the next one at that side whose own checks pass completes it. Who
waits passed all their checks when they came; what was taken from them since then counts at once.
"""

from datetime import timedelta
from typing import cast

import msgspec

from portvakt.core.decision.areas import company_missing, is_full, passback
from portvakt.core.decision.attempt import Attempt
from portvakt.core.decision.model import (
    AuthType,
    CodeScanned,
    Companion,
    Decision,
    Escort,
    Granted,
    NeedPerson,
    Reason,
    RemoteOpening,
)
from portvakt.core.decision.presence import COMPANY_SECONDS

_COMPANY = timedelta(seconds=COMPANY_SECONDS)
_HARD = "hard"


def grant(attempt: Attempt, auth_type: AuthType, rule: str) -> Decision:
    """Ask what is left to ask once the auth type is satisfied."""
    if attempt.side.simple:
        holders, credential = attempt.index.holders, attempt.credential
        return Granted(
            auth_type,
            attempt.door.release_seconds,
            holders.person_id(attempt.person),
            None if credential < 0 else holders.credential_id(credential),
            rule,
            attempt.duress,
        )
    reason = _position_trouble(attempt)
    if reason is None and not attempt.state.unsecured.isdisjoint(attempt.door.interlocked):
        reason = Reason.INTERLOCKED
    return _through_areas(attempt, auth_type, rule) if reason is None else attempt.denied(reason)


def _position_trouble(attempt: Attempt) -> Reason | None:
    within = attempt.door.within_metres
    if within is None or not attempt.shape.needs_position:
        return None
    metres = cast("CodeScanned | RemoteOpening", attempt.request.factors[attempt.shape.who]).metres
    if metres is None:
        return Reason.NO_POSITION
    return Reason.TOO_FAR if metres > within else None


def _through_areas(attempt: Attempt, auth_type: AuthType, rule: str) -> Decision:
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


def _together(attempt: Attempt, granted: Granted, second: tuple[str, Escort]) -> Granted | None:
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
    companion = Companion(who.auth_type, who.person, who.credential, who.rule, who.duress, broken == "soft")
    return msgspec.structs.replace(granted, companion=companion)


def _still_may(attempt: Attempt, row: int, who: NeedPerson) -> bool:
    """Tell whether nothing was taken from somebody while they waited, and no lockdown began."""
    holders, barred = attempt.index.holders, attempt.state.barred
    if attempt.rank() > holders.overrides[row] or holders.trouble_with_person(row, attempt.second) is not None:
        return False
    if not (_still_holds(attempt, row, who) and _is_still_assigned(attempt, row, who)):
        return False
    if barred is None:
        return True
    taken = who.person in barred.persons or who.credential in barred.credentials
    return not taken and (who.person, who.rule) not in barred.assignments


def _still_holds(attempt: Attempt, row: int, who: NeedPerson) -> bool:
    """Tell whether the credential is still theirs and good; whoever came by phone needed none."""
    holders = attempt.index.holders
    return who.credential is None or any(
        holders.credential_id(each) == who.credential and holders.trouble_with_credential(each, attempt.second) is None
        for each in holders.credentials_of(row)
    )


def _is_still_assigned(attempt: Attempt, row: int, who: NeedPerson) -> bool:
    option, second = attempt.side.options.get(who.rule), attempt.second
    if option is None or not (option.valid_from <= second < option.valid_to and option.accepts >> who.auth_type & 1):
        return False
    groups = attempt.index.holders.groups[row]
    return any(rule == who.rule and since <= second < until for rule, since, until in groups)
