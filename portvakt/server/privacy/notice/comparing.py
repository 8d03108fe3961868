"""What differs between two versions of a notice, as a person would tell it: which section, which item, which words?"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from portvakt.server.privacy.notice.document import Document, Part, Section

Fate = Literal["new", "removed", "changed"]
Words = tuple[tuple[Literal["same", "new", "removed"], str], ...]
# Below this likeness two lines are told as one that went and one that came; marks on every other word help nobody.
ALIKE = 0.5


class ItemChange(msgspec.Struct, frozen=True):
    """One item of a section: its lines as runs of words that stayed, came or went."""

    label: str
    fate: Fate
    lines: tuple[Words, ...]


class SectionChange(msgspec.Struct, frozen=True):
    """One section, and which of its items differ."""

    key: str
    heading: str
    fate: Fate
    items: tuple[ItemChange, ...]


def compare(old: Document, new: Document) -> list[SectionChange]:
    """Return what differs, in the order of the newer version; what is gone comes last. Empty where both say the same."""
    was = {section.key: section for section in old.sections}
    now = {section.key for section in new.sections}
    found = [_section(was.get(section.key), section) for section in new.sections if section != was.get(section.key)]
    gone = [_whole(section, "removed") for key, section in was.items() if key not in now]
    return [change for change in found if change.items or change.fate != "changed"] + gone


def _section(old: Section | None, new: Section) -> SectionChange:
    if old is None:
        return _whole(new, "new")
    return SectionChange(new.key, new.heading, "changed", tuple(_items(old, new)))


def _whole(section: Section, fate: Fate) -> SectionChange:
    return SectionChange(section.key, section.heading, fate, tuple(_all_of(part, fate) for part in section.parts))


def _all_of(part: Part, fate: Fate) -> ItemChange:
    run: Literal["new", "removed"] = "removed" if fate == "removed" else "new"
    return ItemChange(part.label, fate, tuple(((run, line),) for line in part.lines))


def _items(old: Section, new: Section) -> Iterator[ItemChange]:
    was = {part.key: part for part in old.parts}
    for part in new.parts:
        before = was.pop(part.key, None)
        if before is None:
            yield _all_of(part, "new")
        elif before.lines != part.lines:
            yield ItemChange(part.label, "changed", tuple(_lines(before.lines, part.lines)))
    for part in was.values():
        yield _all_of(part, "removed")


def _lines(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Words]:
    """Yield the lines that differ; those that stayed are left out."""
    for what, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        before, after = list(old[i:j]), list(new[k:m])
        while before and after and _alike(before[0], after[0]):
            yield _words(before.pop(0), after.pop(0))
        yield from ((("removed", line),) for line in before)
        yield from ((("new", line),) for line in after)


def _split(line: str) -> list[str]:
    return re.findall(r"\S+\s*", line)


def _alike(old: str, new: str) -> bool:
    return SequenceMatcher(a=_split(old), b=_split(new), autojunk=False).ratio() >= ALIKE


def _words(old: str, new: str) -> Words:
    before, after = _split(old), _split(new)
    runs: list[tuple[Literal["same", "new", "removed"], str]] = []
    for what, i, j, k, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what == "equal":
            runs.append(("same", "".join(before[i:j])))
            continue
        if i < j:
            runs.append(("removed", "".join(before[i:j])))
        if k < m:
            runs.append(("new", "".join(after[k:m])))
    return tuple(runs)
