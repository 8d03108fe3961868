"""Is a model that says nothing, or the wrong thing, of personal data found before anything starts? Each rule on a planted model."""

from django.db import models
from django.test.utils import isolate_apps

from portvakt.core.privacy import Keep, Kind, NotPersonal, OnErase, Privacy, Subject, personal
from portvakt.server.people.models import Person
from portvakt.server.purpose import checks, declare

HOLDER = Privacy(Subject.HOLDER, Keep.with_owner(), OnErase.DELETE_ROW)


def codes(model: type[models.Model]) -> set[str]:
    return {code for code, _text in checks.model_mistakes(model)}


def test_every_model_of_the_product_is_sound() -> None:
    assert {model._meta.label: codes(model) for model in declare.tables() if codes(model)} == {}


@isolate_apps("portvakt.server.purpose")
def test_a_model_that_says_nothing_is_found() -> None:
    class Silent(models.Model):
        class Meta:
            app_label = "purpose"

    assert codes(Silent) == {"purpose.E002"}


@isolate_apps("portvakt.server.purpose")
def test_a_declaration_is_not_inherited_unread() -> None:
    class Said(models.Model):
        privacy = NotPersonal("a planted model")

        class Meta:
            app_label = "purpose"

    class Child(Said):
        class Meta:
            app_label = "purpose"

    assert codes(Said) == set()
    assert codes(Child) == {"purpose.E002"}


@isolate_apps("portvakt.server.purpose")
def test_not_personal_cannot_point_at_a_person_or_hold_a_marked_column() -> None:
    class Note(models.Model):
        privacy = NotPersonal("a planted model")
        person = models.ForeignKey(Person, models.CASCADE)

        class Meta:
            app_label = "purpose"

    class Card(models.Model):
        privacy = NotPersonal("a planted model")
        holder_name = personal(models.CharField(max_length=10), Kind.IDENTITY)

        class Meta:
            app_label = "purpose"

    assert codes(Note) == {"purpose.E003"}
    assert codes(Card) == {"purpose.E003"}


@isolate_apps("portvakt.server.purpose")
def test_every_open_column_is_marked_or_limited_by_choices() -> None:
    class Row(models.Model):
        privacy = HOLDER
        text = models.TextField()
        anything = models.JSONField()
        address = models.GenericIPAddressField()
        day = models.DateField()
        other = models.UUIDField()
        marked = personal(models.TextField(), Kind.IDENTITY)
        limited = models.CharField(max_length=1, choices=[("a", "A")])
        number = models.IntegerField()

        class Meta:
            app_label = "purpose"

    assert codes(Row) == {"purpose.E004"}
    assert set(declare.undeclared_columns(Row)) == {"text", "anything", "address", "day", "other"}


@isolate_apps("portvakt.server.purpose")
def test_a_retention_rule_needs_a_field_that_exists() -> None:
    class Row(models.Model):
        privacy = Privacy(Subject.HOLDER, Keep.after("left_at", days=1), OnErase.DELETE_ROW)

        class Meta:
            app_label = "purpose"

    assert codes(Row) == {"purpose.E005"}


@isolate_apps("portvakt.server.purpose")
def test_a_column_for_personal_identity_numbers_is_marked_as_such() -> None:
    """B-07: then an activity must say why they are needed."""

    class Row(models.Model):
        privacy = HOLDER
        personal_identity_number = personal(models.CharField(max_length=12), Kind.PERSONAL_IDENTITY_NUMBER)
        personnummer = personal(models.CharField(max_length=12), Kind.IDENTITY)
        pnr = personal(models.CharField(max_length=12), Kind.IDENTITY)
        day_of_birth = personal(models.DateField(), Kind.IDENTITY)
        opnr = personal(models.CharField(max_length=12), Kind.IDENTITY)

        class Meta:
            app_label = "purpose"

    class Building(models.Model):
        privacy = NotPersonal("a planted model")
        owner_ssn = models.CharField(max_length=12)

        class Meta:
            app_label = "purpose"

    found = [text.split()[0] for code, text in checks.model_mistakes(Row) if code == "purpose.E011"]
    assert found == ["purpose.Row.personnummer", "purpose.Row.pnr", "purpose.Row.day_of_birth"]
    assert codes(Building) == {"purpose.E011"}
