from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from portvakt.server.purpose import applying, catalogue, rights
from portvakt.server.purpose.rights import ColumnRight, DatabaseRight, Key, Member, Policy, RowSecurity, SequenceRight

pytestmark = pytest.mark.usefixtures("owner")


@pytest.fixture(autouse=True)
def nothing_stays(owner: None) -> Iterator[None]:
    """Undo whatever a test plants."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.row("S22")
def test_the_database_gives_exactly_what_the_register_says() -> None:
    assert catalogue.differences() == (frozenset(), frozenset())
    catalogue.require_no_difference()


# Each planted change, and a right in which it must show.
PLANTED = {
    "grant select on people_person to purpose_entry": ColumnRight("purpose_entry", "people_person", "*", "SELECT"),
    "grant select (email) on people_person to purpose_entry": ColumnRight(
        "purpose_entry", "people_person", "email", "SELECT"
    ),
    "grant select (email) on people_person to public": ColumnRight("public", "people_person", "email", "SELECT"),
    "grant delete on people_person to portvakt_board": ColumnRight("portvakt_board", "people_person", "", "DELETE"),
    "revoke select (digest) on people_credential from purpose_entry": ColumnRight(
        "purpose_entry", "people_credential", "digest", "SELECT"
    ),
    "grant usage on sequence procrastinate_jobs_id_seq to portvakt_board": SequenceRight(
        "portvakt_board", "procrastinate_jobs_id_seq", "USAGE"
    ),
    "revoke usage on sequence procrastinate_jobs_id_seq from portvakt_jobs": SequenceRight(
        "portvakt_jobs", "procrastinate_jobs_id_seq", "USAGE"
    ),
    "grant update (content) on purpose_registerversion to purpose_notice_delivery": ColumnRight(
        "purpose_notice_delivery", "purpose_registerversion", "content", "UPDATE"
    ),
    "grant pg_read_all_data to portvakt_board": Member("portvakt_board", "pg_read_all_data"),
    "grant purpose_access_administration to portvakt_link": Member("portvakt_link", "purpose_access_administration"),
    "revoke purpose_entry from portvakt_link": Member("portvakt_link", "purpose_entry"),
    "alter table people_person no force row level security": RowSecurity("people_person"),
    "alter table people_person disable row level security": RowSecurity("people_person"),
    "alter table people_credential drop constraint people_credential_person_id_within": Key(
        "people_credential",
        "people_credential_person_id_within",
        "FOREIGN KEY (organisation_id, person_id) REFERENCES people_person(organisation_id, id) DEFERRABLE INITIALLY DEFERRED",
    ),
}


@pytest.mark.parametrize("statement", PLANTED)
def test_a_planted_difference_is_found_named_and_mended(statement: str) -> None:
    run(statement)
    missing, extra = catalogue.differences()
    assert missing | extra == {PLANTED[statement]}
    with pytest.raises(catalogue.RightsDiffer, match=r"portvakt rights --apply"):
        catalogue.require_no_difference()
    assert applying.apply() >= 1
    catalogue.require_no_difference()


@pytest.mark.parametrize(
    "statement",
    [
        "alter policy own_organisation on people_person using (true)",
        "alter policy own_organisation on people_person with check (true)",
        "alter policy own_organisation on people_person to public",
        "drop policy own_organisation on people_person",
        "create policy open on people_person for select to public using (true)",
    ],
)
def test_a_changed_policy_is_found_and_mended(statement: str) -> None:
    run(statement)
    missing, extra = catalogue.differences()
    assert missing | extra
    assert all(isinstance(right, Policy) and right.table == "people_person" for right in missing | extra)
    applying.apply()
    catalogue.require_no_difference()


@pytest.mark.parametrize("quality", ["superuser", "bypassrls", "inherit", "createrole", "createdb", "replication"])
def test_a_login_that_could_go_round_the_rights_is_found(quality: str) -> None:
    run(f"alter role portvakt_board {quality}")
    with pytest.raises(catalogue.RightsDiffer, match="portvakt_board"):
        catalogue.require_no_difference()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("alter table people_person owner to portvakt_board", "portvakt_board owns people_person"),
        ("grant create on schema public to public", "public may create in schema public"),
        ("grant create on schema public to portvakt_live", "portvakt_live may create in schema public"),
        (
            "create function peek() returns text language sql security definer as 'select current_user::text'",
            r"peek\(\) runs as its owner",
        ),
        (
            "create function peek() returns text language sql leakproof as 'select current_user::text'",
            r"peek\(\) counts as leakproof",
        ),
        (
            "create function peek() returns int language sql as 'select 1'; alter function peek() owner to portvakt_live",
            r"portvakt_live owns function peek\(\)",
        ),
        ("create view peek as select * from people_person", "view peek reads as its owner"),
        (
            "create view peek with (security_invoker=false) as select * from people_person",
            "view peek reads as its owner",
        ),
        (
            "create materialized view peek as select * from people_person",
            "materialised view peek knows no row-level security",
        ),
        (
            "create foreign data wrapper far; create server far foreign data wrapper far",
            "foreign server far",
        ),
        (
            (
                "create foreign data wrapper far; create server far foreign data wrapper far;"
                " create foreign table peek (name text) server far"
            ),
            "foreign table peek",
        ),
        (
            "create rule peek as on update to people_person do also delete from people_credential",
            "rule peek on people_person",
        ),
        ("create schema aside; grant usage on schema aside to public", "public may use schema aside"),
        ("create schema aside authorization portvakt_live", "portvakt_live owns schema aside"),
        ("select lo_create(0)", "1 large objects"),
        (
            "grant set on parameter session_replication_role to portvakt_jobs",
            "portvakt_jobs may set session_replication_role",
        ),
        (
            "alter default privileges in schema public grant select on tables to portvakt_board",
            "default privileges of postgres",
        ),
    ],
)
def test_a_way_round_the_rights_is_found(statement: str, said: str) -> None:
    run(statement)
    with pytest.raises(catalogue.RightsDiffer, match=said):
        catalogue.require_no_difference()


def test_a_view_that_reads_as_its_reader_is_no_way_round_but_nobody_is_granted_it() -> None:
    run("create view peek with (security_invoker=true) as select * from people_person")
    catalogue.require_no_difference()
    run("grant select on peek to purpose_entry")
    assert catalogue.differences()[1] == {ColumnRight("purpose_entry", "peek", "*", "SELECT")}


def test_temporary_tables_in_the_database_are_found_and_taken_away() -> None:
    run(f"grant temporary on database {connection.settings_dict['NAME']} to public")
    assert catalogue.differences() == (frozenset(), {DatabaseRight("public", "TEMPORARY")})
    applying.apply()
    catalogue.require_no_difference()


@pytest.mark.parametrize("made", ["(name text)", "(name text) partition by list (name)"])
def test_a_table_that_no_model_declares_is_found(made: str) -> None:
    run(f"create table secret_copy {made}")
    with pytest.raises(catalogue.RightsDiffer, match="secret_copy"):
        catalogue.require_no_difference()


def test_names_are_never_among_the_rights_of_the_door() -> None:
    granted = {right for right in rights.wanted(catalogue.activities()) if isinstance(right, ColumnRight)}
    of_the_door = {
        right.column for right in granted if right.role == "purpose_entry" and right.table.startswith("people_")
    }
    assert "digest" in of_the_door
    assert not of_the_door & {"first_name", "last_name", "email", "phone", "unit", "number", "label"}


def test_a_serving_process_must_not_be_connected_as_the_owner() -> None:
    settings.ENTRY_POINT = "board"
    with pytest.raises(catalogue.RightsDiffer, match="connected as postgres, but this process is portvakt_board"):
        catalogue.require_no_difference()


def test_whoever_manages_versions_of_the_register_may_only_say_that_people_were_told() -> None:
    may = catalogue.enforced()["notice_delivery"]
    of_versions = {column: may[table, column] for table, column in may if table == "purpose_registerversion"}
    assert of_versions.pop("in_force_at") == {"read", "update"}
    assert set(of_versions.values()) == {frozenset({"read"})}


#
def test_what_is_enforced_is_read_from_the_database_itself() -> None:
    run("grant delete on people_person to purpose_entry")
    assert catalogue.enforced()["entry"]["people_person", ""] == {"delete"}
    assert catalogue.enforced()["entry"]["people_credential", "digest"] == {"read"}
    assert ("people_person", "email") not in catalogue.enforced()["entry"]


def test_nothing_starts_on_a_bad_register(tmp_path: Path, settings_register: Callable[[Path], None]) -> None:
    (tmp_path / "entry.toml").write_text('id = "entry"')
    settings_register(tmp_path)
    with pytest.raises(catalogue.RightsDiffer, match="no activity"):
        catalogue.require_no_difference()


@pytest.fixture
def settings_register() -> Iterator[Callable[[Path], None]]:
    """Point the deployment at another register for one test."""
    before = settings.REGISTER

    def point(folder: Path) -> None:
        settings.REGISTER = folder

    yield point
    settings.REGISTER = before
