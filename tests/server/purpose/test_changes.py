from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from msgspec.structs import replace

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose.changes import DISADVANTAGES, WORDS, Change, What, changes, to_be_told
from portvakt.server.purpose.register import (
    LANGUAGES,
    Activity,
    Assessment,
    Data,
    Keeping,
    Recipient,
    Register,
    Texts,
    read_register,
)

SAID = Texts("Sagt.", "Said.")
AT_HOME = Recipient("post", "processor", SAID, SAID, "SE")
READ_NAMES = Data(Subject.HOLDER, (Kind.IDENTITY, Kind.CONTACT), ("read",))
LETTERS = Activity(
    id="letters",
    role="processor",
    legal_basis="contract",
    legal_basis_note=SAID,
    entry_points=("board",),
    scope="organisation",
    name=SAID,
    purpose=SAID,
    data=(READ_NAMES,),
    retention=(Keeping("event", days=14),),
    recipients=("post",),
)
ASSESSED = Assessment(date(2026, 1, 1), date(2027, 1, 1), SAID, SAID, SAID)
OLD = replace(read_register(settings.REGISTER), activities=(LETTERS,), recipients=(AT_HOME,))


def with_letters(**changed: Any) -> Register:
    return replace(OLD, activities=(replace(LETTERS, **changed),))


def of(new: Register) -> list[tuple[What, tuple[str, ...]]]:
    return [(change.what, change.names) for change in changes(OLD, new)]


def test_the_same_register_changes_nothing() -> None:
    assert changes(OLD, OLD) == []


# What is planted, and what must be found of it, and whether somebody must be told first.
CHANGED: dict[str, tuple[Register, list[tuple[What, tuple[str, ...]]]]] = {
    "a new subject": (
        with_letters(data=(READ_NAMES, Data(Subject.GUARDIAN, (Kind.CONTACT,), ("read",)))),
        [(What.NEW_SUBJECTS, ("contact",)), (What.REWORDED, ("data",))],
    ),
    "a new kind": (
        with_letters(data=(replace(READ_NAMES, kinds=(*READ_NAMES.kinds, Kind.PASSAGE)),)),
        [(What.NEW_KINDS, ("passage",))],
    ),
    "a new operation": (
        with_letters(data=(replace(READ_NAMES, operations=("read", "update")),)),
        [(What.NEW_OPERATIONS, ("contact", "update")), (What.NEW_OPERATIONS, ("identity", "update"))],
    ),
    "kept outside the platform too": (
        with_letters(data=(READ_NAMES, Data(Subject.HOLDER, (Kind.IDENTITY,), where=SAID))),
        [(What.NEW_OPERATIONS, ("identity", "outside")), (What.REWORDED, ("data",))],
    ),
    "a kind less": (
        with_letters(data=(replace(READ_NAMES, kinds=(Kind.IDENTITY,)),)),
        [(What.LESS_DATA, ("contact",))],
    ),
    "another purpose": (with_letters(purpose=Texts("Annat.", "Else.")), [(What.OTHER_PURPOSE, ())]),
    "another legal basis": (
        with_letters(legal_basis="legitimate_interest"),
        [(What.OTHER_BASIS, ("legitimate_interest",))],
    ),
    "another data controller": (with_letters(role="controller"), [(What.OTHER_ROLE, ("controller",))]),
    "a wider scope": (with_letters(scope="deployment"), [(What.WIDER_SCOPE, ("deployment",))]),
    "a narrower scope": (with_letters(scope="subject"), [(What.NARROWER_SCOPE, ("subject",))]),
    "only with leave": (with_letters(leave=True), [(What.NARROWER_SCOPE, ("organisation",))]),
    "a new recipient": (
        replace(
            with_letters(recipients=("post", "printer")), recipients=(AT_HOME, replace(AT_HOME, id="printer"))
        ),
        [(What.NEW_RECIPIENTS, ("printer",))],
    ),
    "a recipient less": (with_letters(recipients=()), [(What.FEWER_RECIPIENTS, ("post",))]),
    "a recipient that moves abroad": (
        replace(OLD, recipients=(replace(AT_HOME, country="US"),)),
        [(What.NEW_THIRD_COUNTRIES, ("US",))],
    ),
    "a recipient that is reached from abroad": (
        replace(OLD, recipients=(replace(AT_HOME, access_countries=("IN", "DE")),)),
        [(What.NEW_THIRD_COUNTRIES, ("IN",))],
    ),
    "a country that leaves the EEA": (
        replace(OLD, recipients=(AT_HOME,), law=replace(OLD.law, country="NO", eea=("NO",))),
        [(What.NEW_THIRD_COUNTRIES, ("SE",))],
    ),
    "kept longer": (with_letters(retention=(Keeping("event", days=15),)), [(What.KEPT_LONGER, ("contact", "identity"))]),
    "kept longer in months": (
        with_letters(retention=(Keeping("event", months=1),)),
        [(What.KEPT_LONGER, ("contact", "identity"))],
    ),
    "one kind kept longer": (
        with_letters(retention=(Keeping("event", days=14, kinds=(Kind.IDENTITY,)), Keeping("event", days=30, kinds=(Kind.CONTACT,)))),
        [(What.KEPT_LONGER, ("contact",))],
    ),
    "kept from another moment on": (
        with_letters(retention=(Keeping("end_of_relation", days=1),)),
        [(What.KEPT_LONGER, ("contact", "identity"))],
    ),
    "or longer": (
        with_letters(retention=(Keeping("event", days=14, or_longer=(Keeping("event", years=7),)),)),
        [(What.KEPT_LONGER, ("contact", "identity"))],
    ),
    "without any rule": (with_letters(retention=()), [(What.KEPT_LONGER, ("contact", "identity"))]),
    "as long as an organisation likes": (
        with_letters(retention=(Keeping("event", days=14, setting="entry_log_days"),)),
        [(What.KEPT_LONGER, ("contact", "identity"))],
    ),
    "kept shorter": (
        with_letters(retention=(Keeping("event", days=13),)),
        [(What.KEPT_SHORTER, ("contact", "identity"))],
    ),
    "not kept": (with_letters(retention=(Keeping("not_kept"),)), [(What.KEPT_SHORTER, ("contact", "identity"))]),
    "the same time by another law": (
        with_letters(retention=(Keeping("event", days=14, law=SAID),)),
        [(What.REWORDED, ("retention",))],
    ),
    "profiling": (with_letters(profiling=SAID), [(What.NEW_PROFILING, ())]),
    "an automated decision": (with_letters(automated_decision=SAID), [(What.NEW_AUTOMATED_DECISION, ())]),
    "other words": (
        with_letters(name=Texts("Brev", "Letters"), child=SAID, assessment=ASSESSED),
        [(What.REWORDED, ("assessment", "child", "name"))],
    ),
    "an end": (replace(OLD, activities=()), [(What.ENDED_ACTIVITY, ())]),
}  # fmt: skip


