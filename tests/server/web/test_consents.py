"""Is consent asked for one thing at a time, and taken back as easily as it was given?"""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from portvakt.server.accounts.actions import invite_person
from portvakt.server.accounts.models import Account, Role
from portvakt.server.people.models import Category, Person
from portvakt.server.privacy.actions.consents import WORDS_A_DAY, say_as_account
from portvakt.server.privacy.consent_record import (
    PROFILE,
    REQUIRED,
    REQUIRED_OF_ENTITY,
    REQUIRED_OF_PROCESS,
    REQUIRED_OF_STATUS,
)
from portvakt.server.privacy.consents import asked_of, newest_of
from portvakt.server.privacy.models import Consent, TermsAcceptance, Way
from portvakt.server.privacy.terms import terms_on
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.rights import consent_digest
from tests.cast import Cast, make_account

ClientOf = Callable[[Account], Client]
REMINDERS = "expiry_reminders"


@pytest.fixture
def person(cast: Cast) -> Account:
    """Return the account of the resident."""
    account = cast.accounts[Role.REGULAR]
    with acting("person_invitation", cast.organisation.pk):
        invite_person(account.email, cast.resident.pk, by=cast.by)
    return account


@pytest.fixture
def browser(person: Account, client_of: ClientOf) -> Client:
    return client_of(person)


def digest() -> str:
    return consent_digest(catalogue.in_force().activity(REMINDERS))


def address(cast: Cast, purpose: str = "") -> str:
    return f"/o/{cast.organisation.slug}/me/consents/{purpose and purpose + '/'}"


def kept(cast: Cast) -> list[Consent]:
    with acting("consent_on_paper", cast.organisation.pk):
        return list(Consent.objects.filter(subject_id=cast.resident.pk).order_by("at"))


def controls(page: str) -> list[tuple[str, str]]:
    """Return (address, value) of each button that says yes or no."""
    forms = re.findall(r'<form[^>]*action="([^"]*/consents/[^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL)
    return [(at, value) for at, inside in forms for value in re.findall(r'name="given" value="(\w+)"', inside)]


@pytest.mark.row("S16")
def test_what_was_shown_is_kept_with_who_when_and_how(cast: Cast, person: Account, browser: Client) -> None:  # C-01
    shown = browser.get(address(cast)).content.decode()
    before = timezone.now()
    assert browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()}).status_code == 302
    (row,) = kept(cast)
    assert (row.given, row.purpose, row.language, row.way) == (True, REMINDERS, "en", Way.PAGE)
    assert (row.by_id, row.subject_id, row.text_digest) == (person.pk, cast.resident.pk, digest())
    assert row.at >= before
    for line in row.text.splitlines()[1:]:
        assert line.split(": ", 1)[1][:40].replace("'", "&#x27;") in shown
    assert cast.organisation.name in row.text


def test_there_is_one_control_for_each_thing_and_none_is_chosen(cast: Cast, browser: Client) -> None:  # C-02
    page = browser.get(address(cast)).content.decode()
    asked = asked_of("processor")
    assert controls(page) == [(address(cast, activity.id), "yes") for activity in asked]
    assert len(asked) >= 1
    assert "checked" not in page


@pytest.mark.row("S17")
def test_withdrawing_takes_as_many_steps_as_giving(cast: Cast, browser: Client) -> None:  # C-03
    steps = []
    for _ in range(2):
        page = browser.get(address(cast)).content.decode()
        ((at, value),) = [one for one in controls(page) if REMINDERS in one[0]]
        browser.post(at, {"given": value, "digest": digest()})
        steps.append((at, value))
    assert [value for _at, value in steps] == ["yes", "no"]
    assert steps[0][0] == steps[1][0]
    assert [row.given for row in kept(cast)] == [True, False]


def test_what_follows_is_said_before_and_after(cast: Cast, browser: Client) -> None:
    assert "If you withdraw it" in browser.get(address(cast)).content.decode()
    browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    assert "If you withdraw it" in browser.get(address(cast)).content.decode()
    after = browser.post(address(cast, REMINDERS), {"given": "no"}, follow=True).content.decode()
    assert "Nothing more is done by it; what was done before stays lawful." in after


def test_a_yes_to_another_text_is_not_taken_and_a_no_always_is(cast: Cast, browser: Client) -> None:  # C-06
    assert browser.post(address(cast, REMINDERS), {"given": "yes", "digest": "0" * 64}).status_code == 409
    assert browser.post(address(cast, "curiosity"), {"given": "yes", "digest": digest()}).status_code == 404
    assert kept(cast) == []
    assert browser.post(address(cast, REMINDERS), {"given": "no", "digest": "0" * 64}).status_code == 302


