"""What are the countries called in the reader's language?"""

from functools import cache

from babel import Locale
from django.utils.translation import get_language

# What Unicode lists beside countries: unions, and codes for private use.
NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def name_of(code: str) -> str:
    """Return a country's name by its ISO 3166 code; the code itself where there is none."""
    return _names(get_language() or "sv").get(code, code)


def choices() -> list[tuple[str, str]]:
    """Return every country as (code, name), by name."""
    return sorted(_names(get_language() or "sv").items(), key=lambda pair: pair[1].casefold())


@cache
def _names(language: str) -> dict[str, str]:
    names = Locale.parse(language).territories
    return {
        code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    }
