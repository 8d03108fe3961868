"""Is a controller sent no more than what changed, what was taken back ahead of it, and everything where that is not enough?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.utils import timezone

from portvakt.controller import identity
from portvakt.controller.identity import Identity
from portvakt.core.snapshot import (
    PART_BYTES,
    Bars,
    Delta,
    Snapshot,
    apply,
    open_bars,
    open_delta,
    open_signed,
    to_bytes,
)
from portvakt.demo import database
from portvakt.proto import link_pb2
from portvakt.server.access.actions import assign, remove_rule, withdraw
from portvakt.server.access.models import Assignment
from portvakt.server.access.snapshot import build
from portvakt.server.organisations.models import HolderChange
from portvakt.server.people.actions import (
    enrol_person,
    issue_card,
    renew_all_codes,
    renew_qr,
    revoke_credential,
    suspend_person,
)
from portvakt.server.people.models import Person
from portvakt.server.places.actions import add_controller, begin_enrolment, change_door
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.link.conftest import address_of_owner
from tests.server.link.station import Station

Attach = Callable[..., Station]


def key_of(who: Identity) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(who.snapshot_key)


def whole(message: link_pb2.Down, who: Identity) -> Snapshot:
    return open_signed(message.snapshot.body, message.snapshot.signature, key_of(who), who.controller, 0)


def delta(message: link_pb2.Down, who: Identity, cast: Cast, base: int) -> Delta:
    organisation = str(cast.organisation.pk)
    return open_delta(
        message.delta.body,
        message.delta.signature,
        key_of(who),
        controller=who.controller,
        organisation=organisation,
        in_force=base,
    )


def bars(message: link_pb2.Down, who: Identity, cast: Cast) -> Bars:
    return open_bars(message.bars.body, message.bars.signature, key_of(who), str(cast.organisation.pk))


def begun(station: Station, who: Identity) -> Snapshot:
    """Take the first snapshot and say that it is in force."""
    snapshot = whole(station.expect("snapshot"), who)
    station.in_force(snapshot.version)
    return snapshot


def next_of(station: Station, *kinds: str) -> link_pb2.Down:
    """Return the first message of one of the kinds."""
    for message in station.received():
        assert isinstance(message, link_pb2.Down), message
        if message.WhichOneof("body") in kinds:
            return message
    raise AssertionError


@contextmanager
def changing(cast: Cast) -> Iterator[None]:
    with acting("access_administration", cast.organisation.pk):
        yield


def as_built(cast: Cast) -> Snapshot:
    with as_login("link"), acting("entry", cast.organisation.pk, one_moment=True):
        return build(cast.controller)


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots are the same but for the second in which they were made."""
    return to_bytes(one) == to_bytes(Snapshot(**{**_fields(other), "compiled_at": one.compiled_at}))


def _fields(snapshot: Snapshot) -> dict[str, object]:
    return {name: getattr(snapshot, name) for name in snapshot.__struct_fields__}


def test_what_was_taken_back_comes_first_and_then_that_person_alone(
    cast: Cast, enrolled: Identity, attach: Attach
) -> None:
    station = attach()
    first = begun(station, enrolled)
    with changing(cast):
        entry = revoke_credential(cast.card, by=cast.by)
    urgent = next_of(station, "bars", "delta", "snapshot")
    told = bars(urgent, enrolled, cast)
    assert (told.version, told.credentials, told.persons) == (entry.snapshot_version, (str(cast.card.pk),), ())
    after = delta(station.expect("delta"), enrolled, cast, first.version)
    assert (after.touched, after.site, after.rows.doors) == ((str(cast.resident.pk),), False, ())
    assert same(apply(first, after), as_built(cast))


