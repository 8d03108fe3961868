"""Is a record of processing everything that Art. 30 asks for, and exactly what the database enforces?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portvakt.core.privacy import Kind, Subject
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.privacy.notice.activities import basis_of as notice_basis
from portvakt.server.privacy.notice.facts import organisation_facts
from portvakt.server.privacy.record import build
from portvakt.server.privacy.record.complete import complete, differences, missing
from portvakt.server.privacy.record.model import Record
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.register import Recipient, Safeguard, Texts
from tests.cast import Cast, as_login

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def ground() -> build.Ground:
    with acting("register_review"):
        return build.ground(DAY)


@pytest.fixture
def extra_right(owner: None) -> Iterator[None]:
    """Somebody gives the purpose that writes the log the names of those who pass."""
    with connection.cursor() as cursor:
        cursor.execute("grant select (first_name) on people_person to purpose_entry_log")
    yield
    with connection.cursor() as cursor:
        cursor.execute("revoke select (first_name) on people_person from purpose_entry_log")


def changed(ground: build.Ground, **of_provider: object) -> build.Ground:
    provider = msgspec.structs.replace(ground.register.provider, **of_provider)
    return msgspec.structs.replace(ground, register=msgspec.structs.replace(ground.register, provider=provider))


def records(ground: build.Ground, organisation: Organisation) -> list[Record]:
    return [
        build.as_controller(ground),
        build.as_processor(ground, [organisation]),
        build.of_organisation(ground, organisation, []),
    ]


def test_r05_the_record_is_exactly_what_the_database_grants(ground: build.Ground, shared_cast: Cast) -> None:
    for record in records(ground, shared_cast.organisation):
        assert differences(record) == []
    items = [item for entry in build.as_processor(ground, []).entries for item in entry.items]
    assert any(item.granted for item in items)


@pytest.mark.usefixtures("extra_right")
def test_r05_a_right_too_many_stands_in_the_record() -> None:
    [found] = differences(build.as_processor(build.ground(DAY), []))
    assert found.said("en") == "entry_log: Name (Whoever passes): the register says –, the database gives read"
    assert found.said("sv") == "entry_log: Namn (Den som passerar): registret säger –, databasen ger läsa"


def test_r05_a_right_that_no_activity_has_stands_in_the_record(owner: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("grant select (email) on people_person to portvakt_live")
        try:
            found = differences(build.as_controller(build.ground(DAY)))
        finally:
            cursor.execute("revoke select (email) on people_person from portvakt_live")
    assert [one.said("en") for one in found] == ["no activity of the register: portvakt_live: read contact of holder"]


def test_r01_the_provider_and_its_officer_are_named(ground: build.Ground) -> None:
    record = build.as_controller(ground)
    provider = ground.register.provider
    controller, officer = record.party("data_controller"), record.party("data_protection_officer")
    assert record.paragraph == "30(1)"
    assert controller is not None
    assert (controller.name, controller.address) == (provider.contact.name, provider.contact.address)
    assert controller.number == provider.organisation_number
    assert officer is not None
    assert officer.email == provider.dpo.email


def test_r01_the_reference_register_lacks_nothing(ground: build.Ground) -> None:
    record = build.as_controller(ground)
    assert [field.said("en") for field in missing(record)] == []
    there, asked = complete(record)
    assert there == asked > len(record.entries) * 3


def test_r02_the_record_as_processor_names_each_data_controller(ground: build.Ground, shared_cast: Cast) -> None:
    record = build.as_processor(ground, [shared_cast.organisation])
    controllers = [party.name for party in record.parties if party.role == "data_controller"]
    assert record.paragraph == "30(2)"
    assert controllers == [shared_cast.organisation.name]
    assert record.party("data_processor") == msgspec.structs.replace(
        build.as_controller(ground).parties[0], role="data_processor"
    )
    assert {entry.id for entry in record.entries} == {
        activity.id for activity in ground.register.activities if activity.role == "processor" and activity.data
    }


def test_r01_what_is_missing_is_said(ground: build.Ground) -> None:
    record = build.as_controller(changed(ground, security=None))
    assert [field.said("en") for field in missing(record)] == ["the record: (g) security"]
    first = record.entries[0]
    without = msgspec.structs.replace(record, entries=(msgspec.structs.replace(first, items=(), limits=()),))
    assert f"{first.id}: (c) data subjects and kinds of data" in [field.said("en") for field in missing(without)]
    kept = msgspec.structs.replace(record, entries=(msgspec.structs.replace(first, limits=()),))
    assert {field.letter for field in missing(kept)} == {"f", "g"}


def test_x01_a_transfer_without_a_safeguard_is_missing_one(ground: build.Ground) -> None:
    abroad = Recipient(
        id="abroad", category="processor", name=Texts("Utomlands", "Abroad"), what_for=Texts("x", "x"), country="SE",
        access_countries=("US",),
    )  # fmt: skip
    activity = msgspec.structs.replace(ground.register.activities[0], recipients=("abroad",), role="controller")
    register = msgspec.structs.replace(ground.register, recipients=(abroad,), activities=(activity,))
    record = build.as_controller(msgspec.structs.replace(ground, register=register))
    assert [(one.country, one.mechanism) for one in record.entries[0].transfers] == [("US", "none")]
    assert "e" in {field.letter for field in missing(record)}
    safe = msgspec.structs.replace(abroad, safeguard=Safeguard("scc", "2021/914 module 2", DAY))
    register = msgspec.structs.replace(register, recipients=(safe,))
    assert "e" not in {
        field.letter for field in missing(build.as_controller(msgspec.structs.replace(ground, register=register)))
    }


def test_an_organisations_record_has_its_own_recipients_and_retention(ground: build.Ground, cast: Cast) -> None:
    organisation = cast.organisation
    organisation.entry_log_days, organisation.dpo_contact = 21, "dataskydd@bjorkgarden.example"
    guards = OwnRecipient(
        organisation=organisation, name="Vaktbolaget", category="processor", what_for="Rondering",
        purposes=["entry_log"], country="NO", agreement_signed=DAY,
    )  # fmt: skip
    gone = OwnRecipient(
        organisation=organisation, name="Förr", category="processor", what_for="x", purposes=["entry_log"],
        country="SE", ended_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    record = build.of_organisation(ground, organisation, [guards, gone])
    entry = next(one for one in record.entries if one.id == "entry_log")
    assert [one.name.sv for one in entry.recipients[:1]] == [ground.register.provider.contact.name]
    assert [one.name.sv for one in entry.recipients if one.agreement] == ["Vaktbolaget"]
    assert "Förr" not in [one.name.sv for one in entry.recipients]
    assert any("21 dagar" in limit.text.sv for limit in entry.limits)
    assert record.party("data_protection_officer") is not None


def test_an_authoritys_record_names_the_basis_that_its_notice_names(ground: build.Ground, cast: Cast) -> None:  # B-04
    organisation = cast.organisation
    organisation.public_authority = True
    record = build.of_organisation(ground, organisation, [])
    bases = {entry.id: entry.legal_basis for entry in record.entries}
    assert bases["entry_log"] == "public_task"
    assert bases["expiry_reminders"] == "consent"
    assert "legitimate_interest" not in bases.values()
    assert "intresse av" not in " ".join(entry.legal_basis_note.sv for entry in record.entries)
    register = ground.register
    facts = organisation_facts(organisation, [], register.provider)
    told = {one.id: notice_basis(one, facts) for one in register.activities if one.id in bases}
    assert told == bases


def test_the_digest_is_of_what_is_said_and_not_of_the_day(ground: build.Ground) -> None:
    today, tomorrow = (
        build.as_controller(ground),
        build.as_controller(msgspec.structs.replace(ground, on=date(2026, 3, 2))),
    )
    assert today.digest == tomorrow.digest
    assert today.digest != build.as_controller(changed(ground, platform="Another")).digest
    assert today.register_digest == build.register_digest(catalogue.in_force())


def test_what_is_done_outside_the_platform_has_no_rights_there(ground: build.Ground) -> None:
    outside = [entry for entry in build.as_controller(ground).entries if entry.outside]
    assert outside
    assert all(item.where and not item.granted for entry in outside for item in entry.items)


def test_every_item_says_where_its_data_comes_from(ground: build.Ground) -> None:
    item = next(
        item for entry in build.as_processor(ground, []).entries if entry.id == "entry_log" for item in entry.items
        if (item.subject, item.kind) == (Subject.HOLDER, Kind.PASSAGE)
    )  # fmt: skip
    assert item.sources
    assert "insert" in item.operations


@pytest.mark.parametrize("form", ["pdf", "csv", "json", "dpv", "fides"])
def test_r03_one_command_writes_it(tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with as_login("console"):
        call_command("record", format=form, folder=tmp_path, language="en")
    [file] = tmp_path.iterdir()
    assert file.name.startswith("record-30-1-")
    assert file.stat().st_size > 1000
    assert str(file) in capsys.readouterr().out


def test_r03_the_command_knows_whose_record(tmp_path: Path, shared_cast: Cast) -> None:
    with as_login("console"):
        for role in ("controller", "processor"):
            call_command(
                "record", role=role, organisation=shared_cast.organisation.slug, format="json", folder=tmp_path
            )
        with pytest.raises(CommandError, match="no organisation has the address nowhere"):
            call_command("record", organisation="nowhere", folder=tmp_path)
    texts = [file.read_text(encoding="utf-8") for file in tmp_path.iterdir()]
    assert len(texts) == 2
    assert all(shared_cast.organisation.name in text for text in texts)


def test_r03_the_check_fails_on_a_right_too_many(extra_right: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match="entry_log: Name"):
        call_command("record", role="processor", check=True, language="en")


def test_r03_a_folder_that_cannot_be_written_is_answered() -> None:
    with as_login("console"), pytest.raises(CommandError, match="No such file"):
        call_command("record", format="json", folder=Path("/nonexistent"))
