"""Are PINs long enough, codes renewed and withdrawn as they should, and is nothing kept that would open a door?"""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from portvakt.core.credentials import guest_code_digest, passcode_digest, pin_digest, plate_digest, read_code
from portvakt.core.decision.model import CredentialKind
from portvakt.server.organisations.actions import digest_key, wanted_version
from portvakt.server.organisations.models import TakenBack
from portvakt.server.people import actions
from portvakt.server.people.actions.codes import OWN_RENEWALS_A_DAY
from portvakt.server.people.models import Credential, Person, pins_in_use, short_pins
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from tests.cast import Cast

WORK = "access_administration"
LONG_AGO = datetime(2026, 3, 2, tzinfo=UTC)


def allocate(cast: Cast, number: int, digits: int | None = 4) -> None:
    """Put so many PINs of the guest's into use, which nobody could type."""
    rows = [
        Credential(
            organisation_id=cast.organisation.pk,
            person=cast.guest,
            kind=CredentialKind.PIN,
            digest=b"allocated" + position.to_bytes(7, "big"),
            digits=digits,
        )
        for position in range(number)
    ]
    Credential.objects.bulk_create(rows)


def as_person(cast: Cast, person: Person) -> Actor:
    return Actor("operator", cast.organisation.pk, cast.admin.pk, frozenset(), person=person.pk)


def refusal(code: str) -> object:
    return pytest.raises(Refused, match=f"^{code}$")


@pytest.mark.parametrize(
    ("in_use", "too_short", "long_enough"),
    [(9, None, "4711"), (10, "4711", "47113"), (99, "4711", "47113"), (100, "47113", "471138")],
)
def test_a_chosen_pin_has_as_many_digits_as_the_number_in_use_asks_for(
    cast: Cast, in_use: int, too_short: str | None, long_enough: str
) -> None:
    with acting(WORK, cast.organisation.pk):
        allocate(cast, in_use - pins_in_use(cast.organisation.pk).count())
        if too_short:
            with pytest.raises(Refused, match="pin_short") as refused:
                actions.issue_pin(cast.resident, by=cast.by, pin=too_short)
            assert refused.value.facts == {"needed": len(long_enough)}
        row, digits, _ = actions.issue_pin(cast.resident, by=cast.by, pin=long_enough)
        assert (digits, row.digits) == (long_enough, len(long_enough))


