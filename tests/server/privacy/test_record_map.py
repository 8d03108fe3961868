"""Does the map of data flows show every flow that the register has, and nothing beside, as a drawing that stands by itself?"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.pdf import as_pdf
from portvakt.server.privacy.record.flow_layout import WIDTH, layout
from portvakt.server.privacy.record.flow_svg import as_svg
from portvakt.server.privacy.record.flows import Flows, flows
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import Data, Recipient, Register, Texts

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def register() -> Register:
    return catalogue.in_force()


@pytest.fixture
def abroad(register: Register) -> Register:
    """One activity, whose data is also reached from outside the EEA, and whose names try to be more than text."""
    far = Recipient(
        id="far", category="processor", name=Texts("<Bort>", '<script>"Far" & away'), what_for=Texts("x", "x"), country="SE",
        access_countries=("US",),
    )  # fmt: skip
    activity = msgspec.structs.replace(
        register.activity("entry_log"), recipients=("far",), data=(Data(Subject.HOLDER, (Kind.PASSAGE,), ("insert",)),)
    )
    return msgspec.structs.replace(register, activities=(activity,), recipients=(far,))


def _expected(register: Register) -> Iterator[tuple[str, str]]:
    for activity in register.activities:
        here = f"activity-{activity.id}"
        yield from ((f"subject-{row.subject}", here) for row in activity.data)
        yield from ((here, f"recipient-{name}") for name in activity.recipients if activity.data)


def test_every_flow_of_the_register_is_on_the_map_and_no_other(register: Register) -> None:
    shown = flows(register, "sv")
    assert {edge for edge in shown.edges if not edge[1].startswith("store-")} == set(_expected(register))
    activities = {box.id.removeprefix("activity-") for box in shown.column("controller", "processor")}
    assert activities == {activity.id for activity in register.activities if activity.data}
    stored = {edge[0] for edge in shown.edges if edge[1].startswith("store-")}
    assert stored == {box.id for box in shown.column("controller", "processor")}


def test_every_flow_joins_boxes_that_are_there(register: Register) -> None:
    shown = flows(register, "en")
    ids = [box.id for box in shown.boxes]
    assert len(ids) == len(set(ids))
    assert {one for edge in shown.edges for one in edge} <= set(ids)


def test_the_map_can_be_of_one_role_or_of_one_activity(register: Register) -> None:
    assert {box.column for box in flows(register, "sv", "processor").boxes} == {
        "subject",
        "processor",
        "store",
        "recipient",
    }
    one = flows(register, "sv", activity="entry_log")
    assert [box.id for box in one.column("controller", "processor")] == ["activity-entry_log"]
    assert "store-plattformens-databas" in {box.id for box in one.column("store")}
    assert flows(register, "sv", "controller", "entry_log") == Flows((), ())


def test_x01_what_is_reached_from_outside_the_eea_is_marked_in_words_and_by_its_line(abroad: Register) -> None:
    shown = flows(abroad, "en")
    [far] = shown.column("recipient")
    assert far.abroad
    assert "the United States (outside the EEA)" in far.note
    assert "Sweden (outside" not in far.note
    drawn = as_svg(shown, "en")
    assert drawn.count("stroke-dasharray") == 2  # its frame, and the flow to it
    assert "stroke-dasharray" not in as_svg(flows(abroad, "en", activity="none"), "en")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_drawing_is_sound_and_its_text_is_text(register: Register, language: str) -> None:
    shown = flows(register, language)
    tree = ET.fromstring(as_svg(shown, language, by_itself=True))
    assert tree.find(f"{SVG}title") is not None
    assert (tree.findtext(f"{SVG}desc") or "").endswith(".")
    text = " ".join(node.text or "" for node in tree.iter(f"{SVG}text"))
    for box in shown.column("recipient"):
        assert box.name in text
    assert len(list(tree.iter(f"{SVG}path"))) == len(shown.edges)


def test_a_name_is_never_more_than_text(abroad: Register) -> None:
    drawn = as_svg(flows(abroad, "en"), "en", by_itself=True)
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    ET.fromstring(drawn)


def test_the_drawing_asks_for_nothing_outside_itself(register: Register) -> None:
    drawn = as_svg(flows(register, "sv"), "sv", by_itself=True)
    for outside in ("href", "url(", "@import", "<image", "<script", "src="):
        assert outside not in drawn
    # On a page a style in the drawing would be refused, and is not needed.
    assert "<style" not in as_svg(flows(register, "sv"), "sv")
    assert "prefers-color-scheme" in drawn


def test_the_same_register_gives_the_same_bytes(register: Register) -> None:
    again = msgspec.json.decode(msgspec.json.encode(register), type=Register)
    assert as_svg(flows(register, "sv"), "sv") == as_svg(flows(again, "sv"), "sv")


def test_no_two_boxes_stand_on_one_another(register: Register) -> None:
    drawn = layout(flows(register, "sv"))
    for x in {one.x for one in drawn.placed}:
        column = sorted((one for one in drawn.placed if one.x == x), key=lambda one: one.y)
        assert all(above.y + above.height < below.y for above, below in pairwise(column))
    assert all(one.x + one.width <= WIDTH and one.y + one.height <= drawn.height for one in drawn.placed)


def test_paper_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.css").write_text("p { color: red }")
    for asked in (
        f'<link rel="stylesheet" href="file://{tmp_path}/secret.css">',
        '<img src="http://127.0.0.1:1/x.png">',
    ):
        with pytest.raises(BaseException, match="Error fetching"):
            as_pdf(f"<p>x</p>{asked}")
    assert as_pdf("<p>x</p>").startswith(b"%PDF-")
