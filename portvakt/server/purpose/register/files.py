"""How does a folder of TOML files become the register, what is wrong with it, and how does the register become bytes?"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from portvakt.server.purpose.register.activity_rules import activity_mistakes
from portvakt.server.purpose.register.model import Activity, Law, Presets, Provider, Recipient, Register
from portvakt.server.purpose.register.places import Keys, Places
from portvakt.server.purpose.register.recipient_rules import (
    law_mistakes,
    preset_mistakes,
    provider_mistakes,
    recipient_mistakes,
    transfer_mistakes,
)
from portvakt.server.purpose.register.shape import Mistake, shape_mistakes
from portvakt.server.purpose.register.text_rules import text_mistakes

Row = TypeVar("Row", bound=msgspec.Struct)
# What one file holds, and the rules for that alone.
Sort = tuple[type[Row], Callable[[Row], Iterable[Mistake]]]

ACTIVITY: Sort[Activity] = (Activity, activity_mistakes)
LAW: Sort[Law] = (Law, law_mistakes)
PRESETS: Sort[Presets] = (Presets, preset_mistakes)
PROVIDER: Sort[Provider] = (Provider, provider_mistakes)
RECIPIENT: Sort[Recipient] = (Recipient, recipient_mistakes)


class RegisterError(Exception):
    """The register cannot be used; `mistakes` has a line for each that names the file, the line in it and the remedy."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        """Take all that is wrong; the exception's text is one line for each."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def read_register(folder: Path) -> Register:
    """Return the register in a folder; raise RegisterError with every mistake in it."""
    found: list[str] = []
    register = _read(folder, found)
    if register is None or found:
        raise RegisterError(found)
    return register


def canonical(register: Register) -> bytes:
    """Return a register as bytes: the same register gives the same bytes, whatever its files look like."""
    return msgspec.json.encode(register, order="sorted")


def from_canonical(content: bytes) -> Register:
    """Return the register that `canonical` made bytes of."""
    return msgspec.json.decode(content, type=Register)


def _read(folder: Path, found: list[str]) -> Register | None:
    """Return the register, or None; add what is wrong to `found`. What stands between files is asked once each file is sound in shape."""
    if not folder.is_dir():
        found.append(
            f"{folder}: no register there; set PORTVAKT_REGISTER to the folder with provider.toml and activities/"
        )
        return None
    provider = _read_file(folder / "provider.toml", PROVIDER, found)
    law = _read_file(folder / "law.toml", LAW, found)
    presets = _read_file(folder / "presets.toml", PRESETS, found)
    activities = [_read_file(path, ACTIVITY, found) for path in _files(folder / "activities")]
    recipients = [_read_file(path, RECIPIENT, found) for path in _files(folder / "recipients")]
    if not activities:
        found.append(f"{folder}: no activity in the register; add activities/ID.toml")
    if not (provider and law and presets and all(activities) and all(recipients)):
        return None
    register = Register(
        provider=provider,
        law=law,
        presets=presets.preset,
        activities=tuple(row for row in activities if row),
        recipients=tuple(row for row in recipients if row),
    )
    found += between_files(register, folder)
    return register


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.toml"))


def _read_file(path: Path, sort: Sort[Row], found: list[str]) -> Row | None:
    """Return what a file holds, or None where its shape is wrong; add what is wrong with it to `found`."""
    of, rules = sort
    content = _content(path, found)
    if content is None:
        return None
    mistakes = list(shape_mistakes(content, of))
    value = None if mistakes else msgspec.convert(content, of)
    if value is not None:
        mistakes = [*_name_mistakes(path, value), *rules(value), *text_mistakes(value)]
    found += [mistake_at(path, keys, text) for keys, text in mistakes]
    return value


def _content(path: Path, found: list[str]) -> dict[str, Any] | None:
    try:
        text = path.read_bytes().decode()
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        named = re.search(r"at line (\d+)", str(error))
        line = named[1] if named else text.count("\n") + 1
        found.append(f"{path}:{line}: {error}; correct the TOML there")
    except UnicodeDecodeError:
        found.append(f"{path}:1: not UTF-8; save the file as UTF-8")
    except OSError as error:
        found.append(f"{path}:1: {error.strerror}; add the file, or make it readable")
    return None


def _name_mistakes(path: Path, value: msgspec.Struct) -> Iterator[Mistake]:
    """A file that is one of many bears the id of what it holds."""
    name = getattr(value, "id", path.stem)
    if name != path.stem:
        yield ("id",), f"the file has another name; rename it to {name}.toml, or change the id to {path.stem}"


def between_files(register: Register, folder: Path) -> Iterator[str]:
    """Yield a line for each mistake between the files of a register: recipients that are not there, or not protected abroad."""
    known = {recipient.id for recipient in register.recipients}
    for activity in register.activities:
        for name in sorted(set(activity.recipients) - known):
            text = f"no recipient {name}; add recipients/{name}.toml, or take it out"
            yield mistake_at(folder / "activities" / f"{activity.id}.toml", ("recipients",), text)
    named = {name for activity in register.activities for name in activity.recipients}
    for recipient in register.recipients:
        if recipient.id in named:
            path = folder / "recipients" / f"{recipient.id}.toml"
            yield from (mistake_at(path, keys, text) for keys, text in transfer_mistakes(recipient, register.law))


def mistake_at(path: Path, keys: Keys, text: str) -> str:
    """Return a line that says where in a file a key is, what is wrong and what to do."""
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    line = Places(path.read_bytes().decode()).line(keys)
    return f"{path}:{line}: {place + ': ' if place else ''}{text}"
