"""Which terms of use apply, in which words, and which applied before? One file for each version in register/terms/.

A version is known by its digest: a text that is changed after all is another text, and is asked for again.
"""

import hashlib
import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.checks import CheckMessage, Error

from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import Register, RegisterError, Texts, read_register


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A heading and what stands under it."""

    heading: Texts
    text: Texts


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of the terms of use, which applies from a day on until a later version does."""

    version: str
    since: date
    section: tuple[Section, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that it says, in both languages, as hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


def child_age(register: Register) -> int:
    """Return from which age somebody accepts the terms alone: the deployment's country says so."""
    for row in register.law.child_ages:
        if row.country == register.law.country:
            return row.years
    message = f"law.toml: give the age of consent of {register.law.country} under [[child_ages]]"
    raise RegisterError([message])


def read_terms(folder: Path, register: Register) -> tuple[Terms, ...]:
    """Return all versions, the oldest first, with the provider's name filled in; raise RegisterError on the first mistake."""
    facts = {
        "platform": register.provider.platform,
        "provider": register.provider.contact.name,
        "email": register.provider.contact.email,
        "age": str(child_age(register)),
    }
    found = sorted((_read(path, facts) for path in folder.glob("*.toml")), key=lambda terms: terms.since)
    if not found:
        message = f"{folder}: there are no terms of use; write 1.toml there"
        raise RegisterError([message])
    if len({terms.since for terms in found}) < len(found):
        message = f"{folder}: two versions begin on the same day; give the later one a later day"
        raise RegisterError([message])
    return tuple(found)


def _read(path: Path, facts: dict[str, str]) -> Terms:
    try:
        terms = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Terms)
        filled = tuple(Section(_filled(part.heading, facts), _filled(part.text, facts)) for part in terms.section)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError, KeyError) as error:
        message = f"{path}: {error!s}; see the comment at the top of 1.toml"
        raise RegisterError([message]) from error
    if path.stem != terms.version or not filled:
        message = f"{path}: the version must be the file's name, and there must be a section"
        raise RegisterError([message])
    return msgspec.structs.replace(terms, section=filled)


def _filled(texts: Texts, facts: dict[str, str]) -> Texts:
    if not texts.sv.strip() or not texts.en.strip():
        message = "give every text in both sv and en"
        raise ValueError(message)
    return Texts(texts.sv.format(**facts), texts.en.format(**facts))


def sound_terms(**_: Any) -> list[CheckMessage]:
    """Return the first mistake in the terms: nothing starts on a bad one."""
    try:
        register = read_register(settings.REGISTER)
    except RegisterError:
        return []  # told by the check of the register itself
    try:
        read_terms(settings.REGISTER / "terms", register)
    except RegisterError as error:
        return [Error(str(error), id="privacy.E001")]
    return []


@lru_cache(maxsize=4)
def _kept(folder: Path) -> tuple[Terms, ...]:
    return read_terms(folder, catalogue.in_force())


def all_terms() -> tuple[Terms, ...]:
    """Return every version, the oldest first."""
    return _kept(settings.REGISTER / "terms")


def terms_on(day: date) -> Terms:
    """Return the version that applies on a day; before the first has begun, the first."""
    versions = all_terms()
    return next((terms for terms in reversed(versions) if terms.since <= day), versions[0])
