"""Has a file of the register the right shape: every key it needs, no other, and in each place a value of the right sort?

msgspec stops at the first thing that is wrong. Whoever writes a register wants to hear of all of them, so each value is tried alone.
"""

import difflib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from portvakt.server.purpose.register.model import Data
from portvakt.server.purpose.register.places import Keys

Mistake = tuple[Keys, str]

# What a file must say although code may leave it out: nobody takes a default for where data comes from (N-03).
SAID: dict[type[msgspec.Struct], tuple[str, ...]] = {Data: ("source",)}


def shape_mistakes(value: object, of: Any, keys: Keys = ()) -> Iterator[Mistake]:
    """Yield where and what is wrong with a value that should be of a type; nothing when msgspec would take it."""
    of = _present(of)
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        yield from _struct_mistakes(value, of, keys)
    elif get_origin(of) is tuple and isinstance(value, list):
        for index, item in enumerate(value):
            yield from shape_mistakes(item, get_args(of)[0], (*keys, index))
    elif get_origin(of) is dict and isinstance(value, dict):
        for name, item in value.items():
            yield from shape_mistakes(item, get_args(of)[1], (*keys, name))
    else:
        yield from _value_mistakes(value, of, keys)


def _present(of: Any) -> Any:
    """Return the type of a value that is there: TOML has no null."""
    if get_origin(of) in {Union, UnionType}:
        return next(one for one in get_args(of) if one is not type(None))
    return of


def _struct_mistakes(value: object, of: type[msgspec.Struct], keys: Keys) -> Iterator[Mistake]:
    if not isinstance(value, Mapping):
        yield keys, f"not a table; write one with {_listed([field.name for field in msgspec.structs.fields(of)])}"
        return
    fields = {field.name: field for field in msgspec.structs.fields(of)}
    for name in value:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1) or [_listed(list(fields))]
            yield (*keys, name), f"unknown field `{name}`; remove it, or did you mean {near[0]}?"
    for name, field in fields.items():
        if name in value:
            yield from shape_mistakes(value[name], field.type, (*keys, name))
        elif field.required or name in SAID.get(of, ()):
            yield keys, f"missing required field `{name}`; add it"


def _value_mistakes(value: object, of: Any, keys: Keys) -> Iterator[Mistake]:
    try:
        msgspec.convert(value, of)
    except msgspec.ValidationError as error:
        choices = _choices(of)
        yield keys, f"{error}; choose one of {_listed(choices)}" if choices else f"{error}; write a value of that sort"


def _choices(of: Any) -> list[str]:
    """Return the values that a closed list allows; none where any value of a type is allowed."""
    if get_origin(of) is Literal:
        return [str(one) or '""' for one in get_args(of)]
    return [str(one) for one in of] if isinstance(of, type) and issubclass(of, StrEnum) else []


def _listed(words: list[str]) -> str:
    return ", ".join(words)
