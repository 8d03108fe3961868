"""How are persons enrolled and suspended, and credentials of every kind issued, renewed, suspended and revoked?"""

from portvakt.server.people.actions.codes import Renewed, renew_all_codes, renew_passcode, renew_qr
from portvakt.server.people.actions.credentials import (
    change_credential,
    issue_card,
    issue_guest_code,
    issue_pin,
    issue_plate,
    resume_credential,
    revoke_credential,
    suspend_credential,
)
from portvakt.server.people.actions.persons import (
    DOOR_FIELDS,
    PERSON_FIELDS,
    change_person,
    enrol_person,
    resume_person,
    suspend_person,
)
from portvakt.server.people.actions.readings import report_reading

__all__ = [
    "DOOR_FIELDS",
    "PERSON_FIELDS",
    "Renewed",
    "change_credential",
    "change_person",
    "enrol_person",
    "issue_card",
    "issue_guest_code",
    "issue_pin",
    "issue_plate",
    "renew_all_codes",
    "renew_passcode",
    "renew_qr",
    "report_reading",
    "resume_credential",
    "resume_person",
    "revoke_credential",
    "suspend_credential",
    "suspend_person",
]
