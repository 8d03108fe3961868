"""Is every version of a notice kept as it was, made again from the register, held until everybody knows, and remembered who got it?"""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from portvakt.core.privacy import Subject
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.organisations.models import Organisation
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.notices import (
    Given,
    except_from_notice,
    hand_over,
    note_given,
    publish_notice,
    release_when_told,
)
from portvakt.server.privacy.models import NoticeReceipt, NoticeText, NoticeVersion, OwnRecipient, Way
from portvakt.server.privacy.notice.versions import digest, newest_register, wrong_texts
from portvakt.server.privacy.told import (
    due,
    held_notices,
    newest_notice,
    notice_in_force,
    owed,
    progress,
    untold_persons,
)
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.changes import changes, to_be_told
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import Texts, canonical, from_canonical
from tests.cast import Cast, as_login
from tests.server.privacy.register_case import replaced


def publish(cast: Cast) -> NoticeVersion | None:
    with acting("privacy_administration", cast.organisation.pk):
        return publish_notice(cast.organisation, by=cast.by)


def forget(notices: QuerySet[NoticeVersion]) -> None:
    """Take what was planted away, as the owner: `portvakt notice --check` of other tests looks at all there is."""
    for rows in (NoticeText, NoticeReceipt):
        rows.objects.filter(notice__in=notices).delete()
    notices.delete()


def given(cast: Cast, person: Person) -> Given:
    return Given(Subject.HOLDER, person.pk, person.language)


@pytest.mark.row("S34")
def test_a_notice_is_published_once_in_all_languages_and_variants(cast: Cast) -> None:  # N-06
    first = publish(cast)
    assert first is not None
    assert (first.number, first.in_force_at) == (1, first.published_at)
    assert publish(cast) is None
    with acting("notice_reading"):
        rows = NoticeText.objects.filter(notice=first)
        assert {(row.language, row.variant) for row in rows} == {
            ("sv", "adult"),
            ("sv", "child"),
            ("en", "adult"),
            ("en", "child"),
        }
        assert all(row.digest == digest(bytes(row.content)) for row in rows)
        assert all(cast.organisation.name.encode() in bytes(row.content) for row in rows)
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.filter(action="notice.published", organisation=cast.organisation).count() == 1


@pytest.mark.row("S34")
def test_what_an_organisation_changes_is_a_new_version_and_the_old_one_stays(cast: Cast) -> None:  # N-06
    first = publish(cast)
    cast.organisation.entry_log_days, cast.organisation.entry_log_reason = 30, "Upprepade inbrott"
    with acting("privacy_administration", cast.organisation.pk):
        cast.organisation.save()
    second = publish(cast)
    assert first is not None
    assert second is not None
    assert second.number == 2
    with acting("notice_reading"):
        assert newest_notice(cast.organisation.pk) == notice_in_force(cast.organisation.pk) == second
        old, new = (bytes(one.texts.get(language="sv", variant="adult").content).decode() for one in (first, second))
    assert "Upprepade inbrott" in new
    assert "Upprepade inbrott" not in old


def test_every_published_version_is_made_again_from_the_register(cast: Cast, provider: Cast) -> None:  # N-07
    publish(cast)
    with as_login("console"), acting("notice_publication"):
        publish_notice(None, by=provider.by)
        for notice in NoticeVersion.objects.select_related("organisation"):
            assert list(wrong_texts(notice)) == []


def test_a_planted_change_of_a_published_text_is_found(cast: Cast, owner: None) -> None:  # N-07
    with as_login("board"):
        notice = publish(cast)
    assert notice is not None
    row = NoticeText.objects.get(notice=notice, language="sv", variant="adult")
    NoticeText.objects.filter(pk=row.pk).update(
        content=bytes(row.content).replace(b"kostar ingenting", b"kostar 300 kr")
    )
    assert list(wrong_texts(notice)) == [
        f"version 1 of the notice of {cast.organisation.slug}, ('sv', 'adult'): the text does not have its checksum",
        f"version 1 of the notice of {cast.organisation.slug}, ('sv', 'adult'): the register gives another text",
    ]
    NoticeText.objects.filter(notice=notice, variant="child").delete()
    assert sum("there is no text" in line for line in wrong_texts(notice)) == 2
    forget(NoticeVersion.objects.filter(pk=notice.pk))


