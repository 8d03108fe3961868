"""Does every refusal have a status and a sentence, in both languages?"""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

import portvakt
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import REFUSALS, sentence, status
from portvakt.server.web.forms import BoardForm

PACKAGE = Path(portvakt.__file__).parent
CODE = re.compile(r"[a-z]+(_[a-z]+)+$")
# Codes that reach Refused through a variable: CredentialError's, and those of constraints, given by name.
CREDENTIAL_CODES = re.compile(r'CredentialError\(\s*"([a-z_]+)"|return "(pin_[a-z_]+)"|else "(pin_[a-z_]+)"')


def codes_in_actions() -> set[str]:
    found = set()
    for path in (PACKAGE / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused" and node.args:
                argument = node.args[0]
                found |= {part.value for part in ast.walk(argument) if isinstance(part, ast.Constant)}
    return {code for code in found if isinstance(code, str)}


def codes_of_credentials() -> set[str]:
    parts = (PACKAGE / "core" / "credentials").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in parts)
    return {code for match in CREDENTIAL_CODES.findall(text) for code in match if code}


def test_every_code_has_its_row() -> None:
    codes = codes_in_actions() | codes_of_credentials()
    assert {"name_taken", "last_admin", "card_text", "pin_run"} <= codes
    assert {code for code in codes if CODE.match(code)} - set(REFUSALS) == set()


def test_codes_given_to_constraints_have_their_row() -> None:
    assert {"card_taken", "pin_taken", "reader_taken"} <= set(REFUSALS)


@pytest.mark.parametrize("code", REFUSALS)
def test_every_sentence_is_said_in_swedish(code: str) -> None:
    with translation.override("en"):
        english = sentence(Refused(code))
    with translation.override("sv"):
        assert sentence(Refused(code)) != english


def test_an_unknown_code_is_a_mistake_of_ours() -> None:
    assert status(Refused("no_such_code")) == 500
    assert sentence(Refused("no_such_code")) == "no_such_code"


def test_a_refusal_of_an_unknown_field_stands_above_the_form() -> None:
    form = BoardForm({})
    form.full_clean()
    form.add_refusal(Refused("name_taken", field="name"))
    assert form.non_field_errors() == [sentence(Refused("name_taken"))]
