"""How does a table leave as a CSV file that a spreadsheet opens rightly and that cannot run anything there?"""

import csv
import io
from collections.abc import Iterable

from django.http import HttpResponse

# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> HttpResponse:
    """Answer with a table as a file; it is stored in no cache."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    # The mark at the beginning tells spreadsheets that the text is UTF-8.
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value