def test_a_made_pin_grows_with_the_organisation(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        assert len(actions.issue_pin(cast.guest, by=cast.by)[1]) == 6
        allocate(cast, 1000, digits=7)
        assert len(actions.issue_pin(cast.guest, by=cast.by)[1]) == 7


def test_a_pin_that_has_become_too_short_is_counted_and_one_of_unknown_length_with_it(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        organisation = cast.organisation.pk
        Credential.objects.filter(person=cast.resident, kind=CredentialKind.PIN).update(digits=None)
        assert not short_pins(organisation).exists(), "so few PINs may have any length"
        allocate(cast, 10, digits=5)
        assert list(short_pins(organisation).values_list("person_id", flat=True)) == [cast.resident.pk]
        Credential.objects.filter(person=cast.resident, kind=CredentialKind.PIN).update(digits=5)
        assert not short_pins(organisation).exists()


def test_a_duress_pin_stands_beside_a_pin_and_never_has_its_digits(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        with refusal("duress_alone"):
            actions.issue_pin(cast.guest, by=cast.by, duress=True)
        with refusal("pin_taken"):
            actions.issue_pin(cast.resident, by=cast.by, pin=cast.pin, duress=True)
        row, digits, _ = actions.issue_pin(cast.resident, by=cast.by, duress=True)
        assert row.kind == CredentialKind.DURESS_PIN
        assert bytes(row.digest) == pin_digest(digest_key(cast.organisation.pk), digits)
        with refusal("pin_taken"):
            actions.issue_pin(cast.guest, by=cast.by, pin=digits)


def test_a_person_has_one_passcode_and_the_old_one_is_taken_back(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        first, digits, _ = actions.renew_passcode(cast.resident, by=cast.by)
        assert bytes(first.digest) == passcode_digest(digest_key(cast.organisation.pk), digits)
        assert digits not in str(vars(first))
        actions.change_credential(first, by=cast.by, valid_to=LONG_AGO)
        second, again, entry = actions.renew_passcode(cast.resident, by=cast.by)
        assert again != digits
        assert second.valid_to == LONG_AGO, "a new code is valid no longer than the one before"
        own = Credential.objects.filter(person=cast.resident, kind=CredentialKind.PASSCODE, revoked_at__isnull=True)
        assert [row.pk for row in own] == [second.pk]
        assert TakenBack.objects.filter(version=entry.snapshot_version, credential_id=first.pk).exists()


def test_persons_renew_their_own_code_and_bring_none_back(cast: Cast) -> None:
    mine = as_person(cast, cast.resident)
    with acting(WORK, cast.organisation.pk):
        first, _ = actions.renew_qr(cast.resident, by=mine)
        second, _ = actions.renew_qr(cast.resident, by=mine)
        assert bytes(first.digest) != bytes(second.digest)
        with refusal("not_permitted"):
            actions.renew_qr(cast.guest, by=mine)
        actions.suspend_credential(second, by=cast.by)
        with refusal("code_suspended"):
            actions.renew_qr(cast.resident, by=mine)
        actions.revoke_credential(second, by=cast.by)
        with refusal("code_withdrawn"):
            actions.renew_qr(cast.resident, by=mine)
        with refusal("code_withdrawn"):
            actions.renew_passcode(cast.resident, by=mine)


def test_a_person_makes_only_so_many_codes_a_day_and_an_operator_as_many_as_needed(cast: Cast) -> None:
    mine = as_person(cast, cast.resident)
    with acting(WORK, cast.organisation.pk):
        for _renewal in range(OWN_RENEWALS_A_DAY):
            actions.renew_qr(cast.resident, by=mine)
        with refusal("code_too_often"):
            actions.renew_qr(cast.resident, by=mine)
        actions.renew_qr(cast.resident, by=cast.by)
        Credential.objects.filter(person=cast.resident).update(issued_at=LONG_AGO)
        actions.renew_qr(cast.resident, by=mine)


def test_a_plate_is_kept_in_one_spelling_and_is_one_persons(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        row, _ = actions.issue_plate(cast.resident, "abc-12d", by=cast.by, label="Blue car")
        assert row.number == "ABC 12D"
        assert bytes(row.digest) == plate_digest(digest_key(cast.organisation.pk), "ABC12D")
        with refusal("plate_taken"):
            actions.issue_plate(cast.guest, "ABC 12D", by=cast.by)
        with refusal("plate_length"):
            actions.issue_plate(cast.guest, "A", by=cast.by)


def test_a_guest_code_has_an_end_and_its_text_is_kept_nowhere(cast: Cast) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    with acting(WORK, cast.organisation.pk):
        row, text, _ = actions.issue_guest_code(cast.guest, by=cast.by, valid_to=tomorrow)
        code = read_code(text.encode())
        assert bytes(row.digest) == guest_code_digest(digest_key(cast.organisation.pk), code.code)  # type: ignore[union-attr]
        assert text[4:] not in str(vars(row))
        with refusal("window_over"):
            actions.issue_guest_code(cast.guest, by=cast.by, valid_to=LONG_AGO)
        with refusal("window_missing"):
            actions.change_credential(row, by=cast.by, valid_to=None)


def test_all_codes_of_an_organisation_are_made_anew_and_no_others(cast: Cast, other: Cast) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    with acting(WORK, other.organisation.pk):
        theirs, _ = actions.renew_qr(other.resident, by=other.by)
    with acting(WORK, cast.organisation.pk):
        old = [
            actions.renew_qr(cast.resident, by=cast.by)[0],
            actions.renew_passcode(cast.resident, by=cast.by)[0],
            actions.issue_guest_code(cast.guest, by=cast.by, valid_to=tomorrow)[0],
        ]
        actions.suspend_credential(old[1], by=cast.by)
        before = wanted_version(cast.organisation.pk)
        made, entry = actions.renew_all_codes(by=cast.by)
        assert entry.snapshot_version == wanted_version(cast.organisation.pk) > before
        assert not Credential.objects.filter(pk__in=[row.pk for row in old], revoked_at__isnull=True).exists()
        new = {each.credential.kind: Credential.objects.get(pk=each.credential.pk) for each in made}
        assert set(new) == {"qr", "passcode", "guest_code"}
        assert new["passcode"].suspended_at, "what was suspended stays so"
        assert new["guest_code"].valid_to == tomorrow
        assert {each.text == "" for each in made if each.credential.kind == "qr"} == {True}
        assert Credential.objects.filter(pk=cast.card.pk, revoked_at__isnull=True).exists()
    with acting(WORK, other.organisation.pk):
        assert Credential.objects.get(pk=theirs.pk).revoked_at is None


def test_a_card_that_says_another_number_each_time_is_refused(shared_cast: Cast) -> None:
    with acting(WORK, shared_cast.organisation.pk):
        with refusal("card_random"):
            actions.issue_card(shared_cast.guest, "UID4 08A1B2C3", by=shared_cast.by)
        with refusal("card_differs"):
            actions.issue_card(shared_cast.guest, "12-1", again="12-2", by=shared_cast.by)
