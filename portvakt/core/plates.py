"""Which licence plate did a camera or a person mean, so that both mean the same one?

Two spellings are kept apart. The normal form is what is compared: ASCII capitals and digits alone. Cameras differ in
what they make of a letter with a sign above it, and many know none, so Å and Ä become A, Ö and Ø become O, Ü becomes U;
a letter of Greek or Cyrillic plates becomes the Latin one that looks like it, which is why those countries chose it. The
shown form is what people read: grouped as on the plate, with its own letters.

Nothing is refused for being foreign or new: a plate of no known country is taken as long as it has 2 to 10 letters and
digits. A digit is never taken for the letter that looks like it (0 and O, 1 and I), for in most countries both spellings
are on the road.
"""

import re
import unicodedata

import msgspec

from portvakt.core.credentials import CredentialError

MAX_TEXT = 64
LENGTHS = range(2, 11)
# Signs above a letter that are not a part of it in Unicode, and pairs written as one.
_SINGLE = str.maketrans({"Ø": "O", "Æ": "AE", "Œ": "OE", "Đ": "D", "Ð": "D", "Ł": "L", "Þ": "TH"})
# Greek plates have only letters that look Latin; so have those of countries that write Cyrillic.
_GREEK = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
_CYRILLIC = str.maketrans("АВЕКМНОРСТУХІЈ", "ABEKMHOPCTYXIJ")
# The letters of the countries below where they leave some out.
_SE = "A-HJ-PR-UW-Z"
_NO = "A-HJ-NPR-Z"
_DK = "A-HJ-NPR-VX-Z"
_ES = "BCDFGHJ-NPR-TV-Z"
_FR = "A-HJ-NP-TV-Z"
_IT = "A-HJ-NPR-TV-Z"
_PL = "ACE-HJ-NPR-Y"
# Country, how the groups of the pattern are put together, pattern. Where a group's end cannot be told from the text
# alone (Germany, Poland, Austria) there is no layout, and the plate is shown as it was written.
# Sources: transportstyrelsen.se, "Om registreringsskylt" (Sweden, diplomatic plates included); rdw.nl, "sidecodes" (the
# Netherlands); otherwise the articles "Vehicle registration plates of <country>" in the English Wikipedia.
_PATTERNS = [
    (country, layout, re.compile(pattern))
    for country, layout, pattern in (
        ("SE", "{} {}", rf"([{_SE}]{{3}})(\d\d(?:\d|(?!O)[{_SE}]))"),
        ("SE", "{} {} {}", r"([A-Z]{2})(\d{3})([A-Z])"),
        ("NO", "{} {}", rf"([{_NO}]{{2}})(\d{{4,5}})"),
        ("DK", "{} {} {}", rf"([{_DK}]{{2}})(\d\d)(\d{{2,3}})"),
        ("FI", "{}-{}", r"([A-ZÅÄÖ]{2,3})(\d{1,3})"),
        ("DE", None, r"(?=.{1,8}$)[A-ZÄÖÜ]{1,3}[A-Z]{1,2}[1-9]\d{0,3}[EH]?"),
        ("PL", None, rf"[A-PR-Z]{{2,3}}(?=.*\d)[{_PL}\d]{{4,5}}"),
        # RDW's side codes 1 to 14, as they were issued one after the other.
        ("NL", "{}-{}-{}", r"([A-Z]{2})(\d\d)(\d\d)"),
        ("NL", "{}-{}-{}", r"(\d\d)(\d\d)([A-Z]{2})"),
        ("NL", "{}-{}-{}", r"(\d\d)([A-Z]{2})(\d\d)"),
        ("NL", "{}-{}-{}", r"([A-Z]{2})(\d\d)([A-Z]{2})"),
        ("NL", "{}-{}-{}", r"([A-Z]{2})([A-Z]{2})(\d\d)"),
        ("NL", "{}-{}-{}", r"(\d\d)([A-Z]{2})([A-Z]{2})"),
        ("NL", "{}-{}-{}", r"(\d\d)([A-Z]{3})(\d)"),
        ("NL", "{}-{}-{}", r"(\d)([A-Z]{3})(\d\d)"),
        ("NL", "{}-{}-{}", r"([A-Z]{2})(\d{3})([A-Z])"),
        ("NL", "{}-{}-{}", r"([A-Z])(\d{3})([A-Z]{2})"),
        ("NL", "{}-{}-{}", r"([A-Z]{3})(\d\d)([A-Z])"),
        ("NL", "{}-{}-{}", r"([A-Z])(\d\d)([A-Z]{3})"),
        ("NL", "{}-{}-{}", r"(\d)([A-Z]{2})(\d{3})"),
        ("NL", "{}-{}-{}", r"(\d{3})([A-Z]{2})(\d)"),
        ("FR", "{}-{}-{}", rf"((?!SS)[{_FR}]{{2}})(\d{{3}})([{_FR}]{{2}})"),
        ("FR", "{} {} {}", r"(\d{1,4})([A-Z]{2,3})(\d{2}|2[AB]|97\d)"),
        ("BE", "{}-{}-{}", r"([1-9])([A-Z]{3})(\d{3})"),
        ("BE", "{}-{}", r"([A-Z]{3})(\d{3})"),
        ("BE", "{}-{}", r"(\d{3})([A-Z]{3})"),
        ("AT", None, r"[A-Z]{1,2}\d{1,5}[A-PR-Z]{1,3}"),
        ("AT", None, r"[A-Z]{1,2}[A-PR-Z]{1,5}\d{1,4}"),
        ("ES", "{} {}", rf"(\d{{4}})([{_ES}]{{3}})"),
        ("ES", "{}-{}-{}", r"([A-Z]{1,2})(\d{4})([A-Z]{1,2})"),
        ("IT", "{} {} {}", rf"([{_IT}]{{2}})(\d{{3}})([{_IT}]{{2}})"),
        ("EE", "{} {}", r"(\d{2,3})([A-Z]{3})"),
        ("LV", "{}-{}", r"([A-Z]{2})(\d{1,4})"),
        ("LT", "{} {}", r"([A-Z]{3})(\d{3})"),
        ("LT", "{} {}", r"([A-Z]{2})(\d{3,4})"),
        ("LT", "{} {}", r"(\d{3})([A-Z]{2})"),
    )
]
# transportstyrelsen.se, "Allmänt om personlig skylt": 2 to 7 characters, all letters from A to Ö.
_PERSONAL = re.compile(r"[A-ZÅÄÖ\d]{2,7}")


