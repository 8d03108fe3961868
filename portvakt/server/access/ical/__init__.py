"""How does a schedule go to other calendars and come from them, as iCalendar (RFC 5545)?

An event is a time at which the schedule is active. What repeats each week without end is the week; every date on which
the calendar says something else is a special day.
"""

from portvakt.server.access.ical.events import MAX_BYTES, MAX_EVENTS, CalendarRefused
from portvakt.server.access.ical.reading import MAX_DAYS_AHEAD, Times, from_ical
from portvakt.server.access.ical.writing import to_ical

__all__ = ["MAX_BYTES", "MAX_DAYS_AHEAD", "MAX_EVENTS", "CalendarRefused", "Times", "from_ical", "to_ical"]
