from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portvakt.server.accounts.models import Membership, Role
from portvakt.server.organisations.models import Organisation
from portvakt.server.purpose.context import acting
from tests.cast import as_login


def test_an_organisation_is_opened_with_its_first_administrator() -> None:
    said = StringIO()
    with as_login("console"):
        call_command("open_organisation", "Öppna dörrar", "forsta@example.org", stdout=said)
    with acting("account_administration"):
        membership = Membership.objects.select_related("organisation").get(account__email="forsta@example.org")
    assert (membership.organisation.name, membership.roles) == ("Öppna dörrar", [Role.ADMIN])
    assert "/o/oppna-dorrar/" in said.getvalue()


def test_a_wrong_address_opens_nothing() -> None:
    with as_login("console"), pytest.raises(CommandError, match="no e-mail address"):
        call_command("open_organisation", "Ingenting", "nobody")
    with acting("account_administration"):
        assert not Organisation.objects.filter(name="Ingenting").exists()
