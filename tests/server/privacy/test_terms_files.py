"""Are mistakes in the terms' files told with the file and the remedy, and do the versions follow one another?"""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings

from portvakt.server.privacy.terms import all_terms, read_terms, sound_terms, terms_on
from portvakt.server.purpose.register import Register, RegisterError, read_register

ONE = """version = "{version}"
since = {since}

[[section]]
heading = {{ sv = "Rubrik", en = "Heading" }}
text = {{ sv = "{text}", en = "{text}" }}
"""


@pytest.fixture
def register() -> Register:
    return read_register(settings.REGISTER)


def write(folder: Path, version: str, since: str = "2026-01-01", text: str = "{provider} och {age}") -> None:
    (folder / f"{version}.toml").write_text(ONE.format(version=version, since=since, text=text), encoding="utf-8")


def test_the_providers_facts_are_filled_in(tmp_path: Path, register: Register) -> None:
    write(tmp_path, "1")
    (terms,) = read_terms(tmp_path, register)
    assert terms.section[0].text.sv == f"{register.provider.contact.name} och 13"
    assert not [part for one in all_terms() for part in one.section if "{" in part.text.sv + part.text.en]


@pytest.mark.parametrize(
    ("text", "told"), [("{curiosity}", "curiosity"), ("  ", "both sv and en"), ("{", "Single '{'")]
)
def test_a_mistake_names_the_file(tmp_path: Path, register: Register, text: str, told: str) -> None:
    write(tmp_path, "1", text=text)
    with pytest.raises(RegisterError, match=r"1\.toml.*" + told):
        read_terms(tmp_path, register)


def test_a_version_without_its_name_or_its_own_day_is_refused(tmp_path: Path, register: Register) -> None:
    with pytest.raises(RegisterError, match="there are no terms"):
        read_terms(tmp_path, register)
    write(tmp_path, "1")
    (tmp_path / "1.toml").rename(tmp_path / "2.toml")
    with pytest.raises(RegisterError, match="the file's name"):
        read_terms(tmp_path, register)
    (tmp_path / "2.toml").unlink()
    write(tmp_path, "1")
    write(tmp_path, "2")
    with pytest.raises(RegisterError, match="begin on the same day"):
        read_terms(tmp_path, register)


def test_a_country_without_an_age_is_refused(tmp_path: Path, register: Register) -> None:
    write(tmp_path, "1")
    law = msgspec.structs.replace(register.law, child_ages=())
    with pytest.raises(RegisterError, match="age of consent of SE"):
        read_terms(tmp_path, msgspec.structs.replace(register, law=law))


def test_a_version_applies_from_its_day(tmp_path: Path) -> None:
    folder = tmp_path / "terms"
    folder.mkdir()
    write(folder, "1", "2026-01-01")
    write(folder, "2", "2026-06-01", "Other words")
    with override_settings(REGISTER=tmp_path):
        kept = [terms_on(date(2026, 5, 31)), terms_on(date(2026, 6, 1)), terms_on(date(2020, 1, 1))]
    assert [terms.version for terms in kept] == ["1", "2", "1"]
    assert kept[0].digest != kept[1].digest


def test_nothing_starts_on_bad_terms(tmp_path: Path) -> None:
    assert sound_terms() == []
    for path in settings.REGISTER.iterdir():
        if path.name != "terms":
            (tmp_path / path.name).symlink_to(path)
    with override_settings(REGISTER=tmp_path):
        (found,) = sound_terms()
    assert "there are no terms of use" in found.msg
