"""Does every mistake one can make in the register have a clear error that names the file and the remedy?"""

import shutil
from pathlib import Path

import msgspec
import pytest
from django.conf import settings

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose import checks
from portvakt.server.purpose.register import Data, RegisterError, read_register

ROOT = settings.REGISTER
GOOD = (ROOT / "activities" / "entry.toml").read_text()

# What stands in entry.toml, what is put there instead, and what the error must say.
MISTAKES = [
    ('id = "entry"', 'id = "Entry"', "id must be lower-case words"),
    ('id = "entry"', 'id = "entrance"', "rename it to entrance.toml"),
    ('entry_points = ["link"]', 'entry_points = ["door"]', "Invalid enum value 'door'"),
    ('scope = "organisation"', 'scope = "everywhere"', "Invalid enum value 'everywhere'"),
    ('role = "processor"', 'role = "vendor"', "Invalid enum value 'vendor'"),
    ('role = "processor"\n', "", "missing required field `role`"),
    ('sv = "Inpassering"', 'sv = " "', "every text in both sv and en"),
    ('subject = "holder"', 'subject = "holders"', "Invalid enum value 'holders'"),
    ("[name]", "[title]", "unknown field `title`"),
    ("[name]", "[name", "Expected"),
]


def planted(folder: Path, text: str) -> Path:
    """Copy the register, with another entry.toml; return where that stands."""
    shutil.copytree(ROOT, folder / "register")
    path = folder / "register" / "activities" / "entry.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("stands", "wrong", "said"), MISTAKES)
def test_a_mistake_names_the_file_and_the_remedy(tmp_path: Path, stands: str, wrong: str, said: str) -> None:
    assert stands in GOOD
    path = planted(tmp_path, GOOD.replace(stands, wrong, 1))
    with pytest.raises(RegisterError) as error:
        read_register(tmp_path / "register")
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_the_file_as_it_stands_has_none_of_them(tmp_path: Path) -> None:
    planted(tmp_path, GOOD)
    assert read_register(tmp_path / "register").activity("entry").id == "entry"


def test_a_register_that_is_not_there_or_empty_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="PORTVAKT_REGISTER"):
        read_register(tmp_path / "nowhere")
    with pytest.raises(RegisterError, match="no activity"):
        read_register(tmp_path)


def found(change: dict[str, object]) -> set[str]:
    """Return the codes of the mistakes when one activity of the register is changed."""
    activities = read_register(ROOT).activities
    changed = tuple(msgspec.structs.replace(row, **change) if row.id == "entry" else row for row in activities)
    return {code for code, _text in checks.register_mistakes(changed)}


def test_the_register_fits_the_models() -> None:
    assert found({}) == set()


def test_a_kind_that_no_model_holds_is_found() -> None:
    data = (Data(Subject.ACCOUNT_HOLDER, (Kind.PASSAGE,), ("read",)),)
    assert "purpose.E006" in found({"data": data})


def test_a_kind_that_no_activity_needs_is_found() -> None:
    activities = tuple(row for row in read_register(ROOT).activities if row.id != "account_sign_in")
    only = [text for code, text in checks.register_mistakes(activities) if code == "purpose.E007"]
    assert not only  # live pages and retention still need sessions
    none = tuple(
        row for row in activities if row.id not in {"live_updates", "retention", "own_data", "account_disabling"}
    )
    assert any("session" in text for code, text in checks.register_mistakes(none) if code == "purpose.E007")


def test_a_table_that_does_not_exist_cannot_be_managed() -> None:
    assert found({"manages": ("places.Gate",)}) == {"purpose.E008"}