def test_a_notice_of_an_earlier_edition_is_held_against_its_checksums_alone(cast: Cast, owner: None) -> None:  # N-07
    with as_login("board"):
        notice = publish(cast)
    assert notice is not None
    notice.facts = {**notice.facts, "edition": 0}
    row = NoticeText.objects.get(notice=notice, language="en", variant="child")
    NoticeText.objects.filter(pk=row.pk).update(content=b"earlier form", digest=digest(b"earlier form"))
    assert list(wrong_texts(notice)) == []
    NoticeText.objects.filter(pk=row.pk).update(content=b"changed")
    assert [line.endswith("the text does not have its checksum") for line in wrong_texts(notice)] == [True]
    forget(NoticeVersion.objects.filter(pk=notice.pk))


def test_a_notice_with_a_hole_is_not_published(cast: Cast) -> None:  # N-01
    with acting("privacy_administration", cast.organisation.pk):
        register = from_canonical(bytes(newest_register().content))
        planted = replaced(register, "entry_log", objection=None)
        with pytest.raises(Refused) as refused:
            publish_notice(cast.organisation, by=cast.by, version=RegisterVersion(number=9, content=canonical(planted)))
        assert (refused.value.code, refused.value.facts) == (
            "notice_incomplete",
            {"lacking": "activity entry_log: how to object"},
        )
        assert newest_notice(cast.organisation.pk) is None


def test_an_operator_without_the_right_publishes_nothing(cast: Cast) -> None:
    nobody = msgspec.structs.replace(cast.by, permissions=frozenset())
    with acting("privacy_administration", cast.organisation.pk), pytest.raises(Refused, match="not_permitted"):
        publish_notice(cast.organisation, by=nobody)


# ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.row("S34")
def test_a_receipt_says_which_version_who_how_and_when(cast: Cast) -> None:  # N-06
    notice = publish(cast)
    assert notice is not None
    with acting("notice_handover", cast.organisation.pk):
        assert {one.person for one in owed(cast.organisation)} == {cast.resident, cast.guest, cast.suspended}
        assert hand_over(notice, [given(cast, cast.resident)], by=cast.by) == 1
        assert hand_over(notice, [given(cast, cast.resident)], by=cast.by) == 0
        receipt = NoticeReceipt.objects.get(organisation=cast.organisation)
        assert (receipt.subject_id, receipt.notice_id, receipt.way) == (cast.resident.pk, notice.pk, Way.PAPER)
        assert {one.person for one in owed(cast.organisation)} == {cast.guest, cast.suspended}
        assert progress(notice).untold == 2


def test_a_person_is_told_within_a_calendar_month_of_enrolment(cast: Cast) -> None:  # N-03, T-01
    publish(cast)
    with acting("access_administration", cast.organisation.pk):
        Person.objects.filter(pk=cast.resident.pk).update(created_at="2026-01-31T12:00:00Z")
    with acting("notice_handover", cast.organisation.pk):
        found = {one.person.pk: one for one in owed(cast.organisation)}
    assert found[cast.resident.pk].due == date(2026, 2, 28)
    assert found[cast.resident.pk].overdue(date(2026, 3, 1))
    assert not found[cast.resident.pk].overdue(date(2026, 2, 28))
    assert next(iter(found)) == cast.resident.pk
    assert found[cast.guest.pk].due == due(cast.guest)


def test_whoever_knows_an_earlier_version_is_owed_the_newer_without_a_day(cast: Cast) -> None:  # N-03
    notice = publish(cast)
    assert notice is not None
    with acting("notice_handover", cast.organisation.pk):
        hand_over(notice, [given(cast, cast.resident)], by=cast.by)
    cast.organisation.address, cast.organisation.privacy_email = "Björkvägen 1", "styrelsen@example.org"
    with acting("privacy_administration", cast.organisation.pk):
        cast.organisation.save()
    publish(cast)
    with acting("notice_handover", cast.organisation.pk):
        days = {one.person.pk: one.due for one in owed(cast.organisation)}
    assert days[cast.resident.pk] is None
    assert days[cast.guest.pk] is not None


def test_who_has_left_need_not_be_told(cast: Cast) -> None:
    notice = publish(cast)
    assert notice is not None
    with acting("notice_handover", cast.organisation.pk):
        later = timezone.now() + timedelta(days=365 * 10)
        assert cast.guest in untold_persons(notice)
        assert cast.guest not in untold_persons(notice, later)


def test_another_organisations_operator_sees_and_writes_no_receipt(cast: Cast, other: Cast) -> None:
    notice = publish(cast)
    assert notice is not None
    with acting("notice_handover", cast.organisation.pk):
        hand_over(notice, [given(cast, cast.resident)], by=cast.by)
    with acting("notice_handover", other.organisation.pk):
        assert not NoticeReceipt.objects.filter(organisation=cast.organisation).exists()


