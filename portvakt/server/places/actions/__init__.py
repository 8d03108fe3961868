"""How is everything about the premises changed: what is set up, held open, locked down and asked of controllers?"""

from portvakt.server.places.actions.commands import (
    COMMAND_SECONDS,
    answer_command,
    claim_wishes,
    release_door,
)
from portvakt.server.places.actions.enrolment import (
    ENROLMENT_HOURS,
    begin_enrolment,
    finish_enrolment,
    shut_out_controller,
    use_enrolment,
)
from portvakt.server.places.actions.premises import (
    ENTRY_AUTH_TYPES,
    EXIT_AUTH_TYPES,
    add_controller,
    add_door,
    add_reader,
    add_section,
    add_site,
    change_door,
    remove_reader,
)
from portvakt.server.places.actions.reports import (
    report_controller,
    report_door,
    report_reader,
    report_silence,
)

__all__ = [
    "COMMAND_SECONDS",
    "ENROLMENT_HOURS",
    "ENTRY_AUTH_TYPES",
    "EXIT_AUTH_TYPES",
    "add_controller",
    "add_door",
    "add_reader",
    "add_section",
    "add_site",
    "answer_command",
    "begin_enrolment",
    "change_door",
    "claim_wishes",
    "finish_enrolment",
    "release_door",
    "remove_reader",
    "report_controller",
    "report_door",
    "report_reader",
    "report_silence",
    "shut_out_controller",
    "use_enrolment",
]
