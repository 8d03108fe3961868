"""Where does each box of the map stand? Four columns; each box beside what it is joined to, and no two on one another.

Positions are whole units of the drawing (about a pixel on a screen), so that the same flows always give the same drawing.
"""

import textwrap

import msgspec

from portvakt.server.privacy.record.flows import Box, Flows

LINE, PAD, GAP, HEAD = 14, 4, 4, 30
MARGIN, TOP = 16, 64
# Left edge and width of each column, and how many letters of its names fit into a line.
COLUMNS = {"subject": (16, 200, 28), "activity": (330, 380, 54), "store": (870, 230, 34), "recipient": (1230, 300, 44)}
WIDTH = 1546
NOTE_LETTERS = 1.15


class Placed(msgspec.Struct, frozen=True):
    """A box where it stands, its name and note broken into lines."""

    box: Box
    x: int
    y: int
    width: int
    height: int
    name: tuple[str, ...]
    note: tuple[str, ...]

    @property
    def middle(self) -> int:
        """Return the height at which flows begin and end."""
        return self.y + self.height // 2


class Layout(msgspec.Struct, frozen=True):
    """All boxes where they stand, the heads of the groups of activities (role and height), and how tall the drawing is."""

    placed: tuple[Placed, ...]
    heads: tuple[tuple[str, int], ...]
    height: int

    def at(self, box_id: str) -> Placed:
        """Return where a box stands."""
        return next(one for one in self.placed if one.box.id == box_id)


def layout(flows: Flows) -> Layout:
    """Place the activities one below the other, and everything else as near to its activities as there is room."""
    placed: list[Placed] = []
    heads: list[tuple[str, int]] = []
    y = TOP
    for role in ("controller", "processor"):
        group = flows.column("controller") if role == "controller" else flows.column("processor")
        if group:
            heads.append((role, y))
            y = _stack(placed, group, y + HEAD) + HEAD // 2
    bottom = max(y, TOP + 200)
    activities = {one.box.id: one.middle for one in placed}
    for column in (flows.column("subject"), flows.column("store"), flows.column("recipient")):
        bottom = max(bottom, _spread(placed, column, flows, activities, bottom))
    return Layout(tuple(placed), tuple(heads), bottom + MARGIN)


def _stack(placed: list[Placed], boxes: list[Box], y: int) -> int:
    for box in boxes:
        placed.append(_placed(box, y))
        y += placed[-1].height + GAP
    return y


def _spread(placed: list[Placed], boxes: list[Box], flows: Flows, activities: dict[str, int], bottom: int) -> int:
    """Place a column in the order of the middle of what each box is joined to, evenly from top to bottom; return where it ends."""

    def centre(box: Box) -> tuple[float, str]:
        near = [activities[one.id] for one in flows.beside(box, "controller", "processor")]
        return (sum(near) / len(near) if near else 0.0, box.id)

    ordered = sorted(boxes, key=centre)
    total = sum(_placed(box, 0).height for box in ordered)
    gap = max(GAP * 2, (bottom - TOP - HEAD - total) // (len(ordered) + 1))
    y = TOP + HEAD + (gap if gap > GAP * 2 else 0)
    for box in ordered:
        placed.append(_placed(box, y))
        y += placed[-1].height + gap
    return y


def _placed(box: Box, y: int) -> Placed:
    activity = box.column in {"controller", "processor"}
    x, width, letters = COLUMNS["activity" if activity else box.column]
    name = textwrap.wrap(box.name, letters - (8 if activity else 0)) or [""]
    note = [box.note] if activity else textwrap.wrap(box.note, int(letters * NOTE_LETTERS))
    lines = len(name) if activity else len(name) + len(note)
    return Placed(box, x, y, width, lines * LINE + 2 * PAD, tuple(name), tuple(note))
