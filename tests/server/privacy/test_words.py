"""Has every closed list of the register words in both languages?"""

from typing import get_args

import pytest

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy import words
from portvakt.server.purpose.register import Basis, Mechanism, Required, Source, Texts


@pytest.mark.parametrize(
    ("table", "list_"),
    [
        (words.KINDS, Kind),
        (words.SUBJECTS, Subject),
        (words.BASES, get_args(Basis)),
        (words.SOURCES, get_args(Source)),
        (words.REQUIRED, get_args(Required)),
        (words.MECHANISMS, get_args(Mechanism)),
    ],
)
def test_every_member_has_words_in_both_languages(table: dict, list_: object) -> None:
    assert set(table) == set(list_)  # type: ignore[call-overload]
    for word in table.values():
        texts = [word] if isinstance(word, Texts) else [word.name, word.covers]
        assert all(text.sv.strip() and text.en.strip() for text in texts)


def test_a_country_without_a_name_shows_as_its_code() -> None:
    assert words.country("SE", "sv") == "Sverige"
    assert words.country("SE", "en") == "Sweden"
    assert words.country("ZZ", "sv") == "ZZ"
