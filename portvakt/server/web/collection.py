"""What is whoever fills in a form told about it, where the data is collected (Art. 13, 14)? Drawn from the register, for every form alike.

Purpose and legal basis, who is data controller, who else gets the data, what must be filled in, and what happens to whoever does not.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from django import forms

from portvakt.core.privacy import Kind, Privacy, Subject
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.basis import basis_of
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.privacy.words import BASES
from portvakt.server.purpose import catalogue, declare
from portvakt.server.purpose.register import Activity, Data
from portvakt.server.web.forms import Collecting

# The sign-in library's forms say nothing themselves: all are for signing in, and these are the kinds of their fields.
LIBRARY, LIBRARY_ACTIVITY = "allauth.", "account_sign_in"
LIBRARY_KINDS: Mapping[str, Kind] = {
    "code": Kind.SECRET,
    "credential": Kind.SECRET,
    "email": Kind.CONTACT,
    "login": Kind.CONTACT,
    "name": Kind.TECHNICAL,
    "oldpassword": Kind.SECRET,
    "password": Kind.SECRET,
    "password1": Kind.SECRET,
    "password2": Kind.SECRET,
}
# Choices that say nothing about anybody.
LIBRARY_PLAIN = frozenset({"passwordless", "remember"})

Taken = tuple[Subject, Kind]


class Asked(msgspec.Struct, frozen=True):
    """Fields that share their fate: their labels, and what happens to whoever leaves them empty; nothing where nothing is said."""

    labels: tuple[str, ...]
    consequence: str


class Point(msgspec.Struct, frozen=True):
    """A point of collection as it is told; `notice` is the address of the whole notice."""

    name: str
    purpose: str
    basis: str
    data_controller: str
    recipients: tuple[str, ...]
    required: tuple[Asked, ...]
    voluntary: tuple[Asked, ...]
    notice: str


def activity_of(form: type[forms.BaseForm]) -> str | None:
    """Return the activity that a kind of form collects for, or None. Raises AttributeError for one that does not say."""
    if form.__module__.startswith(LIBRARY):
        return LIBRARY_ACTIVITY
    return form.collects  # type: ignore[attr-defined, no-any-return]


def taken(form: type[forms.BaseForm]) -> dict[str, Taken]:
    """Return the fields of a kind of form that take personal data: about whom, and of which kind."""
    if form.__module__.startswith(LIBRARY):
        return {name: (Subject.ACCOUNT_HOLDER, kind) for name, kind in LIBRARY_KINDS.items()}
    found = dict(_of_model(form))
    if issubclass(form, Collecting):
        for base in reversed(form.__mro__):
            takes: Mapping[str, Kind] = base.__dict__.get("takes", {})
            found |= {name: (base.about, kind) for name, kind in takes.items()}  # type: ignore[attr-defined]
    return found


def _of_model(form: type[forms.BaseForm]) -> Iterator[tuple[str, Taken]]:
    model = getattr(getattr(form, "_meta", None), "model", None)
    said = None if model is None else declare.declaration(model)
    if model is None or not isinstance(said, Privacy):
        return
    kinds = declare.kinds(model)
    for name in form.base_fields:  # type: ignore[attr-defined]
        column = next((column for column, field in declare.columns(model) if field.name == name), None)
        if column is not None and (kind := kinds[column]) is not None:
            yield name, (said.subject, kind)


def point(form: forms.BaseForm, organisation: Organisation | None, language: str) -> Point | None:
    """Return what to tell beside a form; None where it collects nothing."""
    if (purpose := activity_of(type(form))) is None:
        return None
    activity, kinds = catalogue.in_force().activity(purpose), taken(type(form))
    asked = [(field, kinds[field.name]) for field in form.visible_fields() if field.name in kinds]
    groups = {
        required: tuple(_asked(activity, [one for one in asked if one[0].field.required is required], language))
        for required in (True, False)
    }
    return _point(activity, organisation, language, groups[True], groups[False])


def point_of(purpose: str, organisation: Organisation | None, language: str) -> Point:
    """Return what to tell where an activity collects without a form of fields, such as at a button."""
    return _point(catalogue.in_force().activity(purpose), organisation, language, (), ())


def _point(
    activity: Activity,
    organisation: Organisation | None,
    language: str,
    required: tuple[Asked, ...],
    voluntary: tuple[Asked, ...],
) -> Point:
    own = organisation if activity.role == "processor" else None
    basis, note = basis_of(activity, public_authority=own is not None and own.public_authority)
    return Point(
        name=activity.name.within(language),
        purpose=activity.purpose.within(language),
        basis=f"{BASES[basis].within(language)}. {note.within(language)}",
        data_controller=own.legal_name or own.name if own else catalogue.in_force().provider.contact.name,
        recipients=tuple(_recipients(activity, own, language)),
        required=required,
        voluntary=voluntary,
        notice=f"/privacy/{own.slug}/" if own else "/privacy/",
    )


def _recipients(activity: Activity, organisation: Organisation | None, language: str) -> Iterator[str]:
    """Yield who gets the data, the organisation's own recipients after the register's."""
    register = catalogue.in_force()
    yield from (register.recipient(name).name.within(language) for name in activity.recipients)
    if organisation is not None:
        if activity.role == "processor":
            yield register.provider.contact.name
        yield from (name for name, purposes in _own_recipients(organisation) if activity.id in purposes)


def _own_recipients(organisation: Organisation) -> list[tuple[str, list[str]]]:
    """Return the names and purposes of an organisation's recipients; asked for once a page, however many forms it has."""
    kept: dict[str, list[tuple[str, list[str]]]] = vars(organisation)
    if "own_recipients" not in kept:
        rows = OwnRecipient.objects.filter(organisation=organisation, ended_at=None).order_by("name")
        kept["own_recipients"] = list(rows.values_list("name", "purposes"))
    return kept["own_recipients"]


def _asked(activity: Activity, fields: Iterable[tuple[forms.BoundField, Taken]], language: str) -> Iterator[Asked]:
    """Yield fields with what is said of their kinds, those of one row of the register together.

    Where a kind is needed, but this form takes less of it (a name without a surname), leaving the field empty has no such consequence.
    """
    labels: dict[str, list[str]] = {}
    for field, (subject, kind) in fields:
        row = row_of(activity, subject, kind)
        told = row.consequence if row and (field.field.required or row.required == "voluntary") else None
        said = told.within(language) if told else ""
        labels.setdefault(said, []).append(str(field.label))
    for consequence, together in labels.items():
        yield Asked(tuple(together), consequence)


def row_of(activity: Activity, subject: Subject, kind: Kind) -> Data | None:
    """Return the row of an activity by which it takes in a kind of data about a subject, or None."""
    rows = [row for row in activity.data if row.subject == subject and kind in row.kinds]
    return next((row for row in rows if {"insert", "update"} & set(row.operations)), None)