def test_an_exception_names_a_reason_that_the_law_knows(cast: Cast, provider: Cast) -> None:  # N-04
    notice = publish(cast)
    assert notice is not None
    with acting("notice_publication"):
        with pytest.raises(Refused, match="notice_exception"):
            except_from_notice(notice, [given(cast, cast.resident)], "too_much_work", by=provider.by)
        assert except_from_notice(notice, [given(cast, cast.resident)], "impossible", by=provider.by) == 1
        receipt = NoticeReceipt.objects.get(notice=notice)
        assert (receipt.exception, receipt.way) == ("impossible", Way.PUBLIC)
        found = progress(notice)
        assert (found.told, found.excepted, found.untold) == (0, 1, 2)


def test_a_recipient_that_gets_nothing_yet_keeps_no_notice_from_being_written(cast: Cast) -> None:
    """Half entered, it would otherwise stop every notice of its organisation, and each held change of all."""
    far = {"category": "data_controller", "what_for": "Annat.", "purposes": ["entry_log_review"], "country": "US"}
    with acting("privacy_administration", cast.organisation.pk):
        for name, mechanism in (("Langtbort", "none"), ("Klausulbolaget", "scc"), ("Beslutsbolaget", "adequacy")):
            OwnRecipient(organisation=cast.organisation, name=name, mechanism=mechanism, **far).save(force_insert=True)
    notice = publish(cast)
    assert notice is not None
    with acting("notice_reading"):
        said = bytes(NoticeText.objects.get(notice=notice, language="en", variant="adult").content).decode()
    assert "Langtbort" not in said
    assert "Klausulbolaget" not in said
    assert "Beslutsbolaget: " in said
    assert "Safeguard: decision that protection is adequate (Article 45)" in said


# ── the hold ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def held() -> Iterator[RegisterVersion]:
    """A newer register in which the access log has another purpose; gone afterwards, for the other tests of the run."""
    number = 100_000

    def as_owner() -> None:
        connection.close()
        connection.settings_dict["USER"] = "postgres"

    before = connection.settings_dict["USER"]
    as_owner()
    newest = RegisterVersion.objects.exclude(number=number).order_by("-number").first()
    assert newest is not None
    content = canonical(
        replaced(from_canonical(bytes(newest.content)), "entry_log", purpose=Texts("Något nytt.", "Something new."))
    )
    version = RegisterVersion.objects.create(
        number=number, digest=digest(content), content=content, published_at=timezone.now(), held=["entry_log"]
    )
    connection.close()
    connection.settings_dict["USER"] = before
    yield version
    as_owner()
    forget(NoticeVersion.objects.filter(published_at__gte=version.published_at))
    RegisterVersion.objects.filter(number=number).delete()
    connection.close()
    connection.settings_dict["USER"] = before


def tell_elsewhere(cast: Cast, provider: Cast, held: RegisterVersion) -> None:
    """Publish the notices of all other organisations, and say why nobody there needs to be told."""
    for organisation in Organisation.objects.filter(active=True, provider=False).exclude(pk=cast.organisation.pk):
        notice = publish_notice(organisation, by=system("test", organisation.pk), version=held)
        if notice is not None:
            persons = [given(cast, person) for person in untold_persons(notice).only("pk", "language")]
            except_from_notice(notice, persons, "impossible", by=provider.by)


def test_a_held_change_waits_for_a_notice_that_is_not_published(
    cast: Cast, other: Cast, provider: Cast, held: RegisterVersion
) -> None:  # N-05
    with acting("notice_publication"):
        assert held_notices() == []
        assert not release_when_told(held, by=provider.by)
        tell_elsewhere(cast, provider, held)
        assert held_notices()
        assert progress(held_notices()[0]).untold == 0
        assert not release_when_told(held, by=provider.by)
        assert RegisterVersion.objects.get(pk=held.number).in_force_at is None
        assert other.organisation in [notice.organisation for notice in held_notices()]


def test_a_held_change_waits_for_a_notice_that_cannot_be_written(
    cast: Cast, provider: Cast, held: RegisterVersion
) -> None:  # N-05
    """The version that is refused for its hole is not told of by the notice that was published before."""
    register = from_canonical(bytes(held.content))
    held.content = canonical(replaced(register, "entry_log", objection=None))
    with acting("notice_publication"):
        publish_notice(cast.organisation, by=cast.by, version=newest_before(held))
        with pytest.raises(Refused, match="notice_incomplete"):
            publish_notice(cast.organisation, by=cast.by, version=held)
        assert held_notices() == []
        assert not release_when_told(held, by=provider.by)


