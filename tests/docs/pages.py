"""Which pages are documentation, and what do they link to or name?"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The first parts of a path that are ours: a code span which begins with one of them is a claim that the path exists.
TOP_FOLDERS = ("bench", "bin", "docs", "portvakt", "proto", "register", "requirements", "tests", ".ci")
# Made at set-up and not committed; a page may name what is in them without it being there.
MADE_AT_SETUP = ("portvakt/proto/",)

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(rf"(?:{'|'.join(map(re.escape, TOP_FOLDERS))})/[\w./@-]*")
MODULE = re.compile(r"portvakt(?:\.\w+)+")


def pages(root: Path) -> list[Path]:
    """Return every page of documentation: Markdown at the top and under docs/."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def relative_links(text: str) -> list[str]:
    """Return the targets of links that stay inside the tree, with their anchors."""
    return [
        target
        for target in LINK.findall(FENCE.sub("", text))
        if "://" not in target and not target.startswith("mailto:")
    ]


def named_paths(text: str) -> list[str]:
    """Return each path of ours that stands as code, in a span or in a fenced block."""
    spans = CODE_SPAN.findall(FENCE.sub("", text))
    whole = [span for span in spans if PATH.fullmatch(span)]
    words = [word.strip("`'\"(),;") for part in (*FENCE.findall(text), *spans) for word in part.split()]
    return list(dict.fromkeys([*whole, *(word.rstrip(".:") for word in words if PATH.fullmatch(word.rstrip(".:")))]))


def named_modules(text: str) -> list[str]:
    """Return each dotted name of ours that stands as code, such as a module after `python -m`."""
    parts = [*FENCE.findall(text), *CODE_SPAN.findall(FENCE.sub("", text))]
    return list(dict.fromkeys(name for part in parts for name in MODULE.findall(part)))


def anchors(text: str) -> set[str]:
    """Return the anchors that headings give, as code hosts write them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
