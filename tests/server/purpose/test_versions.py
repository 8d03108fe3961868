import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from msgspec.structs import replace

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose import applying, catalogue, versions
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import Data, Recipient, Register, Texts, read_register
from portvakt.server.purpose.rights import Member
from portvakt.server.web.errors import sentence, status
from tests.cast import Cast, as_login

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAID = Texts("Sagt.", "Said.")
# What the door needs to know of people, widened to their names: to their disadvantage.
MORE = Data(Subject.HOLDER, (Kind.IDENTITY,), ("read",))


@pytest.fixture
def planted(owner: None, shared_cast: Cast) -> Iterator[Register]:
    """Give the register of the files, with persons there; undo whatever a test publishes."""
    with transaction.atomic():
        yield read_register(settings.REGISTER)
        transaction.set_rollback(True)
    versions.forget()


@pytest.fixture
def files(planted: Register, tmp_path: Path) -> Iterator[Path]:
    """Let the deployment read a copy of the register, which a test may change."""
    before, settings.REGISTER = settings.REGISTER, tmp_path / "register"
    shutil.copytree(before, settings.REGISTER)
    yield settings.REGISTER
    settings.REGISTER = before


def rewrite(folder: Path, activity: str, before: str, after: str) -> None:
    file = folder / "activities" / f"{activity}.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def changed(register: Register, purpose: str, **fields: object) -> Register:
    activities = tuple(replace(one, **fields) if one.id == purpose else one for one in register.activities)
    return replace(register, activities=activities)


def widened(register: Register, purpose: str = "entry") -> Register:
    return changed(register, purpose, data=(*register.activity(purpose).data, MORE))


def with_new(register: Register, purpose: str = "curiosity") -> Register:
    new = replace(register.activity("entry_log_review"), id=purpose, purpose=SAID)
    return replace(register, activities=(*register.activities, new))


def publish(register: Register, not_told: str = "") -> RegisterVersion:
    version = versions.publish(register, NOW, not_told)
    applying.apply()
    return version


def may_read(purpose: str, table: str, column: str) -> bool:
    return "read" in catalogue.enforced().get(purpose, {}).get((table, column), frozenset())


def test_the_first_version_is_in_force_at_once(planted: Register) -> None:
    RegisterVersion.objects.all().delete()
    versions.forget()
    with pytest.raises(versions.RegisterUnknown, match="no register has been published"):
        versions.in_force()
    version = publish(widened(planted))
    assert (version.number, version.held, version.in_force_at, version.granted_at) == (1, [], NOW, NOW)
    assert may_read("entry", "people_person", "first_name")


def test_the_same_register_is_not_published_again(planted: Register) -> None:
    assert publish(planted).number == publish(planted).number == 1


# N-05, P-04
def test_a_change_to_somebodys_disadvantage_is_held_in_the_database(planted: Register) -> None:
    version = publish(widened(planted))
    assert (version.number, version.held, version.in_force_at) == (2, ["entry"], None)
    assert versions.in_force().activity("entry") == planted.activity("entry")
    assert not may_read("entry", "people_person", "first_name")
    assert catalogue.differences() == (frozenset(), frozenset())


# N-05
def test_what_was_held_is_granted_after_people_have_been_told_and_not_before_the_rights_are_applied(
    planted: Register,
) -> None:
    publish(widened(planted))
    versions.release(2, NOW)
    versions.forget()
    # A process that starts now finds no difference, and goes by what it went by.
    assert catalogue.differences() == (frozenset(), frozenset())
    assert versions.in_force().activity("entry") == planted.activity("entry")
    version = publish(widened(planted))
    assert (version.number, version.in_force_at, version.granted_at) == (2, NOW, NOW)
    assert may_read("entry", "people_person", "first_name")
    assert catalogue.differences() == (frozenset(), frozenset())


def test_everything_that_is_not_held_is_in_force_at_once(planted: Register) -> None:
    less = changed(widened(planted), "entry_log_review", data=())
    publish(less)
    assert versions.in_force().activity("entry_log_review").data == ()
    assert not may_read("entry_log_review", "people_person", "first_name")
    assert may_read("access_administration", "people_person", "first_name")


def test_a_change_that_takes_away_waits_for_nobody(planted: Register) -> None:
    version = publish(changed(planted, "entry_log_review", data=()))
    assert (version.held, version.in_force_at, version.granted_at) == ([], NOW, NOW)


