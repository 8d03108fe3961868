"""How do offers go out? To one reader after the other, each in a unit of work of its own, so that a no or a stop holds for the next."""

import logging
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from portvakt.server.provider.actions import send_next
from portvakt.server.provider.models import Mailing
from portvakt.server.provider.readers import PURPOSES
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused

log = logging.getLogger(__name__)

# So many readers in one run, a minute: mail servers elsewhere refuse more from one sender, and other jobs wait meanwhile.
AT_MOST = 100


@app.periodic(cron="* * * * *")
@app.task(name="mailings", queueing_lock="mailings")
def mailings(timestamp: int = 0) -> None:  # noqa: ARG001 - the queue gives it by this name
    """Send what is queued, every minute; `timestamp` is when it was due."""
    send_queued()


def send_queued() -> int:
    """Send mailings for a run; return how many readers were reached or passed over. What is refused waits for a later run."""
    done = 0
    for sort, purpose in PURPOSES.items():
        try:
            for mailing in _queued(sort, purpose):
                done += _send(mailing, purpose, AT_MOST - done)
        except Refused as refused:
            log.warning("mailings for %s wait: %s", purpose, refused.code)
    return done


def _queued(sort: str, purpose: str) -> list[UUID]:
    with acting(purpose):
        going = Mailing.objects.filter(sort=sort, queued_at__lte=timezone.now(), stopped_at=None, done_at=None)
        return list(going.order_by("queued_at").values_list("pk", flat=True))


def _send(mailing: UUID, purpose: str, at_most: int) -> int:
    """Send one mailing to some readers; a mail server that takes no mail is left alone until the next run."""
    for done in range(at_most):
        with acting(purpose):
            if not send_next(mailing):
                return done
    return max(0, at_most)
