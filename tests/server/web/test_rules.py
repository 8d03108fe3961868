"""Are rules made, changed and removed, and are persons put into them only after a look at the difference?"""

from collections.abc import Callable

from django.test import Client

from portvakt.core.decision.model import AuthType
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor
from portvakt.server.accounts.models import Account, Role
from portvakt.server.places.models import Door
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
CARD, PIN = str(int(AuthType.KEY_CARD)), str(int(AuthType.PIN))


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/rules/" + "".join(f"{part}/" for part in parts)


def entry(door: Door) -> str:
    return f"entry-{door.pk}"


def members(cast: Cast) -> set[str]:
    with acting("access_administration", cast.organisation.pk):
        return {row.person.last_name for row in Assignment.objects.filter(rule=cast.rule).select_related("person")}


def test_a_rule_is_made_with_doors_and_auth_types(cast: Cast, client_of: ClientOf) -> None:
    values = {"name": "Cleaners", "description": "Weekly", "schedule": str(cast.office_hours.pk), "valid_from": ""}
    doors = {entry(cast.door): [CARD, PIN], entry(cast.cellar): [CARD], "valid_to": "2030-01-01T00:00"}
    answer = client_of(cast.admin).post(url(cast, "add"), values | doors)
    assert answer.status_code == 302
    assert "version=" in answer.headers["Location"]
    with acting("access_administration", cast.organisation.pk):
        rule = AccessRule.objects.get(name="Cleaners")
        assert rule.temporary
        held = {row.door_id: (row.entry_auth_types, row.exit_auth_types) for row in RuleDoor.objects.filter(rule=rule)}
    assert held == {cast.door.pk: ([3, 8], []), cast.cellar.pk: ([8], [])}
    page = client_of(cast.admin).get(url(cast, rule.pk)).content.decode()
    assert "Office hours" in page
    assert "Temporary" in page


def test_only_what_the_equipment_supports_is_offered(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    form = client.get(url(cast, "add")).context["form"]
    offered = [number for number, _word in form.fields[entry(cast.door)].choices]
    assert offered == [AuthType.PIN, AuthType.KEY_CARD, AuthType.REMOTE, AuthType.KEY_CARD_PLUS_PIN]
    assert f"exit-{cast.door.pk}" not in form.fields, "an exit button asks no rule"
    answer = client.post(url(cast, "add"), {"name": "Odd", entry(cast.door): ["14"]})
    assert answer.status_code == 422
    assert answer.context["form"].errors[entry(cast.door)]


def test_a_taken_name_and_a_backward_period_stand_beside_their_fields(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post(url(cast, "add"), {"name": "Residents"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"] == ["This name is taken."]
    period = {"name": "Short", "valid_from": "2027-02-01T08:00", "valid_to": "2027-01-01T08:00"}
    assert client.post(url(cast, "add"), period).context["form"].errors["valid_to"]


def test_a_rule_is_changed_as_it_was_shown(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    form = client.get(url(cast, cast.rule.pk, "edit")).context["form"]
    assert form[entry(cast.door)].value() == [3, 8]
    values = {"name": "Residents", entry(cast.door): [CARD]}
    look = client.post(url(cast, cast.rule.pk, "edit"), values)
    assert "1 person loses access" in look.content.decode()
    assert "Maja Ask" in look.content.decode()
    with acting("access_administration", cast.organisation.pk):
        assert RuleDoor.objects.get(rule=cast.rule).entry_auth_types == [3, 8], "a look changes nothing"
    client.post(url(cast, cast.rule.pk, "edit"), values | {"confirmed": "1"})
    with acting("access_administration", cast.organisation.pk):
        (part,) = RuleDoor.objects.filter(rule=cast.rule)
    assert part.entry_auth_types == [8]
    assert members(cast) == {"Ask"}


def test_persons_come_and_go_after_a_look_at_the_difference(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    with acting("access_administration", cast.organisation.pk):
        present = Assignment.objects.get(rule=cast.rule, person=cast.resident)
    chosen = {"add": [str(cast.guest.pk), str(cast.suspended.pk)], "remove": [str(present.pk)]}
    review = client.post(
        url(cast, cast.rule.pk, "persons"), chosen | {"step": "review", "valid_to": "2029-12-31T12:00"}
    )
    difference = review.context["difference"]
    assert [person.last_name for person in difference.added] == ["Al", "Lind"]
    assert [row.person.last_name for row in difference.removed] == ["Ask"]
    assert members(cast) == {"Ask"}, "a look changes nothing"
    saved = client.post(url(cast, cast.rule.pk, "persons"), chosen | {"step": "save", "valid_to": "2029-12-31T12:00"})
    assert saved.status_code == 302
    assert members(cast) == {"Al", "Lind"}
    with acting("access_administration", cast.organisation.pk):
        assert all(row.valid_to for row in Assignment.objects.filter(rule=cast.rule))


def test_looking_for_more_persons_keeps_those_already_ticked(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post(url(cast, cast.rule.pk, "persons"), {"step": "find", "q": "olle", "add": [str(cast.guest.pk)]})
    assert answer.status_code == 200
    assert [person.last_name for person in answer.context["difference"].added] == ["Al"]
    assert [person.last_name for person in answer.context["found"]] == ["Lind"]


def test_nothing_chosen_and_a_backward_period_are_said(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post(url(cast, cast.rule.pk, "persons"), {"step": "review"})
    assert answer.status_code == 422
    assert answer.context["nothing_chosen"]
    period = {"add": [str(cast.guest.pk)], "valid_from": "2027-02-01T08:00", "valid_to": "2027-01-01T08:00"}
    answer = client.post(url(cast, cast.rule.pk, "persons"), period | {"step": "save"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["valid_to"]
    assert members(cast) == {"Ask"}


def test_somebody_elses_person_is_passed_over(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    chosen = {"add": [str(other.guest.pk), "no id"], "step": "save"}
    assert client.post(url(cast, cast.rule.pk, "persons"), chosen).status_code == 422
    assert client.get(url(cast, other.rule.pk)).status_code == 404
    assert client.get(url(other, other.rule.pk)).status_code == 404


def test_a_search_with_a_character_that_the_database_cannot_hold_finds_nothing_and_does_not_fail(
    cast: Cast, client_of: ClientOf
) -> None:
    answer = client_of(cast.admin).post(url(cast, cast.rule.pk, "persons"), {"q": "a\0zzz", "step": "find"})
    assert answer.status_code == 200


def test_a_rule_is_removed_after_saying_who_is_in_it(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    assert "1 person is in it" in client.get(url(cast, cast.rule.pk, "remove")).content.decode()
    assert client.post(url(cast, cast.rule.pk, "remove")).status_code == 302
    assert members(cast) == set()
    assert client.get(url(cast, cast.rule.pk)).status_code == 404


def test_the_operator_role_assigns_but_does_not_change_rules(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    page = client.get(url(cast, cast.rule.pk)).content.decode()
    assert url(cast, cast.rule.pk, "persons") in page
    assert url(cast, cast.rule.pk, "edit") not in page
    assert client.get(url(cast)).status_code == 200
    for path in (("add",), (cast.rule.pk, "edit"), (cast.rule.pk, "remove")):
        assert client.post(url(cast, *path), {"name": "X"}).status_code == 403
    hardware = client_of(cast.accounts[Role.HARDWARE_MANAGER])
    assert hardware.get(url(cast)).status_code == 403
    assert hardware.post(url(cast, cast.rule.pk, "persons"), {"step": "save"}).status_code == 403
