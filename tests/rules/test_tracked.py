"""Does a file under version control name a place that is not everybody's: a registry, or a folder of one machine?"""

import re

from tests.rules.source import told, tracked_files

# The patterns are written so that this file does not match itself.
REGISTRY = re.compile(
    r"registry[.](npmjs|yarnpkg)|[/.]pypi[.]org/simple|files[.]pythonhosted|"
    r"--(extra-)?index[-]url|[-]-find-links[ =]|(?<!omit-lockfile-)registry[ ]?=[ ]?http|\"resolved\"[:]"
)
ONE_MACHINE = re.compile(r"(?<![\w./}*-])/(?:work|home|root|Users)/[\w.]")


def local_addresses(text: str) -> list[str]:
    lines = enumerate(text.splitlines(), start=1)
    return [
        f"line {number}: {match[0]!r} holds on one machine or in one network only"
        for number, line in lines
        if (match := REGISTRY.search(line) or ONE_MACHINE.search(line))
    ]


def test_tracked_files_name_no_local_address() -> None:
    found = {path: local_addresses(text) for path, text in tracked_files()}
    assert found
    assert not told(found), told(found)


def test_planted_addresses_are_found() -> None:
    slash = "/"
    assert local_addresses(f"see {slash}work/main/README.md") == [
        f"line 1: '{slash}work/m' holds on one machine or in one network only"
    ]
    assert local_addresses(f"cd {slash}home/anna")
    assert local_addresses(f"https:{slash}{slash}registry" + ".npmjs.org/x")
    assert local_addresses("--index" + "-url https://example.org")
    assert local_addresses('"resolved"' + ': "https://example.org"')


def test_what_only_looks_local_passes() -> None:
    assert local_addresses("frame-work/main src/home/page https://example.org/home/page") == []
