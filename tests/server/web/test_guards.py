"""Are guard rules made on the Board, and does a page say who would break one instead of saving?"""

from collections.abc import Callable

from django.test import Client

from portvakt.server.access.models import GuardRule, RuleDoor
from portvakt.server.accounts.models import Account, Role
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/rules/" + "".join(f"{part}/" for part in parts)


def test_a_guard_rule_is_made_and_holds_against_every_page(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    assert client.post(url(cast, "guards", "add"), {"name": "Nobody"}).context["form"].errors["doors"]
    broken = client.post(url(cast, "guards", "add"), {"name": "Nobody", "doors": [cast.door.pk]})
    assert broken.status_code == 422
    assert "Maja Ask could pass Port by the rule Residents" in broken.content.decode()
    made = client.post(url(cast, "guards", "add"), {"name": "No cellar", "doors": [cast.cellar.pk]})
    assert made.status_code == 302
    assert "No cellar" in client.get(url(cast, "guards")).content.decode()
    values = {"name": "Residents", f"entry-{cast.cellar.pk}": ["8"], f"entry-{cast.door.pk}": ["8"]}
    for sent in (values, values | {"confirmed": "1"}):
        refused = client.post(url(cast, cast.rule.pk, "edit"), sent)
        assert refused.status_code == 422
        assert "The guard rule No cellar would be broken" in refused.content.decode()
    with acting("access_administration", cast.organisation.pk):
        assert RuleDoor.objects.get(rule=cast.rule).door_id == cast.door.pk
        guard = GuardRule.objects.get()
    assert client.get(url(cast, "guards", guard.pk)).context["form"]["doors"].value() == [str(cast.cellar.pk)]
    assert client.post(url(cast, "guards", guard.pk, "remove")).status_code == 302
    assert client.post(url(cast, cast.rule.pk, "edit"), values | {"confirmed": "1"}).status_code == 302


def test_operators_see_guard_rules_and_change_none(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    assert "No guard rules yet" in client.get(url(cast, "guards")).content.decode()
    assert client.post(url(cast, "guards", "add"), {"name": "X", "doors": [cast.cellar.pk]}).status_code == 403
    theirs = client_of(other.admin).post(url(other, "guards", "add"), {"name": "X", "doors": [cast.cellar.pk]})
    assert theirs.status_code == 422, "somebody else's door cannot be ticked"
