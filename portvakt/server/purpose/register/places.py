"""On which line of a TOML file does a key stand? The reader of the standard library gives values without their places."""

import re
from collections import Counter

Keys = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
LONG_STRING = re.compile(r'"""|\'\'\'')


class Places:
    """The lines of the keys of one file. What stands within a value (an item, an inline table) is found at the line of its key."""

    def __init__(self, text: str) -> None:
        """Note where every table and every key of a text begins."""
        self._lines: dict[Keys, int] = {}
        self._counted: Counter[Keys] = Counter()
        table: Keys = ()
        for number, line in _outside_long_strings(text):
            if header := HEADER.match(line):
                table = self._table(header[1], header[2])
                if header[1] == "[[":
                    self._lines.setdefault(table[:-1], number)
                self._lines.setdefault(table, number)
            elif key := KEY.match(line):
                self._lines.setdefault((*table, *_names(key[1])), number)

    def line(self, keys: Keys) -> int:
        """Return the line, from 1, of a key or else of the nearest thing around it."""
        return next((self._lines[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in self._lines), 1)

    def _table(self, brackets: str, name: str) -> Keys:
        """Return the keys of a table; the same name in double brackets is the next of a list, and within such a list its last."""
        keys: Keys = ()
        *around, last = _names(name)
        for part in around:
            keys = self._within((*keys, part))
        keys = (*keys, last)
        if brackets == "[[":
            self._counted[keys] += 1
        return self._within(keys)

    def _within(self, keys: Keys) -> Keys:
        return (*keys, self._counted[keys] - 1) if self._counted[keys] else keys


def _names(dotted: str) -> list[str]:
    return [name.strip() for name in dotted.split(".")]


def _outside_long_strings(text: str) -> list[tuple[int, str]]:
    """Return the numbered lines that do not begin within a string of several lines."""
    found, within = [], False
    for number, line in enumerate(text.splitlines(), start=1):
        if not within:
            found.append((number, line))
        if len(LONG_STRING.findall(line)) % 2:
            within = not within
    return found
