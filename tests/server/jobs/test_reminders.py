"""Is everybody who has consented, and nobody else, reminded once of each thing that ends?"""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import override_settings
from django.utils import timezone

from portvakt.core.privacy import Kind
from portvakt.server.access.models import Assignment
from portvakt.server.jobs.reminders import PURPOSE, remind
from portvakt.server.people.models import Credential, Person
from portvakt.server.privacy.actions.consents import write_down
from portvakt.server.privacy.models import Disclosure
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.rights import consent_digest
from tests.cast import Cast, as_login


@pytest.fixture(autouse=True)
def _no_mail_yet() -> None:
    mail.outbox.clear()


def address(cast: Cast) -> str:
    """Return an address of this test's own: organisations of other tests are in the database too."""
    return f"maja.{cast.resident.pk.hex}@example.org"


def say(cast: Cast, *, given: bool) -> None:
    digest = consent_digest(catalogue.in_force().activity(PURPOSE))
    with acting("consent_on_paper", cast.organisation.pk):
        write_down(cast.resident, PURPOSE, digest, "en", cast.organisation, given=given, by=cast.by)


def set_up(cast: Cast, *, ends: datetime, **changed: object) -> None:
    """Let the resident have an address, and a card that ends."""
    with acting("access_administration", cast.organisation.pk):
        known = {"email": address(cast), "language": "en", **changed}
        Person.objects.filter(pk=cast.resident.pk).update(**known)
        Credential.objects.filter(pk=cast.card.pk).update(valid_to=ends)


def run(cast: Cast, now: datetime) -> list[str]:
    """Run the job as its process, and return what was sent to the resident."""
    mail.outbox.clear()
    with as_login("jobs"):
        remind(now)
    return [one.body for one in mail.outbox if one.to == [address(cast)]]


@pytest.mark.row("S17")
def test_only_who_has_consented_is_reminded_and_until_it_is_withdrawn(cast: Cast) -> None:  # C-04
    now = timezone.now()
    set_up(cast, ends=now + timedelta(days=3))
    assert run(cast, now) == []
    say(cast, given=True)
    say(cast, given=False)
    assert run(cast, now) == []
    say(cast, given=True)
    (body,) = run(cast, now)
    assert "Card" in body
    assert f"/o/{cast.organisation.slug}/me/consents/" in body
    assert cast.organisation.name in body


def test_each_ending_is_told_once(cast: Cast) -> None:
    now = timezone.now()
    set_up(cast, ends=now + timedelta(days=3))
    say(cast, given=True)
    assert len(run(cast, now)) == 1
    assert run(cast, now + timedelta(days=1)) == []
    with acting("access_administration", cast.organisation.pk):
        Assignment.objects.filter(person=cast.resident.pk).update(valid_to=now + timedelta(days=9))
    assert run(cast, now + timedelta(days=1)) == []
    (later,) = run(cast, now + timedelta(days=2, hours=1))
    assert "Residents" in later


def test_what_ends_later_or_has_ended_is_not_told(cast: Cast) -> None:
    now = timezone.now()
    say(cast, given=True)
    for ends in (now - timedelta(hours=1), now + timedelta(days=8)):
        set_up(cast, ends=ends)
        assert run(cast, now) == []


def test_who_is_suspended_or_has_no_address_is_not_told(cast: Cast) -> None:
    now = timezone.now()
    say(cast, given=True)
    set_up(cast, ends=now + timedelta(days=3), suspended_at=now)
    assert run(cast, now) == []
    set_up(cast, ends=now + timedelta(days=3), suspended_at=None, email="")
    assert run(cast, now) == []
    with acting("own_data", cast.organisation.pk, person=cast.resident.pk):
        assert not Disclosure.objects.exists()


def test_the_person_itself_and_everything_at_once_in_one_mail(cast: Cast) -> None:
    now = timezone.now()
    say(cast, given=True)
    set_up(cast, ends=now + timedelta(days=3), valid_to=now + timedelta(days=2))
    (body,) = run(cast, now)
    assert body.index("everything you can open") < body.index("Card")


@pytest.mark.row("S18")
def test_a_reminder_is_a_disclosure(cast: Cast) -> None:
    now = timezone.now()
    set_up(cast, ends=now + timedelta(days=3))
    say(cast, given=True)
    run(cast, now)
    with acting("own_data", cast.organisation.pk, person=cast.resident.pk):
        (row,) = Disclosure.objects.filter(purpose=PURPOSE)
    assert (row.organisation_id, row.kinds) == (
        cast.organisation.pk,
        sorted([Kind.ACCESS_RIGHT, Kind.CONTACT, Kind.IDENTITY]),
    )


class NoServer(BaseEmailBackend):
    """A mail server that cannot be reached."""

    def send_messages(self, _messages: object) -> int:
        raise ConnectionRefusedError


def test_a_mail_that_was_not_taken_is_tried_again(cast: Cast) -> None:
    now = timezone.now()
    set_up(cast, ends=now + timedelta(days=3))
    say(cast, given=True)
    with override_settings(EMAIL_BACKEND=f"{__name__}.NoServer"):
        assert run(cast, now) == []
    assert len(run(cast, now + timedelta(days=1))) == 1
