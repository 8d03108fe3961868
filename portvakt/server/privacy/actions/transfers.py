"""How is a legal mechanism for transfers out of the EEA stopped at once, everywhere, and relied on again?

Nothing is cached: every disclosure reads what is stopped, so a stop holds from the next statement after its commit, in every process.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.privacy.models import TransferStop
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused


def stop_mechanism(mechanism: str, reason: str, *, by: Actor) -> AuditEntry:
    """Stop all transfers that rely on a mechanism ("adequacy"), or on it for one country ("adequacy:US").

    Refused: mechanism_stopped.
    """
    by.require(Permission.REGISTER_MANAGE)
    stop = TransferStop(mechanism=mechanism, reason=reason, stopped_at=timezone.now())
    try:
        with transaction.atomic():
            stop.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("mechanism_stopped", field="mechanism") from error
    return record("transfer.stopped", stop, by=by, fields=["mechanism"])


def lift_stop(stop: TransferStop, *, by: Actor) -> AuditEntry:
    """Rely on a mechanism again; what waited goes out by itself."""
    by.require(Permission.REGISTER_MANAGE)
    stop.lifted_at = timezone.now()
    stop.save(update_fields=["lifted_at"])
    return record("transfer.lifted", stop, by=by, fields=["mechanism"])
