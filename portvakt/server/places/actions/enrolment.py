"""How does a device become a controller or a reader of ours, and how is a controller shut out?"""

import hashlib
import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings
from django.utils import timezone

from portvakt.core.enrolment import SECRET_BYTES, EnrolmentText, encode
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions._rows import ask, insert
from portvakt.server.places.models import Controller, ControllerStatus, ControllerTask, Enrolment, Reader
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

ENROLMENT_HOURS = 1
# Long enough to try again at the reader once; the shorter, the less time for another device on the cable.
ADOPTION_SECONDS = 120


def begin_enrolment(controller: Controller, *, by: Actor) -> tuple[str, AuditEntry]:
    """Return the enrolment text with which a device becomes this controller within the hour; earlier ones stop working."""
    by.require(Permission.CONTROLLER_ENROL)
    secret = secrets.token_bytes(SECRET_BYTES)
    Enrolment.objects.filter(controller=controller, used_at__isnull=True).delete()
    insert(
        Enrolment(
            organisation_id=by.organisation,
            controller_id=controller.pk,
            secret_digest=hashlib.sha256(secret).digest(),
            expires_at=timezone.now() + timedelta(hours=ENROLMENT_HOURS),
        )
    )
    return _enrolment_text(controller, secret), record("controller.enrolment_begun", controller, by=by)


def _enrolment_text(controller: Controller, secret: bytes) -> str:
    authority = load_pem_x509_certificate((settings.SECRETS / "ca.pem").read_bytes())
    return encode(
        EnrolmentText(
            link=settings.LINK_ADDRESS,
            enrol=settings.ENROL_ADDRESS,
            ca=authority.public_bytes(Encoding.DER),
            secret=secret,
            controller=str(controller.pk),
        )
    )


def use_enrolment(secret: bytes) -> Enrolment:
    """Spend a one-time secret. Refused: enrolment_unknown for one that is wrong, used or too old, without saying which."""
    found = Enrolment.objects.select_for_update().filter(
        secret_digest=hashlib.sha256(secret).digest(), used_at__isnull=True, expires_at__gt=timezone.now()
    )
    if (enrolment := found.first()) is None:
        raise Refused("enrolment_unknown")
    enrolment.used_at = timezone.now()
    enrolment.save(update_fields=["used_at"])
    return enrolment


def finish_enrolment(enrolment: Enrolment, serial: str, expires_at: datetime, *, by: Actor) -> AuditEntry:
    """Let a certificate in as this controller; the one before it is let in no more."""
    ControllerStatus.objects.filter(controller_id=enrolment.controller_id).update(
        certificate_serial=serial, certificate_expires_at=expires_at, enrolled_at=timezone.now()
    )
    notify(Channel.ATTACHED, f"{enrolment.controller_id}:")
    return record("controller.enrolled", Controller(pk=enrolment.controller_id), by=by)


def shut_out_controller(controller: Controller, *, by: Actor) -> AuditEntry:
    """Let the controller's certificate in no more, from now on, and end its stream: for a device that is lost or stolen.

    Its doors go on deciding by what they have; another device takes its place by enrolling.
    """
    by.require(Permission.CONTROLLER_ENROL)
    Enrolment.objects.filter(controller=controller, used_at__isnull=True).delete()
    ControllerStatus.objects.filter(controller=controller).update(
        certificate_serial="", certificate_expires_at=None, enrolled_at=None
    )
    notify(Channel.ATTACHED, f"{controller.pk}:")
    return record("controller.shut_out", controller, by=by, fields=["certificate_serial"])


def adopt_reader(reader: Reader, *, by: Actor) -> tuple[ControllerTask, AuditEntry]:
    """Ask a reader's controller to give it a key of its own, within ADOPTION_SECONDS."""
    by.require(Permission.CONTROLLER_ENROL)
    entry = record("reader.adoption_asked", reader, by=by)
    action = ControllerTask.Action.ADOPT_READER
    return ask(entry.pk, action, reader.controller_id, by, reader_id=reader.pk, seconds=ADOPTION_SECONDS), entry
