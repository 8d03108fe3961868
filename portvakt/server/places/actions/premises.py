"""How are sites, sections, controllers, doors and readers set up?"""

from typing import Any

from portvakt.core.decision.model import AuthType
from portvakt.server.logbook.actions import put, record
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions._rows import insert, remove, save
from portvakt.server.places.models import (
    Controller,
    ControllerStatus,
    ControllerTask,
    Door,
    DoorHold,
    DoorStatus,
    Enrolment,
    Reader,
    ReaderStatus,
    Section,
    Site,
)
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

# What equipment can do; REX is for the exit side alone.
ENTRY_AUTH_TYPES = tuple(auth for auth in AuthType if auth is not AuthType.REX)
EXIT_AUTH_TYPES = (*ENTRY_AUTH_TYPES, AuthType.REX)


def add_site(*, by: Actor, **values: Any) -> tuple[Site, AuditEntry]:
    """Add a site. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    site = insert(Site(organisation_id=by.organisation, **values))
    return site, record("site.added", site, by=by, fields=values)


def change_site(site: Site, *, by: Actor, **values: Any) -> AuditEntry:
    """Change the given fields of a site. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    return _change("site.changed", site, values, by)


def remove_site(site: Site, *, by: Actor) -> AuditEntry:
    """Remove a site. Refused: still_used (sections, controllers or lockdown plans)."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("site.removed", site, by=by)
    remove(site)
    return entry


def add_section(site: Site, name: str, *, by: Actor) -> tuple[Section, AuditEntry]:
    """Add a section to a site. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    section = insert(Section(organisation_id=by.organisation, site_id=site.pk, name=name))
    return section, record("section.added", section, by=by, fields=["name"])


def rename_section(section: Section, name: str, *, by: Actor) -> AuditEntry:
    """Give a section another name. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    return _change("section.changed", section, {"name": name}, by)


def remove_section(section: Section, *, by: Actor) -> AuditEntry:
    """Remove a section. Refused: still_used (doors)."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("section.removed", section, by=by)
    remove(section)
    return entry


def add_controller(site: Site, name: str, *, by: Actor) -> tuple[Controller, AuditEntry]:
    """Add a controller that no device is enrolled for yet. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    controller = insert(Controller(organisation_id=by.organisation, site_id=site.pk, name=name))
    insert(ControllerStatus(organisation_id=by.organisation, controller_id=controller.pk))
    return controller, record("controller.added", controller, by=by, fields=["name"], doors=True)


def rename_controller(controller: Controller, name: str, *, by: Actor) -> AuditEntry:
    """Give a controller another name. Refused: name_taken."""
    by.require(Permission.PLACE_MANAGE)
    return _change("controller.changed", controller, {"name": name}, by)


def remove_controller(controller: Controller, *, by: Actor) -> AuditEntry:
    """Remove a controller; its device is let in no more. Refused: still_used (doors, readers, areas, interlocks, wishes of today)."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("controller.removed", controller, by=by, doors=True)
    for part in (Enrolment, ControllerStatus, ControllerTask):
        part._default_manager.filter(controller=controller).delete()
    remove(controller)
    notify(Channel.ATTACHED, f"{controller.pk}:")
    return entry


def add_door(section: Section, controller: Controller, *, by: Actor, **values: Any) -> tuple[Door, AuditEntry]:
    """Add a door to a section, decided by a controller. Refused: name_taken, auth_type_not_supported."""
    by.require(Permission.PLACE_MANAGE)
    door = Door(organisation_id=by.organisation, section_id=section.pk, controller_id=controller.pk, **values)
    _check_equipment(door)
    insert(door)
    return door, record("door.added", door, by=by, fields=values, doors=True)


def change_door(door: Door, *, by: Actor, **values: Any) -> AuditEntry:
    """Change the given fields of a door. Refused: name_taken, auth_type_not_supported."""
    by.require(Permission.PLACE_MANAGE)
    changed = put(door, values)
    _check_equipment(door)
    save(door, changed)
    return record("door.changed", door, by=by, fields=changed, doors=True)


def remove_door(door: Door, *, by: Actor) -> AuditEntry:
    """Remove a door. Refused: still_used (readers, rules, plans, interlocks, wishes of today)."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("door.removed", door, by=by, doors=True)
    for part in (DoorStatus, DoorHold):
        part._default_manager.filter(door=door).delete()
    remove(door)
    return entry


def add_reader(door: Door, *, by: Actor, **values: Any) -> tuple[Reader, AuditEntry]:
    """Put a reader on one side of a door, on the bus of the door's controller. Refused: reader_taken."""
    by.require(Permission.PLACE_MANAGE)
    reader = Reader(organisation_id=by.organisation, door_id=door.pk, controller_id=door.controller_id, **values)
    insert(reader, taken="reader_taken")
    return reader, record("reader.added", reader, by=by, fields=values, doors=True)


def remove_reader(reader: Reader, *, by: Actor) -> AuditEntry:
    """Take a reader away."""
    by.require(Permission.PLACE_MANAGE)
    entry = record("reader.removed", reader, by=by, doors=True)
    ReaderStatus.objects.filter(reader=reader).delete()
    Reader.objects.filter(pk=reader.pk).delete()
    return entry


def _change(action: str, row: Site | Section | Controller, values: dict[str, Any], by: Actor) -> AuditEntry:
    changed = put(row, values)
    save(row, changed)
    # Of these, doors know only the time zone.
    return record(action, row, by=by, fields=changed, doors="timezone" in changed)


def _check_equipment(door: Door) -> None:
    if set(door.entry_auth_types) - {int(auth) for auth in ENTRY_AUTH_TYPES}:
        raise Refused("auth_type_not_supported", field="entry_auth_types")
    if set(door.exit_auth_types) - {int(auth) for auth in EXIT_AUTH_TYPES}:
        raise Refused("auth_type_not_supported", field="exit_auth_types")