def test_several_changes_one_after_the_other_make_what_a_whole_snapshot_says(
    cast: Cast, enrolled: Identity, attach: Attach
) -> None:
    station = attach()
    snapshot = begun(station, enrolled)

    def enrol() -> None:
        person, _ = enrol_person(by=cast.by, first_name="Ny")
        issue_card(person, "12-99", by=cast.by)

    changes: list[Callable[[], object]] = [
        enrol,
        lambda: suspend_person(cast.guest, by=cast.by),
        lambda: assign(cast.guest, cast.rule, by=cast.by),
        lambda: withdraw(Assignment.objects.select_related("person").get(person=cast.guest), by=cast.by),
        lambda: revoke_credential(cast.card, by=cast.by),
        lambda: renew_qr(cast.guest, by=cast.by),
        lambda: renew_all_codes(by=cast.by),
        # The revoked card goes to somebody else: its former holder is touched too.
        lambda: issue_card(cast.guest, "12-34567", by=cast.by),
    ]
    for change in changes:
        with changing(cast):
            change()
        newest = as_built(cast).version
        while snapshot.version < newest:
            snapshot = apply(snapshot, delta(station.expect("delta"), enrolled, cast, snapshot.version))
            station.in_force(snapshot.version, 1)
        assert same(snapshot, as_built(cast))


def test_a_change_to_a_door_brings_the_sites_rows_and_nobodys(cast: Cast, enrolled: Identity, attach: Attach) -> None:
    station = attach()
    first = begun(station, enrolled)
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, release_seconds=17)
    after = delta(station.expect("delta"), enrolled, cast, first.version)
    assert (after.site, after.touched, after.rows.persons) == (True, (), ())
    assert same(apply(first, after), as_built(cast))


def test_a_rule_that_is_removed_leaves_no_assignment_that_opens(cast: Cast, enrolled: Identity, attach: Attach) -> None:
    station = attach()
    first = begun(station, enrolled)
    with changing(cast):
        remove_rule(cast.rule, by=cast.by)
    after = delta(station.expect("delta"), enrolled, cast, first.version)
    assert str(cast.rule.pk) not in {rule.id for rule in apply(first, after).rules}


def another(cast: Cast, folder: Path) -> Identity:
    """Enrol one more controller of the cast's organisation."""
    with acting("premises_administration", cast.organisation.pk):
        made, _ = add_controller(cast.site, "Undercentral B", by=cast.by)
        text, _ = begin_enrolment(made, by=cast.by)
    return identity.enrol(text, folder)


