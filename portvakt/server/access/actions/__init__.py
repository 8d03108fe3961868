"""How is everything about access changed: schedules, rules, who is in them, and what persons ask of doors?"""

from portvakt.server.access.actions.asks import (
    ASKS_A_MINUTE,
    answer_ask,
    ask_to_open,
)
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
    remove_schedule,
    remove_special_day,
    save_schedule,
    set_special_day,
)

__all__ = [
    "ASKS_A_MINUTE",
    "MAX_INTERVALS",
    "MINUTES_OF_DAY",
    "Hours",
    "answer_ask",
    "ask_to_open",
    "assign",
    "remove_rule",
    "remove_schedule",
    "remove_special_day",
    "save_rule",
    "save_schedule",
    "set_special_day",
    "withdraw",
]
