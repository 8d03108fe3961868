"""How is an answer at a door said in words: the verdict, every check in order, and what would change it?"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.compile import Index
from portvakt.core.decision.explain import Check, CheckName, explain
from portvakt.core.decision.model import AuthType, Decision, Denied, Granted, NeedFactor, NeedPerson, Request, State
from portvakt.core.decision.remedies import Remedy, RemedyCode
from portvakt.server.access.models import AccessRule
from portvakt.server.places.models import Area, Door, LockdownPlan
from portvakt.server.web import words

CHECKS: dict[CheckName, Promise] = {
    CheckName.DOOR: _("The door is in service"),
    CheckName.CLOCK: _("The controller's clock is right"),
    CheckName.SNAPSHOT: _("The controller's snapshot is not too old"),
    CheckName.LOCKDOWN: _("No lockdown stops the person"),
    CheckName.CREDENTIAL_KNOWN: _("What is presented is known"),
    CheckName.CREDENTIAL_VALID: _("The card or code is in use and valid"),
    CheckName.CODE_UNUSED: _("The code has not been used before"),
    CheckName.PERSON_VALID: _("The person is not suspended, and valid"),
    CheckName.RULE: _("The person is in an access rule for this door"),
    CheckName.SCHEDULE: _("The rule's schedule is active"),
    CheckName.AUTH_TYPE: _("The side and the rule accept what is presented"),
    CheckName.PINS: _("The PIN is right"),
    CheckName.POSITION: _("The phone is near enough"),
    CheckName.INTERLOCK: _("No other door of the interlock is open"),
    CheckName.PASSBACK: _("The person is not inside already"),
    CheckName.OCCUPANCY: _("There is room in the area"),
    CheckName.ESCORT: _("An escort comes along, where one is needed"),
    CheckName.SECOND_PERSON: _("A second person comes along, where nobody may be alone"),
}
REMEDIES: dict[RemedyCode, Promise] = {
    RemedyCode.PUT_IN_SERVICE: _("Put the door in service."),
    RemedyCode.SET_CLOCK: _("Set the controller's clock."),
    RemedyCode.RESTORE_CONTACT: _("Restore the controller's contact with the server."),
    RemedyCode.END_LOCKDOWN: _("End the lockdown: %(values)s."),
    RemedyCode.RAISE_OVERRIDE: _("Let the person pass lockdowns of this rank."),
    RemedyCode.ISSUE_CREDENTIAL: _("Issue the person what is presented: they have none, or it belongs to nobody."),
    RemedyCode.ENABLE_CREDENTIAL: _("Resume the card or code, or issue a new one."),
    RemedyCode.EXTEND_CREDENTIAL: _("Change from when to when the card or code is valid."),
    RemedyCode.SHOW_NEW_CODE: _("Show a new code: this one is not of this moment, or has been used."),
    RemedyCode.RESUME_PERSON: _("Resume the person."),
    RemedyCode.EXTEND_PERSON: _("Change from when to when the person is valid."),
    RemedyCode.ASSIGN_IN_RULE: _("Assign the person in one of these rules: %(values)s."),
    RemedyCode.EXTEND_ASSIGNMENT: _("Change from when to when the person is in: %(values)s."),
    RemedyCode.WAIT_UNTIL: _("Wait until %(values)s."),
    RemedyCode.USE_AUTH_TYPE: _("Come with: %(values)s."),
    RemedyCode.COMPLETE_PAIR: _("Complete it: %(values)s."),
    RemedyCode.TYPE_RIGHT_PIN: _("Type the right PIN; the person may have none."),
    RemedyCode.GIVE_POSITION: _("Let the phone say where it is."),
    RemedyCode.COME_CLOSER: _("Come closer: at most %(values)s m."),
    RemedyCode.SECURE_DOORS: _("Close: %(values)s."),
    RemedyCode.LEAVE_AREA: _("Leave first: %(values)s."),
    RemedyCode.FORGIVE: _("Have it forgotten where the person is."),
    RemedyCode.AWAIT_ROOM: _("Wait until somebody leaves: %(values)s."),
    RemedyCode.BRING_ESCORT: _("Come together with somebody who may escort."),
    RemedyCode.BRING_SECOND_PERSON: _("Come together with a second person who has access."),
}
OF_RULES = {RemedyCode.ASSIGN_IN_RULE, RemedyCode.EXTEND_ASSIGNMENT}
OF_AREAS = {RemedyCode.LEAVE_AREA, RemedyCode.AWAIT_ROOM}
OF_TYPES = {RemedyCode.USE_AUTH_TYPE, RemedyCode.COMPLETE_PAIR}


class Row(msgspec.Struct, frozen=True):
    """One check in words; `passed` is None where it was not asked, or waits for something to follow."""

    words: str
    passed: bool | None
    remedies: tuple[str, ...]


class Explained(msgspec.Struct, frozen=True):
    """The verdict as "granted", "denied" or "more", a sentence for it, the rule that grants, and the checks."""

    verdict: str
    sentence: str
    rule: AccessRule | None
    at: datetime
    zone: str
    rows: tuple[Row, ...]


def explained(request: Request, index: Index, state: State, *, zone: str) -> Explained:
    """Return the answer to a request in the reader's language, its moments by the clock of a zone."""
    found = explain(request, index, state)
    rule = _rule(found.decision)
    verdict, sentence = _verdict(found.decision)
    local = request.at.astimezone(ZoneInfo(zone))
    return Explained(verdict, sentence, rule, local, zone, tuple(_row(check, zone) for check in found.checks))


def _rule(decision: Decision) -> AccessRule | None:
    if not isinstance(decision, Granted | NeedPerson) or decision.rule is None:
        return None
    return AccessRule.objects.filter(pk=decision.rule).first()


def _verdict(decision: Decision) -> tuple[str, str]:
    match decision:
        case Granted(auth_type=auth_type):
            return "granted", words.auth_type(auth_type)
        case NeedFactor(pairs=pairs):
            return "more", ", ".join(words.auth_type(pair) for pair in pairs)
        case NeedPerson(reason):
            return "more", str(words.REASONS[reason])
        case Denied(reason):
            return "denied", str(words.REASONS[reason])


def _row(check: Check, zone: str) -> Row:
    return Row(str(CHECKS[check.name]), check.passed, tuple(_remedy(each, zone) for each in check.remedies))


def _remedy(remedy: Remedy, zone: str) -> str:
    text = str(REMEDIES[remedy.code])
    return text % {"values": ", ".join(_values(remedy, zone))} if "%(" in text else text


def _values(remedy: Remedy, zone: str) -> Iterable[str]:
    """Name what a remedy's values stand for."""
    code, values = remedy.code, remedy.values
    if code is RemedyCode.WAIT_UNTIL:
        moments = (datetime.fromisoformat(value).astimezone(ZoneInfo(zone)) for value in values)
        return [date_format(moment, "SHORT_DATETIME_FORMAT") for moment in moments]
    if code in OF_TYPES:
        return [words.auth_type(AuthType[value]) for value in values]
    if code in OF_RULES:
        return _names(AccessRule, values)
    if code in OF_AREAS:
        return _names(Area, values)
    if code is RemedyCode.END_LOCKDOWN:
        return _names(LockdownPlan, values)
    return _names(Door, values) if code is RemedyCode.SECURE_DOORS else values


def _names(model: type[AccessRule | Area | LockdownPlan | Door], ids: Iterable[str]) -> list[str]:
    rows = model._default_manager.filter(pk__in=[UUID(each) for each in ids])
    return sorted(str(row) for row in rows)
