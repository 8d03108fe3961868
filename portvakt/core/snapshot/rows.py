"""What are the rows of a snapshot, of a delta and of bars?

Moments are seconds since the Unix epoch, UTC; None means unbounded. Ids are opaque strings.
"""

import msgspec

from portvakt.core.decision.model import AuthType, CredentialKind, Escort, Side
from portvakt.core.schedule import Schedule

PAST_AGE_BEHAVIOURS = ("keep", "cards_only", "deny")
PASSBACKS = ("off", "soft", "hard")
READS = ("card", "plate")
# The fields of a snapshot that say something about the site, and not about persons.
SITE = ("doors", "readers", "schedules", "rules", "areas", "interlocks", "lockdowns", "holds")


class PastAge(msgspec.Struct, frozen=True):
    """What a door does once the snapshot has gone unconfirmed for `hours`: "keep", "cards_only" or "deny"."""

    hours: int
    behaviour: str


class Door(msgspec.Struct, frozen=True):
    """One door: what its sides can accept, its times, and what it does with an old snapshot.

    - `contact`: whether the door tells that it opened; without, a passage counts as made when it is granted.
    - `inside`, `outside`: the areas that entry and exit lead into; None is no area.
    - `entry_code`, `exit_code`: what the code printed at the side says (16 bytes, public), empty for none.
    - `within_metres`: how near a phone must be for SCAN and REMOTE; None asks for no position.
    - `unlock_schedule`: while it is active the door stands unlocked, with `first_person_in` from the first passage in.
    - `home`: it leads into a home, so that passages there are not logged (core.event.PASSAGES).
    """

    id: str
    timezone: str
    in_service: bool
    release_seconds: int
    held_open_seconds: int
    entry: tuple[AuthType, ...]
    exit: tuple[AuthType, ...]
    past_age: PastAge
    contact: bool = True
    inside: str | None = None
    outside: str | None = None
    entry_code: bytes = b""
    exit_code: bytes = b""
    within_metres: int | None = None
    unlock_schedule: str | None = None
    first_person_in: bool = False
    home: bool = False


class Reader(msgspec.Struct, frozen=True):
    """An OSDP device on a bus: serial `port` (path, relative to the controller's port folder), address 0-126, baud.

    `reads`: "card" for cards, keys and codes; "plate" for a camera that delivers licence plates as text.
    """

    id: str
    door: str
    side: Side
    port: str
    address: int
    baud: int
    reads: str = "card"


class RuleDoor(msgspec.Struct, frozen=True):
    """Which auth types a rule allows on each side of one door."""

    door: str
    entry: tuple[AuthType, ...]
    exit: tuple[AuthType, ...]


class Rule(msgspec.Struct, frozen=True):
    """An access rule as far as it concerns this controller's doors; no schedule means at all times."""

    id: str
    doors: tuple[RuleDoor, ...]
    schedule: str | None
    valid_from: int | None
    valid_to: int | None


class Area(msgspec.Struct, frozen=True):
    """A protected area whose every door is this controller's.

    - `passback`: "off", "soft" (granted and reported) or "hard" (denied) when somebody enters where they are already,
      or leaves where they are not; a belief older than `forgive_minutes` is forgotten.
    - `timed_minutes`: entering again within so many minutes breaks anti-passback even after an exit.
    - `limit`: how many persons may be inside. `two_person`: nobody may be inside alone.
    - `escort`: who needs an escort enters only together with one.
    """

    id: str
    passback: str = "off"
    forgive_minutes: int | None = None
    timed_minutes: int | None = None
    limit: int | None = None
    two_person: bool = False
    escort: bool = False


class Interlock(msgspec.Struct, frozen=True):
    """Doors of which at most one may be open or released at a time."""

    id: str
    doors: tuple[str, ...]


class Lockdown(msgspec.Struct, frozen=True):
    """A lockdown plan that is in effect until `ends_at`: its doors admit only who overrides `rank` (1-9)."""

    plan: str
    rank: int
    doors: tuple[str, ...]
    ends_at: int | None


class Hold(msgspec.Struct, frozen=True):
    """An operator keeps a door unlocked until `ends_at`."""

    door: str
    ends_at: int | None


class Person(msgspec.Struct, frozen=True, array_like=True):
    """Someone who may hold credentials, as an opaque id; passes lockdowns up to rank `overrides` (0 none)."""

    id: str
    suspended: bool
    valid_from: int | None
    valid_to: int | None
    overrides: int = 0
    escort: Escort = Escort.NONE


class Credential(msgspec.Struct, frozen=True, array_like=True):
    """A credential as its keyed digest; of a QR the handle of its changing codes (see core.credentials).

    No two of one kind may share a digest within an organisation; PIN and DURESS_PIN count as one kind.
    """

    id: str
    person: str
    kind: CredentialKind
    digest: bytes
    enabled: bool
    valid_from: int | None
    valid_to: int | None


class Assignment(msgspec.Struct, frozen=True, array_like=True):
    """A person is in a rule, from-to."""

    rule: str
    person: str
    valid_from: int | None
    valid_to: int | None


class Snapshot(msgspec.Struct, frozen=True):
    """All that one controller needs to decide alone; `version` only ever grows per controller.

    `rules` are all of the organisation, with the doors of this controller only, and `assignments` those in any of them,
    so that a rule can come to a door without its persons being sent again.
    """

    controller: str
    organisation: str
    version: int
    compiled_at: int
    digest_key: bytes
    doors: tuple[Door, ...]
    readers: tuple[Reader, ...]
    schedules: tuple[Schedule, ...]
    rules: tuple[Rule, ...]
    persons: tuple[Person, ...]
    credentials: tuple[Credential, ...]
    assignments: tuple[Assignment, ...]
    areas: tuple[Area, ...] = ()
    interlocks: tuple[Interlock, ...] = ()
    lockdowns: tuple[Lockdown, ...] = ()
    holds: tuple[Hold, ...] = ()


class Delta(msgspec.Struct, frozen=True, tag=True):
    """Makes version `base` of a snapshot into `rows.version`.

    `rows` holds the persons named in `touched` with all their credentials and assignments (one who is named and has no
    row is gone), and with `site` every row about the site; without, `rows.controller` is empty and so are those rows.
    """

    base: int
    touched: tuple[str, ...]
    site: bool
    rows: Snapshot


class Bars(msgspec.Struct, frozen=True, tag=True):
    """What was taken back by the change that made `version`: nothing here may open before that version is in force.

    For a whole organisation; `assignments` are (person, rule).
    """

    organisation: str
    version: int
    persons: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    assignments: tuple[tuple[str, str], ...] = ()
