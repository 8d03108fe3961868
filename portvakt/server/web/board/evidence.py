"""How is the access log taken out so that somebody else can see that nothing was changed? One file for portvakt/verify_log.py.

It holds ids, times, texts and digests, no names. The texts are made from the rows as they stand: a row that was changed does not give its
digest any more.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.logbook.actions import record_evidence
from portvakt.server.logbook.models import AccessEvent, EventChain, EventSeal, LogFault, LogKey
from portvakt.server.logbook.proof import text_of
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.actions import About
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.handing_over import Chosen, File, hand_over
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.files import file_answer

# Some 30 MB; beyond it the oldest are left out, as retention would, and the file says so.
MOST_EVENTS = 50_000


@page("entry_log_review", Permission.ACCESS_LOG_READ)
def evidence(request: BoardRequest) -> HttpResponse:
    """Answer with all that is kept of the access log and its proof, as JSON lines; written down who took it out, and who got it."""
    file = File(
        title=_("Take out the access log as evidence"),
        text=_("All events with their digests and seals, without names, for somebody else to verify."),
        back=reverse("board:access_log", args=[request.organisation.slug]),
    )
    return hand_over(request, file, _file)


def _file(to: Chosen) -> HttpResponse:
    request = to.request
    record_evidence(by=request.operator)
    found, limit = _events(request.organisation)
    # Read once: an event that comes meanwhile is neither in the file nor of anybody whom the disclosure leaves out.
    events = list(found)
    about = [About(Subject.HOLDER, person) for person in {row.person_id for row in events} if person]
    disclosed = to.disclosed(about, [Kind.PASSAGE, Kind.DOOR_EVENT, Kind.LOG_PROOF])
    text = "".join(
        f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines(request.organisation, events, limit)
    )
    name = f"{request.organisation.slug}-{timezone.localdate().isoformat()}-evidence.jsonl"
    return file_answer(name, text, "application/jsonl; charset=utf-8", after=disclosed)


def lines(organisation: Organisation, events: Iterable[AccessEvent], limit: datetime) -> Iterator[dict[str, Any]]:
    """Yield the header, then events and seals by journal in the order in which they happened; none is in it from before `limit`."""
    own = {"organisation": organisation}
    chains = list(EventChain.objects.filter(**own).order_by("controller_id", "began_at"))
    yield _header(organisation, chains, timezone.now(), limit)
    yield from map(_text, events)
    yield from map(_seal, EventSeal.objects.filter(**own).order_by("controller_id", "journal", "sequence"))


def _events(organisation: Organisation) -> tuple[QuerySet[AccessEvent], datetime]:
    """Return the events of the file, and before when they are not in it."""
    events = AccessEvent.objects.filter(organisation=organisation).order_by("controller_id", "journal", "sequence")
    limit = timezone.now() - timedelta(days=organisation.entry_log_days)
    newest_left_out = events.order_by("-id")[MOST_EVENTS : MOST_EVENTS + 1].first()
    if newest_left_out:
        return events.filter(id__gt=newest_left_out.id), max(limit, newest_left_out.received_at)
    return events, limit


def _header(organisation: Organisation, chains: Iterable[EventChain], now: datetime, limit: datetime) -> dict[str, Any]:
    journals: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for chain in chains:
        journals[chain.controller_id].append(_journal(chain, limit))
    keys: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for key in LogKey.objects.filter(organisation=organisation).order_by("first_seen_at"):
        keys[key.controller_id].append({"key": _hex(key.public_key), "accepted": key.accepted})
    faults: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for fault in LogFault.objects.filter(organisation=organisation).order_by("at"):
        faults[fault.controller_id].append(_fault(fault))
    controllers = [
        {"id": str(controller), "keys": keys[controller], "journals": own, "faults": faults[controller]}
        for controller, own in journals.items()
    ]
    return {
        "format": "portvakt evidence",
        "version": 1,
        "organisation": str(organisation.pk),
        "made_at": now.isoformat(),
        "removed_before": limit.isoformat(),
        "controllers": controllers,
    }


def _journal(chain: EventChain, limit: datetime) -> dict[str, Any]:
    return {
        "id": str(chain.journal),
        "sequence": chain.sequence,
        "digest": _hex(chain.digest),
        "removed": chain.last_at <= limit,
    }


def _fault(fault: LogFault) -> dict[str, Any]:
    where = {"journal": str(fault.journal), "sequence": fault.sequence, "last": fault.last}
    return {"what": fault.what, **where, "at": fault.at.isoformat()}


def _text(row: AccessEvent) -> dict[str, Any]:
    return {
        "line": "event",
        "controller": str(row.controller_id),
        "journal": str(row.journal),
        "sequence": row.sequence,
        "before": _hex(row.before),
        "digest": _hex(row.digest),
        "text": row.raw or text_of(row).decode("ascii"),
    }


def _seal(row: EventSeal) -> dict[str, Any]:
    return {
        "line": "seal",
        "controller": str(row.controller_id),
        "journal": str(row.journal),
        "sequence": row.sequence,
        "digest": _hex(row.digest),
        "seal": _hex(row.seal),
        "key": _hex(row.public_key),
    }


def _hex(value: bytes | memoryview | None) -> str:
    return "" if value is None else bytes(value).hex()
