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
    "access_log.evidence_exported": _("Access log taken out as evidence"),
    "access_log.exported": _("Access log taken out"),
    "access_log.looked_up": _("Passages of a person looked up"),
    "account.changed": _("Account changed"),
    "account.disabled": _("Account disabled"),
    "account.enabled": _("Account enabled again"),
    "account.signed_in": _("Signed in"),
    "alarm.acknowledged": _("Alarm acknowledged"),
    "area.added": _("Area added"),
    "area.changed": _("Area changed"),
    "area.removed": _("Area removed"),
    "consent.given": _("Consent given"),
    "consent.withdrawn": _("Consent withdrawn"),
    "controller.added": _("Controller added"),
    "controller.changed": _("Controller changed"),
    "controller.enrolled": _("Controller enrolled"),
    "controller.enrolment_begun": _("Controller enrolment begun"),
    "controller.forgive_asked": _("Everybody's place forgotten"),
    "controller.log_key_changed": _("Controller has another log key"),
    "controller.removed": _("Controller removed"),
    "controller.shut_out": _("Controller shut out"),
    "credential.all_renewed": _("All codes made anew"),
    "credential.changed": _("Card or code changed"),
    "credential.issued": _("Card or code issued"),
    "credential.renewed": _("Code made anew"),
    "credential.resumed": _("Card or code resumed"),
    "credential.revoked": _("Card or code revoked"),
    "credential.suspended": _("Card or code suspended"),
    "door.added": _("Door added"),
    "door.changed": _("Door changed"),
    "door.hold_begun": _("Door held unlocked"),
    "door.hold_ended": _("Door no longer held unlocked"),
    "door.codes_renewed": _("The door's printed codes made anew"),
    "door.release_asked": _("Door opened"),
    "door.remote_asked": _("Opening asked for with the phone"),
    "door.removed": _("Door removed"),
    "enquiry.answered": _("Question answered"),
    "enquiry.written": _("Question written down"),
    "guard.added": _("Guard rule added"),
    "guard.changed": _("Guard rule changed"),
    "guard.removed": _("Guard rule removed"),
    "interlock.added": _("Interlock added"),
    "interlock.changed": _("Interlock changed"),
    "interlock.removed": _("Interlock removed"),
    "lockdown.ended": _("Lockdown ended"),
    "lockdown.rehearsed": _("Lockdown rehearsed"),
    "lockdown.started": _("Lockdown started"),
    "mailing.queued": _("Mailing sent off"),
    "mailing.stopped": _("Mailing stopped"),
    "mailing.tried": _("Mailing tried"),
    "mailing.written": _("Mailing written"),
    "operator.invited": _("Operator invited"),
    "operator.person_linked": _("Account linked to a person"),
    "operator.person_parted": _("Account no longer linked to a person"),
    "operator.removed": _("Operator removed"),
    "operator.roles_changed": _("Roles changed"),
    "order.accepted": _("Order accepted"),
    "order.declined": _("Order declined"),
    "order.ended": _("Customer has left"),
    "notice.begun": _("The notice came into force"),
    "notice.excepted": _("Why some need not be told of the notice written down"),
    "notice.handed_over": _("The notice handed over on paper"),
    "notice.published": _("The notice published"),
    "organisation.described": _("What the notice says of the organisation changed"),
    "organisation.log_decided": _("How long the access log is kept decided"),
    "organisation.opened": _("Organisation opened"),
    "person.assigned": _("Rule assigned"),
    "person.changed": _("Person changed"),
    "person.enrolled": _("Person enrolled"),
    "person.explained": _("Asked why a person was let in or denied"),
    "person.forgive_asked": _("Person's place forgotten"),
    "person.removed": _("Person removed"),
    "person.resumed": _("Person resumed"),
    "person.suspended": _("Person suspended"),
    "person.withdrawn": _("Rule withdrawn"),
    "plan.added": _("Lockdown plan added"),
    "plan.changed": _("Lockdown plan changed"),
    "plan.removed": _("Lockdown plan removed"),
    "reach.exported": _("List of who can open taken out"),
    "reader.added": _("Reader added"),
    "reader.adoption_asked": _("Reader adoption begun"),
    "reader.card_asked": _("Card read at a reader"),
    "reader.removed": _("Reader removed"),
    "recipient.added": _("Recipient added"),
    "recipient.changed": _("Recipient changed"),
    "recipient.ended": _("Recipient ended"),
    "register.released": _("A change that waited may begin"),
    "rule.added": _("Rule added"),
    "rule.changed": _("Rule changed"),
    "rule.removed": _("Rule removed"),
    "schedule.added": _("Schedule added"),
    "schedule.changed": _("Schedule changed"),
    "schedule.imported": _("Schedule imported"),
    "schedule.removed": _("Schedule removed"),
    "section.added": _("Section added"),
    "section.changed": _("Section changed"),
    "section.removed": _("Section removed"),
    "site.added": _("Site added"),
    "site.changed": _("Site changed"),
    "site.removed": _("Site removed"),
    "special_day.removed": _("Special day removed"),
    "special_day.set": _("Special day set"),
    "support.answered": _("Support answered"),
    "support.asked": _("Support asked"),
    "support.closed": _("Support case closed"),
    "support.leave_given": _("Support given leave to look"),
    "support.leave_taken_back": _("Support's leave to look taken back"),
    "support.looked": _("Support looked"),
    "support.written": _("Message to support"),
    "transfer.lifted": _("Transfers relied on again"),
    "transfer.stopped": _("Transfers stopped"),
    "unlock_schedule.removed": _("Unlock schedule removed"),
    "unlock_schedule.set": _("Unlock schedule set"),
    "webhook.added": _("Webhook added"),
    "webhook.ended": _("Webhook removed"),
    "webhook.paused": _("Webhook paused"),
    "webhook.replayed": _("Event sent again to a webhook"),
    "webhook.resumed": _("Webhook resumed"),
}
KINDS: dict[str, Promise] = {
    "privacy.SupportCase": _("Support case"),
    "access.AccessRule": _("Access rule"),
    "access.GuardRule": _("Guard rule"),
    "access.Schedule": _("Schedule"),
    "accounts.Account": _("Account"),
    "accounts.Membership": _("Operator"),
    "organisations.Organisation": _("Organisation"),
    "people.Credential": _("Card or code"),
    "people.Person": _("Person"),
    "privacy.Consent": _("Consent"),
    "privacy.OwnRecipient": _("Recipient"),
    "privacy.TransferStop": _("Transfers"),
    "privacy.Webhook": _("Webhook"),
    "privacy.WebhookDelivery": _("Webhook"),
    "places.Area": _("Area"),
    "places.Controller": _("Controller"),
    "places.Door": _("Door"),
    "places.DoorCommand": _("Door"),
    "places.Interlock": _("Interlock"),
    "places.LockdownPlan": _("Lockdown plan"),
    "places.Reader": _("Reader"),
    "places.Section": _("Section"),
    "places.Site": _("Site"),
}
# What an entry names that is no column of its object: parts of it, and filters of the access log.
PARTS: dict[str, Promise] = {
    "auth_type": _("auth type"),
    "because_false_identity": _("false identity"),
    "because_misuse": _("misuse of the platform"),
    "because_taken_over": _("somebody else has taken it over"),
    "because_terms": _("breach of the terms of use"),
    "certificate_serial": _("certificate"),
    "doors": _("doors"),
    "entry_auth_types": _("auth types, entry"),
    "entry_code": _("printed code, entry"),
    "exit_auth_types": _("auth types, exit"),
    "exit_code": _("printed code, exit"),
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
