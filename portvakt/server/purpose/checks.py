"""Does every model say what personal data it holds, and does the register fit the models? Checked before anything starts."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import models

from portvakt.core.privacy import Kind, NotPersonal, Privacy, Subject
from portvakt.server.purpose import declare
from portvakt.server.purpose.kept import keeping_differences
from portvakt.server.purpose.register import Activity, RegisterError, read_register

# Words in a column's name that say it holds the number that the State gives a person, or most of it.
IDENTITY_NUMBER = re.compile(
    r"personnummer|samordning|personal_?identity|identity_?(number|no)\b|national_?id|civic|social_security|birth|"
    r"(^|_)(pnr|ssn|dob)(_|$)",
    re.IGNORECASE,
)


def declarations_and_register(**_: Any) -> list[CheckMessage]:
    """Return every mistake in the models' declarations, in the register and between the two."""
    found = [Error(text, id=code) for model in declare.tables() for code, text in model_mistakes(model)]
    try:
        activities = read_register(settings.REGISTER).activities
    except RegisterError as error:
        return [*found, *(Error(mistake, id="purpose.E001") for mistake in error.mistakes)]
    return [*found, *(Error(text, id=code) for code, text in register_mistakes(activities))]


def model_mistakes(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield (code, sentence) for each mistake in one model's declaration."""
    label, said = model._meta.label, declare.declaration(model)
    yield from _identity_number_mistakes(model)
    if said is None:
        yield (
            "purpose.E002",
            f"{label} says nothing of personal data; give it privacy = Privacy(...) or NotPersonal(...)",
        )
    elif isinstance(said, NotPersonal):
        for name in declare.points_at_person(model):
            yield "purpose.E003", f"{label} is declared NotPersonal but {name} points at a person"
        for column in (column for column, kind in declare.kinds(model).items() if kind):
            yield "purpose.E003", f"{label} is declared NotPersonal but its column {column} is personal"
    else:
        for column in declare.undeclared_columns(model):
            yield "purpose.E004", f"{label}.{column} may hold anything; mark it with personal() or limit it by choices"
        if said.keep.field and said.keep.field not in {field.name for field in model._meta.concrete_fields}:
            yield "purpose.E005", f"{label} is kept after {said.keep.field!r}, a field it does not have"
        if said.who and said.who not in declare.kinds(model):
            yield "purpose.E009", f"{label} is about whom its column {said.who!r} names, which it does not have"


def _identity_number_mistakes(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """B-07: a column for personal identity numbers is marked as such, so that an activity must say why they are needed."""
    for column, kind in declare.kinds(model).items():
        if IDENTITY_NUMBER.search(column) and kind is not Kind.PERSONAL_IDENTITY_NUMBER:
            text = f"{model._meta.label}.{column} sounds like a personal identity number or a day of birth"
            yield "purpose.E011", f"{text}; mark it with personal(..., Kind.PERSONAL_IDENTITY_NUMBER), or rename it"


def held() -> set[tuple[Subject, Kind]]:
    """Return every (subject, kind) that some model holds."""
    return {
        (said.subject, kind)
        for model in declare.tables()
        if isinstance(said := declare.declaration(model), Privacy)
        for kind in declare.kinds(model).values()
        if kind
    }


def register_mistakes(activities: tuple[Activity, ...]) -> Iterator[tuple[str, str]]:
    """Yield (code, sentence) for each mistake between the register and the models."""
    asked = {
        (row.subject, kind): activity.id
        for activity in activities
        for row in activity.data
        for kind in row.kinds
        if row.where is None
    }
    for subject, kind in sorted(set(asked) - held()):
        yield "purpose.E006", f"{asked[subject, kind]}.toml asks for {kind} of {subject}, which no model holds"
    for subject, kind in sorted(held() - set(asked)):
        yield (
            "purpose.E007",
            f"no activity needs {kind} of {subject}: remove the column or say in the register what for",
        )
    labels = {model._meta.label for model in declare.tables()} | {model._meta.app_label for model in declare.tables()}
    for activity in activities:
        for label in sorted(set(activity.manages) - labels):
            yield "purpose.E008", f"{activity.id}.toml manages {label}, which does not exist"
    yield from (("purpose.E010", text) for text in keeping_differences(activities))
