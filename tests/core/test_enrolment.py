"""Does an enrolment text survive the way from the server's page to the controller, and is anything else refused?"""

import base64

import msgspec
import pytest

from portvakt.core import enrolment
from portvakt.core.enrolment import EnrolmentError, EnrolmentText

TEXT = EnrolmentText(
    link="server.test:8443", enrol="[::1]:8444", ca=b"certificate", secret=bytes(16), controller="controller-1"
)


def line_of(**changes: object) -> str:
    body = msgspec.msgpack.encode(msgspec.structs.asdict(TEXT) | changes)
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def test_a_line_comes_back_as_the_same_values_also_when_wrapped() -> None:
    line = enrolment.encode(TEXT)
    assert "\n" not in line
    assert enrolment.decode(line) == TEXT
    assert enrolment.decode(f"  {line[:40]}\r\n  {line[40:]}\n") == TEXT


def test_a_field_that_a_newer_server_adds_is_ignored() -> None:
    assert enrolment.decode(line_of(colour="blue")) == TEXT


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "not_enrolment_text"),
        ("åäö", "not_enrolment_text"),
        ("!!!!", "not_enrolment_text"),
        ("AAAA", "not_enrolment_text"),
        (enrolment.encode(TEXT)[:-9], "not_enrolment_text"),
        ("A" * (enrolment.MAX_TEXT + 1), "too_long"),
        (line_of(v=2), "unknown_version"),
        (line_of(v="one"), "not_enrolment_text"),
        (line_of(secret=b"short"), "bad_value"),
        (line_of(ca=b""), "bad_value"),
        (line_of(controller=""), "bad_value"),
        (line_of(link="no port"), "bad_value"),
        (line_of(link=":80"), "bad_value"),
        (line_of(enrol="host:0"), "bad_value"),
        (line_of(enrol="host:65536"), "bad_value"),
        (line_of(enrol="host:" + "9" * 5000), "bad_value"),
    ],
)
def test_another_text_is_refused_with_a_stable_code(line: str, code: str) -> None:
    with pytest.raises(EnrolmentError) as refused:
        enrolment.decode(line)
    assert refused.value.code == code


def test_a_text_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(EnrolmentError):
        enrolment.encode(msgspec.structs.replace(TEXT, secret=b"short"))
