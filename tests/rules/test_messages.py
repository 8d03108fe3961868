"""Does the product say everything in Swedish too, and keep no translation of what it no longer says?"""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.rules.messages import (
    CATALOGUES,
    complaints,
    messages_in_python,
    messages_in_template,
    read,
    said,
    update,
)
from tests.rules.source import told


@pytest.mark.parametrize("locale", CATALOGUES)
def test_everything_is_translated(locale: str) -> None:
    assert CATALOGUES[locale].exists()
    found = {locale: complaints(said(), read(CATALOGUES[locale], locale))}
    assert not told(found), told(found)


def test_sentences_in_python_are_found() -> None:
    source = """
_("Door")
gettext_lazy("Open " "door")
ngettext("%d door", "%d doors", count)
pgettext("verb", "Open")
translate("not gettext")
"""
    assert list(messages_in_python(source)) == [
        ("Door", None),
        ("Open door", None),
        (("%d door", "%d doors"), None),
        ("Open", "verb"),
    ]


def test_sentences_in_templates_are_found() -> None:
    source = """{% load i18n %}
  <p title='{% translate "Door" %}'>don't stumble: ' " ( {{ name }}</p>
    {% blocktranslate trimmed with name=door.name %}
      Open
      {{ name }}
    {% endblocktranslate %}
 {% blocktranslate count n=doors|length %}{{ n }} door{% plural %}{{ n }} doors{% endblocktranslate %}
{% translate "Open" context "verb" %}
"""
    assert list(messages_in_template(source)) == [
        ("Door", None),
        ("Open %(name)s", None),
        (("%(n)s door", "%(n)s doors"), None),
        ("Open", "verb"),
    ]


def _catalogue(*entries: tuple[str | tuple[str, str], str | tuple[str, str]]) -> Catalog:
    catalogue = Catalog(locale="sv")
    for msgid, string in entries:
        catalogue.add(msgid, string)
    return catalogue


def test_planted_gaps_are_found() -> None:
    wanted = _catalogue(("Door", ""), ("Reader", ""), (("%d door", "%d doors"), ("", "")))
    translated = _catalogue(("Door", ""), (("%d door", "%d doors"), ("%d dörr", "")), ("Gate", "Grind"))
    assert complaints(wanted, translated) == [
        "missing: 'Reader'",
        "not translated: 'Door'",
        "not translated: ('%d door', '%d doors')",
        "no longer said: 'Gate'",
    ]


def test_an_update_keeps_translations_and_drops_what_is_no_longer_said(tmp_path: Path) -> None:
    path = tmp_path / "sv" / "django.po"
    update(path, "sv", _catalogue(("Door", ""), ("Gate", "")))
    path.write_text(path.read_text().replace('msgid "Door"\nmsgstr ""', 'msgid "Door"\nmsgstr "Dörr"'))
    wanted = _catalogue(("Door", ""), ("Reader", ""))
    update(path, "sv", wanted)
    assert complaints(wanted, read(path, "sv")) == ["not translated: 'Reader'"]
    first = path.read_bytes()
    update(path, "sv", wanted)
    assert path.read_bytes() == first