def test_two_controllers_are_sent_the_very_same_bytes(
    cast: Cast, enrolled: Identity, attach: Attach, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = another(cast, tmp_path_factory.mktemp("other"))
    stations = {enrolled.controller: attach(), second.controller: attach(second)}
    for who in (enrolled, second):
        begun(stations[who.controller], who)
    for station in stations.values():
        station.events(1)
        station.acknowledged()
    with changing(cast):
        suspend_person(cast.guest, by=cast.by)
    one, two = (station.expect("delta").delta for station in stations.values())
    assert (one.body, one.signature) == (two.body, two.signature)


def known(attach: Attach, enrolled: Identity) -> int:
    """Attach for as long as it takes to have a snapshot in force that the server knows of; return its version."""
    station = attach()
    version = begun(station, enrolled).version
    station.events(1)
    station.acknowledged()
    station.close()
    return version


@pytest.mark.parametrize(
    ("hello", "kind"),
    [
        ({"deltas": 199}, "delta"),
        ({"deltas": 200}, "snapshot"),
        ({"version": 1}, "snapshot"),
        # Seconds before, in the milliseconds that versions follow: the one just before may well have been given out.
        ({"version": -10_007}, "snapshot"),
    ],
    ids=["known", "many deltas", "old", "never given out"],
)
def test_a_whole_snapshot_comes_where_a_delta_would_not_do(
    cast: Cast, enrolled: Identity, attach: Attach, hello: dict[str, int], kind: str
) -> None:
    version = known(attach, enrolled)
    with changing(cast):
        suspend_person(cast.guest, by=cast.by)
    told = {"version": version} | hello
    if told["version"] < 0:
        told["version"] += version
    assert next_of(attach(**told), "snapshot", "delta").WhichOneof("body") == kind


def test_a_delta_that_is_refused_is_followed_by_everything(cast: Cast, enrolled: Identity, attach: Attach) -> None:
    station = attach()
    version = begun(station, enrolled).version
    with changing(cast):
        suspend_person(cast.guest, by=cast.by)
    told = delta(station.expect("delta"), enrolled, cast, version).rows.version
    station.send(snapshot=link_pb2.SnapshotAnswer(version=told, in_force=False, refusal="wrong_base: no"))
    snapshot = whole(next_of(station, "snapshot", "delta"), enrolled)
    assert snapshot.version == told


def test_a_restored_database_sends_everything_to_who_has_more(cast: Cast, enrolled: Identity, attach: Attach) -> None:
    version = known(attach, enrolled)
    # What was given out after the backup was taken: the restored rows know a newer version, but not that one.
    station = attach(version=version + 1)
    assert whole(station.expect("snapshot"), enrolled).version > version + 1


def database_of_owner() -> str:
    return database.url(address_of_owner(), database=str(connection.settings_dict["NAME"]))


ROWS = """
with made as (
    insert into people_person (id, organisation_id, first_name, last_name, unit, email, phone, language, category, escort,
        overrides, created_at)
    select gen_random_uuid(), %(organisation)s, 'P', '', '', '', '', 'sv', 'other', 'none', 0, now() from generate_series(1, %(count)s)
    returning id
)
insert into people_credential (id, organisation_id, person_id, kind, digest, number, label, issued_at)
select gen_random_uuid(), %(organisation)s, id, 'key_card', decode(substr(md5(id::text), 1, 32), 'hex'), '', '', now() from made
"""


def many_persons(cast: Cast, count: int) -> None:
    """Add persons with a card each, as the owner of the tables."""
    with psycopg.connect(database_of_owner(), autocommit=True) as owner:
        owner.execute(ROWS, {"organisation": cast.organisation.pk, "count": count})


def test_a_revocation_overtakes_a_snapshot_of_a_hundred_thousand_persons(
    cast: Cast, enrolled: Identity, attach: Attach, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = another(cast, tmp_path_factory.mktemp("other"))
    elsewhere = attach(second)
    begun(elsewhere, second)
    version = known(attach, enrolled)
    many_persons(cast, 100_000)
    station = attach(version=version, deltas=200, unread=1)
    station.events(1)
    station.acknowledged()
    with acting("premises_administration", cast.organisation.pk):
        change_door(cast.door, by=cast.by, release_seconds=17)
    body = bytearray(station.expect("part").part.body)
    assert len(body) == PART_BYTES
    with changing(cast):
        entry = revoke_credential(cast.card, by=cast.by)
    # All streams are told at once: when one has it, it waits for its turn in the other.
    elsewhere.expect("bars")
    seen = []
    for message in station.received():
        assert isinstance(message, link_pb2.Down)
        seen.append(message.WhichOneof("body"))
        if seen[-1] == "bars":
            assert bars(message, enrolled, cast).credentials == (str(cast.card.pk),)
        elif seen[-1] == "part":
            body += message.part.body
            assert len(message.part.body) <= PART_BYTES
            if message.part.last:
                break
    assert "bars" in seen
    assert seen.index("bars") < len(seen) - 1
    snapshot = open_signed(bytes(body), message.part.signature, key_of(enrolled), enrolled.controller, version)
    assert len(snapshot.persons) > 100_000
    assert snapshot.version < (entry.snapshot_version or 0)


def test_many_touched_persons_make_a_whole_snapshot(cast: Cast, enrolled: Identity, attach: Attach) -> None:
    station = attach()
    begun(station, enrolled)
    station.events(1)
    station.acknowledged()
    many_persons(cast, 1100)
    with changing(cast):
        newest = suspend_person(cast.guest, by=cast.by).snapshot_version
        assert newest is not None
        held = list(Person.objects.exclude(pk=cast.guest.pk).values_list("pk", flat=True))
        HolderChange.objects.bulk_create(
            HolderChange(organisation_id=cast.organisation.pk, person_id=one, version=newest, changed_at=timezone.now())
            for one in held
            if one not in {cast.resident.pk, cast.suspended.pk}
        )
    assert whole(next_of(station, "snapshot", "delta"), enrolled).version == newest
