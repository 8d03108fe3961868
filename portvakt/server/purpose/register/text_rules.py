"""Is every text of the register said in both languages, finished, and free of an old rule that no longer holds?"""

import re
from collections.abc import Iterator

import msgspec

from portvakt.core.retention import Texts
from portvakt.server.purpose.register.places import Keys
from portvakt.server.purpose.register.shape import Mistake

PLACEHOLDER = re.compile(
    r"\b(todo|tbd|fixme|xxx+|lorem|fyll i|platshållare|placeholder)\b|\?\?\?|^[\s.…–-]*$", re.IGNORECASE
)
# Citations and names are the same in both languages; so many words in a row are a text that nobody has translated.
SAME_WORDS = 6
# N-10: until 2018 an extract was free once a year; today it is free. Both orders of the words, within one sentence.
FREE = r"(?:gratis|avgiftsfri\w*|kostnadsfri\w*|utan (?:kostnad|avgift)|free|without (?:charge|cost))"
ONCE_A_YEAR = (
    r"(?:(?:en|1) gång (?:per|om|varje|i|under ett) (?:kalender)?år(?:et)?|once (?:a|per|every) (?:calendar )?year)"
)
FREE_ONCE_A_YEAR = re.compile(rf"\b{FREE}\b[^.]*\b{ONCE_A_YEAR}\b|\b{ONCE_A_YEAR}\b[^.]*\b{FREE}\b", re.IGNORECASE)


def text_mistakes(value: msgspec.Struct) -> Iterator[Mistake]:
    """Yield what is wrong with the texts in one file of the register."""
    for keys, texts in texts_in(value):
        for language, text in (("sv", texts.sv), ("en", texts.en)):
            if PLACEHOLDER.search(text):
                yield (*keys, language), "give every text in both sv and en; this one is empty or unfinished"
            if FREE_ONCE_A_YEAR.search(text):
                yield (*keys, language), "N-10: what one has a right to is free however often; take away 'once a year'"
        if texts.sv == texts.en and len(texts.sv.split()) >= SAME_WORDS:
            yield keys, "sv and en are the same text; translate it"


def texts_in(value: object, keys: Keys = ()) -> Iterator[tuple[Keys, Texts]]:
    """Yield every text within a value of the register, with the keys that lead to it."""
    if isinstance(value, Texts):
        yield keys, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts_in(getattr(value, name), (*keys, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts_in(item, (*keys, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from texts_in(item, (*keys, index))
