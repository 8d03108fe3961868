"""What are the things that operators did, and to what, called in the reader's language?"""

from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portvakt.server.purpose.catalogue import activities
from portvakt.server.purpose.register import Texts

ACTIONS: dict[str, Promise] = {
    "access_log.exported": _("Access log taken out"),
    "access_log.looked_up": _("Passages of a person looked up"),
    "account.changed": _("Account changed"),
    "account.signed_in": _("Signed in"),
    "controller.added": _("Controller added"),
    "controller.enrolled": _("Controller enrolled"),
    "controller.shut_out": _("Controller shut out"),
    "controller.enrolment_begun": _("Controller enrolment begun"),
    "credential.issued": _("Card or code issued"),
    "credential.resumed": _("Card or code resumed"),
    "credential.revoked": _("Card or code revoked"),
    "credential.suspended": _("Card or code suspended"),
    "door.added": _("Door added"),
    "door.changed": _("Door changed"),
    "door.release_asked": _("Door opened"),
    "door.remote_asked": _("Opening asked for with the phone"),
    "operator.invited": _("Operator invited"),
    "operator.person_linked": _("Account linked to a person"),
    "operator.person_parted": _("Account no longer linked to a person"),
    "operator.removed": _("Operator removed"),
    "operator.roles_changed": _("Roles changed"),
    "organisation.opened": _("Organisation opened"),
    "person.assigned": _("Rule assigned"),
    "person.changed": _("Person changed"),
    "person.enrolled": _("Person enrolled"),
    "person.resumed": _("Person resumed"),
    "person.suspended": _("Person suspended"),
    "person.withdrawn": _("Rule withdrawn"),
    "reader.added": _("Reader added"),
    "reader.removed": _("Reader removed"),
    "rule.added": _("Rule added"),
    "rule.changed": _("Rule changed"),
    "rule.removed": _("Rule removed"),
    "schedule.added": _("Schedule added"),
    "schedule.changed": _("Schedule changed"),
    "schedule.removed": _("Schedule removed"),
    "section.added": _("Section added"),
    "site.added": _("Site added"),
    "special_day.removed": _("Special day removed"),
    "special_day.set": _("Special day set"),
}
KINDS: dict[str, Promise] = {
    "access.AccessRule": _("Access rule"),
    "access.Schedule": _("Schedule"),
    "accounts.Account": _("Account"),
    "accounts.Membership": _("Operator"),
    "organisations.Organisation": _("Organisation"),
    "people.Credential": _("Card or code"),
    "people.Person": _("Person"),
    "places.Controller": _("Controller"),
    "places.Door": _("Door"),
    "places.DoorCommand": _("Door"),
    "places.Reader": _("Reader"),
    "places.Section": _("Section"),
    "places.Site": _("Site"),
}
# What an entry names that is no column of its object: parts of it, and filters of the access log.
PARTS: dict[str, Promise] = {
    "auth_type": _("auth type"),
    "certificate_serial": _("certificate"),
    "doors": _("doors"),
    "entry_auth_types": _("auth types, entry"),
    "exit_auth_types": _("auth types, exit"),
    "outcome": _("outcome"),
    "person": _("person"),
    "person_id": _("person"),
    "place": _("place"),
    "reason": _("reason"),
    "revoked_at": _("revoked"),
    "roles": _("roles"),
    "rule": _("rule"),
    "schedule": _("schedule"),
    "since": _("from"),
    "special_days": _("special days"),
    "suspended_at": _("suspended"),
    "until": _("to"),
    "who": _("person"),
}


def action_word(action: str) -> str:
    """Say what was done; an action without a word shows as its code."""
    return str(ACTIONS.get(action, action))


def field_word(kind: str, name: str) -> str:
    """Name a field of a kind of object."""
    if name in PARTS:
        return str(PARTS[name])
    try:
        return str(apps.get_model(kind)._meta.get_field(name).verbose_name)
    except (FieldDoesNotExist, LookupError, ValueError):
        return name


@cache
def _names() -> dict[str, Texts]:
    return {activity.id: activity.name for activity in activities()}


def purpose_word(purpose: str) -> str:
    """Name a purpose as the register does; one that the register no longer has shows as its id."""
    if not (name := _names().get(purpose)):
        return purpose
    return name.sv if get_language() == "sv" else name.en
