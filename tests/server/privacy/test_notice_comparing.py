"""Are two versions of a notice compared as a person would tell it?"""

import msgspec
import pytest

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.notice.comparing import SectionChange, compare
from portvakt.server.privacy.notice.facts import Facts
from portvakt.server.privacy.notice.reading import read_back
from portvakt.server.privacy.notice.writing import render, write
from portvakt.server.purpose.register import Data, Keeping, Register
from tests.server.privacy.register_case import activity, both, organisation, replaced, whole


def differences(old: Register, new: Register, facts: Facts = Facts(), language: str = "en") -> dict[str, SectionChange]:  # noqa: B008 - a value
    before, after = (read_back(render(register, facts, language, "adult")) for register in (old, new))
    return {change.key: change for change in compare(before, after)}


@pytest.mark.parametrize("variant", ["adult", "child"])
@pytest.mark.parametrize("facts", [Facts(), organisation(entry_log_reason='Inbrott & "annat" <i>')])
def test_what_is_read_back_is_what_was_written(facts: Facts, variant: str) -> None:
    written = write(whole(), facts, "sv", variant)
    read = read_back(render(whole(), facts, "sv", variant))
    assert (read.language, read.title, read.lead) == (written.language, written.title, written.lead)
    assert [(one.key, one.heading, one.folded, one.strong) for one in read.sections] == [
        (one.key, one.heading, one.folded, one.strong) for one in written.sections
    ]
    assert [(part.label, part.lines) for one in read.sections for part in one.parts] == [
        (part.label, part.lines) for one in written.sections for part in one.parts
    ]


@pytest.mark.row("S34")
def test_the_same_has_no_differences() -> None:
    assert differences(whole(), whole()) == {}


@pytest.mark.row("S34")
def test_a_new_and_an_ended_activity_are_told_whole() -> None:
    more = msgspec.structs.replace(whole(), activities=(*whole().activities, activity("lottery")))
    found = differences(whole(), more)["activity-lottery"]
    assert (found.heading, found.fate) == ("lottery name in English", "new")
    assert found.items[0].lines == ((("new", "lottery purpose in English"),),)
    gone = differences(more, whole())["activity-lottery"]
    assert gone.fate == "removed"
    assert {run for item in gone.items for line in item.lines for run, _ in line} == {"removed"}


@pytest.mark.row("S34")
def test_changed_words_are_marked_and_the_rest_is_not() -> None:
    longer = replaced(whole(), "accounts", retention=(Keeping(anchor="event", days=15, setting="entry_log_days"),))
    change = differences(whole(), longer)["activity-accounts"]
    assert [(item.label, item.fate) for item in change.items] == [("How long", "changed")]
    runs = change.items[0].lines[0]
    assert ("removed", "14 ") in runs
    assert ("new", "15 ") in runs
    assert ("same", "days after ") in [(run, text[:11]) for run, text in runs]


@pytest.mark.row("S34")
def test_new_data_and_a_new_item_are_told_by_item() -> None:
    rows = (
        *whole().activity("accounts").data,
        Data(subject=Subject.CONTACT, kinds=(Kind.ORDER,), operations=("read",)),
    )
    changed = replaced(whole(), "accounts", data=rows, profiling=both("profiles"))
    found = {item.label: item for item in differences(whole(), changed)["activity-accounts"].items}
    assert found["Profiling"].fate == "new"
    assert [run for line in found["Which data"].lines for run, _ in line] == ["new"]
    assert "Orders" in found["Which data"].lines[0][0][1]
    back = {item.label: item for item in differences(changed, whole())["activity-accounts"].items}
    assert back["Profiling"].fate == "removed"


def test_a_wholly_rewritten_line_is_one_that_went_and_one_that_came() -> None:
    purpose = whole().activity("accounts").purpose
    other = msgspec.structs.replace(purpose, en="Something else entirely now")
    items = differences(whole(), replaced(whole(), "accounts", purpose=other))["activity-accounts"].items
    assert items[0].lines == ((("removed", purpose.en),), (("new", other.en),))


def test_an_organisations_own_facts_are_compared_too() -> None:
    before, after = (read_back(render(whole(), organisation(entry_log_days=days), "sv", "adult")) for days in (14, 30))
    assert {change.key for change in compare(before, after)} >= {"activity-entry_log", "how_long"}
