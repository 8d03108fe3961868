"""How are sites, doors, controllers and readers set up, and how does a device become a controller?"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from portvakt.core.decision.model import AuthType, Reason
from portvakt.core.enrolment import SECRET_BYTES, EnrolmentText, encode
from portvakt.server.logbook.actions import record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.models import (
    Controller,
    ControllerStatus,
    Door,
    DoorCommand,
    DoorStatus,
    Enrolment,
    Reader,
    ReaderStatus,
    Section,
    Site,
)
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, Look, hint, notify

Row = TypeVar("Row", bound=models.Model)

ENROLMENT_HOURS = 1
# An operator who waits longer has walked on; a door that opens later opens for someone else.
COMMAND_SECONDS = 10
# What the doors of this version can do; REX is for the exit side alone.
ENTRY_AUTH_TYPES = (AuthType.KEY_CARD, AuthType.PIN, AuthType.KEY_CARD_PLUS_PIN, AuthType.REMOTE)
EXIT_AUTH_TYPES = (*ENTRY_AUTH_TYPES, AuthType.REX)


def add_site(*, by: Actor, **values: Any) -> tuple[Site, AuditEntry]:
    """Add a site. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    site = _insert(Site(organisation_id=by.organisation, **values))
    return site, record("site.added", site, by=by, fields=values)


def add_section(site: Site, name: str, *, by: Actor) -> tuple[Section, AuditEntry]:
    """Add a section to a site. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    section = _insert(Section(organisation_id=by.organisation, site_id=site.pk, name=name))
    return section, record("section.added", section, by=by, fields=["name"])


def add_controller(site: Site, name: str, *, by: Actor) -> tuple[Controller, AuditEntry]:
    """Add a controller that no device is enrolled for yet. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    controller = _insert(Controller(organisation_id=by.organisation, site_id=site.pk, name=name))
    _insert(ControllerStatus(organisation_id=by.organisation, controller_id=controller.pk))
    return controller, record("controller.added", controller, by=by, fields=["name"], doors=True)


def add_door(section: Section, controller: Controller, *, by: Actor, **values: Any) -> tuple[Door, AuditEntry]:
    """Add a door to a section, decided by a controller. Refused: name_taken, auth_type_not_supported."""
    by.require(Permission.PLACE_MANAGE)
    door = Door(organisation_id=by.organisation, section_id=section.pk, controller_id=controller.pk, **values)
    _check_equipment(door)
    _insert(door)
    return door, record("door.added", door, by=by, fields=values, doors=True)


def change_door(door: Door, *, by: Actor, **values: Any) -> AuditEntry:
    """Change the given fields of a door. Refused: name_taken, auth_type_not_supported."""
    by.require(Permission.PLACE_MANAGE)
    changed = [name for name, value in values.items() if getattr(door, name) != value]
    for name in changed:
        setattr(door, name, values[name])
    _check_equipment(door)
    _save(door, changed)
    return record("door.changed", door, by=by, fields=changed, doors=True)


def add_reader(door: Door, *, by: Actor, **values: Any) -> tuple[Reader, AuditEntry]:
    """Put a reader on one side of a door, on the bus of the door's controller. Refused: reader_taken."""
    by.require(Permission.PLACE_MANAGE)
    reader = Reader(organisation_id=by.organisation, door_id=door.pk, controller_id=door.controller_id, **values)
    _insert(reader, taken="reader_taken")
    return reader, record("reader.added", reader, by=by, fields=values, doors=True)


def remove_reader(reader: Reader, *, by: Actor) -> AuditEntry:
    """Take a reader away."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("reader.removed", reader, by=by, doors=True)
    ReaderStatus.objects.filter(reader=reader).delete()
    Reader.objects.filter(pk=reader.pk).delete()
    return entry


def begin_enrolment(controller: Controller, *, by: Actor) -> tuple[str, AuditEntry]:
    """Return the enrolment text with which a device becomes this controller within the hour; earlier ones stop working."""
    by.require(Permission.CONTROLLER_ENROL)
    secret = secrets.token_bytes(SECRET_BYTES)
    Enrolment.objects.filter(controller=controller, used_at__isnull=True).delete()
    _insert(
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


def release_door(door: Door, *, by: Actor) -> tuple[DoorCommand, AuditEntry]:
    """Ask the door's controller to release it now; the answer, if one comes, is in the command within COMMAND_SECONDS."""
    by.require(Permission.DOOR_RELEASE)
    entry = record("door.release_asked", door, by=by)
    command = DoorCommand(
        pk=entry.pk,
        organisation_id=by.organisation,
        controller_id=door.controller_id,
        door_id=door.pk,
        asked_at=timezone.now(),
    )
    command.save(force_insert=True)
    notify(Channel.COMMAND, door.controller_id)
    return command, entry


def claim_wishes(wishes: type[Row], controller: UUID) -> list[Row]:
    """Return the wishes (DoorCommand, RemoteAsk) to send to a controller now; nobody else gets them, and none is given out late."""
    now, rows = timezone.now(), wishes._default_manager
    waiting = rows.filter(
        controller_id=controller, claimed_at__isnull=True, asked_at__gt=now - timedelta(seconds=COMMAND_SECONDS)
    )
    claimed = list(waiting.select_for_update(skip_locked=True).order_by("asked_at"))
    rows.filter(pk__in=[wish.pk for wish in claimed]).update(claimed_at=now)
    return claimed


def answer_command(command: UUID, controller: UUID, reason: Reason | None) -> None:
    """Keep what became of a command: granted without a reason, else why not. Only its own controller can answer it, once."""
    own = DoorCommand.objects.filter(pk=command, controller_id=controller, answered_at__isnull=True)
    for organisation, door in own.values_list("organisation_id", "door_id"):
        own.update(answered_at=timezone.now(), granted=reason is None, reason=reason.value if reason else "")
        hint(organisation, Look.DOORS, door)


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


def report_controller(controller: UUID, **values: Any) -> None:
    """Keep what a controller says of itself; no audit entry: nobody did anything."""
    ControllerStatus.objects.filter(controller_id=controller).update(**values)


def report_silence(before: datetime) -> None:
    """Call offline every controller not heard since `before`: the process that held its stream ended without saying so."""
    silent = ControllerStatus.objects.filter(online=True, seen_at__lt=before)
    for organisation in set(silent.values_list("organisation_id", flat=True)):
        hint(organisation, Look.CONTROLLERS)
    silent.update(online=False)


def report_door(organisation: UUID, door: UUID, state: str) -> None:
    """Keep the state of a door as its controller says it."""
    DoorStatus.objects.update_or_create(
        organisation_id=organisation, door_id=door, defaults={"state": state, "at": timezone.now()}
    )


def report_reader(organisation: UUID, reader: UUID, state: str) -> None:
    """Keep the state of a reader as its controller says it."""
    ReaderStatus.objects.update_or_create(
        organisation_id=organisation, reader_id=reader, defaults={"state": state, "at": timezone.now()}
    )


def _check_equipment(door: Door) -> None:
    if set(door.entry_auth_types) - {int(auth) for auth in ENTRY_AUTH_TYPES}:
        raise Refused("auth_type_not_supported", field="entry_auth_types")
    if set(door.exit_auth_types) - {int(auth) for auth in EXIT_AUTH_TYPES}:
        raise Refused("auth_type_not_supported", field="exit_auth_types")


def _insert(row: Row, taken: str = "name_taken") -> Row:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(taken, field="name" if taken == "name_taken" else "address") from error
    return row


def _save(row: models.Model, fields: list[str]) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError as error:
        raise Refused("name_taken", field="name") from error