class Plate(msgspec.Struct, frozen=True):
    """A plate: the countries it may be of (ISO 3166, the likeliest first, often several or none), and both spellings."""

    countries: tuple[str, ...]
    normal: str
    shown: str


def normal_form(text: str) -> str:
    """Return what is compared and digested (`credentials.plate_digest`): 2 to 10 capitals and digits of ASCII.

    Raises CredentialError: plate_text (too long, or a character that is on no plate), plate_length.
    """
    return _folded(_bare(text))


def recognise(text: str) -> Plate:
    """Read a plate as a camera or a person wrote it. Raises CredentialError as `normal_form` does."""
    bare = _bare(text)
    matches = [(country, layout, found) for country, layout, rule in _PATTERNS if (found := rule.fullmatch(bare))]
    shown = " ".join(_pieces(text))
    if matches and (layout := matches[0][1]) is not None:
        shown = layout.format(*matches[0][2].groups())
    countries = tuple(dict.fromkeys(country for country, _, _ in matches))
    if not countries and _PERSONAL.fullmatch(bare):
        countries = ("SE",)
    return Plate(countries, _folded(bare), shown)


def _bare(text: str) -> str:
    """Give the letters and digits alone, in capitals, the signs above letters kept."""
    if len(text) > MAX_TEXT:
        raise CredentialError("plate_text", "too long for a licence plate")
    bare = "".join(_pieces(text))
    if not all(each in "ÅÄÖÜØÆ" or (each.isascii() and each.isalnum()) for each in _letters(bare)):
        raise CredentialError("plate_text", "a licence plate has letters and digits alone")
    if len(_folded(bare)) not in LENGTHS:
        raise CredentialError("plate_length", f"a licence plate has {LENGTHS[0]} to {LENGTHS[-1]} letters and digits")
    return bare


def _pieces(text: str) -> list[str]:
    """Split at separators: spaces and punctuation, and what is not seen at all."""
    capitals = unicodedata.normalize("NFKC", text).upper().translate(_GREEK).translate(_CYRILLIC)
    spaced = (" " if unicodedata.category(each)[0] in "ZPC" else each for each in capitals)
    return "".join(spaced).split()


def _letters(bare: str) -> str:
    # Å Ä Ö and their like stand for themselves; any other letter counts as what is beneath its sign.
    return "".join(each if each in "ÅÄÖÜØÆ" else _folded(each) for each in bare)


def _folded(bare: str) -> str:
    apart = unicodedata.normalize("NFKD", bare.translate(_SINGLE))
    return "".join(each for each in apart if not unicodedata.combining(each))
