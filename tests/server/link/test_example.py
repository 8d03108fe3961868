"""Does the example for integrators do what its page says, against a real server?"""

import subprocess
import sys

from tests.cast import Cast
from tests.server.link.conftest import enrolment_text
from tests.server.link.station import LinkProcess


def played(cast: Cast, card: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "examples/play_a_fleet.py", "--card", card, enrolment_text(cast)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_example_opens_every_door_with_and_without_the_server(cast: Cast, link: LinkProcess) -> None:
    assert link.process.poll() is None
    told = played(cast, "12-34567")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    # The card opens the first door; the cellar is not in its rule.
    granted = [line for line in told.stdout.splitlines() if "access_granted" in line]
    denied = [line for line in told.stdout.splitlines() if "access_denied" in line]
    assert len(granted) == 2
    assert all(str(cast.door.pk) in line for line in granted)
    assert all(str(cast.cellar.pk) in line for line in denied)
    assert told.stdout.endswith("a door stayed locked\n")