def test_a_held_change_that_no_notice_shows_does_not_begin_by_itself(
    cast: Cast, provider: Cast, held: RegisterVersion
) -> None:  # N-05
    """That support needs no leave any more stands in no notice: everybody would have been told of nothing."""
    register = from_canonical(bytes(newest_before(held).content))
    held.content, held.held = canonical(replaced(register, "support_look", leave=False)), ["support_look"]
    assert to_be_told(changes(register, from_canonical(held.content))) == ("support_look",)
    with acting("notice_publication"):
        tell_elsewhere(cast, provider, newest_before(held))
        publish_notice(cast.organisation, by=cast.by, version=newest_before(held))
        assert publish_notice(cast.organisation, by=cast.by, version=held) is None
        assert held_notices() == []
        assert not release_when_told(held, by=provider.by)


def newest_before(held: RegisterVersion) -> RegisterVersion:
    before = RegisterVersion.objects.filter(number__lt=held.number).order_by("-number").first()
    assert before is not None
    return before


def test_a_held_change_begins_when_everybody_has_been_told(
    cast: Cast, provider: Cast, held: RegisterVersion
) -> None:  # N-05
    with acting("privacy_administration", cast.organisation.pk):
        notice = publish_notice(cast.organisation, by=cast.by, version=held)
        assert notice is not None
        assert notice.in_force_at is None
        assert notice_in_force(cast.organisation.pk) is None
        assert newest_notice(cast.organisation.pk) == notice
    with acting("notice_publication"):
        assert held_notices() == [notice]
        tell_elsewhere(cast, provider, held)
        assert not release_when_told(held, by=provider.by)
        for person in (cast.resident, cast.guest):
            note_given(notice, [given(cast, person)], way=Way.PAGE)
        assert not release_when_told(held, by=provider.by)
        except_from_notice(notice, [given(cast, cast.suspended)], "impossible", by=provider.by)
        assert release_when_told(held, by=provider.by)
        assert not release_when_told(RegisterVersion.objects.get(pk=held.number), by=provider.by)
        assert notice_in_force(cast.organisation.pk) == notice
        assert RegisterVersion.objects.get(pk=held.number).in_force_at is not None


def test_what_a_newer_notice_replaced_waits_for_nothing(
    cast: Cast, provider: Cast, held: RegisterVersion
) -> None:  # N-05
    with acting("privacy_administration", cast.organisation.pk):
        publish_notice(cast.organisation, by=cast.by, version=held)
        cast.organisation.address, cast.organisation.privacy_email = "Björkvägen 1", "styrelsen@example.org"
        cast.organisation.save()
        second = publish_notice(cast.organisation, by=cast.by, version=held)
    assert second is not None
    with acting("notice_publication"):
        assert held_notices() == [second]
        everybody = [given(cast, person) for person in (cast.resident, cast.guest, cast.suspended)]
        except_from_notice(second, everybody, "impossible", by=provider.by)
        tell_elsewhere(cast, provider, held)
        assert release_when_told(held, by=provider.by)
        assert [
            one.in_force_at is None
            for one in NoticeVersion.objects.filter(organisation=cast.organisation).order_by("number")
        ] == [True, False]


def test_the_same_text_from_a_register_that_does_not_wait_begins(cast: Cast, held: RegisterVersion) -> None:  # N-04
    with acting("privacy_administration", cast.organisation.pk):
        notice = publish_notice(cast.organisation, by=cast.by, version=held)
        assert publish_notice(cast.organisation, by=cast.by, version=held) is None
        held.in_force_at = timezone.now()
        begun = publish_notice(cast.organisation, by=cast.by, version=held)
        assert begun == notice == notice_in_force(cast.organisation.pk)


def test_a_notice_that_a_held_change_does_not_concern_is_in_force_at_once(
    provider: Cast, held: RegisterVersion
) -> None:  # N-05
    with as_login("console"), acting("notice_publication"):
        publish_notice(None, by=provider.by, version=held)
        assert all(notice.organisation_id for notice in held_notices())


def test_only_a_part_of_the_system_with_leave_releases(held: RegisterVersion, cast: Cast) -> None:
    operator = msgspec.structs.replace(system("test", cast.organisation.pk), permissions=frozenset())
    with acting("notice_publication"), pytest.raises(Refused, match="not_permitted"):
        release_when_told(held, by=operator)
