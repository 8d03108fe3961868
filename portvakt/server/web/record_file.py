"""How does a record of processing leave as a file: PDF, CSV, JSON, DPV or fideslang?

A record holds no personal data beyond the contact details that the law wants in it, so this is no disclosure and asks for no recipient.
The same record gives the same bytes.
"""

from collections.abc import Callable

import msgspec
from django.http import HttpResponse
from django.template.loader import render_to_string

from portvakt.server.privacy.actions import nothing_about_anyone
from portvakt.server.privacy.pdf import as_pdf
from portvakt.server.privacy.record import table
from portvakt.server.privacy.record.complete import complete
from portvakt.server.privacy.record.dpv import as_dpv
from portvakt.server.privacy.record.fides import as_fides
from portvakt.server.privacy.record.model import Record
from portvakt.server.privacy.record.shown import shown
from portvakt.server.web.csv_file import csv_file
from portvakt.server.web.files import file_answer

Written = Callable[[Record, str], bytes]
NOBODYS = nothing_about_anyone("a record of processing, with no personal data beyond what the law wants in it")


def _pdf(record: Record, language: str) -> bytes:
    return as_pdf(render_to_string("record/paper.html", shown(record, language) | {"language": language}))


def _json(record: Record, _language: str) -> bytes:
    there, asked = complete(record)
    said = {"record": record, "digest": record.digest, "fields_there": there, "fields_asked": asked}
    return msgspec.json.format(msgspec.json.encode(said, order="sorted"), indent=2)


def _dpv(record: Record, _language: str) -> bytes:
    return msgspec.json.format(msgspec.json.encode(as_dpv(record)), indent=2)


def _fides(record: Record, language: str) -> bytes:
    return msgspec.json.format(msgspec.json.encode(as_fides(record, language)), indent=2)


def _csv(record: Record, language: str) -> bytes:
    return csv_file(name_of(record), table.heads(language), table.lines(record, language), after=NOBODYS).content


# What a format ends with, its media type, and how it is written. JSON is YAML too, and Fides reads files of that name alone.
FORMATS: dict[str, tuple[str, str, Written]] = {
    "pdf": ("pdf", "application/pdf", _pdf),
    "csv": ("csv", "text/csv; charset=utf-8", _csv),
    "json": ("json", "application/json", _json),
    "dpv": ("jsonld", "application/ld+json", _dpv),
    "fides": ("fides.yml", "application/yaml", _fides),
}


def name_of(record: Record) -> str:
    """Return a file's name without its ending: which article, which day, and the beginning of the digest."""
    article = record.paragraph.replace("(", "-").replace(")", "")
    return f"record-{article}-{record.as_of.isoformat()}-{record.digest[:12]}"


def written(record: Record, form: str, language: str) -> bytes:
    """Return a record in one of FORMATS."""
    return FORMATS[form][2](record, language)


def record_file(record: Record, form: str, language: str) -> HttpResponse:
    """Answer with a record as a file in one of FORMATS."""
    ending, media, _write = FORMATS[form]
    return file_answer(f"{name_of(record)}.{ending}", written(record, form, language), media, after=NOBODYS)
