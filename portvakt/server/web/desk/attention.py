"""What at the desk waits for somebody? One list of questions; each yields what it finds, and the overview shows it."""

from collections.abc import Callable, Iterator
from datetime import date

import msgspec
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portvakt.server.privacy.models import NoticeVersion, TransferStop
from portvakt.server.privacy.record.build import as_controller, as_processor, ground
from portvakt.server.privacy.record.complete import differences
from portvakt.server.purpose.register import Recipient, Register
from portvakt.server.web.desk.transfers import exceptions, named


class Waiting(msgspec.Struct, frozen=True):
    """Something that somebody must look at: a sentence, how pressing it is, and the page for it (empty where there is none)."""

    text: str
    address: str = ""
    urgent: bool = False


# More than one a month is no exception any more.
OCCASIONAL = 12
Question = Callable[[Register, date], Iterator[Waiting]]


def waiting(register: Register, today: date) -> list[Waiting]:
    """Return all that waits for somebody, the urgent first; asked under a purpose that reads these tables."""
    found = [one for question in QUESTIONS for one in question(register, today)]
    return sorted(found, key=lambda one: not one.urgent)


def _assessments(register: Register, today: date) -> Iterator[Waiting]:
    """Yield the assessments of legitimate interest whose review is past (EDPB guidelines 1/2024)."""
    for activity in register.activities:
        if activity.assessment and activity.assessment.review < today:
            name, day = activity.name.within(get_language() or ""), activity.assessment.review.isoformat()
            text = _("The assessment of %(activity)s should have been looked at again by %(day)s.")
            yield Waiting(text % {"activity": name, "day": day})


def _recipients(register: Register, today: date) -> Iterator[Waiting]:
    """Yield the data processors that nothing may be disclosed to, because no agreement with them is in force."""
    for recipient in register.recipients:
        if recipient.category == "processor" and not _agreed(recipient, today):
            text = _("%(recipient)s has no data processing agreement in force, so nothing is disclosed to it.")
            yield Waiting(text % {"recipient": recipient.name.within(get_language() or "")})


def _agreed(recipient: Recipient, today: date) -> bool:
    agreement = recipient.agreement
    return agreement is not None and agreement.signed <= today and (agreement.ends is None or agreement.ends >= today)


def _stops(_register: Register, _today: date) -> Iterator[Waiting]:
    for stop in TransferStop.objects.filter(lifted_at=None).order_by("stopped_at"):
        text = _("Transfers that rely on %(mechanism)s are stopped: %(reason)s")
        yield Waiting(
            text % {"mechanism": named(stop.mechanism), "reason": stop.reason}, reverse("desk:transfers"), urgent=True
        )


def _exceptions(_register: Register, _today: date) -> Iterator[Waiting]:
    """Yield the recipients for which an exception in a single case has become a habit (GDPR Art. 49, EDPB guidelines 2/2018)."""
    for recipient, times in exceptions():
        if times > OCCASIONAL:
            text = _(
                "%(recipient)s got data abroad as an exception in a single case %(times)d times in a year: it needs a safeguard."
            )
            yield Waiting(text % {"recipient": recipient, "times": times}, reverse("desk:transfers"), urgent=True)


def _notices(_register: Register, _today: date) -> Iterator[Waiting]:
    """Yield the notices that are held until everybody whom they concern has been told (GDPR 13(3), 14(4))."""
    held = NoticeVersion.objects.filter(in_force_at=None).select_related("organisation").order_by("published_at")
    for notice in held:
        text = _("Version %(number)s of the notice of %(whose)s waits until everybody has been told.")
        whose = notice.organisation.name if notice.organisation else _("the provider")
        yield Waiting(text % {"number": notice.number, "whose": whose})


def _rights(_register: Register, today: date) -> Iterator[Waiting]:
    """Say so where the database has come to give other rights than the register since this process started."""
    drawn = ground(today)
    found = {*differences(as_controller(drawn)), *differences(as_processor(drawn, []))}
    if found:
        text = ngettext(
            "The database gives %(count)s right that is not in the register, or lacks one that is.",
            "The database gives %(count)s rights that are not in the register, or lacks some that are.",
            len(found),
        )
        yield Waiting(text % {"count": len(found)}, reverse("desk:records"), urgent=True)


QUESTIONS: tuple[Question, ...] = (_rights, _stops, _exceptions, _assessments, _recipients, _notices)
