"""Can an operator give a person every kind of code, see it once, and make all of them anew?"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from portvakt.core.credentials import read_code
from portvakt.server.accounts.models import Account, Role
from portvakt.server.people.actions import change_person, issue_guest_code, renew_passcode, renew_qr
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.actions import renew_codes
from portvakt.server.places.models import Door
from portvakt.server.purpose.context import acting
from portvakt.server.web import qr
from portvakt.server.web.door_codes import address, code_of, code_text
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
WORK = "access_administration"


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/persons/" + "".join(f"{part}/" for part in parts)


def own(cast: Cast, person: Person, kind: str) -> Credential:
    with acting(WORK, cast.organisation.pk):
        return Credential.objects.get(person=person, kind=kind, revoked_at__isnull=True)


@pytest.fixture
def operator(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.accounts[Role.OPERATOR])


def tomorrow() -> str:
    return (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def test_a_duress_pin_is_offered_beside_a_pin_and_shown_once(cast: Cast, operator: Client) -> None:
    assert "duress PIN" not in operator.get(url(cast, cast.guest.pk)).content.decode()
    page = operator.get(url(cast, cast.resident.pk)).content.decode()
    assert "silent alarm" in page
    answer = operator.post(url(cast, cast.resident.pk, "pins"), {"pin": "", "duress": "1"})
    assert answer.headers["Cache-Control"] == "no-store"
    digits = re.search(r'class="secret[^>]*>(\d+)<', answer.content.decode())
    assert digits is not None
    assert "Duress PIN for Maja Ask" in answer.content.decode()
    assert own(cast, cast.resident, "duress_pin").digits == len(digits[1])
    again = operator.post(url(cast, cast.resident.pk, "pins"), {"pin": cast.pin, "duress": "1"})
    assert again.status_code == 422
    assert "cannot be used" in again.context["duress_form"].errors["pin"][0]


def test_a_short_pin_is_refused_with_the_number_of_digits_and_found_in_the_list(cast: Cast, operator: Client) -> None:
    with acting(WORK, cast.organisation.pk):
        Credential.objects.bulk_create(
            Credential(
                organisation_id=cast.organisation.pk, person=cast.guest, kind="pin", digest=bytes([n]) * 16, digits=4
            )
            for n in range(12)
        )
    refused = operator.post(url(cast, cast.resident.pk, "pins"), {"pin": "4711"})
    assert refused.context["pin_form"].errors["pin"] == ["A PIN here needs 5 digits, because so many PINs are in use."]
    assert "12 PINs have become too short" in operator.get(url(cast)).content.decode()
    rows = operator.get(url(cast), {"show": "short_pin"}).context["rows"]
    assert [row.pk for row, _standing in rows] == [cast.guest.pk]
    assert "Too short, must be changed" in operator.get(url(cast, cast.guest.pk)).content.decode()


def test_a_passcode_is_made_after_a_question_and_shown_once(cast: Cast, operator: Client) -> None:
    where = url(cast, cast.guest.pk, "passcode")
    assert "Make a passcode for Nils Al?" in operator.get(where).content.decode()
    answer = operator.post(where)
    digits = re.search(r'class="secret[^>]*>(\d{10})<', answer.content.decode())
    assert digits is not None
    assert answer.headers["Cache-Control"] == "no-store"
    assert digits[1] not in operator.get(url(cast, cast.guest.pk)).content.decode()


def test_a_licence_plate_shows_its_normal_form_and_never_whose_it_is(cast: Cast, operator: Client) -> None:
    assert operator.post(url(cast, cast.resident.pk, "plates"), {"plate": "abc12d"}).status_code == 302
    shown = operator.get(url(cast, cast.resident.pk)).content.decode()
    assert "ABC 12D" in shown
    assert ">SE" in shown
    taken = operator.post(url(cast, cast.guest.pk, "plates"), {"plate": "ABC-12D"})
    assert taken.context["plate_form"].errors["plate"] == ["This licence plate cannot be given to the person."]
    assert "Maja" not in taken.content.decode()
    assert operator.post(url(cast, cast.guest.pk, "plates"), {"plate": "?!"}).status_code == 422


def test_a_guest_code_needs_an_end_and_is_mailed_only_where_there_is_an_address(cast: Cast, operator: Client) -> None:
    mail.outbox = []
    where = url(cast, cast.guest.pk, "guest-codes")
    assert operator.post(where, {"valid_to": ""}).context["guest_form"].errors["valid_to"]
    answer = operator.post(where, {"valid_to": tomorrow(), "mail": "on"})
    assert answer.status_code == 200
    assert "<svg" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert mail.outbox == []
    with acting(WORK, cast.organisation.pk):
        change_person(cast.guest, by=cast.by, email="nils@example.org", language="en")
    assert operator.post(where, {"valid_to": tomorrow(), "mail": "on"}).status_code == 200
    (sent,) = mail.outbox
    assert sent.to == ["nils@example.org"]
    ((name, picture, kind),) = sent.attachments
    assert (name, kind) == ("code.png", "image/png")
    assert picture.startswith(b"\x89PNG")
    assert "PV0:" not in str(sent.body)


def test_a_code_in_the_phone_is_made_and_anything_is_given_times(cast: Cast, operator: Client) -> None:
    assert operator.post(url(cast, cast.resident.pk, "phone-code")).status_code == 302
    row = own(cast, cast.resident, "qr")
    edit = url(cast, cast.resident.pk, "credentials", row.pk, "edit")
    backwards = {"valid_from": "2027-02-01T08:00", "valid_to": "2027-01-01T08:00"}
    assert operator.post(edit, backwards).context["form"].errors["valid_to"]
    answer = operator.post(edit, {"valid_to": "2027-02-01T08:00", "label": "Summer"})
    assert "version=" in answer.headers["Location"]
    assert own(cast, cast.resident, "qr").label == "Summer"
    assert (
        "version=" not in operator.post(edit, {"valid_to": "2027-02-01T08:00", "label": "Autumn"}).headers["Location"]
    )


def test_all_codes_are_made_anew_after_saying_how_many(cast: Cast, operator: Client, client_of: ClientOf) -> None:
    with acting(WORK, cast.organisation.pk):
        renew_qr(cast.resident, by=cast.by)
        _row, digits, _ = renew_passcode(cast.resident, by=cast.by)
        end = timezone.now() + timedelta(days=1)
        _row, text, _ = issue_guest_code(cast.guest, by=cast.by, valid_to=end, label="Plumber")
    where = url(cast, "codes", "renew")
    question = operator.get(where).content.decode()
    for words in ("1 code in a phone changes", "1 passcode must", "1 guest code must"):
        assert words in question
    answer = operator.post(where).content.decode()
    (made,) = re.findall(r'class="secret[^>]*>(\d{10})<', answer)
    assert made != digits
    assert "Plumber" in answer
    assert text not in answer
    assert client_of(cast.accounts[Role.HARDWARE_MANAGER]).post(where).status_code == 403


def test_category_escort_and_rank_are_kept_and_told_to_doors(cast: Cast, operator: Client) -> None:
    values = {"first_name": "Nils", "last_name": "Al", "language": "sv", "category": "contractor"}
    more = {"escort": "needed", "overrides": "3", "valid_to": "2030-01-01T01:00"}
    answer = operator.post(url(cast, cast.guest.pk, "edit"), values | more)
    assert "version=" in answer.headers["Location"]
    with acting(WORK, cast.organisation.pk):
        guest = Person.objects.get(pk=cast.guest.pk)
    assert (guest.category, guest.escort, guest.overrides) == ("contractor", "needed", 3)
    refused = operator.post(url(cast, cast.guest.pk, "edit"), values | {"overrides": "10"})
    assert refused.context["form"].errors["overrides"]


def door_url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/places/doors/{cast.door.pk}/codes/" + "".join(map(str, parts))


def test_a_doors_codes_are_made_printed_downloaded_and_made_anew(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    assert "No codes yet" in client.get(door_url(cast)).content.decode()
    assert client.get(door_url(cast, "entry.svg")).status_code == 404
    assert client.post(door_url(cast, "renew/")).status_code == 302
    with acting("premises_administration", cast.organisation.pk):
        first = Door.objects.get(pk=cast.door.pk)
    assert bytes(first.entry_code or b"") != bytes(first.exit_code or b"")
    assert address(first.entry_code or b"") in client.get(door_url(cast)).content.decode()
    svg, png = client.get(door_url(cast, "entry.svg")), client.get(door_url(cast, "exit.png"))
    assert [each.headers["Cache-Control"] for each in (client.get(door_url(cast)), svg, png)] == ["no-store"] * 3
    assert (svg.headers["Content-Type"], png.headers["Content-Type"]) == ("image/svg+xml", "image/png")
    assert svg.content == qr.svg(address(first.entry_code or b""))
    for wrong in ("entry.pdf", "roof.svg"):
        assert client.get(door_url(cast, wrong)).status_code == 404
    assert "version=" in client.post(door_url(cast, "renew/")).headers["Location"]
    with acting("premises_administration", cast.organisation.pk):
        assert Door.objects.get(pk=cast.door.pk).entry_code != first.entry_code


def test_a_doors_code_is_written_one_way_and_read_in_any_case(cast: Cast) -> None:
    with acting("premises_administration", cast.organisation.pk):
        renew_codes(cast.door, by=cast.by)
    code = bytes(cast.door.entry_code or b"")
    assert code_of(code_text(code).lower()) == code
    for text in ("", "A" * 25, "1" * 26, "Å" * 26, "A" * 27):
        assert code_of(text) is None


def test_nobody_elses_person_is_given_a_code(cast: Cast, other: Cast, operator: Client) -> None:
    for path in ("passcode", "phone-code", "plates", "guest-codes", "pins", "cards"):
        assert operator.post(url(cast, other.resident.pk, path), {"plate": "ABC123", "value": "1-1"}).status_code == 404


def test_what_a_guest_shows_is_what_a_reader_reads(cast: Cast) -> None:
    with acting(WORK, cast.organisation.pk):
        end = timezone.now() + timedelta(days=1)
        _row, text, _ = issue_guest_code(cast.guest, by=cast.by, valid_to=end)
    assert read_code(text.encode("ascii")) is not None
