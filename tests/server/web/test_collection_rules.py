"""Does every form say what it collects and for which activity, and does the register allow that activity to take it in?

S32, S33. Whoever adds a form is made to think of it: it says `collects = "activity"`, with `takes` for what its model does not say, or
`collects = None` and why. That every page with such a form shows it is swept in test_collection.py.
"""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django import forms

from portvakt.core.privacy import Kind, Subject
from portvakt.server import web
from portvakt.server.accounts.models import Account
from portvakt.server.people.models import Person
from portvakt.server.purpose import catalogue
from portvakt.server.web.board.forms_people import NewPersonForm
from portvakt.server.web.collection import LIBRARY_KINDS, LIBRARY_PLAIN, activity_of, row_of, taken
from portvakt.server.web.forms import BoardForm, Collecting, FilterForm, Refusable

# What other forms are made of; none of them is on a page.
BASES = {BoardForm}
OURS = "portvakt."


def below(form: type[forms.BaseForm]) -> Iterator[type[forms.BaseForm]]:
    for one in form.__subclasses__():
        yield one
        yield from below(one)


def forms_of(package: str) -> list[type[forms.BaseForm]]:
    """Every kind of form that a package has, once all its modules are there."""
    for module in pkgutil.walk_packages(web.__path__, f"{web.__name__}."):
        importlib.import_module(module.name)
    found = {form for form in below(forms.BaseForm) if form.__module__.startswith(package)} - BASES
    return sorted(found, key=lambda form: f"{form.__module__}.{form.__qualname__}")


def mistakes(form: type[forms.BaseForm]) -> list[str]:
    """What a form gets wrong."""
    if not hasattr(form, "collects"):
        return ["says neither for which activity it collects personal data (collects) nor why it collects none"]
    kinds = taken(form)
    if form.collects is None:
        found = [f"{name} is personal data, but collects is None" for name in kinds]
        return found if getattr(form, "collects_nothing", "").strip() else [*found, "collects_nothing says no reason"]
    if form.collects not in {activity.id for activity in catalogue.in_force().activities}:
        return [f"collects names {form.collects}, which is no activity of the register"]
    activity = catalogue.in_force().activity(form.collects)
    found = [
        f"{name}: {form.collects} lists no {kind} of {subject} to insert or update"
        for name, (subject, kind) in kinds.items()
        if row_of(activity, subject, kind) is None
    ]
    return found if kinds else ["collects something, but no field says what (takes)"]


@pytest.mark.row("S32")
@pytest.mark.row("S33")
def test_every_form_says_what_it_collects_and_the_register_lists_it() -> None:
    wrong = {f"{form.__module__}.{form.__qualname__}": mistakes(form) for form in forms_of(OURS)}
    assert {name: said for name, said in wrong.items() if said} == {}


def test_every_field_of_the_sign_in_library_has_its_kind() -> None:
    shown = {
        name
        for form in forms_of("allauth.")
        for name, field in getattr(form, "base_fields", {}).items()
        if not isinstance(field.widget, forms.HiddenInput)
    }
    # No such way of signing up or in is served: no user names, and no links that carry them in a form.
    assert shown - {"username", "uidb36", "key"} <= LIBRARY_KINDS.keys() | LIBRARY_PLAIN
    activity = catalogue.in_force().activity("account_sign_in")
    assert [kind for kind in LIBRARY_KINDS.values() if row_of(activity, Subject.ACCOUNT_HOLDER, kind) is None] == []


class Silent(Refusable, forms.Form):
    """Says nothing."""

    name = forms.CharField()


class Hushed(BoardForm):
    """Collects nothing, for no reason."""

    collects = None


class Denying(Collecting, forms.ModelForm):  # type: ignore[type-arg]
    """Takes names, and says that it takes nothing."""

    collects = None
    collects_nothing = "it is only a name"

    class Meta:
        model = Person
        fields = ("first_name",)


class Unlisted(Collecting, forms.ModelForm):  # type: ignore[type-arg]
    """Takes names for an activity that needs none."""

    collects = "premises_administration"

    class Meta:
        model = Account
        fields = ("first_name", "language")


class Unknown(BoardForm):
    """Names an activity that nobody has."""

    collects = "curiosity"


class Vague(BoardForm):
    """Collects, but what?"""

    collects = "access_administration"


class Reading(BoardForm):
    """Takes in what its activity may only read."""

    collects = "own_data"
    takes = {"note": Kind.PASSAGE}


PLANTED = {
    Silent: "says neither",
    Hushed: "says no reason",
    Denying: "first_name is personal data",
    Unlisted: "first_name: premises_administration lists no identity of account_holder",
    Unknown: "no activity of the register",
    Vague: "no field says what",
    Reading: "note: own_data lists no passage of holder to insert or update",
}


@pytest.mark.parametrize("form", PLANTED)
def test_a_planted_form_is_found(form: type[forms.BaseForm]) -> None:
    assert any(PLANTED[form] in said for said in mistakes(form)), mistakes(form)


def test_what_a_form_adds_to_its_model_and_to_its_bases_counts() -> None:
    found = taken(NewPersonForm)
    assert found["first_name"] == (Subject.HOLDER, Kind.IDENTITY)
    assert found["pin"] == (Subject.HOLDER, Kind.CREDENTIAL_DIGEST)
    assert activity_of(FilterForm) is None
