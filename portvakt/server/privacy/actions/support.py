"""How does an organisation get help, and how does it decide whether and how long support may look?

Leave is for one purpose until a moment, and the database itself asks for it (see purpose.rights.LEAVE): without it support has no rows.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from portvakt.core.privacy import Kind, Subject
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.actions.disclosing import About, disclose
from portvakt.server.privacy.leaves import leaves
from portvakt.server.privacy.models import Channel, SupportCase, SupportLeave, SupportMessage, Way
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import current_purpose
from portvakt.server.purpose.errors import Refused

# The recipient in the register that the provider's support is.
SUPPORT = "support"
# For how long leave can be given; none of them is chosen beforehand.
LEAVE_HOURS = (1, 4, 24, 72)


def ask_support(title: str, text: str, *, by: Actor) -> tuple[SupportCase, AuditEntry]:
    """Put a question to support."""
    by.require(Permission.SUPPORT_ASK)
    case = _open(by, Channel.BOARD, title)
    _write(case, text, by, from_support=False)
    return case, record("support.asked", case, by=by)


def write_down_question(channel: Channel, title: str, text: str, *, by: Actor) -> tuple[SupportCase, AuditEntry]:
    """Write down what an organisation asked by telephone, mail or in social media; it gives no leave to look."""
    by.require(Permission.SUPPORT_ANSWER)
    case = _open(by, channel, title)
    _write(case, text, by, from_support=False)
    return case, record("support.asked", case, by=by)


def write_to_support(case: SupportCase, text: str, *, by: Actor) -> AuditEntry:
    """Add to a case on the organisation's side. Refused: case_closed."""
    by.require(Permission.SUPPORT_ASK)
    _write(case, text, by, from_support=False)
    return record("support.written", case, by=by)


def answer_case(case: SupportCase, text: str, *, by: Actor) -> AuditEntry:
    """Answer a case on support's side. Refused: case_closed."""
    by.require(Permission.SUPPORT_ANSWER)
    _write(case, text, by, from_support=True)
    return record("support.answered", case, by=by)


def close_case(case: SupportCase, *, by: Actor) -> AuditEntry:
    """Close a case; every leave given in it ends with it."""
    if not (by.may(Permission.SUPPORT_ASK) or by.may(Permission.SUPPORT_ANSWER)):
        raise Refused("not_permitted")
    now = timezone.now()
    SupportCase.objects.filter(pk=case.pk, closed_at=None).update(closed_at=now)
    _end(SupportLeave.objects.filter(case_id=case.pk))
    return record("support.closed", case, by=by)


def give_leave(case: SupportCase, purpose: str, hours: int, *, by: Actor) -> tuple[SupportLeave, AuditEntry]:
    """Let support look for one purpose for some hours. Refused: case_closed, leave_unknown."""
    by.require(Permission.SUPPORT_ASK)
    _keep_open(case)
    if purpose not in leaves() or hours not in LEAVE_HOURS:
        raise Refused("leave_unknown")
    now = timezone.now()
    leave = SupportLeave(
        organisation_id=by.organisation,
        case_id=case.pk,
        purpose=purpose,
        given_at=now,
        until=now + timedelta(hours=hours),
    )
    leave.save(force_insert=True)
    return leave, record("support.leave_given", case, by=by, fields=[purpose])


def take_back_leave(case: SupportCase, *, by: Actor) -> AuditEntry:
    """Let support look no more, from the next statement on, in whichever case leave was given: it looks into one organisation."""
    by.require(Permission.SUPPORT_ASK)
    _end(SupportLeave.objects.filter(organisation=case.organisation_id))
    return record("support.leave_taken_back", case, by=by)


def note_look(about: Iterable[UUID], kinds: Iterable[Kind], *, by: Actor) -> AuditEntry:
    """Put on record that support looks, in the organisation's own log, and for each person shown. Refused: as `disclose` does."""
    by.require(Permission.SUPPORT_ANSWER)
    persons = [About(Subject.HOLDER, one) for one in about]
    disclose(SUPPORT, persons, kinds, way=Way.SUPPORT, by=by, organisation=by.organisation)
    return record("support.looked", None, by=by, fields=[current_purpose()])


def _open(by: Actor, channel: Channel, title: str) -> SupportCase:
    case = SupportCase(
        organisation_id=by.organisation, asked_by=_account(by), channel=channel, title=title, asked_at=timezone.now()
    )
    case.save(force_insert=True)
    return case


def _write(case: SupportCase, text: str, by: Actor, *, from_support: bool) -> None:
    _require_open(case)
    SupportMessage(
        organisation_id=case.organisation_id,
        case_id=case.pk,
        written_by=_account(by),
        from_support=from_support,
        text=text,
        at=timezone.now(),
    ).save(force_insert=True)


def _account(by: Actor) -> UUID:
    if by.id is None:
        raise Refused("not_permitted")
    return by.id


def _require_open(case: SupportCase) -> None:
    if not SupportCase.objects.filter(pk=case.pk, closed_at=None).exists():
        raise Refused("case_closed")


def _keep_open(case: SupportCase) -> None:
    """Hold a case open until leave is there: whoever closes it meanwhile waits, and ends that leave too."""
    if not SupportCase.objects.select_for_update().filter(pk=case.pk, closed_at=None).values_list("pk"):
        raise Refused("case_closed")


def _end(given: QuerySet[SupportLeave]) -> None:
    given.filter(revoked_at=None).update(revoked_at=timezone.now())
