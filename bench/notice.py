"""How long does it take to make a notice from the register, as HTML and as PDF, and how large is it?

Every notice there is: the provider's and an organisation's, for adults and children, in both languages, from the register in register/.
Rendering needs no database. Each is made once before it is timed, and every time the same bytes must come.

    bin/dev python bench/notice.py [--times 200] [--pdfs 5] [--json FILE]
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("SECRET_KEY", "measured")
os.environ.setdefault("DATABASE_URL", "postgresql://none/none")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")

import django

django.setup()

from portvakt.server.privacy.notice.facts import Facts, OwnFacts  # noqa: E402 - models exist only from here on
from portvakt.server.privacy.notice.writing import VARIANTS, render  # noqa: E402
from portvakt.server.privacy.pdf import as_pdf  # noqa: E402
from portvakt.server.purpose.register import LANGUAGES, Register, read_register  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
STYLES = (ROOT / "portvakt/server/web/assets/notice.css").read_text(encoding="utf-8")
ORGANISATION = Facts(
    slug="bjorkgarden", name="Brf Björkgården", registration_number="769600-0000", address="Björkvägen 1, 111 11 Orten",
    email="styrelsen@example.org", entry_log_days=14,
    recipients=(OwnFacts("Väktarna AB", "processor", "rycka ut vid larm", ("entry_log",), "SE"),),
)  # fmt: skip
WHOSE = {"provider": Facts(), "organisation": ORGANISATION}


class Figure(NamedTuple):
    """What was measured of one notice."""

    notice: str
    form: str
    p50_ms: float
    p99_ms: float
    bytes: int


def measured(notice: str, form: str, times: int, make: Callable[[], bytes]) -> Figure:
    """Time making one notice so many times; raise AssertionError where other bytes come."""
    first, taken = make(), []
    for _ in range(times):
        begun = time.perf_counter()
        again = make()
        taken.append((time.perf_counter() - begun) * 1000)
        if again != first:
            raise AssertionError(f"{notice} came out in other bytes")
    p99 = statistics.quantiles(taken, n=100, method="inclusive")[98]
    return Figure(notice, form, round(statistics.median(taken), 3), round(p99, 3), len(first))


def as_page(fragment: bytes) -> str:
    """Return a notice as a whole document, as the site prints it: with every section open."""
    opened = fragment.decode().replace("<details", "<details open")
    head = f"<html lang='sv'><head><title>x</title><style>{STYLES}</style></head>"
    return f"<!doctype html>{head}<body class='notice-paper'>{opened}</body></html>"


def all_of(register: Register, times: int, pdfs: int) -> list[Figure]:
    """Measure every notice as HTML, and the longest and the shortest as PDF."""
    figures = []
    for (name, facts), variant, language in product(WHOSE.items(), VARIANTS, LANGUAGES):
        make = partial(render, register, facts, language, variant)
        figures.append(measured(f"{name}, {variant}, {language}", "HTML", times, make))
    for variant in VARIANTS:
        drawn = partial(as_pdf, as_page(render(register, ORGANISATION, "sv", variant)))
        figures.append(measured(f"organisation, {variant}, sv", "PDF", pdfs, drawn))
    return figures


def main() -> None:
    """Measure, print a table and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--pdfs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    register = read_register(ROOT / "register")
    figures = all_of(register, options.times, options.pdfs)
    print(f"{len(register.activities)} activities, {len(register.recipients)} recipients")
    print(f"{'notice':<28} {'form':<5} {'p50 ms':>9} {'p99 ms':>9} {'bytes':>9}")
    for figure in figures:
        print(f"{figure.notice:<28} {figure.form:<5} {figure.p50_ms:>9.3f} {figure.p99_ms:>9.3f} {figure.bytes:>9}")
    if options.json:
        options.json.write_text(json.dumps([figure._asdict() for figure in figures], indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