def test_a_consent_to_an_earlier_text_does_not_count_and_the_page_says_so(cast: Cast, browser: Client) -> None:  # C-06
    with acting("consent_on_paper", cast.organisation.pk):
        Consent.objects.create(
            organisation=cast.organisation,
            subject="holder",
            subject_id=cast.resident.pk,
            purpose=REMINDERS,
            given=True,
            text_digest="0" * 64,
            text="An earlier text",
            language="en",
            way=Way.PAGE,
            at=timezone.now(),
        )
    page = browser.get(address(cast)).content.decode()
    assert "Does not count any more" in page
    assert "The text has changed since you consented" in page
    assert (address(cast, REMINDERS), "yes") in controls(page)


def test_nobody_fills_the_records_and_a_no_is_always_taken(cast: Cast, browser: Client) -> None:
    for _ in range(2):
        browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    assert len(kept(cast)) == 1
    for _ in range(WORDS_A_DAY):
        browser.post(address(cast, REMINDERS), {"given": "no"})
        last = browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    assert last.status_code == 429
    assert not kept(cast)[-1].given
    assert len(kept(cast)) <= WORDS_A_DAY + 1


def test_an_employee_is_told_and_asked_only_what_can_be_refused(  # B-08
    cast: Cast, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(category=Category.EMPLOYEE)
    page = browser.get(address(cast)).content.decode()
    assert "You are here as an employee." in page
    monkeypatch.setattr("portvakt.server.web.me.consents.refusing_has_no_effect", lambda _activity: False)
    assert controls(browser.get(address(cast)).content.decode()) == []
    refused = browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    assert refused.status_code == 404
    assert kept(cast) == []


def test_a_child_is_not_asked(cast: Cast, person: Account, browser: Client) -> None:  # C-07, C-08
    with acting("terms", account=person.pk):
        now = terms_on(timezone.localdate())
        TermsAcceptance.objects.create(
            subject="account_holder",
            subject_id=person.pk,
            version=now.version,
            digest=now.digest,
            language="sv",
            old_enough=False,
            at=timezone.now(),
        )
    page = browser.get("/consents/").content.decode()
    assert "too young to be asked" in page
    assert controls(page) == []
    assert browser.post("/consents/partner_offers/", {"given": "yes"}).status_code == 404


def test_who_has_not_said_how_old_they_are_is_asked_that_first(cast: Cast, client_of: ClientOf) -> None:  # C-07
    """The page is open before the terms are accepted, because a no is always taken; a yes is not."""
    with acting("person_invitation", cast.organisation.pk):
        newcomer = make_account("Ny", "Ask")
        invite_person(newcomer.email, cast.resident.pk, by=cast.by)
    browser, asked = client_of(newcomer), asked_of("controller")[0]
    yes = {"given": "yes", "digest": consent_digest(asked)}
    assert browser.post(f"/consents/{asked.id}/", yes).headers["Location"] == "/terms/"
    assert browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()}).headers["Location"] == "/terms/"
    assert kept(cast) == []
    with acting("terms", account=newcomer.pk):
        assert not Consent.objects.filter(subject_id=newcomer.pk).exists()


