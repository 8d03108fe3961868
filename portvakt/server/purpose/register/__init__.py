"""What does the register of processing say? A folder: who the provider is, the activities, the recipients and the law's own numbers.

    register/provider.toml            who runs the platform, its data protection officer, the supervisory authority
    register/law.toml                 countries, adequacy decisions, ages of consent, as rows with dates and sources
    register/presets.toml             how long the access log is kept, by kind of premises
    register/activities/ID.toml       one activity: a purpose, a role in the database, a paragraph of the notice
    register/recipients/ID.toml       one recipient to which an activity may disclose

Nothing starts on a bad register: every mistake names the file, the line, the place in it and what to do, and all are told at once.
"""

from portvakt.core.retention import Anchor, Keeping, Texts
from portvakt.server.purpose.register.files import RegisterError, canonical, from_canonical, read_register
from portvakt.server.purpose.register.model import (
    ENTRY_POINTS,
    LANGUAGES,
    LETTERS,
    Activity,
    Adequacy,
    Agreement,
    Assessment,
    Basis,
    ChildAge,
    Contact,
    Data,
    EntryPoint,
    Language,
    Law,
    Mechanism,
    Operation,
    Preset,
    Presets,
    Provider,
    Recipient,
    Register,
    Required,
    Safeguard,
    Source,
)
from portvakt.server.purpose.register.reviews import Overdue, needs_other_basis, overdue_reviews

__all__ = [
    "ENTRY_POINTS",
    "LANGUAGES",
    "LETTERS",
    "Activity",
    "Adequacy",
    "Agreement",
    "Anchor",
    "Assessment",
    "Basis",
    "ChildAge",
    "Contact",
    "Data",
    "EntryPoint",
    "Keeping",
    "Language",
    "Law",
    "Mechanism",
    "Operation",
    "Overdue",
    "Preset",
    "Presets",
    "Provider",
    "Recipient",
    "Register",
    "RegisterError",
    "Required",
    "Safeguard",
    "Source",
    "Texts",
    "canonical",
    "from_canonical",
    "needs_other_basis",
    "overdue_reviews",
    "read_register",
]
