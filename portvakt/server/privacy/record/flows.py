"""Where does data flow? From those whom it is about, through the activities that need it, to where it is kept and to whom it goes.

Drawn from the register alone; flow_svg.py makes a picture of it.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from portvakt.server.privacy.words import KINDS, RECIPIENT_CATEGORIES, SUBJECTS, country
from portvakt.server.purpose.register import Activity, Basis, Recipient, Register, Texts

Column = Literal["subject", "controller", "processor", "store", "recipient"]
DATABASE = Texts("Plattformens databas", "The platform's database")
AT_THE_DOOR = Texts("Undercentralerna vid dörrarna", "The controllers at the doors")
OUTSIDE_EEA = Texts("utanför EES", "outside the EEA")
# The point of Article 6(1) that each legal basis is.
POINTS: dict[Basis, str] = {
    "consent": "a",
    "contract": "b",
    "legal_obligation": "c",
    "vital_interest": "d",
    "public_task": "e",
    "legitimate_interest": "f",
}


class Box(msgspec.Struct, frozen=True):
    """Something that data comes from, passes or ends in; `note` is said smaller, `title` when asked for. `abroad` is outside the EEA."""

    id: str
    column: Column
    name: str
    note: str = ""
    title: str = ""
    abroad: bool = False


class Flows(msgspec.Struct, frozen=True):
    """All boxes, and between which of them data flows, by their ids; each flow starts or ends in an activity."""

    boxes: tuple[Box, ...]
    edges: tuple[tuple[str, str], ...]

    def column(self, *columns: Column) -> list[Box]:
        """Return the boxes of some columns."""
        return [box for box in self.boxes if box.column in columns]

    def beside(self, box: Box, *columns: Column) -> list[Box]:
        """Return the boxes of some columns that data flows to or from."""
        near = {one for edge in self.edges if box.id in edge for one in edge}
        return [one for one in self.column(*columns) if one.id in near]


def flows(register: Register, language: str, role: str = "", activity: str = "") -> Flows:
    """Return the flows of all activities, of those of one role, or of one."""
    chosen = [
        one for one in register.activities if one.data and role in {"", one.role} and activity in {"", one.id}
    ]  # fmt: skip
    boxes = [*_subjects(chosen, language), *(_activity(one, language) for one in chosen)]
    boxes += [*_stores(chosen, language), *_recipients(register, chosen, language)]
    edges = dict.fromkeys(edge for one in chosen for edge in _edges(one, language))
    return Flows(tuple(boxes), tuple(edges))


def _subjects(chosen: Iterable[Activity], language: str) -> list[Box]:
    subjects = sorted({row.subject for one in chosen for row in one.data})
    words = {subject: SUBJECTS[subject] for subject in subjects}
    return [
        Box(f"subject-{subject}", "subject", word.name.within(language), word.covers.within(language))
        for subject, word in words.items()
    ]


def _activity(one: Activity, language: str) -> Box:
    kinds = sorted({KINDS[kind].name.within(language) for row in one.data for kind in row.kinds})
    title = f"{one.purpose.within(language)} ({', '.join(kinds)})"
    point = POINTS[one.legal_basis]
    note = Texts(f"6.1 {point}", f"6(1)({point})").within(language)
    return Box(f"activity-{one.id}", one.role, one.name.within(language), note, title)


def _places(one: Activity, language: str) -> list[str]:
    """Return where an activity keeps or uses data."""
    places = [row.where for row in one.data if row.where]
    if not one.outside:
        places += [DATABASE] * any(row.operations for row in one.data) + [AT_THE_DOOR] * ("link" in one.entry_points)
    return [place.within(language).rstrip(".") for place in dict.fromkeys(places)]


def _stores(chosen: Iterable[Activity], language: str) -> list[Box]:
    places = dict.fromkeys(place for one in chosen for place in _places(one, language))
    return [Box(_store_id(place), "store", place) for place in places]


def _store_id(place: str) -> str:
    return f"store-{''.join(letter if letter.isalnum() else '-' for letter in place.lower())}"


def _recipients(register: Register, chosen: Iterable[Activity], language: str) -> list[Box]:
    named = sorted({name for one in chosen for name in one.recipients})
    return [_recipient(register, register.recipient(name), language) for name in named]


def _recipient(register: Register, one: Recipient, language: str) -> Box:
    codes = dict.fromkeys((one.country, *one.access_countries))
    places = [
        country(code, language) + ("" if code in register.law.eea else f" ({OUTSIDE_EEA.within(language)})")
        for code in codes
    ]
    return Box(
        f"recipient-{one.id}",
        "recipient",
        one.name.within(language),
        f"{RECIPIENT_CATEGORIES[one.category].within(language)}, {', '.join(places)}",
        one.what_for.within(language),
        abroad=any(code not in register.law.eea for code in codes),
    )


def _edges(one: Activity, language: str) -> Iterable[tuple[str, str]]:
    here = f"activity-{one.id}"
    yield from ((f"subject-{row.subject}", here) for row in one.data)
    yield from ((here, _store_id(place)) for place in _places(one, language))
    yield from ((here, f"recipient-{name}") for name in one.recipients)
