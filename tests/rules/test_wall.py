"""Is the provider's own business walled off from what it does on behalf of the organisations?

For orders, questions and mailings the provider is data controller; for persons, doors and logs it is data processor (decision 0010). The
import contract keeps packages apart; here are the names that may be taken across, and the rights in the database.
"""

import ast

import pytest

from portvakt.core.privacy import Subject
from portvakt.server.purpose.register import read_register
from tests.rules.source import ROOT, SERVER, python_files, told

PROVIDER = "portvakt/server/provider/"
# What may be taken from each package: all of it, or these names alone.
MAY_TAKE: dict[str, set[str] | None] = {
    "core": None,
    "purpose": None,
    "privacy": None,
    "provider": None,
    "accounts.blocked": None,
    # Whoever consented to partners' offers is an account holder, and the provider is data controller for accounts.
    "accounts.models": {"Account", "Blocked", "BlockedAddress"},
    "logbook.actions": {"record"},
    "logbook.models": {"AuditEntry"},
}
OWN_PURPOSES = ("enquiries", "marketing", "ordering", "partner_offers")


def taken_across(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("portvakt."):
            found += [
                f"line {node.lineno}: takes {alias.name} from {node.module}"
                for alias in node.names
                if not _may_take(node.module, alias.name)
            ]
        elif isinstance(node, ast.Import):
            found += [f"line {node.lineno}: imports {a.name}" for a in node.names if a.name.startswith("portvakt.")]
    return found


def _may_take(module: str, name: str) -> bool:
    beneath = module.removeprefix("portvakt.").removeprefix("server.")
    for package, names in MAY_TAKE.items():
        if beneath == package or beneath.startswith(f"{package}."):
            return names is None or name in names
    return False


def test_the_providers_business_takes_nothing_of_the_organisations() -> None:
    found = {path: taken_across(text) for path, text in python_files(SERVER) if path.startswith(PROVIDER)}
    assert len(found) > 5
    assert not told(found), told(found)


@pytest.mark.parametrize(
    "line",
    [
        "from portvakt.server.people.models import Person",
        "from portvakt.server.logbook.models import AccessEvent",
        "from portvakt.server.accounts.models import Membership",
        "from portvakt.server.access import snapshot",
        "import portvakt.server.places.models",
    ],
)
def test_planted_ways_across_are_found(line: str) -> None:
    assert len(taken_across(line)) == 1
    assert taken_across("from portvakt.server.logbook.actions import record") == []


def test_its_purposes_hold_nothing_about_holders_and_are_the_providers_own() -> None:
    register = read_register(ROOT / "register")
    for purpose in OWN_PURPOSES:
        activity = register.activity(purpose)
        assert activity.role == "controller"
        assert Subject.HOLDER not in {row.subject for row in activity.data}
