"""What at the desk waits for somebody? One list of questions; each yields what it finds, and the overview shows it."""

from collections.abc import Callable, Iterator
from datetime import date

import msgspec
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from portvakt.server.privacy.clearance import of_register, refusal
from portvakt.server.privacy.models import TransferStop
from portvakt.server.privacy.record.build import as_controller, as_processor, ground
from portvakt.server.privacy.record.complete import differences
from portvakt.server.privacy.told import held_notices
from portvakt.server.privacy.words import country
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import Register
from portvakt.server.purpose.register.reviews import Overdue, overdue_reviews
from portvakt.server.web.desk.transfers import exceptions, named
from portvakt.server.web.errors import sentence


class Waiting(msgspec.Struct, frozen=True):
    """Something that somebody must look at: a sentence, how pressing it is, and the page for it (empty where there is none)."""

    text: str
    address: str = ""
    urgent: bool = False


# By what overdue_reviews calls them.
REVIEWS = {
    "assessment": gettext_lazy("The assessment of %(whose)s should be looked at again by %(day)s."),
    "safeguard": gettext_lazy("The transfer to %(whose)s should be assessed again by %(day)s."),
    "agreement": gettext_lazy("The agreement with %(whose)s ends on %(day)s."),
    "adequacy": gettext_lazy("The decision that %(whose)s protects data well enough holds until %(day)s."),
}
# More than one a month is no exception any more.
OCCASIONAL = 12
Question = Callable[[Register, date], Iterator[Waiting]]


def waiting(register: Register, today: date) -> list[Waiting]:
    """Return all that waits for somebody, the urgent first; asked under a purpose that reads these tables."""
    found = [one for question in QUESTIONS for one in question(register, today)]
    return sorted(found, key=lambda one: not one.urgent)


def _reviews(register: Register, today: date) -> Iterator[Waiting]:
    """Yield what must be looked at again and was not: assessments of legitimate interest, transfers, agreements, decisions on countries."""
    for one in overdue_reviews(register, today):
        facts = {"whose": _named(register, one), "day": one.on.isoformat()}
        yield Waiting(str(REVIEWS[one.what]) % facts, _where(register, one))


def _named(register: Register, one: Overdue) -> str:
    language = get_language() or ""
    if one.what == "adequacy":
        return country(one.whose, language)
    whose = register.activity(one.whose) if one.what == "assessment" else register.recipient(one.whose)
    return whose.name.within(language)


def _where(register: Register, one: Overdue) -> str:
    if one.what == "assessment":
        return reverse("desk:record", args=[register.activity(one.whose).role]) + f"#{one.whose}"
    return reverse("desk:transfers")


def _recipients(register: Register, today: date) -> Iterator[Waiting]:
    """Yield the recipients to which nothing may be disclosed, and why; what was stopped is said by itself."""
    for recipient in register.recipients:
        if code := refusal(of_register(recipient), register.law, today, ()):
            why = sentence(Refused(code, recipient=recipient.name.within(get_language() or "")))
            yield Waiting(why, reverse("desk:transfers"))


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
    for notice in held_notices():
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


QUESTIONS: tuple[Question, ...] = (_rights, _stops, _exceptions, _reviews, _recipients, _notices)
