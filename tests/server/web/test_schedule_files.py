"""Is a schedule's year shown day by day, and does a calendar file come in only after a look, and go out again?"""

from collections.abc import Callable
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portvakt.server.access.models import Schedule, SpecialDay
from portvakt.server.accounts.models import Account, Role
from portvakt.server.purpose.context import acting
from tests.cast import Cast

ClientOf = Callable[[Account], Client]
WORK = "access_administration"
CALENDAR = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//test//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART:20300107T090000\r
DTEND:20300107T170000\r
RRULE:FREQ=WEEKLY;BYDAY=MO,TU\r
SUMMARY:Open\r
END:VEVENT\r
END:VCALENDAR\r
"""


def url(cast: Cast, tail: str = "") -> str:
    return f"/o/{cast.organisation.slug}/schedules/{cast.office_hours.pk}/{tail}"


def upload(data: bytes) -> dict[str, object]:
    return {"file": SimpleUploadedFile("a.ics", data, "text/calendar")}


def test_a_file_is_shown_before_it_is_saved(cast: Cast, client_of: ClientOf) -> None:
    with acting(WORK, cast.organisation.pk):
        SpecialDay.objects.create(organisation=cast.organisation, schedule=cast.office_hours, date=date(2199, 1, 2))
        SpecialDay.objects.create(organisation=cast.organisation, schedule=cast.office_hours, date=date(2020, 1, 2))
    client = client_of(cast.admin)
    look = client.post(url(cast, "import/"), upload(CALENDAR))
    assert look.status_code == 200
    assert "09:00–17:00" in look.content.decode()
    with acting(WORK, cast.organisation.pk):
        assert Schedule.objects.get(pk=cast.office_hours.pk).weekly[0] == [[480, 1020]]
    times = look.context["form"].initial["times"]
    assert client.post(url(cast, "import/"), {"times": times, "confirmed": "1"}).status_code == 302
    with acting(WORK, cast.organisation.pk):
        assert Schedule.objects.get(pk=cast.office_hours.pk).weekly[1] == [[540, 1020]]
        kept = set(SpecialDay.objects.values_list("date", flat=True))
    assert date(2020, 1, 2) in kept, "what is past stays"
    assert date(2199, 1, 2) not in kept


def test_what_is_no_calendar_is_said_beside_the_file(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    for data in (b"hello", b"", b"x" * 2_000_000):
        answer = client.post(url(cast, "import/"), upload(data))
        assert answer.status_code == 422
        assert answer.context["form"].errors["file"]
    assert client.post(url(cast, "import/"), {"times": "{nonsense"}).status_code == 200, "the file is asked for again"
    assert client_of(cast.accounts[Role.OPERATOR]).post(url(cast, "import/"), {}).status_code == 403


def test_a_file_too_long_to_be_one_is_neither_kept_nor_read(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    too_long = client.post(url(cast, "import/"), upload(CALENDAR + b"X-A:" + b"a" * 1_100_000))
    assert "The file is too large." in too_long.content.decode()
    passed_over = client.post(url(cast, "import/"), upload(CALENDAR + b"X-A:" + b"a" * 2_600_000))
    assert passed_over.status_code == 422
    assert passed_over.context["form"].errors["file"]
    assert not passed_over.wsgi_request.FILES


def test_hours_that_a_tampered_form_sends_are_refused(cast: Cast, client_of: ClientOf) -> None:
    times = '{"weekly":[[[0,99999]],[],[],[],[],[],[]],"special_days":[],"names":{}}'
    answer = client_of(cast.admin).post(url(cast, "import/"), {"times": times, "confirmed": "1"})
    assert answer.status_code == 422
    with acting(WORK, cast.organisation.pk):
        assert Schedule.objects.get(pk=cast.office_hours.pk).weekly[0] == [[480, 1020]]


def test_a_schedule_leaves_as_a_calendar_and_comes_back_the_same(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.admin)
    file = client.get(url(cast, "calendar/"))
    assert file.headers["Content-Type"].startswith("text/calendar")
    times = client.post(url(cast, "import/"), upload(file.content)).context["form"].initial["times"]
    assert '"weekly":[[[480,1020]],[[480,1020]],[[480,1020]],[[480,1020]],[[480,1020]],[],[]]' in times


def test_a_year_names_holidays_and_special_days(cast: Cast, client_of: ClientOf) -> None:
    with acting(WORK, cast.organisation.pk):
        SpecialDay.objects.create(
            organisation=cast.organisation,
            schedule=cast.office_hours,
            date=date(2027, 3, 1),
            name="Stocktaking",
            hours=[],
        )
        Schedule.objects.filter(pk=cast.office_hours.pk).update(holidays="closed")
    page = client_of(cast.accounts[Role.OPERATOR]).get(url(cast, "years/2027/"))
    months = page.context["months"]
    march, june = months[2], months[5]
    assert next((cell.day.name, cell.colour) for cell in march.named) == ("Stocktaking", 0)
    assert next(cell.colour for cell in march.cells if cell.day.date == date(2027, 3, 2)) == 1
    assert any(cell.day.name == "Midsommardagen" and not cell.day.hours for cell in june.named)
    assert "Stocktaking" in page.content.decode()
    assert client_of(cast.admin).get(url(cast, "years/99999/")).status_code == 200