def test_a_new_activity_that_is_held_has_no_role_that_anybody_may_take(planted: Register) -> None:
    publish(with_new(planted))
    assert "curiosity" not in {activity.id for activity in versions.in_force().activities}
    assert versions.withheld() == {"curiosity"}
    taken = Member("portvakt_board", "purpose_curiosity")
    assert taken not in catalogue.held([])
    versions.release(2, NOW)
    publish(with_new(planted))
    assert versions.withheld() == frozenset()
    assert taken in catalogue.held([])


def test_an_activity_that_ends_is_gone_although_another_is_held(planted: Register) -> None:
    left = tuple(one for one in planted.activities if one.id != "entry_log_review")
    publish(widened(replace(planted, activities=left)))
    assert "entry_log_review" not in {activity.id for activity in versions.in_force().activities}
    assert Member("portvakt_board", "purpose_entry_log_review") not in catalogue.held([])


def test_a_newer_version_replaces_one_that_is_held(planted: Register) -> None:
    assert versions.waiting() is None
    publish(widened(planted))
    assert versions.waiting() == RegisterVersion.objects.get(pk=2)
    assert publish(widened(widened(planted), "entry_log")).held == ["entry", "entry_log"]
    # What it was to begin with needs nobody to be told of it.
    again = publish(planted)
    assert (again.number, again.held, again.in_force_at) == (4, [], NOW)
    assert versions.waiting() is None
    assert not may_read("entry", "people_person", "first_name")


def test_a_version_released_beneath_a_newer_one_is_granted_while_that_one_waits(planted: Register) -> None:
    publish(widened(planted))
    both = widened(widened(planted), "entry_log")
    publish(both)
    versions.release(2, NOW)
    version = publish(both)
    assert (version.number, version.held, version.in_force_at) == (3, ["entry_log"], None)
    assert may_read("entry", "people_person", "first_name")
    assert not may_read("entry_log", "people_person", "first_name")


def test_releasing_twice_keeps_the_first_moment(planted: Register) -> None:
    publish(widened(planted))
    versions.release(2, NOW)
    versions.release(2, datetime(2030, 1, 1, tzinfo=UTC))
    assert RegisterVersion.objects.get(pk=2).in_force_at == NOW


# N-04
def test_where_nobody_needs_to_be_told_the_reason_is_kept(planted: Register) -> None:
    version = publish(widened(planted), "a word was misspelt")
    assert (version.held, version.not_told, version.in_force_at) == ([], "a word was misspelt", NOW)
    assert may_read("entry", "people_person", "first_name")


def test_where_nobody_has_ever_been_nobody_is_waited_for(planted: Register) -> None:
    assert versions.anybody_there()
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        emptied = {name for (name,) in cursor.fetchall()} - {"django_migrations", "purpose_registerversion"}
        cursor.execute(f"truncate {', '.join(emptied)} cascade")
    assert not versions.anybody_there()
    assert publish(widened(planted)).held == []


def test_a_recipient_that_moves_abroad_stays_where_it_was_for_what_is_held(planted: Register) -> None:
    post = Recipient("post", "processor", SAID, SAID, "SE")
    before = changed(replace(planted, recipients=(post,)), "entry", recipients=("post",))
    publish(before, "for the test")
    publish(replace(before, recipients=(replace(post, country="US", name=Texts("Nytt", "New")),)))
    assert versions.withheld() == frozenset()
    assert versions.in_force().recipient("post") == post
    publish(replace(before, recipients=(replace(post, name=Texts("Nytt", "New")),)))
    assert versions.in_force().recipient("post").name.en == "New"


def test_a_recipient_that_is_gone_stays_for_what_is_held(planted: Register) -> None:
    post = Recipient("post", "processor", SAID, SAID, "SE")
    before = changed(replace(planted, recipients=(post,)), "entry", recipients=("post",))
    publish(before, "for the test")
    publish(changed(widened(replace(before, recipients=())), "entry", recipients=()))
    assert versions.in_force().activity("entry").recipients == ("post",)
    assert versions.in_force().recipient("post") == post


