"""Does everything exist that the documentation links to or names?"""

from pathlib import Path

import pytest

from tests.docs.pages import MADE_AT_SETUP, ROOT, anchors, named_modules, named_paths, pages, relative_links


def broken_links(page: Path) -> list[str]:
    return [link for link in relative_links(page.read_text(encoding="utf-8")) if not _leads_somewhere(page, link)]


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors(target.read_text(encoding="utf-8")))


def missing_paths(page: Path, root: Path) -> list[str]:
    return [path for path in named_paths(page.read_text(encoding="utf-8")) if not _exists(path, root)]


def _exists(path: str, root: Path) -> bool:
    return (root / path).exists() or path.startswith(MADE_AT_SETUP)


def missing_modules(page: Path, root: Path) -> list[str]:
    return [name for name in named_modules(page.read_text(encoding="utf-8")) if not _resolves(name.split("."), root)]


def _resolves(parts: list[str], root: Path) -> bool:
    """Tell whether a dotted name is a package, a module, or something a module or a package's files speak of."""
    folder = root
    for index, part in enumerate(parts):
        if (folder / part).is_dir():
            folder = folder / part
            continue
        module = folder / f"{part}.py"
        rest = parts[index + 1 :] if module.is_file() else parts[index:]
        sources = [module] if module.is_file() else sorted(folder.glob("*.py"))
        return not rest or any(rest[0] in source.read_text(encoding="utf-8") for source in sources)
    return True


PAGES = pages(ROOT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_names_only_what_exists(page: Path) -> None:
    assert broken_links(page) == []
    assert missing_paths(page, ROOT) == []
    assert missing_modules(page, ROOT) == []


def test_there_are_pages() -> None:
    assert ROOT / "docs" / "glossary.md" in PAGES
    assert ROOT / "CHANGELOG.md" in PAGES


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading, with a comma\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#a-heading-with-a-comma) [c](https://example.org/x) [d](#own)\n\n# Own\n"
        "[e](gone.md) [f](there.md#gone) [g](#gone)\n```\n[h](in-a-fence.md)\n```\n",
        encoding="utf-8",
    )
    assert broken_links(page) == ["gone.md", "there.md#gone", "#gone"]


def test_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    (tmp_path / "portvakt" / "core").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "demo").touch()
    page = tmp_path / "page.md"
    page.write_text(
        "Read `portvakt/core/` and `portvakt/core/gone.py`. Not ours: `var/lib/x`, `and/or`.\n"
        "Made: `portvakt/proto/link_pb2.py`.\n"
        "Run `bin/demo --fresh`, then `bin/gone --now`.\n```sh\nbin/demo\nbin/lost COMMAND\n```\n",
        encoding="utf-8",
    )
    assert missing_paths(page, tmp_path) == ["portvakt/core/gone.py", "bin/lost", "bin/gone"]


def test_a_module_that_does_not_exist_is_found(tmp_path: Path) -> None:
    (tmp_path / "portvakt" / "core").mkdir(parents=True)
    (tmp_path / "portvakt" / "core" / "door.py").write_text("class DoorState: ...\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "`portvakt.core`, `portvakt.core.door`, `portvakt.core.door.DoorState`\n"
        "`portvakt.core.door.Gone`, `portvakt.gone`\n"
        "```sh\npython -m portvakt.lost\n```\n",
        encoding="utf-8",
    )
    assert missing_modules(page, tmp_path) == ["portvakt.lost", "portvakt.core.door.Gone", "portvakt.gone"]
