"""How does an organisation decide how long its access log is kept, and what its notice says of it as data controller?"""

from typing import Any

from portvakt.server.logbook.actions import put, record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.organisations.presets import MOST_DAYS, preset_of
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused

# What an organisation says of itself in its notice.
FACTS = ("legal_name", "registration_number", "address", "privacy_email", "dpo_contact", "public_authority")


def decide_keeping(organisation: Organisation, premises: str, days: int, reason: str, *, by: Actor) -> AuditEntry:
    """Keep the access log for so many days: up to the preset of the premises freely, longer with a reason, which stands in the notice.

    What is older goes within an hour. Refused: log_days_bounds (1 to MOST_DAYS), log_reason_missing.
    """
    by.require(Permission.PRIVACY_MANAGE)
    if not 1 <= days <= MOST_DAYS:
        raise Refused("log_days_bounds", field="entry_log_days", most=MOST_DAYS)
    longer = days > preset_of(premises).days
    if longer and not reason.strip():
        raise Refused("log_reason_missing", field="entry_log_reason", days=preset_of(premises).days)
    values = {"premises": premises, "entry_log_days": days, "entry_log_reason": reason.strip() if longer else ""}
    return _change(organisation, "organisation.log_decided", values, by=by)


def describe_organisation(organisation: Organisation, *, by: Actor, **values: Any) -> AuditEntry:
    """Change what the notice says of the organisation: those of FACTS that are given."""
    by.require(Permission.PRIVACY_MANAGE)
    return _change(
        organisation, "organisation.described", {name: values[name] for name in FACTS if name in values}, by=by
    )


def _change(organisation: Organisation, action: str, values: dict[str, Any], *, by: Actor) -> AuditEntry:
    changed = put(organisation, values)
    organisation.save(update_fields=changed)
    return record(action, organisation, by=by, fields=changed)