# N-05, P-04
@pytest.mark.parametrize("planted", CHANGED)
def test_a_change_is_found_and_whether_somebody_must_be_told_first(planted: str) -> None:
    new, expected = CHANGED[planted]
    assert of(new) == expected
    disadvantage = any(what in DISADVANTAGES for what, _ in expected)
    assert to_be_told(changes(OLD, new)) == (("letters",) if disadvantage else ())


@pytest.mark.parametrize(
    ("was", "now", "what", "told"),
    [
        ({"profiling": SAID}, {"profiling": Texts("Ny.", "New.")}, What.NEW_PROFILING, True),
        ({"profiling": SAID}, {"profiling": None}, What.NO_PROFILING, False),
        ({"automated_decision": SAID}, {"automated_decision": None}, What.NO_AUTOMATED_DECISION, False),
        ({"leave": True}, {"leave": False}, What.WIDER_SCOPE, True),
        ({"retention": (Keeping("not_kept"),)}, {"retention": (Keeping("event"),)}, What.KEPT_LONGER, True),
        ({"retention": ()}, {"retention": (Keeping("event", years=99),)}, What.KEPT_SHORTER, False),
    ],
)
def test_what_is_a_disadvantage_depends_on_what_was(
    was: dict[str, Any], now: dict[str, Any], what: What, *, told: bool
) -> None:
    found = changes(with_letters(**was), with_letters(**now))
    assert [(change.what, change.needs_notice) for change in found] == [(what, told)]


def test_a_recipient_that_comes_home_is_no_disadvantage() -> None:
    abroad = replace(OLD, recipients=(replace(AT_HOME, country="US"),))
    assert changes(abroad, OLD) == [Change("letters", What.FEWER_THIRD_COUNTRIES, needs_notice=False, names=("US",))]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ((READ_NAMES,), True),
        ((Data(Subject.HOLDER, (Kind.IDENTITY,), ("insert", "read")),), True),
        ((Data(Subject.HOLDER, (Kind.IDENTITY,), where=SAID),), True),
        # What nobody had before is told of when it is collected (Art. 13(1), 14(3)).
        ((Data(Subject.CONTACT, (Kind.ENQUIRY,), ("insert", "read")),), False),
        ((Data(Subject.HOLDER, (Kind.IDENTITY,), ("insert",)),), False),
        ((), False),
    ],
)
def test_a_new_activity_is_told_of_first_if_it_uses_what_is_held_already(data: tuple[Data, ...], *, told: bool) -> None:
    new = replace(OLD, activities=(LETTERS, replace(LETTERS, id="visits", data=data)))
    assert changes(OLD, new) == [Change("visits", What.NEW_ACTIVITY, needs_notice=told, after=SAID)]


def test_every_kind_of_change_is_proved_and_said_in_both_languages() -> None:
    proved = {what for _, expected in CHANGED.values() for what, _ in expected}
    elsewhere = {
        What.NEW_ACTIVITY, What.NO_PROFILING, What.NO_AUTOMATED_DECISION, What.FEWER_THIRD_COUNTRIES,
    }  # fmt: skip
    assert proved | elsewhere == set(What) == set(WORDS)
    said: Callable[[What, str], str] = lambda what, language: Change("x", what, needs_notice=False).words(language)  # noqa: E731
    for language in LANGUAGES:
        assert len({said(what, language) for what in What}) == len(What)
