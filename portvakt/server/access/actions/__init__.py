"""How is everything about access changed: schedules, rules, who is in them, and what persons ask of doors?"""

from portvakt.server.access.actions.asks import (
    ASKS_A_MINUTE,
    Said,
    ask_to_open,
)
from portvakt.server.access.actions.departing import remove_person
from portvakt.server.access.actions.forgiving import forgive_person
from portvakt.server.access.actions.guards import remove_guard, save_guard
from portvakt.server.access.actions.reports import record_explained, record_reach_export
from portvakt.server.access.actions.rules import (
    assign,
    remove_rule,
    save_rule,
    withdraw,
)
from portvakt.server.access.actions.schedules import (
    MAX_INTERVALS,
    MINUTES_OF_DAY,
    Hours,
    import_times,
    remove_schedule,
    remove_special_day,
    save_schedule,
    set_special_day,
)
from portvakt.server.access.actions.unlocks import set_unlock_schedule

__all__ = [
    "ASKS_A_MINUTE",
    "MAX_INTERVALS",
    "MINUTES_OF_DAY",
    "Hours",
    "Said",
    "ask_to_open",
    "assign",
    "forgive_person",
    "import_times",
    "record_explained",
    "record_reach_export",
    "remove_guard",
    "remove_person",
    "remove_rule",
    "remove_schedule",
    "remove_special_day",
    "save_guard",
    "save_rule",
    "save_schedule",
    "set_special_day",
    "set_unlock_schedule",
    "withdraw",
]