def test_a_version_of_another_release_says_so_and_can_be_replaced(planted: Register) -> None:
    RegisterVersion.objects.update(content=b'{"from": "another release"}', digest="0" * 64)
    versions.forget()
    with pytest.raises(versions.RegisterUnknown, match="written by another release"):
        versions.in_force()
    with pytest.raises(catalogue.RightsDiffer, match="written by another release"):
        catalogue.require_no_difference()
    with pytest.raises(versions.RegisterUnknown, match="--told REASON"):
        publish(planted)
    assert publish(planted, "told on paper").not_told == "told on paper"
    catalogue.require_no_difference()


def test_nothing_starts_on_a_register_that_was_not_published(files: Path) -> None:
    catalogue.require_no_difference()
    rewrite(files, "entry", "[name]", "[name] # a comment changes nothing")
    catalogue.require_no_difference()
    rewrite(files, "entry", '[purpose]\nsv = "', '[purpose]\nsv = "Nytt: ')
    with pytest.raises(catalogue.RightsDiffer, match="not published: the register in"):
        catalogue.require_no_difference()


def test_the_command_says_what_waits_and_goes_on_with_a_reason(files: Path) -> None:
    rewrite(files, "entry", '[purpose]\nsv = "', '[purpose]\nsv = "Nytt: ')
    said = StringIO()
    call_command("rights", "--apply", stdout=said)
    assert (
        "version 2 of the register is published; until people have been told, this stays as it was: entry"
        in said.getvalue()
    )
    call_command("rights", stdout=said)
    call_command("rights", "--apply", "--told", "only wording", stdout=said)
    assert "version 2 of the register is in force" in said.getvalue()
    assert versions.in_force().activity("entry").purpose.sv.startswith("Nytt: ")


def test_the_command_says_what_must_be_looked_at_again(files: Path) -> None:
    """B-03: and goes on, because a day that passes is no reason to stop."""
    rewrite(files, "entry", "made = 2026-11-22\nreview = 2027-11-01", "made = 2024-01-01\nreview = 2025-01-01")
    said = StringIO()
    call_command("rights", "--apply", "--told", "only a date", stdout=said)
    assert "look at it again: assessment of entry, due 2025-01-01" in said.getvalue()


def test_a_reason_without_a_change_is_refused(files: Path) -> None:
    with pytest.raises(CommandError, match="give it with --apply"):
        call_command("rights", "--told", "only wording")


@contextmanager
def committed(make: Callable[[Register], Register]) -> Iterator[None]:
    """Publish for real, for other connections to see; what is held needs no right. Take it back at the end."""
    with as_login("owner"):
        connection.settings_dict["USER"] = "postgres"
        versions.publish(make(read_register(settings.REGISTER)), NOW)
        connection.close()
    versions.forget()
    try:
        yield
    finally:
        with as_login("owner"):
            connection.settings_dict["USER"] = "postgres"
            RegisterVersion.objects.filter(number__gt=1).delete()
            connection.close()
        versions.forget()


# N-05
def test_a_purpose_that_is_held_is_refused_with_a_clear_sentence(shared_cast: Cast) -> None:
    with committed(with_new):
        with pytest.raises(Refused, match="purpose_held") as caught, acting("curiosity", shared_cast.organisation.pk):
            pass
        assert status(caught.value) == 423
        with translation.override("en"):
            assert sentence(caught.value).startswith("This begins when everybody")
        # Another purpose that does not exist is a mistake, not something to wait for.
        with pytest.raises(DatabaseError, match="does not exist"), acting("nosiness"):
            pass
        with acting("access_administration", shared_cast.organisation.pk):
            pass


def test_whoever_delivers_notices_may_say_that_everybody_was_told_and_nothing_else_of_a_version(
    shared_cast: Cast,
) -> None:
    with committed(with_new), as_login("jobs"):
        with pytest.raises(DatabaseError, match="permission denied"), acting("notice_delivery"):
            RegisterVersion.objects.filter(pk=2).update(held=[])
        with acting("notice_delivery"):
            versions.release(2, NOW)
            assert RegisterVersion.objects.get(pk=2).in_force_at == NOW


@pytest.mark.parametrize("entry_point", ["board", "live", "link", "jobs", "console"])
def test_every_process_can_read_which_register_is_in_force(entry_point: str) -> None:
    with committed(with_new), as_login(entry_point):
        assert versions.withheld() == {"curiosity"}
        with pytest.raises(DatabaseError, match="permission denied"):
            versions.release(2, NOW)
