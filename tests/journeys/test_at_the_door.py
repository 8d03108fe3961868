"""Stories at the door, with a real controller, real OSDP readers and the real server."""

import pytest

from tests.journeys.running import Running


@pytest.mark.row("S36")
def test_a_card_opens_its_door_and_is_logged_with_who_and_how(running: Running) -> None:
    running.wait_for("the door at rest", lambda: running.at_rest("Port A"))
    before = running.releases("Port A")
    event = running.attempt("Port A", lambda: running.show_card("Port A", running.person("Alva Berg")["card"]))
    assert (event["kind"], event["auth_type"], event["side"]) == ("access_granted", 8, "entry")
    assert event["person_id"]
    assert running.releases("Port A") == before + 1


@pytest.mark.parametrize(
    ("who", "door", "reason"),
    [
        ("Alva Berg", "Entré Ekbacken", "unauthorised"),
        ("Signe Holt", "Port A", "person_suspended"),
        ("Alva Berg", "Teknikrum", "unauthorised"),
    ],
)
def test_who_may_not_is_denied_with_the_reason(running: Running, who: str, door: str, reason: str) -> None:
    before = running.releases(door)
    event = running.attempt(door, lambda: running.show_card(door, running.person(who)["card"]))
    assert (event["kind"], event["reason"]) == ("access_denied", reason)
    assert running.releases(door) == before


def test_an_unknown_card_is_denied_and_nobody_is_named(running: Running) -> None:
    event = running.attempt("Cykelrum", lambda: running.show_card("Cykelrum", "250-1"))
    assert (event["reason"], event["person_id"]) == ("unknown_credential", None)


def test_a_pin_opens_where_pins_are_accepted(running: Running) -> None:
    event = running.attempt(
        "Port B", lambda: running.type_keys("Port B", running.person("Petra Lindvall")["pin"] + "#")
    )
    assert (event["kind"], event["auth_type"]) == ("access_granted", 3)


def test_card_and_pin_together_open_the_plant_room(running: Running) -> None:
    petra = running.person("Petra Lindvall")
    running.show_card("Teknikrum", petra["card"])
    event = running.attempt("Teknikrum", lambda: running.type_keys("Teknikrum", petra["pin"] + "#"))
    assert (event["kind"], event["auth_type"]) == ("access_granted", 13)


def test_a_card_with_somebody_elses_pin_is_denied(running: Running) -> None:
    running.show_card("Teknikrum", running.person("Petra Lindvall")["card"])
    other = running.person("Ragnar Hedman")["pin"]
    event = running.attempt("Teknikrum", lambda: running.type_keys("Teknikrum", other + "#"))
    assert (event["kind"], event["reason"]) == ("access_denied", "wrong_pin")


def test_the_exit_button_lets_out_without_a_name(running: Running) -> None:
    event = running.attempt("Port A", lambda: running.press_exit("Port A"))
    assert (event["kind"], event["auth_type"], event["person_id"]) == ("access_granted", 1, None)
