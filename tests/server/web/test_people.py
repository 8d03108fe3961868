"""Can an operator enrol a person with card, PIN and rule, find them again, and suspend them; and nobody else?"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portvakt.core.credentials import pin_digest
from portvakt.server.access.models import Assignment
from portvakt.server.accounts.models import Account, Role
from portvakt.server.organisations.actions import digest_key
from portvakt.server.people.actions import change_person, enrol_person
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/persons/" + "".join(f"{part}/" for part in parts)


def person_named(cast: Cast, last_name: str) -> Person:
    with acting("access_administration", cast.organisation.pk):
        return Person.objects.get(organisation=cast.organisation, last_name=last_name)


def test_a_person_is_enrolled_with_card_pin_and_rule(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    values = {"first_name": "Tove", "last_name": "Gran", "unit": "1203", "language": "sv", "value": "12-40001"}
    more = {"number": "40001", "pin_choice": "made", "rules": [str(cast.rule.pk)]}
    answer = client.post(url(cast, "add"), values | more)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    digits = re.search(r'class="secret[^>]*>(\d{6})<', answer.content.decode())
    tove = person_named(cast, "Gran")
    with acting("access_administration", cast.organisation.pk):
        kinds = dict(Credential.objects.filter(person=tove).values_list("kind", "digest"))
        assert digits is not None
        assert bytes(kinds["pin"]) == pin_digest(digest_key(cast.organisation.pk), digits[1])
        assert Assignment.objects.filter(person=tove, rule=cast.rule).exists()
    page = client.get(url(cast, tove.pk)).content.decode()
    assert digits[1] not in page
    assert "40001" in page
    assert "version=" in answer.content.decode()


def test_a_refused_card_stands_beside_its_field_and_undoes_the_rest(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    values = {"first_name": "Tove", "last_name": "Al", "language": "sv", "value": "12-34567", "pin_choice": "none"}
    answer = client.post(url(cast, "add"), values | {"last_name": "Halv"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["value"] == ["This card is already issued to somebody."]
    with acting("access_administration", cast.organisation.pk):
        assert not Person.objects.filter(last_name="Halv").exists()


def test_bad_values_stand_beside_their_fields(cast: Cast, client_of: ClientOf) -> None:
    values = {"first_name": "", "email": "not an address", "language": "xx", "number": "7", "pin_choice": "chosen"}
    period = {"valid_from": "2027-02-01T08:00", "valid_to": "soon"}
    answer = client_of(cast.admin).post(url(cast, "add"), values | period)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"first_name", "email", "language", "value", "pin", "valid_to"}


@pytest.mark.parametrize("year", ["0001", "0026", "9999"])
def test_a_mistyped_year_reaches_no_row(cast: Cast, client_of: ClientOf, year: str) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    values = {"first_name": "Tove", "last_name": "Gran", "language": "en", "valid_from": f"{year}-01-01T00:00"}
    answer = client.post(url(cast, "add"), values | {"pin_choice": "none"})
    assert set(answer.context["form"].errors) == {"valid_from"}
    assert client.get(url(cast)).status_code == 200


def test_a_period_that_ends_before_it_begins_is_refused_beside_its_end(cast: Cast, client_of: ClientOf) -> None:
    values = {"first_name": "Maja", "last_name": "Ask", "language": "en"}
    period = {"valid_from": "2027-02-01T08:00", "valid_to": "2027-01-01T08:00"}
    answer = client_of(cast.admin).post(url(cast, cast.resident.pk, "edit"), values | period)
    assert answer.context["form"].errors["valid_to"] == ["The end must be after the beginning."]


def test_only_what_was_changed_is_changed(cast: Cast, client_of: ClientOf) -> None:
    with acting("access_administration", cast.organisation.pk):
        moment = timezone.now() + timedelta(days=90)
        change_person(cast.resident, by=cast.by, valid_to=moment)
    client = client_of(cast.admin)
    form = client.get(url(cast, cast.resident.pk, "edit")).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"unit": "1102"}
    answer = client.post(url(cast, cast.resident.pk, "edit"), values | {"valid_to": form["valid_to"].value()})
    assert answer.status_code == 302
    assert "version=" not in answer.headers["Location"], "doors need not know of a flat number"
    assert person_named(cast, "Ask").valid_to == moment


def test_a_person_is_suspended_after_a_question_and_resumed(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    assert "Suspend Maja Ask?" in client.get(url(cast, cast.resident.pk, "suspend")).content.decode()
    assert person_named(cast, "Ask").suspended_at is None
    assert "version=" in client.post(url(cast, cast.resident.pk, "suspend")).headers["Location"]
    assert person_named(cast, "Ask").suspended_at
    client.post(url(cast, cast.resident.pk, "resume"))
    assert person_named(cast, "Ask").suspended_at is None


def test_cards_are_issued_suspended_resumed_and_revoked(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    client.post(url(cast, cast.guest.pk, "cards"), {"value": "12-41000", "number": "41000", "label": "Blue fob"})
    with acting("access_administration", cast.organisation.pk):
        card = Credential.objects.get(person=cast.guest)
    own = (cast.guest.pk, "credentials", card.pk)
    for word, field, is_set in (
        ("suspend", "suspended_at", True),
        ("resume", "suspended_at", False),
        ("revoke", "revoked_at", True),
    ):
        assert client.get(url(cast, *own, word)).status_code == 200
        assert client.post(url(cast, *own, word)).status_code == 302
        with acting("access_administration", cast.organisation.pk):
            assert bool(getattr(Credential.objects.get(pk=card.pk), field)) is is_set
    refused = client.post(url(cast, *own, "resume"))
    assert refused.status_code == 422
    assert "cannot be undone" in refused.content.decode()


def test_a_weak_or_taken_pin_is_refused_beside_its_field(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    for pin, words in (("1234", "in a row"), ("12", "4 to 8 digits"), (cast.pin, "cannot be used")):
        answer = client.post(url(cast, cast.guest.pk, "pins"), {"pin": pin})
        assert answer.status_code == 422
        assert words in answer.context["pin_form"].errors["pin"][0]


def test_a_bad_card_on_the_persons_page_keeps_what_was_typed(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.admin).post(url(cast, cast.guest.pk, "cards"), {"value": "999-1", "label": "Blue"})
    assert answer.status_code == 422
    assert "0 to 255" in answer.content.decode()
    assert 'value="Blue"' in answer.content.decode()


def test_rules_are_assigned_and_withdrawn(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    late = {"rule": str(cast.rule.pk), "valid_from": "2027-02-01T08:00", "valid_to": "2027-01-01T08:00"}
    answer = client.post(url(cast, cast.guest.pk, "rules"), late)
    assert answer.context["assign_form"].errors["valid_to"]
    client.post(url(cast, cast.guest.pk, "rules"), late | {"valid_from": ""})
    with acting("access_administration", cast.organisation.pk):
        assignment = Assignment.objects.get(person=cast.guest)
    client.post(url(cast, cast.guest.pk, "rules"), {"rule": str(cast.rule.pk)})
    with acting("access_administration", cast.organisation.pk):
        assert Assignment.objects.get(person=cast.guest).valid_to is None, "assigning again changes the period"
    assert (
        "Withdraw Nils Al" in client.get(url(cast, cast.guest.pk, "rules", assignment.pk, "withdraw")).content.decode()
    )
    client.post(url(cast, cast.guest.pk, "rules", assignment.pk, "withdraw"))
    with acting("access_administration", cast.organisation.pk):
        assert not Assignment.objects.filter(person=cast.guest).exists()


def test_the_page_says_what_a_person_can_open(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    context = client.get(url(cast, cast.resident.pk)).context
    (opening,) = context["reach"]
    assert (opening.door.name, opening.side) == ("Port", "entry")
    assert opening.auth_types
    assert not opening.not_held
    assert not client.get(url(cast, cast.guest.pk)).context["reach"]


def test_persons_are_found_by_words_and_by_state(cast: Cast, client_of: ClientOf) -> None:
    with acting("access_administration", cast.organisation.pk):
        enrol_person(by=cast.by, first_name="Ebba", last_name="Sjö", valid_to=timezone.now() + timedelta(days=3))
    client = client_of(cast.accounts[Role.OPERATOR])

    def names(**query: str) -> list[str]:
        return [row.last_name for row, _standing in client.get(url(cast), query).context["rows"]]

    assert names() == ["Al", "Ask", "Lind", "Sjö"]
    assert names(q="maja 11") == ["Ask"]
    assert names(q="maja 12") == []
    assert names(show="suspended") == ["Lind"]
    assert names(show="expiring") == ["Sjö"]
    assert names(show="without") == ["Al", "Lind", "Sjö"]
    assert names(show="nonsense", page="99") == ["Al", "Ask", "Lind", "Sjö"]


def test_another_organisations_person_is_not_found(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    for path in ((), ("edit",), ("suspend",), ("credentials", other.card.pk, "revoke")):
        assert client.get(url(cast, other.resident.pk, *path)).status_code == 404
        assert client.get(url(other, other.resident.pk, *path)).status_code == 404
    assert client.post(url(cast, other.resident.pk, "cards"), {"value": "12-1"}).status_code == 404
    assert client.get(url(cast, cast.resident.pk, "credentials", other.card.pk, "revoke")).status_code == 404


def test_roles_without_the_permission_see_no_person(cast: Cast, client_of: ClientOf) -> None:
    for role in (Role.HARDWARE_MANAGER, Role.REGULAR, Role.GUEST):
        client = client_of(cast.accounts[role])
        assert client.get(url(cast)).status_code == 403
        assert client.post(url(cast, "add"), {"first_name": "X"}).status_code == 403
        assert client.post(url(cast, cast.resident.pk, "suspend")).status_code == 403
    assert Client().get(url(cast)).status_code == 302
