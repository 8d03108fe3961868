"""Is there a Swedish personal identity number, or a coordination number, somewhere in a text that somebody typed?

Such a number may be processed only where an activity says why it is clearly justified (dataskyddslagen 3:10), so a field of free text
refuses one. Found are ten digits or twelve, with or without a sign before the last four, that begin with a day of the calendar and end
with the right check digit; organisation numbers and most other digits do not.
"""

import re
from unicodedata import normalize

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.se import personnummer

# A sign or a space may stand before the last four digits; typographers' dashes are signs too.
CANDIDATE = re.compile(r"(?<![0-9])((?:18|19|20)?[0-9]{4})([0-9]{2})\s?[-+\u2010-\u2015\u2212]?\s?([0-9]{4})(?![0-9])")
# A coordination number is a personal identity number with sixty added to the day.
COORDINATION_DAYS = 60


def holds_personal_identity_number(text: str) -> bool:
    """Tell whether a personal identity number or a coordination number stands in a text."""
    return any(_is_one(*found.groups()) for found in CANDIDATE.finditer(normalize("NFKC", text)))


def _is_one(month: str, day: str, last: str) -> bool:
    """Judge a number by its year and month, its day, and its last four digits."""
    born = int(day) % COORDINATION_DAYS
    try:
        personnummer.get_birth_date(f"{month}{born:02}-{last}")
    except ValidationError:
        return False
    return luhn.is_valid(f"{month}{day}{last}"[-10:])
