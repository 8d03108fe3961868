from datetime import UTC, datetime

import pytest

from portvakt.core.credentials import card_digest, parse_card, pin_digest
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.actions import digest_key, wanted_version
from portvakt.server.people import actions
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

WORK = "access_administration"
MONDAY, TUESDAY = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)


def entries(cast: Cast, action: str) -> int:
    with acting("audit_review", cast.organisation.pk):
        return AuditEntry.objects.filter(action=action).count()


def test_enrolling_adds_the_person_one_audit_entry_and_asks_for_a_snapshot(cast: Cast) -> None:
    before = entries(cast, "person.enrolled")
    with acting(WORK, cast.organisation.pk):
        version = wanted_version(cast.organisation.pk)
        person, entry = actions.enrol_person(by=cast.by, first_name="Eva", last_name="Ny", email="eva@example.org")
        assert Person.objects.get(pk=person.pk).email == "eva@example.org"
        assert entry.snapshot_version == wanted_version(cast.organisation.pk) > version
    assert entries(cast, "person.enrolled") == before + 1


def test_the_audit_entry_names_fields_and_never_their_values(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        entry = actions.change_person(cast.resident, by=cast.by, last_name="Secretname")
    assert entry.fields == ["last_name"]
    assert "Secretname" not in str(vars(entry))


def test_a_new_name_asks_for_no_snapshot_but_a_new_end_does(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        assert actions.change_person(cast.resident, by=cast.by, last_name="Ek").snapshot_version is None
        assert actions.change_person(cast.resident, by=cast.by, valid_to=TUESDAY).snapshot_version


def test_a_period_that_ends_before_it_begins_is_refused_beside_its_field(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk), pytest.raises(Refused) as refused:
        actions.enrol_person(by=cast.by, first_name="A", valid_from=TUESDAY, valid_to=MONDAY)
    assert (refused.value.code, refused.value.field) == ("period_backwards", "valid_to")


def test_of_a_card_only_the_digest_is_kept(cast: Cast) -> None:
    card = parse_card("12-34567")
    with acting(WORK, cast.organisation.pk):
        stored = Credential.objects.get(pk=cast.card.pk)
        assert bytes(stored.digest) == card_digest(digest_key(cast.organisation.pk), card.bits, card.data)
        assert card.data.hex() not in str(vars(stored))


def test_the_same_card_has_different_digests_in_two_organisations(cast: Cast, other: Cast) -> None:
    assert digest_key(cast.organisation.pk) != digest_key(other.organisation.pk)
    assert bytes(cast.card.digest) != bytes(other.card.digest)


def test_a_card_in_use_cannot_be_issued_again_until_it_is_revoked(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        with pytest.raises(Refused, match="card_taken"):
            actions.issue_card(cast.guest, "12-34567", by=cast.by)
        actions.revoke_credential(cast.card, by=cast.by)
        again, _ = actions.issue_card(cast.guest, "12-34567", by=cast.by)
        assert again.person_id == cast.guest.pk


@pytest.mark.parametrize(("value", "code"), [("", "card_bits"), ("xyz", "card_text"), ("300-1", "card_facility")])
def test_what_is_no_card_is_refused_beside_its_field(shared_cast: Cast, value: str, code: str) -> None:
    with acting(WORK, shared_cast.organisation.pk), pytest.raises(Refused) as refused:
        actions.issue_card(shared_cast.resident, value, by=shared_cast.by)
    assert (refused.value.code, refused.value.field) == (code, "value")


def test_a_made_pin_has_six_digits_and_is_kept_as_a_digest_alone(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        credential, pin, _ = actions.issue_pin(cast.guest, by=cast.by)
        assert len(pin) == 6
        assert bytes(credential.digest) == pin_digest(digest_key(cast.organisation.pk), pin)
        assert pin not in str(vars(credential))


@pytest.mark.parametrize(("pin", "code"), [("1111", "pin_same_digit"), ("1234", "pin_run"), ("12a4", "pin_format")])
def test_a_weak_pin_is_refused(shared_cast: Cast, pin: str, code: str) -> None:
    with acting(WORK, shared_cast.organisation.pk), pytest.raises(Refused, match=code):
        actions.issue_pin(shared_cast.guest, by=shared_cast.by, pin=pin)


def test_a_pin_in_use_is_refused(shared_cast: Cast) -> None:
    with acting(WORK, shared_cast.organisation.pk), pytest.raises(Refused, match="pin_taken"):
        actions.issue_pin(shared_cast.guest, by=shared_cast.by, pin=shared_cast.pin)


def test_suspending_and_resuming_a_person(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        assert actions.suspend_person(cast.resident, by=cast.by).snapshot_version
        assert Person.objects.get(pk=cast.resident.pk).suspended_at
        actions.resume_person(cast.resident, by=cast.by)
        assert Person.objects.get(pk=cast.resident.pk).suspended_at is None


def test_a_suspended_card_can_be_resumed_a_revoked_one_not(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        actions.suspend_credential(cast.card, by=cast.by)
        actions.resume_credential(cast.card, by=cast.by)
        assert Credential.objects.get(pk=cast.card.pk).suspended_at is None
        actions.revoke_credential(cast.card, by=cast.by)
        with pytest.raises(Refused, match="credential_revoked"):
            actions.resume_credential(cast.card, by=cast.by)


def test_without_the_permission_nothing_is_done(cast: Cast) -> None:
    reader = Actor(
        name="operator", organisation=cast.organisation.pk, id=None, permissions=frozenset({Permission.PERSON_READ})
    )
    with acting(WORK, cast.organisation.pk):
        for attempt in (
            lambda: actions.suspend_person(cast.resident, by=reader),
            lambda: actions.issue_pin(cast.resident, by=reader),
            lambda: actions.revoke_credential(cast.card, by=reader),
        ):
            with pytest.raises(Refused, match="not_permitted"):
                attempt()
        assert Person.objects.get(pk=cast.resident.pk).suspended_at is None