def test_what_may_not_be_asked_any_more_can_still_be_withdrawn(
    cast: Cast, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:  # C-03, B-08
    browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(category=Category.EMPLOYEE)
    monkeypatch.setattr("portvakt.server.web.me.consents.refusing_has_no_effect", lambda _activity: False)
    assert controls(browser.get(address(cast)).content.decode()) == [(address(cast, REMINDERS), "no")]
    browser.post(address(cast, REMINDERS), {"given": "no"})
    assert controls(browser.get(address(cast)).content.decode()) == []
    assert [row.given for row in kept(cast)] == [True, False]


def test_a_yes_ends_when_its_giver_turns_out_to_be_a_child(cast: Cast, client_of: ClientOf) -> None:  # C-07
    with acting("person_invitation", cast.organisation.pk):
        newcomer = make_account("Ny", "Ask")
        invite_person(newcomer.email, cast.resident.pk, by=cast.by)
    asked = asked_of("controller")[0]
    with acting("terms", account=newcomer.pk):
        say_as_account(asked.id, consent_digest(asked), "sv", given=True, by=newcomer)
    young = {"age": "young", "guardian_name": "Alva Ask", "guardian_email": "alva@example.org"}
    terms = {"digest": terms_on(timezone.localdate()).digest, "accept": "on", **young}
    assert client_of(newcomer).post("/terms/", terms).headers["Location"] == "/terms/waiting/"
    with acting("terms", account=newcomer.pk):
        assert newest_of(newcomer.pk, [asked.id])[asked.id].given is False


def test_an_account_says_yes_and_no_to_what_the_provider_asks(person: Account, browser: Client) -> None:
    asked = asked_of("controller")
    page = browser.get("/consents/").content.decode()
    assert controls(page) == [(f"/consents/{activity.id}/", "yes") for activity in asked]
    for activity in asked:
        browser.post(f"/consents/{activity.id}/", {"given": "yes", "digest": consent_digest(activity)})
        assert (f"/consents/{activity.id}/", "no") in controls(browser.get("/consents/").content.decode())
        browser.post(f"/consents/{activity.id}/", {"given": "no"})
    with acting("terms", account=person.pk):
        said = Consent.objects.filter(subject_id=person.pk).order_by("at").values_list("given", flat=True)
        assert list(said) == [True, False] * len(asked)


def test_nobody_sees_or_says_what_is_anothers(cast: Cast, browser: Client, client_of: ClientOf) -> None:
    browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    assert client_of(cast.accounts[Role.GUEST]).get(address(cast)).status_code == 404
    with acting("terms", cast.organisation.pk, person=cast.guest.pk, account=cast.admin.pk):
        assert not Consent.objects.exists()


def test_an_operator_writes_down_what_was_signed_on_paper(cast: Cast, client_of: ClientOf) -> None:
    operator = cast.accounts[Role.OPERATOR]
    client, at = client_of(operator), f"/o/{cast.organisation.slug}/persons/{cast.resident.pk}/consents/"
    page = client.get(at).content.decode()
    assert controls(page) == [(f"{at}{activity.id}/", "yes") for activity in asked_of("processor")]
    done = client.post(f"{at}{REMINDERS}/", {"given": "yes", "digest": digest()}, follow=True)
    assert "Written down." in done.content.decode()
    (row,) = kept(cast)
    assert (row.way, row.by_id, row.subject_id, row.language) == (Way.PAPER, operator.pk, cast.resident.pk, "sv")
    outsider = f"/o/{cast.organisation.slug}/persons/{cast.admin.pk}/consents/"
    assert client.post(f"{outsider}{REMINDERS}/", {"given": "yes", "digest": digest()}).status_code == 404


@pytest.mark.row("S16")
def test_the_file_has_every_field_that_the_profile_requires(cast: Cast, browser: Client) -> None:  # C-01
    browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    browser.post(address(cast, REMINDERS), {"given": "no"})
    answer = browser.get(address(cast, "file"))
    assert answer.headers["Content-Type"] == "application/ld+json"
    document = json.loads(answer.content)
    statuses = []
    for record in document["@graph"]:
        assert not missing(record)
        prefixes = set(re.findall(r'"([a-z0-9-]+):[A-Za-z]', json.dumps(record)))
        assert prefixes - {"urn", "https"} <= set(document["@context"])
        statuses += record["dpv:hasProcess"][0]["dpv:hasConsentStatus"][0]["@type"]
        assert record["dpv:hasDataSubject"]["dpv:hasIdentifier"] == f"urn:uuid:{cast.resident.pk}"
    assert statuses == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]


def test_a_record_that_lacks_a_field_is_found(cast: Cast, browser: Client) -> None:
    browser.post(address(cast, REMINDERS), {"given": "yes", "digest": digest()})
    whole = json.loads(browser.get(address(cast, "file")).content)["@graph"][0]
    for name in REQUIRED:
        assert missing({key: value for key, value in whole.items() if key != name})
    for name in REQUIRED_OF_PROCESS:
        process = {key: value for key, value in whole["dpv:hasProcess"][0].items() if key != name}
        assert missing(whole | {"dpv:hasProcess": [process]})


def missing(record: dict[str, object]) -> set[str]:
    """Return what a record lacks of what the profile requires."""
    lacking = REQUIRED - record.keys()
    if lacking:
        return lacking
    processes, entities = record["dpv:hasProcess"], record["dpv:hasEntity"]
    assert isinstance(processes, list)
    assert isinstance(entities, dict)
    lacking |= {"one process"} if len(processes) != 1 else REQUIRED_OF_PROCESS - processes[0].keys()
    for status in processes[0].get("dpv:hasConsentStatus", ()):
        lacking |= REQUIRED_OF_STATUS - status.keys()
    for entity in entities.values():
        lacking |= REQUIRED_OF_ENTITY - entity.keys()
    lacking |= {"dct:conformsTo"} if record["dct:conformsTo"] != PROFILE else set()
    lacking |= {"dct:creator"} if record["dct:creator"] not in entities else set()
    return lacking
