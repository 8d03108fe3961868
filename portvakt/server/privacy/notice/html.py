"""How does a notice become HTML, the same bytes each time? A fragment of plain elements, which a page, a print and a PDF dress."""

import re
from html import escape

from portvakt.server.privacy.notice.document import Document, Part, Section

ADDRESS = re.compile(r"https://[^\s<>&]+[^\s<>&.,)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def as_html(document: Document) -> bytes:
    """Return a notice as a fragment in UTF-8."""
    lines = [
        f'<article class="notice" lang="{document.language}">',
        f"<h1>{escape(document.title)}</h1>",
        f'<p class="notice-lead">{linked(document.lead)}</p>',
        *(line for section in document.sections for line in _section(section)),
        "</article>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _section(section: Section) -> list[str]:
    if section.folded:
        opening = [f'<details class="notice-part" id="{section.key}">', f"<summary>{escape(section.heading)}</summary>"]
        return [*opening, *_parts(section.parts), "</details>"]
    strong = " notice-strong" if section.strong else ""
    opening = [f'<section class="notice-section{strong}" id="{section.key}">', f"<h2>{escape(section.heading)}</h2>"]
    return [*opening, *_parts(section.parts), "</section>"]


def _parts(parts: tuple[Part, ...]) -> list[str]:
    """Return parts as HTML: those with a label as a list of terms, those without as they stand."""
    lines: list[str] = []
    within = False
    for part in parts:
        if within != bool(part.label):
            lines.append("</dl>" if within else "<dl>")
            within = not within
        lines += (
            [f"<dt>{escape(part.label)}</dt>", f"<dd>{_lines(part.lines)}</dd>"] if part.label else [_lines(part.lines)]
        )
    return [*lines, "</dl>"] if within else lines


def _lines(lines: tuple[str, ...]) -> str:
    if len(lines) == 1:
        return f"<p>{linked(lines[0])}</p>"
    return "<ul>" + "".join(f"<li>{linked(line)}</li>" for line in lines) + "</ul>"


def linked(text: str) -> str:
    """Return text as HTML, with its addresses as links."""
    return ADDRESS.sub(_link, escape(text))


def _link(found: re.Match[str]) -> str:
    address = found.group()
    target = address if address.startswith("https://") else f"mailto:{address}"
    return f'<a href="{target}">{address}</a>'
