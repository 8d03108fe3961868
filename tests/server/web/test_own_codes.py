"""Does a person open by scanning, by a PIN in the phone and by a code of their own; and by nobody else's?"""

import html
import re
import uuid
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import translation

from portvakt.core.credentials import pin_digest, qr_key, qr_proof, qr_proof_by_key
from portvakt.core.decision.model import AuthType, Reason, Side
from portvakt.server.access.actions import Said, ask_to_open, assign, save_rule
from portvakt.server.access.models import AccessRule, RemoteAsk
from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Account, Role
from portvakt.server.organisations.actions import digest_key
from portvakt.server.people.actions import issue_plate, renew_passcode, revoke_credential, suspend_credential
from portvakt.server.people.models import Credential, Person
from portvakt.server.places.actions import renew_codes
from portvakt.server.places.models import Door, Section, Site
from portvakt.server.purpose.actor import Actor
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.door_codes import code_text
from portvakt.server.web.me.position import metres_from
from portvakt.server.web.words import OWN_REASONS
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]
HX = {"HX-Request": "true"}
WORK = "access_administration"


def me(cast: Cast, path: str = "") -> str:
    return f"/o/{cast.organisation.slug}/me/{path}"


def text(answer: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def allow(cast: Cast, entry: list[AuthType], leave: list[AuthType] = [], **door: object) -> None:  # noqa: B006 - never changed
    """Let the resident use auth types at the first door, which has printed codes."""
    with acting("premises_administration", cast.organisation.pk):
        values = {"entry_auth_types": entry, "exit_auth_types": leave, **door}
        Door.objects.filter(pk=cast.door.pk).update(**values)
        cast.door.refresh_from_db()
        renew_codes(cast.door, by=cast.by)
    with acting(WORK, cast.organisation.pk):
        rule = AccessRule(name="Phone")
        save_rule(rule, {cast.door.pk: {Side.ENTRY: entry, Side.EXIT: leave}}, by=cast.by)
        assign(cast.resident, rule, by=cast.by)


@pytest.fixture
def resident(cast: Cast, client_of: ClientOf) -> Client:
    with acting("person_invitation"):
        invite_person(cast.accounts[Role.REGULAR].email, cast.resident.pk, by=cast.by)
    return client_of(cast.accounts[Role.REGULAR])


def newest_ask(cast: Cast) -> RemoteAsk:
    with acting("own_access", cast.organisation.pk):
        return RemoteAsk.objects.latest("asked_at")


def answered(cast: Cast, ask: RemoteAsk, **values: object) -> None:
    with as_login("link"), acting("entry", cast.organisation.pk):
        RemoteAsk.objects.filter(pk=ask.pk).update(**values)


def scan_path(cast: Cast, side: Side = Side.ENTRY) -> str:
    code = cast.door.entry_code if side is Side.ENTRY else cast.door.exit_code
    return f"scan/{code_text(code or b'')}/"


@pytest.mark.row("S38")
def test_whoever_scans_a_doors_code_is_led_to_it_and_opens(cast: Cast, resident: Client) -> None:
    allow(cast, [AuthType.SCAN])
    code = code_text(cast.door.entry_code or b"")
    assert Client().get(f"/s/{code}/").headers["Location"].startswith("/account/login/?next=/s/")
    assert resident.get(f"/s/{code.lower()}/").headers["Location"] == me(cast, scan_path(cast))
    page = resident.get(me(cast, scan_path(cast)))
    assert "Port Björkgården 1, Trapphus A · Entry" in text(page)
    assert 'name="pin"' not in page.content.decode()
    assert resident.post(me(cast, scan_path(cast) + "open/"), headers=HX).status_code == 200
    ask = newest_ask(cast)
    assert (ask.side, bytes(ask.code or b""), ask.pin, ask.pin_only) == (
        "entry", bytes(cast.door.entry_code or b""), None, False,
    )  # fmt: skip


def test_the_code_of_the_other_side_opens_the_other_side_alone(cast: Cast, resident: Client) -> None:
    allow(cast, [AuthType.KEY_CARD], [AuthType.SCAN])
    assert resident.get(me(cast, scan_path(cast))).status_code == 404
    assert resident.post(me(cast, scan_path(cast) + "open/")).status_code == 404
    assert resident.post(me(cast, scan_path(cast, Side.EXIT) + "open/"), headers=HX).status_code == 200
    assert newest_ask(cast).side == "exit"


def test_a_pin_is_asked_for_where_the_door_wants_it_and_only_its_digest_goes_on(cast: Cast, resident: Client) -> None:
    allow(cast, [AuthType.SCAN_PLUS_PHONE, AuthType.REMOTE_PLUS_PHONE])
    for path in (scan_path(cast), ""):
        page = resident.get(me(cast, path)).content.decode()
        assert 'name="pin"' in page
        assert "is not kept" in page
    resident.post(me(cast, scan_path(cast) + "open/"), {"pin": cast.pin}, headers=HX)
    ask = newest_ask(cast)
    assert bytes(ask.pin or b"") == pin_digest(digest_key(cast.organisation.pk), cast.pin)
    assert cast.pin not in str(vars(ask))
    refused = resident.post(me(cast, f"doors/{cast.door.pk}/open/"), {"pin": "12"}, headers=HX)
    assert refused.status_code == 422
    assert "4 to 8 digits" in text(refused)


def test_what_must_follow_at_the_door_is_said(cast: Cast, resident: Client) -> None:
    allow(cast, [AuthType.SCAN_PLUS_KEYPAD])
    assert "type your PIN at the door's keypad" in text(resident.get(me(cast, scan_path(cast))))
    resident.post(me(cast, scan_path(cast) + "open/"), headers=HX)
    ask = newest_ask(cast)
    where = me(cast, f"asks/{ask.pk}/")
    for needs, words in (("pin", "type your PIN at the door"), ("person", "Now the other person")):
        answered(cast, ask, needs=needs, answered_at=ask.asked_at, granted=False)
        shown = resident.get(where)
        assert words in text(shown)
        assert "hx-get" not in shown.content.decode()
    answered(cast, ask, needs="pin_on_phone")
    assert me(cast, scan_path(cast) + "open/") in resident.get(where).content.decode()


@pytest.mark.row("S32")
def test_a_position_is_asked_for_only_where_needed_and_only_the_distance_is_kept(cast: Cast, resident: Client) -> None:
    allow(cast, [AuthType.REMOTE])
    assert "data-position" not in resident.get(me(cast)).content.decode()
    with acting("premises_administration", cast.organisation.pk):
        Door.objects.filter(pk=cast.door.pk).update(within_metres=50)
        Site.objects.filter(pk=cast.site.pk).update(latitude=59.3293, longitude=18.0686)
    page = resident.get(me(cast))
    assert "data-position" in page.content.decode()
    assert "opens only within 50 m" in text(page)
    assert "not kept" in text(page)
    for position, metres in (
        ({"latitude": "59.3293", "longitude": "18.0686"}, 0),
        ({"latitude": "59.3302", "longitude": "18.0686"}, 101),
        ({"latitude": "x", "longitude": "18.0686"}, None),
        ({"latitude": "nan", "longitude": "18.0686"}, None),
        ({"latitude": "91", "longitude": "18.0686"}, None),
        ({}, None),
    ):
        resident.post(me(cast, f"doors/{cast.door.pk}/open/"), position, headers=HX)
        ask = newest_ask(cast)
        assert ask.metres == metres
        assert "59.3" not in str(vars(ask))


def test_a_distance_is_that_of_the_globe() -> None:
    door = Door(within_metres=10, section=Section(site=Site(latitude=0.0, longitude=179.5)))
    across = metres_from(door, {"latitude": "0", "longitude": "-179.5"})  # type: ignore[arg-type]
    assert across == pytest.approx(111_195, abs=2), "one degree of longitude at the equator, over the date line"


@pytest.mark.parametrize("reason", [Reason.NO_POSITION, Reason.TOO_FAR, Reason.WRONG_PIN])
def test_refusals_are_said_in_the_persons_words(cast: Cast, resident: Client, reason: Reason) -> None:
    allow(cast, [AuthType.REMOTE])
    resident.post(me(cast, f"doors/{cast.door.pk}/open/"), headers=HX)
    ask = newest_ask(cast)
    answered(cast, ask, answered_at=ask.asked_at, granted=False, reason=reason.value)
    with translation.override("en"):
        words = str(OWN_REASONS[reason])
    assert words in html.unescape(resident.get(me(cast, f"asks/{ask.pk}/")).content.decode())


@pytest.mark.row("S38")
def test_a_code_of_ones_own_is_made_fetched_and_renewed(cast: Cast, resident: Client) -> None:
    assert "Make my code" in text(resident.get(me(cast, "code/")))
    assert resident.get(me(cast, "code/key/")).status_code == 404
    assert resident.post(me(cast, "code/renew/")).status_code == 302
    page = resident.get(me(cast, "code/"))
    assert "data-changing-code" in page.content.decode()
    first = resident.get(me(cast, "code/key/"))
    assert first.headers["Cache-Control"] == "no-store"
    said, key = first.json(), digest_key(cast.organisation.pk)
    handle = bytes.fromhex(said["handle"])
    assert bytes.fromhex(said["key"]) == qr_key(key, handle)
    assert qr_proof_by_key(bytes.fromhex(said["key"]), 58_000_000) == qr_proof(key, handle, 58_000_000)
    assert said["key"] not in page.content.decode()
    assert resident.post(me(cast, "code/renew/")).status_code == 302
    assert resident.get(me(cast, "code/key/")).json()["handle"] != said["handle"]


def test_two_codes_that_were_made_at_once_are_no_dead_end(cast: Cast, resident: Client) -> None:
    resident.post(me(cast, "code/renew/"))
    with acting(WORK, cast.organisation.pk):
        own = Credential.objects.get(person=cast.resident, kind="qr")
        other = Credential(organisation=cast.organisation, person=cast.resident, kind="qr", digest=b"h" * 16)
        other.save(force_insert=True)
    assert resident.get(me(cast, "code/key/")).json()["handle"] == (b"h" * 16).hex()
    resident.post(me(cast, "code/renew/"))
    with acting(WORK, cast.organisation.pk):
        in_use = Credential.objects.get(person=cast.resident, kind="qr", revoked_at__isnull=True)
        assert in_use.pk not in {own.pk, other.pk}


def test_a_phone_without_scripts_gets_a_picture(cast: Cast, resident: Client) -> None:
    resident.post(me(cast, "code/renew/"))
    picture = resident.get(me(cast, "code/image/"))
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.headers["Cache-Control"] == "no-store"
    assert ET.fromstring(picture.content).tag.endswith("svg")
    assert "<noscript>" in resident.get(me(cast, "code/")).content.decode()


def test_a_code_that_was_taken_back_is_not_shown_nor_made_again(cast: Cast, resident: Client) -> None:
    resident.post(me(cast, "code/renew/"))
    with acting(WORK, cast.organisation.pk):
        row = Credential.objects.get(person=cast.resident, kind="qr")
        suspend_credential(row, by=cast.by)
    assert "Your code is suspended" in text(resident.get(me(cast, "code/")))
    assert resident.get(me(cast, "code/key/")).status_code == 404
    assert resident.get(me(cast, "code/image/")).status_code == 404
    assert resident.post(me(cast, "code/renew/")).status_code == 422
    with acting(WORK, cast.organisation.pk):
        revoke_credential(row, by=cast.by)
    refused = resident.post(me(cast, "code/renew/"))
    assert "has taken it back" in text(refused)


def test_a_pin_is_sent_after_a_code_shown_at_the_reader(cast: Cast, resident: Client) -> None:
    allow(cast, [AuthType.CARD_PLUS_PHONE])
    resident.post(me(cast, "code/renew/"))
    where = me(cast, f"code/pin/{cast.door.pk}/entry/")
    assert where in resident.get(me(cast, "code/")).content.decode()
    assert resident.post(where, {"pin": cast.pin}, headers=HX).status_code == 200
    ask = newest_ask(cast)
    assert (ask.pin_only, ask.side, ask.code) == (True, "entry", None)
    for wrong in (
        f"code/pin/{cast.door.pk}/exit/",
        f"code/pin/{cast.door.pk}/roof/",
        f"code/pin/{cast.cellar.pk}/entry/",
    ):
        assert resident.post(me(cast, wrong), {"pin": cast.pin}).status_code == 404


def test_a_person_sees_their_own_cards_and_codes_and_nobody_elses(cast: Cast, resident: Client) -> None:
    with acting(WORK, cast.organisation.pk):
        issue_plate(cast.resident, "ABC 12D", by=cast.by)
        issue_plate(cast.guest, "XYZ 987", by=cast.by)
        _row, digits, _ = renew_passcode(cast.resident, by=cast.by)
    page = resident.get(me(cast, "credentials/"))
    assert "Card · 34567" in text(page)
    assert "Licence plate · ABC 12D" in text(page)
    assert "XYZ" not in text(page)
    answer = resident.post(me(cast, "credentials/passcode/"))
    made = re.search(r'class="secret[^>]*>(\d{10})<', answer.content.decode())
    assert made is not None
    assert made[1] != digits
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_passcode_that_nobody_gave_is_not_made(cast: Cast, resident: Client) -> None:
    assert resident.post(me(cast, "credentials/passcode/")).status_code == 422


@pytest.mark.row("S36")
def test_no_wish_leaves_for_what_is_not_the_persons(cast: Cast) -> None:
    allow(cast, [AuthType.SCAN])
    by = Actor("operator", cast.organisation.pk, cast.admin.pk, frozenset(), person=cast.resident.pk)
    with acting("own_access", cast.organisation.pk):
        for said in (Said(), Said(pin_only=True), Said(side=Side.EXIT, code=b"c" * 16)):
            with pytest.raises(Refused, match="not_permitted"):
                ask_to_open(cast.door, by=by, said=said)
        ask_to_open(cast.door, by=by, said=Said(code=bytes(cast.door.entry_code or b"")))


def test_outsiders_and_operators_who_are_no_person_find_nothing(
    cast: Cast, other: Cast, resident: Client, client_of: ClientOf
) -> None:
    allow(cast, [AuthType.SCAN, AuthType.CARD_PLUS_PHONE])
    resident.post(me(cast, "code/renew/"))
    with acting("person_invitation"):
        invite_person(other.accounts[Role.GUEST].email, other.guest.pk, by=other.by)
    pages = (
        "code/",
        "code/key/",
        "code/image/",
        "code/renew/",
        "credentials/",
        "credentials/passcode/",
        scan_path(cast),
    )
    for client in (client_of(cast.admin), client_of(other.accounts[Role.GUEST])):
        for page in pages:
            assert client.get(me(cast, page)).status_code == 404
        assert client.post(me(cast, scan_path(cast) + "open/")).status_code == 404
        assert client.get(f"/s/{code_text(cast.door.entry_code or b'')}/").status_code == 404
    assert resident.get(f"/s/{code_text(uuid.uuid4().bytes)}/").status_code == 404
    assert resident.get("/s/nonsense/").status_code == 404


def test_a_colleague_without_the_rule_learns_nothing_from_a_code(cast: Cast, client_of: ClientOf) -> None:
    allow(cast, [AuthType.SCAN])
    with acting("person_invitation"):
        invite_person(cast.accounts[Role.GUEST].email, cast.guest.pk, by=cast.by)
    guest = client_of(cast.accounts[Role.GUEST])
    page = guest.get(me(cast, scan_path(cast)))
    assert page.status_code == 404
    assert "Trapphus" not in text(page)


def test_the_menu_marks_the_page_one_is_on(cast: Cast, resident: Client) -> None:
    for path, name in (("", "My doors"), ("code/", "My code"), ("credentials/", "My cards and codes")):
        menu = re.findall(
            r'aria-current="page">.*?nav-link-title">([^<]*)<', resident.get(me(cast, path)).content.decode(), re.DOTALL
        )
        assert menu == [name]


def test_the_purpose_of_own_credentials_reads_no_name(cast: Cast) -> None:
    with acting("own_credentials", cast.organisation.pk), pytest.raises(Exception, match="permission denied"):
        Person.objects.values_list("first_name").get(pk=cast.resident.pk)
