"""What does the map of data flows look like? One SVG that needs nothing beside itself, with text that can be selected and searched.

Colours stand as attributes, which any style sheet may overrule: that of the pages does in the dark, and that which a file carries. What is
outside the EEA is told by a dashed line and in words, not by colour alone. The same flows give the same bytes.
"""

import msgspec
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portvakt.server.privacy.record.flow_layout import COLUMNS, HEAD, LINE, PAD, WIDTH, Layout, Placed, layout
from portvakt.server.privacy.record.flows import Flows
from portvakt.server.purpose.register import Texts

TITLE = Texts("Dataflöden", "Data flows")
HEADS = {
    "subject": Texts("Vem uppgifterna handlar om", "Whom the data is about"),
    "activity": Texts("Behandling", "Activity"),
    "store": Texts("Var de finns", "Where it is kept"),
    "recipient": Texts("Vem som kan få dem", "Who may be given it"),
}
GROUPS = {
    "controller": Texts("Leverantören är personuppgiftsansvarig", "The provider is data controller"),
    "processor": Texts(
        "Leverantören är personuppgiftsbiträde åt organisationen", "The provider is data processor for the organisation"
    ),
}
LEGEND = Texts(
    "Siffrorna är den rättsliga grundens punkt i artikel 6. Streckad ram: utanför EES.",
    "The figures are the point of Article 6 that is the legal basis. Dashed frame: outside the EEA.",
)
COLOUR = {"controller": "#0f766e", "processor": "#3b5bdb"}
DECLARATION = mark_safe('<?xml version="1.0" encoding="UTF-8"?>\n')
DASHES = mark_safe(' stroke-dasharray="5 3"')
# For a file by itself: dark on a dark screen, light on paper, one side of A3 or A4 lying down.
STYLE = mark_safe(
    "<style>@page{size:A3 landscape;margin:8mm}text{font-family:system-ui,'Segoe UI',sans-serif}"
    "@media screen and (prefers-color-scheme:dark){.flow-ground{fill:#151f2c}.flow-box{fill:#1f2b3a;stroke:#6b7a8d}"
    ".flow-abroad{stroke:#ff9494}.flow-name,.flow-head{fill:#f0f4f8}.flow-note{fill:#b5c0cd}"
    ".flow-edge{stroke-opacity:.6}.flow-controller{stroke:#4fd1c5}.flow-processor{stroke:#91a7ff}}</style>"
)


class Letters(msgspec.Struct, frozen=True):
    """How lines of text are set."""

    kind: str
    colour: str
    size: int
    anchor: str = "start"


NAME = Letters("name", "#182433", 12)
NOTE = Letters("note", "#5b6472", 11, "end")
SMALL = Letters("note", "#5b6472", 10)


def as_svg(flows: Flows, language: str, *, by_itself: bool = False) -> SafeString:
    """Return the map; `by_itself` makes it a file of its own, which carries a style and says that it is XML."""
    drawn = layout(flows)
    return format_html(
        '{}<svg xmlns="http://www.w3.org/2000/svg" class="flow-map" role="img" viewBox="0 0 {} {}" xml:lang="{}"'
        ' aria-labelledby="flow-title flow-about" font-family="sans-serif">{}{}{}{}{}</svg>\n',
        DECLARATION if by_itself else "",
        WIDTH,
        drawn.height,
        language,
        _about(flows, language),
        STYLE if by_itself else "",
        format_html('<rect class="flow-ground" width="{}" height="{}" fill="#ffffff"/>', WIDTH, drawn.height),
        _heads(drawn, language) + format_html_join("", "{}", ((_edge(drawn, edge),) for edge in flows.edges)),
        format_html_join("", "{}", ((_box(one),) for one in drawn.placed)),
    )


def _about(flows: Flows, language: str) -> SafeString:
    counts = f"{len(flows.column('controller', 'processor'))}, {len(flows.edges)}"
    said = Texts(f"Behandlingar och flöden: {counts}.", f"Activities and flows: {counts}.").within(language)
    return format_html(
        '<title id="flow-title">{}</title><desc id="flow-about">{} {}</desc>',
        TITLE.within(language),
        said,
        LEGEND.within(language),
    )


def _heads(drawn: Layout, language: str) -> SafeString:
    columns = [(COLUMNS[name][0], 42, text.within(language), 15) for name, text in HEADS.items()]
    groups = [(COLUMNS["activity"][0], y + HEAD - 10, GROUPS[role].within(language), 12) for role, y in drawn.heads]
    heads = format_html_join(
        "",
        '<text class="flow-head" x="{}" y="{}" fill="#182433" font-weight="bold" font-size="{}">{}</text>',
        ((x, y, size, text) for x, y, text, size in columns + groups),
    )
    legend = '<text class="flow-note" x="{}" y="18" fill="#5b6472" font-size="11">{}</text>'
    return heads + format_html(legend, COLUMNS["subject"][0], LEGEND.within(language))


def _edge(drawn: Layout, edge: tuple[str, str]) -> SafeString:
    """Draw one flow as a curve that leaves and arrives level."""
    start, end = drawn.at(edge[0]), drawn.at(edge[1])
    role = next(one.box.column for one in (start, end) if one.box.column in COLOUR)
    left, right = start.x + start.width, end.x
    bend = (right - left) // 2
    return format_html(
        '<path class="flow-edge flow-{}" d="M{} {}C{} {} {} {} {} {}" fill="none" stroke="{}" stroke-width="1.2" stroke-opacity=".35"{}>'
        "<title>{} → {}</title></path>",
        role, left, start.middle, left + bend, start.middle, right - bend, end.middle, right, end.middle, COLOUR[role],
        DASHES if end.box.abroad else "",
        start.box.name, end.box.name,
    )  # fmt: skip


def _box(one: Placed) -> SafeString:
    box, activity = one.box, one.box.column in COLOUR
    note = NOTE if activity else SMALL
    at = (one.x + one.width - 8, one.y + PAD) if activity else (one.x + 8, one.y + PAD + len(one.name) * LINE)
    return format_html(
        '<g id="flow-{}"><title>{}</title><rect class="flow-box{}" x="{}" y="{}" width="{}" height="{}" rx="4"'
        ' fill="#ffffff" stroke="{}"{}/>{}{}</g>',
        box.id,
        box.title or box.name,
        " flow-abroad" if box.abroad else "",
        one.x, one.y, one.width, one.height,
        "#b42323" if box.abroad else COLOUR.get(box.column, "#9aa4b2"),
        DASHES if box.abroad else "",
        _lines(one.name, (one.x + 8, one.y + PAD), NAME),
        _lines(one.note, at, note),
    )  # fmt: skip


def _lines(lines: tuple[str, ...], at: tuple[int, int], letters: Letters) -> SafeString:
    return format_html_join(
        "",
        '<text class="flow-{}" x="{}" y="{}" fill="{}" font-size="{}" text-anchor="{}">{}</text>',
        (
            (letters.kind, at[0], at[1] + number * LINE + 11, letters.colour, letters.size, letters.anchor, line)
            for number, line in enumerate(lines)
        ),
    )


def size(flows: Flows) -> tuple[int, int]:
    """Return how wide and how tall the map is."""
    return WIDTH, layout(flows).height
