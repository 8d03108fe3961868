"""Does a text message go to the gateway that the deployer has an agreement with, and to none other?"""

import base64
from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs

import msgspec
import pytest
from django.conf import settings

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.actions import About, send_sms
from portvakt.server.privacy.actions.sending import SMS_CARRIER
from portvakt.server.privacy.models import Disclosure
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.register import LETTERS, Agreement, Texts
from tests.cast import Cast, as_login
from tests.server.jobs.receiver import Receiver, receiver

NUMBER = "+46700000000"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as known:
        values = {"SMS_URL": known.url, "SMS_USER": "user", "SMS_PASSWORD": "word", "SMS_FROM": "Portvakt"}
        for name, value in values.items():
            monkeypatch.setattr(settings, name, value)
        yield known


@pytest.fixture
def agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment whose register has an agreement with the gateway."""
    register, said = catalogue.in_force(), Texts("Ja", "Yes")
    agreement = Agreement(date(2026, 1, 1), said, dict.fromkeys(LETTERS, said))
    recipients = tuple(
        msgspec.structs.replace(one, agreement=agreement) if one.id == SMS_CARRIER else one
        for one in register.recipients
    )
    with_it = msgspec.structs.replace(register, recipients=recipients)
    monkeypatch.setattr(catalogue, "in_force", lambda: with_it)


def send(cast: Cast, text: str = "Your card expires on 1 December.") -> bool:
    about = About(Subject.HOLDER, cast.resident.pk)
    with as_login("jobs"), acting("expiry_reminders"):
        return send_sms(text, NUMBER, about, [Kind.CONTACT], by=None, organisation=cast.organisation.pk)


def kept(cast: Cast) -> list[str]:
    with acting("own_data", cast.organisation.pk, person=cast.resident.pk):
        return list(Disclosure.objects.values_list("recipient", flat=True))


def test_it_goes_as_a_form_with_basic_authentication_and_is_on_record(
    cast: Cast, gateway: Receiver, agreed: None
) -> None:
    assert send(cast)
    (got,) = gateway.received
    assert got.headers["authorization"] == "Basic " + base64.b64encode(b"user:word").decode()
    assert parse_qs(got.body.decode()) == {
        "from": ["Portvakt"], "to": [NUMBER], "message": ["Your card expires on 1 December."],
    }  # fmt: skip
    assert kept(cast) == ["sms_gateway"]


def test_without_an_agreement_nothing_is_sent(cast: Cast, gateway: Receiver) -> None:
    with pytest.raises(Refused, match="agreement_missing"):
        send(cast)
    assert gateway.received == []
    assert kept(cast) == []


def test_without_a_gateway_nothing_is_sent(cast: Cast, agreed: None) -> None:
    with pytest.raises(Refused, match="sms_not_set_up"):
        send(cast)
    assert kept(cast) == []


def test_a_gateway_that_refuses_or_is_silent_is_said(cast: Cast, gateway: Receiver, agreed: None) -> None:
    gateway.answers = [500, 302]
    gateway.redirect_to = "http://localhost:1/"
    assert not send(cast)
    assert not send(cast), "a redirect is not followed"
    assert len(gateway.received) == 2


def test_nobody_at_the_gateway_is_said(
    cast: Cast, gateway: Receiver, agreed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SMS_URL", "http://127.0.0.1:1/")
    assert not send(cast)
    assert kept(cast) == ["sms_gateway"], "how far it came, nobody knows"
