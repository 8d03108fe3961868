"""What does one controller need to decide alone, and how is that signed and verified?

A snapshot travels as canonical bytes (msgpack of these structs, rows sorted by id) with an Ed25519 signature over
exactly those bytes; it is verified as received, before it is decoded. Names, addresses and card numbers are never in
it. Moments are seconds since the Unix epoch, UTC; None means unbounded. Ids are opaque strings.

A delta makes one version of a snapshot into a later one: it carries the rows of the persons it touches, all of them
anew, and either every row about the site (doors, readers, schedules, rules, areas and what follows) or none. One
without them says nothing about any one controller and is signed once for the whole organisation.
"""

from portvakt.core.schedule import Interval, Schedule, SpecialDay
from portvakt.core.snapshot.deltas import MOST_DELTAS, apply
from portvakt.core.snapshot.rows import (
    PASSBACKS,
    PAST_AGE_BEHAVIOURS,
    READS,
    SITE,
    Area,
    Assignment,
    Bars,
    Credential,
    Delta,
    Door,
    Hold,
    Interlock,
    Lockdown,
    PastAge,
    Person,
    Reader,
    Rule,
    RuleDoor,
    Snapshot,
)
from portvakt.core.snapshot.soundness import MAX_READER_ADDRESS, delta_inconsistencies, inconsistencies
from portvakt.core.snapshot.travel import (
    MAX_BODY_BYTES,
    MAX_MESSAGE_BYTES,
    PART_BYTES,
    SnapshotRefused,
    bars_to_bytes,
    delta_to_bytes,
    open_bars,
    open_delta,
    open_signed,
    sign,
    to_bytes,
)

__all__ = [
    "MAX_BODY_BYTES",
    "MAX_MESSAGE_BYTES",
    "MAX_READER_ADDRESS",
    "MOST_DELTAS",
    "PART_BYTES",
    "PASSBACKS",
    "PAST_AGE_BEHAVIOURS",
    "READS",
    "SITE",
    "Area",
    "Assignment",
    "Bars",
    "Credential",
    "Delta",
    "Door",
    "Hold",
    "Interlock",
    "Interval",
    "Lockdown",
    "PastAge",
    "Person",
    "Reader",
    "Rule",
    "RuleDoor",
    "Schedule",
    "Snapshot",
    "SnapshotRefused",
    "SpecialDay",
    "apply",
    "bars_to_bytes",
    "delta_inconsistencies",
    "delta_to_bytes",
    "inconsistencies",
    "open_bars",
    "open_delta",
    "open_signed",
    "sign",
    "to_bytes",
]
