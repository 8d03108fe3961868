"""Is everything that is wrong with what a controller sends found by its name, is all of it recorded, and is nothing else found?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from portvakt.core import chain
from portvakt.proto import link_pb2
from portvakt.server.logbook.models import AccessEvent, AuditEntry, EventChain, EventSeal, LogFault, LogKey
from portvakt.server.logbook.proof import text_of
from portvakt.server.places.models import ControllerStatus
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.link.teller import Teller


@contextmanager
def reading(cast: Cast) -> Iterator[None]:
    with acting("entry_log_review", cast.organisation.pk):
        yield


def faults(cast: Cast) -> list[tuple[str, int, int]]:
    with reading(cast):
        return list(LogFault.objects.order_by("what", "sequence").values_list("what", "sequence", "last"))


def recorded(teller: Teller) -> list[int]:
    with reading(teller.cast):
        rows = AccessEvent.objects.filter(journal=teller.journal).order_by("sequence")
        return list(rows.values_list("sequence", flat=True))


@pytest.fixture
def teller(cast: Cast) -> Teller:
    return Teller(cast)


def test_good_batches_are_recorded_with_their_proof_and_bring_no_fault(teller: Teller) -> None:
    teller.hello()
    for count in (1, 3, 1):
        teller.send(teller.batch(count, door=str(teller.cast.door.pk), person=str(teller.cast.resident.pk), detail="å"))
    assert faults(teller.cast) == []
    with reading(teller.cast):
        rows = list(AccessEvent.objects.filter(journal=teller.journal).order_by("sequence"))
        seal = EventSeal.objects.get(journal=teller.journal)
        head = EventChain.objects.get(journal=teller.journal)
    digest = chain.first_digest(str(teller.journal))
    for row in rows:
        assert (bytes(row.before), row.raw) == (digest, None)
        digest = chain.next_digest(digest, text_of(row))
        assert bytes(row.digest) == digest
    assert (len(rows), head.sequence, bytes(head.digest or b"")) == (5, 5, digest)
    assert (seal.sequence, seal.sound) == (5, True), "of seals close together the newest is enough"
    assert chain.seal_holds(str(teller.journal), 5, digest, bytes(seal.seal), bytes(seal.public_key))


def test_sending_again_records_once_and_is_no_fault(teller: Teller) -> None:
    first, second = teller.batch(2), teller.batch(2)
    for batch in (first, second, first, second, second):
        teller.send(batch)
    assert recorded(teller) == [1, 2, 3, 4]
    assert faults(teller.cast) == []


def test_a_batch_that_begins_with_what_is_known_is_no_fault(teller: Teller) -> None:
    before = chain.first_digest(str(teller.journal))
    first, second = teller.batch(2), teller.batch(2)
    teller.send(first)
    both = link_pb2.Events(journal=str(teller.journal), before=before, after=second.after, seal=second.seal)
    both.events.extend([*first.events, *second.events])
    teller.send(both)
    assert recorded(teller) == [1, 2, 3, 4]
    assert faults(teller.cast) == []


def test_a_gap_between_batches_and_within_one_is_found(teller: Teller) -> None:
    teller.send(teller.batch(2))
    teller.batch(3)
    teller.send(teller.batch(1))
    assert faults(teller.cast) == [("gap", 3, 5)]
    inside = teller.batch(3)
    del inside.events[1]
    teller.send(inside)
    assert ("gap", 8, 8) in faults(teller.cast)
    assert ("change", 9, 9) in faults(teller.cast), "the rest does not give the digest that was sealed"
    count = len(faults(teller.cast))
    teller.send(teller.batch(1))
    assert len(faults(teller.cast)) == count, "one fault brings no others after it"
    assert recorded(teller) == [1, 2, 6, 7, 9, 10]


def test_events_out_of_order_are_found(teller: Teller) -> None:
    teller.send(teller.batch(1))
    late = teller.batch(1)
    teller.send(teller.batch(1))
    teller.send(late)
    assert faults(teller.cast) == [("gap", 2, 2), ("reorder", 2, 2)]
    swapped = teller.batch(2)
    swapped.events.reverse()
    teller.send(swapped)
    assert ("reorder", 4, 4) in faults(teller.cast)
    assert recorded(teller) == [1, 2, 3, 4, 5]


def test_the_same_number_with_other_content_is_found_and_the_first_stays(teller: Teller) -> None:
    batch = teller.batch(2)
    teller.send(batch)
    batch.events[0].detail = "other"
    teller.send(batch)
    assert faults(teller.cast) == [("change", 1, 1), ("change", 2, 2)]
    with reading(teller.cast):
        assert AccessEvent.objects.get(journal=teller.journal, sequence=1).detail == ""


def test_a_batch_that_does_not_continue_is_found(teller: Teller) -> None:
    teller.send(teller.batch(2))
    teller.digest = bytes(32)
    teller.send(teller.batch(1))
    assert faults(teller.cast) == [("change", 3, 3)]


@pytest.mark.parametrize("what", ["another's", "none", "for another number"])
def test_a_wrong_seal_is_found_and_kept(teller: Teller, what: str) -> None:
    batch = teller.batch(1)
    other = Ed25519PrivateKey.generate()
    batch.seal = {
        "another's": chain.seal(str(teller.journal), 1, batch.after, other),
        "none": b"",
        "for another number": chain.seal(str(teller.journal), 2, batch.after, teller.key),
    }[what]
    teller.send(batch)
    assert faults(teller.cast) == [("seal", 1, 1)]
    assert recorded(teller) == [1]


def test_a_controller_that_seals_cannot_stop_sealing_unseen(teller: Teller) -> None:
    teller.hello()
    batch = teller.batch(1)
    for name in ("before", "after", "seal"):
        batch.ClearField(name)
    teller.send(batch, log_key=b"")
    assert faults(teller.cast) == [("seal", 1, 1)]


def test_an_older_controller_without_a_chain_is_recorded_as_before(teller: Teller) -> None:
    batch = link_pb2.Events(journal=str(teller.journal), events=teller.batch(2).events)
    teller.send(batch, log_key=b"")
    assert (recorded(teller), faults(teller.cast)) == ([1, 2], [])


def test_a_changed_key_is_an_alarm_once_and_right_after_an_enrolment(teller: Teller) -> None:
    teller.hello()
    thief = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    teller.hello(thief)
    teller.hello(thief)
    assert faults(teller.cast) == [("key", 0, 0)]
    with as_login("link"), acting("controller_link"):
        own = ControllerStatus.objects.filter(controller_id=teller.cast.controller.pk)
        own.update(enrolled_at=timezone.now() + timedelta(seconds=1))
    teller.hello(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert faults(teller.cast) == [("key", 0, 0)]
    with acting("audit_review", teller.cast.organisation.pk):
        assert AuditEntry.objects.filter(action="controller.log_key_changed").count() == 1


def enrolled_anew(teller: Teller) -> None:
    with as_login("link"), acting("controller_link"):
        own = ControllerStatus.objects.filter(controller_id=teller.cast.controller.pk)
        own.update(enrolled_at=timezone.now())


def test_an_enrolment_lets_one_key_in_and_no_other_later(teller: Teller) -> None:
    teller.hello()
    enrolled_anew(teller)
    teller.hello()
    teller.hello(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert faults(teller.cast) == [("key", 0, 0)]


def test_a_key_that_was_not_accepted_is_after_an_enrolment(teller: Teller) -> None:
    teller.hello()
    other = Teller(teller.cast)
    other.hello()
    enrolled_anew(teller)
    other.hello()
    with acting("entry_log_review", teller.cast.organisation.pk):
        assert all(key.accepted for key in LogKey.objects.all())
    with acting("audit_review", teller.cast.organisation.pk):
        assert AuditEntry.objects.filter(action="controller.log_key_changed").count() == 1


def test_a_flood_of_faults_in_one_batch_is_not_kept_one_by_one(teller: Teller) -> None:
    batch = teller.batch(200)
    for event in batch.events:
        event.sequence = 2 * event.sequence
    teller.send(batch)
    told = faults(teller.cast)
    assert len([each for each in told if each[0] == "gap"]) == 10
    assert len(recorded(teller)) == 200


def continued(teller: Teller, **named: object) -> Teller:
    """The next start, with its first event sent."""
    later = teller.successor(**named)  # type: ignore[arg-type]
    later.send(later.batch(1, detail=f"software 1; {chain.predecessor_words(teller.named)}"))
    return later


def test_journals_are_a_chain_too(teller: Teller) -> None:
    teller.send(teller.batch(2))
    second = continued(teller)
    continued(second)
    assert faults(teller.cast) == []


def test_a_start_from_an_older_state_is_found(teller: Teller) -> None:
    teller.send(teller.batch(3))
    continued(teller, sequence=2)
    assert faults(teller.cast) == [("back", 1, 1)]


def test_two_starts_from_the_same_disk_are_found(teller: Teller) -> None:
    teller.send(teller.batch(3))
    continued(teller)
    assert faults(teller.cast) == []
    continued(teller)
    assert faults(teller.cast) == [("back", 1, 1)]


def test_an_end_that_never_came_is_found(teller: Teller) -> None:
    teller.send(teller.batch(3))
    teller.batch(2)
    continued(teller)
    assert faults(teller.cast) == [("gap", 4, 5)]


def test_a_journal_that_forgets_the_one_before_is_found(teller: Teller) -> None:
    teller.send(teller.batch(1))
    later = teller.successor()
    later.send(later.batch(1))
    assert faults(teller.cast) == [("gap", 1, 1)]


def test_what_a_row_cannot_give_back_is_kept_as_it_came(teller: Teller) -> None:
    teller.send(teller.batch(1, kind="teleported", detail="a\0b", at_us=2**62))
    with reading(teller.cast):
        row = AccessEvent.objects.get(journal=teller.journal)
    assert '"teleported"' in (row.raw or "")
    assert chain.next_digest(bytes(row.before), (row.raw or "").encode("ascii")) == bytes(row.digest)
    assert faults(teller.cast) == []


def test_a_seal_that_came_with_a_fault_is_never_thinned_out(teller: Teller) -> None:
    teller.send(teller.batch(1))
    bad = teller.batch(1)
    bad.events[0].detail = "other"
    teller.send(bad)
    teller.send(teller.batch(1))
    teller.send(teller.batch(1))
    with reading(teller.cast):
        seals = EventSeal.objects.filter(journal=teller.journal).order_by("sequence")
        assert list(seals.values_list("sequence", "sound")) == [(1, True), (2, False), (4, True)]
