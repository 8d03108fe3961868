"""Can hours be said as people say them, by the week, over midnight, on public holidays and on special days?"""

from collections.abc import Callable
from datetime import date

from django.test import Client
from django.utils import translation

from portvakt.server.access.models import Schedule, SpecialDay
from portvakt.server.accounts.models import Account, Role
from portvakt.server.purpose.context import acting
from portvakt.server.web.board.hours import spans, summary
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
BASE = {"name": "Evenings", "holidays": "as_usual", "holiday_country": "SE"}


def url(cast: Cast, *parts: object) -> str:
    return f"/o/{cast.organisation.slug}/schedules/" + "".join(f"{part}/" for part in parts)


def line(day: object, number: int, start: str, end: str) -> dict[str, str]:
    return {f"{day}-{number}-from": start, f"{day}-{number}-to": end}


def stored(cast: Cast, name: str) -> Schedule:
    with acting("access_administration", cast.organisation.pk):
        return Schedule.objects.get(organisation=cast.organisation, name=name)


def test_a_week_is_stored_as_it_was_filled_in(cast: Cast, client_of: ClientOf) -> None:
    hours = line(0, 0, "08:00", "12:00") | line(0, 1, "13:00", "17:00") | line(4, 2, "22:00", "06:00")
    answer = client_of(cast.admin).post(url(cast, "add"), BASE | hours | line(6, 0, "00:00", "00:00"))
    assert answer.status_code == 302
    weekly = stored(cast, "Evenings").weekly
    assert weekly == [[[480, 720], [780, 1020]], [], [], [], [[1320, 360]], [], [[0, 1440]]]
    page = client_of(cast.admin).get(url(cast, stored(cast, "Evenings").pk)).content.decode()
    assert "the next day" in page


def test_what_was_stored_is_what_the_form_shows(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    form = client.get(url(cast, cast.office_hours.pk, "edit")).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"name": "Day hours"}
    sent = {name: value.strftime("%H:%M") if hasattr(value, "strftime") else value for name, value in values.items()}
    assert client.post(url(cast, cast.office_hours.pk, "edit"), sent).status_code == 302
    assert stored(cast, "Day hours").weekly == cast.office_hours.weekly


def test_half_a_line_and_an_empty_one_are_told_apart(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post(url(cast, "add"), BASE | line(2, 1, "08:00", "") | line(3, 0, "09:00", "09:00"))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"2-1-to", "3-0-to"}
    answer = client.post(url(cast, "add"), BASE | line(2, 0, "25:00", "26:00"))
    assert set(answer.context["form"].errors) == {"2-0-from", "2-0-to"}
    answer = client.post(url(cast, "add"), BASE | {"name": "Office hours"})
    assert answer.context["form"].errors["name"] == ["This name is taken."]


def test_monday_is_copied_without_saving(cast: Cast, client_of: ClientOf) -> None:
    hours = line(0, 0, "07:00", "16:00") | line(2, 0, "10:00", "11:00") | line(2, 1, "12:00", "13:00")
    answer = client_of(cast.admin).post(
        url(cast, "add"), BASE | hours | line(5, 0, "10:00", "14:00") | {"copy": "monday"}
    )
    form = answer.context["form"]
    assert [form[f"{day}-0-from"].value() for day in range(6)] == ["07:00"] * 5 + ["10:00"]
    assert not form["2-1-from"].value()
    with acting("access_administration", cast.organisation.pk):
        assert not Schedule.objects.filter(name="Evenings").exists()


def test_public_holidays_have_their_own_hours_and_are_listed_by_name(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    answer = client.post(url(cast, "add"), BASE | {"holidays": "own_hours"})
    assert answer.context["form"].errors["holidays"]
    client.post(url(cast, "add"), BASE | {"holidays": "own_hours"} | line("holiday", 0, "10:00", "14:00"))
    schedule = stored(cast, "Evenings")
    assert schedule.holiday_hours == [[600, 840]]
    answer = client.get(url(cast, schedule.pk))
    assert "Nationaldagen" in " ".join(name for _day, name in answer.context["holidays"])


def test_a_special_day_is_set_and_removed(cast: Cast, client_of: ClientOf) -> None:
    client, own = client_of(cast.admin), (cast.office_hours.pk, "days")
    answer = client.post(url(cast, *own), {"date": "someday"} | line("day", 0, "08:00", ""))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"date", "day-0-to"}
    client.post(url(cast, *own), {"date": "2199-06-01", "name": "Inventory"})
    with acting("access_administration", cast.organisation.pk):
        day = SpecialDay.objects.get(schedule=cast.office_hours)
    assert (day.date, day.hours) == (date(2199, 6, 1), [])
    assert "Inventory" in client.get(url(cast, cast.office_hours.pk)).content.decode()
    client.post(url(cast, *own, day.pk, "remove"))
    with acting("access_administration", cast.organisation.pk):
        assert not SpecialDay.objects.filter(pk=day.pk).exists()


def test_a_schedule_in_use_is_not_removed(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    client.post(f"/o/{cast.organisation.slug}/rules/add/", {"name": "Day", "schedule": str(cast.office_hours.pk)})
    answer = client.post(url(cast, cast.office_hours.pk, "remove"))
    assert answer.status_code == 422
    assert "An access rule, a door or a guard rule uses this schedule." in answer.content.decode()
    client.post(url(cast, "add"), BASE)
    assert client.post(url(cast, stored(cast, "Evenings").pk, "remove")).status_code == 302


def test_the_operator_role_reads_schedules_and_changes_none(cast: Cast, other: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.accounts[Role.OPERATOR])
    assert client.get(url(cast)).status_code == 200
    assert url(cast, cast.office_hours.pk, "edit") not in client.get(url(cast, cast.office_hours.pk)).content.decode()
    for path in (
        ("add",),
        (cast.office_hours.pk, "edit"),
        (cast.office_hours.pk, "days"),
        (cast.office_hours.pk, "remove"),
    ):
        assert client.post(url(cast, *path), BASE).status_code == 403
    assert client.get(url(cast, other.office_hours.pk)).status_code == 404
    assert client_of(cast.accounts[Role.HARDWARE_MANAGER]).get(url(cast)).status_code == 403


def test_a_week_is_said_in_one_line() -> None:
    with translation.override("en"):
        assert summary([[[480, 1020]]] * 5 + [[[600, 840]], []]) == "Mon–Fri 08:00–17:00, Sat 10:00–14:00"
        assert summary([[]] * 7) == "always closed"
    assert [(span.start, span.end, span.overnight) for span in spans([[1320, 360], [0, 1440]])] == [
        ("00:00", "00:00", False),
        ("22:00", "06:00", True),
    ]


def test_a_special_day_of_a_year_that_controllers_refuse_is_refused_here(cast: Cast, client_of: ClientOf) -> None:
    address = url(cast, cast.office_hours.pk, "days")
    answer = client_of(cast.admin).post(address, {"date": "0026-12-24", "name": "Mistyped"})
    assert answer.status_code == 422
    with acting("access_administration", cast.organisation.pk):
        assert not SpecialDay.objects.filter(schedule=cast.office_hours).exists()
