"""How does a table leave as a CSV file that a spreadsheet opens rightly and that cannot run anything there?"""

import csv
import io
from collections.abc import Iterable

from django.http import HttpResponse

from portvakt.server.privacy.actions import Disclosed
from portvakt.server.web.files import file_answer

# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, heads: Iterable[str], rows: Iterable[Iterable[str]], *, after: Disclosed) -> HttpResponse:
    """Answer with a table as a file; `after` as for file_answer."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    # The mark at the beginning tells spreadsheets that the text is UTF-8.
    return file_answer(f"{name}.csv", "\ufeff" + out.getvalue(), "text/csv; charset=utf-8", after=after)


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value
