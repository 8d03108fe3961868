"""Does the Board say how each controller is, and give out an enrolment text once?"""

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from portvakt.core.enrolment import decode
from portvakt.server.accounts.models import Account, Role
from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places.actions import report_controller
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login

ClientOf = Callable[[Account], Client]


def report(cast: Cast, **values: object) -> None:
    with as_login("link"), acting("controller_link"):
        report_controller(cast.controller.pk, **values)


def text(answer: object) -> str:
    """The answer's words without its marks, blanks made one."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def test_a_controller_tells_how_it_is(cast: Cast, client_of: ClientOf) -> None:
    client, where = client_of(cast.accounts[Role.HARDWARE_MANAGER]), f"/o/{cast.organisation.slug}/controllers/"
    assert "not enrolled" in text(client.get(where))
    now = timezone.now()
    report(cast, enrolled_at=now, online=True, seen_at=now, certificate_expires_at=now + timedelta(days=200))
    assert "waiting for the newest" in text(client.get(where))
    with acting("premises_administration", cast.organisation.pk):
        wanted = wanted_version(cast.organisation.pk)
    report(cast, snapshot_version=wanted, snapshot_in_force_at=now)
    assert "newest in force" in text(client.get(where))
    assert "enrol again" not in text(client.get(where))
    report(cast, online=False, certificate_expires_at=now + timedelta(days=20))
    assert "offline" in text(client.get(where))
    assert "enrol again" in text(client.get(where))


def test_what_needs_attention_stands_on_its_page(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    report(
        cast, enrolled_at=timezone.now(), snapshot_refusal="version 3 is older", events_in_memory=True, waiting_events=17
    )  # fmt: skip
    page = text(client.get(f"/o/{cast.organisation.slug}/controllers/{cast.controller.pk}/"))
    assert "refused the newest snapshot" in page
    assert "version 3 is older" in page
    assert "events wait in memory" in page
    assert "Events waiting to be sent 17" in page
    assert "Port Entry bus-1:0" in page


def test_the_enrolment_text_is_shown_once(cast: Cast, client_of: ClientOf) -> None:
    client, where = client_of(cast.admin), f"/o/{cast.organisation.slug}/controllers/{cast.controller.pk}/"
    assert client.get(f"{where}enrol/").status_code == 405
    answer = client.post(f"{where}enrol/")
    assert answer.headers["Cache-Control"] == "no-store"
    shown = re.search(r'id="enrolment"[^>]*>([^<]+)<', answer.content.decode())
    assert shown
    assert decode(shown[1]).controller == str(cast.controller.pk)
    assert shown[1] not in client.get(where).content.decode()
