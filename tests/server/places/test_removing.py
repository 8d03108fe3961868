"""Is only what is empty removed, and is everything else said to be in use?"""

from collections.abc import Callable

import pytest

from portvakt.server.access.actions import save_rule
from portvakt.server.access.models import RuleDoor
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions import (
    change_site,
    remove_controller,
    remove_door,
    remove_reader,
    remove_section,
    remove_site,
    rename_controller,
    rename_section,
)
from portvakt.server.places.models import Controller, Door, Reader, Section, Site
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

PREMISES = "premises_administration"


def test_what_something_belongs_to_stays(cast: Cast) -> None:
    tries: list[Callable[[], AuditEntry]] = [
        lambda: remove_site(cast.site, by=cast.by),
        lambda: remove_section(cast.section, by=cast.by),
        lambda: remove_controller(cast.controller, by=cast.by),
        lambda: remove_door(cast.door, by=cast.by),
    ]
    for attempt in tries:
        with pytest.raises(Refused, match="still_used"), acting(PREMISES, cast.organisation.pk):
            attempt()
    with acting(PREMISES, cast.organisation.pk):
        assert Door.objects.filter(pk=cast.door.pk).exists()
        assert Controller.objects.filter(pk=cast.controller.pk).exists()


def test_from_the_door_up_everything_can_go(cast: Cast) -> None:
    with acting("access_administration", cast.organisation.pk):
        save_rule(cast.rule, {}, by=cast.by)
        assert not RuleDoor.objects.exists()
    with acting(PREMISES, cast.organisation.pk):
        for reader in list(Reader.objects.all()):
            remove_reader(reader, by=cast.by)
        for door in list(Door.objects.all()):
            remove_door(door, by=cast.by)
        remove_section(cast.section, by=cast.by)
        remove_controller(cast.controller, by=cast.by)
        remove_site(cast.site, by=cast.by)
        assert not Site.objects.exists()


def test_a_name_is_changed_and_a_taken_one_refused(cast: Cast) -> None:
    with acting(PREMISES, cast.organisation.pk):
        rename_section(cast.section, "Trapphus C", by=cast.by)
        rename_controller(cast.controller, "Undercentral C", by=cast.by)
        assert change_site(cast.site, by=cast.by, name="Nya").snapshot_version is None
        assert change_site(cast.site, by=cast.by, timezone="Europe/Helsinki").snapshot_version, "doors go by its clock"
        assert Section.objects.get(pk=cast.section.pk).name == "Trapphus C"
        assert Controller.objects.get(pk=cast.controller.pk).name == "Undercentral C"
        section = Section.objects.create(organisation=cast.organisation, site=cast.site, name="B")
    with pytest.raises(Refused, match="name_taken"), acting(PREMISES, cast.organisation.pk):
        rename_section(section, "Trapphus C", by=cast.by)
