"""Which privacy declaration does a model have, and which of its columns are personal?

Our models carry `privacy` as an attribute and mark columns with `personal()`. Models of libraries cannot, so `declare()` says it for
them, beside the code that brings the library in.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db import models

from portvakt.core.privacy import Kind, NotPersonal, Privacy, kind_of

Declaration = Privacy | NotPersonal

_foreign: dict[str, tuple[Declaration, Mapping[str, Kind]]] = {}

# Columns of these types can hold anything about anyone; on a personal model each is marked or limited by choices.
OPEN_FIELDS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.GenericIPAddressField,
    models.DateField,
    models.UUIDField,
    models.BinaryField,
)


def declare(label: str, privacy: Declaration, kinds: Mapping[str, Kind] | None = None) -> None:
    """Declare a library's model, by its label "app.Model", and the kinds of its personal columns by field name."""
    _foreign[label] = (privacy, kinds or {})


def declaration(model: type[models.Model]) -> Declaration | None:
    """Return a model's declaration, or None where nobody made one."""
    if "privacy" in model.__dict__:
        return model.__dict__["privacy"]  # type: ignore[no-any-return]
    return _foreign.get(model._meta.label, (None, {}))[0]


def kinds(model: type[models.Model]) -> dict[str, Kind | None]:
    """Return the kind of each column of a model's table, by column name; None where it is not personal."""
    foreign = _foreign.get(model._meta.label, (None, {}))[1]
    return {column: kind_of(field) or foreign.get(field.name) for column, field in columns(model)}


def columns(model: type[models.Model]) -> list[tuple[str, "models.Field[Any, Any]"]]:
    """Return the columns of a model's table with their fields; concrete fields always have one."""
    return [(field.column, field) for field in model._meta.concrete_fields if field.column]


def tables() -> Iterator[type[models.Model]]:
    """Yield every model that has a table here, through-tables included."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            yield model


def undeclared_columns(model: type[models.Model]) -> list[str]:
    """Return the open columns of a personal model that are neither marked nor limited by choices."""
    marked = kinds(model)
    return [
        column
        for column, field in columns(model)
        if isinstance(field, OPEN_FIELDS) and not field.primary_key and marked[column] is None and not field.choices
    ]


def points_at_person(model: type[models.Model]) -> list[str]:
    """Return the foreign keys of a model that lead to a personal model."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and isinstance(declaration(field.related_model), Privacy)
    ]
