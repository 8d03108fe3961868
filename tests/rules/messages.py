"""Which sentences do templates and code say, and which of them await a translation?

`bin/messages` runs this to bring the catalogues up to date, `bin/messages --check` to tell what is missing.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tests.rules.source import PACKAGE, ROOT, python_files

CATALOGUES = {"sv": PACKAGE / "locale" / "sv" / "LC_MESSAGES" / "django.po"}
SINGULAR = {"_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None}
PLURAL = {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
CONTEXT = {"pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2)}
CONTEXT_PLURAL = {"npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3)}
KEYWORDS = SINGULAR | PLURAL | CONTEXT | CONTEXT_PLURAL

Message = tuple[str, str | tuple[str, ...], str | None]


def messages_in_python(source: str) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """(msgid or its forms, context) of each sentence said through gettext."""
    found = extract_python(io.BytesIO(source.encode()), tuple(KEYWORDS), (), {"encoding": "utf-8"})
    for _, function, arguments, _ in found:
        forms = [argument for argument in _as_tuple(arguments) if argument]
        positions = KEYWORDS[function] or (1,)
        context = forms.pop(0) if isinstance(positions[0], tuple) else None
        said = tuple(forms[: len(positions) - (context is not None)])
        if said:
            yield (said if len(said) > 1 else said[0]), context


def messages_in_template(source: str) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """As in Python: Django turns what a template says into calls and the rest into X, indented as it happens to be."""
    lines = templatize(source).splitlines()
    return messages_in_python("\n".join(line.strip() for line in lines))


def _as_tuple(arguments: str | tuple[str | None, ...] | list[str | None] | None) -> tuple[str | None, ...]:
    if arguments is None or isinstance(arguments, str):
        return (arguments,)
    return tuple(arguments)


def said() -> Catalog:
    """Everything that the product says, with where it says it."""
    catalogue = Catalog(project="Portvakt", charset="utf-8", fuzzy=False)
    for path, text in python_files(PACKAGE):
        _add(catalogue, path, messages_in_python(text))
    for suffix in ("html", "txt"):
        for file in sorted(PACKAGE.rglob(f"templates/**/*.{suffix}")):
            _add(catalogue, file.relative_to(ROOT).as_posix(), messages_in_template(file.read_text(encoding="utf-8")))
    return catalogue


def _add(catalogue: Catalog, path: str, messages: Iterator[tuple[str | tuple[str, ...], str | None]]) -> None:
    for msgid, context in messages:
        # The line would change with every edit above it, so the catalogue names the file alone.
        catalogue.add(msgid, locations=[(path, 0)], context=context)


def complaints(wanted: Catalog, translated: Catalog) -> list[str]:
    """What stands between a catalogue and a whole translation: missing, empty, uncertain or no longer said."""
    missing = [f"missing: {message.id!r}" for message in wanted if message.id and not _entry(translated, message)]
    entries = [message for message in translated if message.id]
    empty = [f"not translated: {entry.id!r}" for entry in entries if not all(_as_tuple(entry.string))]
    fuzzy = [f"uncertain: {entry.id!r}" for entry in entries if entry.fuzzy]
    unsaid = [f"no longer said: {entry.id!r}" for entry in entries if not _entry(wanted, entry)]
    obsolete = [f"no longer said: {identity!r}" for identity in translated.obsolete]
    return missing + empty + fuzzy + unsaid + obsolete


def _entry(catalogue: Catalog, message: object) -> object:
    return catalogue.get(message.id, message.context)  # type: ignore[attr-defined]


def read(path: Path, locale: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=locale, project="Portvakt", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(path: Path, locale: str, wanted: Catalog) -> None:
    catalogue = read(path, locale)
    catalogue.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, ignore_obsolete=True, include_lineno=False, sort_by_file=True)


def main(arguments: list[str]) -> int:
    wanted = said()
    if arguments != ["--check"]:
        for locale, path in CATALOGUES.items():
            update(path, locale, wanted)
    found = [
        f"{locale}: {text}" for locale, path in CATALOGUES.items() for text in complaints(wanted, read(path, locale))
    ]
    sys.stdout.write("".join(f"{text}\n" for text in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
