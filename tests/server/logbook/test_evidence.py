"""Can somebody else see that the access log was not changed, with one file and one program that stands alone?"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone

from portvakt import verify_log
from portvakt.core import chain
from portvakt.server.accounts.models import Account, Role
from portvakt.server.jobs.jobs import remove_overdue
from portvakt.server.logbook.models import AccessEvent, AuditEntry, EventChain, EventSeal
from portvakt.server.purpose.context import acting
from tests.cast import Cast, as_login
from tests.server.link.teller import Teller

ClientOf = Callable[[Account], Client]
Lines = list[dict[str, Any]]


@pytest.fixture
def teller(cast: Cast) -> Teller:
    """A controller that started twice and sent three batches of its first journal."""
    first = Teller(cast)
    first.hello()
    for count in (2, 3, 2):
        first.send(first.batch(count, door=str(cast.door.pk), person=str(cast.resident.pk)))
    second = first.successor()
    second.send(second.batch(2, detail=chain.predecessor_words(first.named)))
    return first


def taken_out(teller: Teller, client_of: ClientOf) -> Lines:
    client = client_of(teller.cast.accounts[Role.OPERATOR])
    answer = client.post(f"/o/{teller.cast.organisation.slug}/access-log/evidence/", {"recipient": "the_organisation"})
    assert answer.status_code == 200
    assert "Maja" not in answer.content.decode()
    return [json.loads(line) for line in answer.content.decode().splitlines()]


def verify(folder: Path, lines: Lines, *more: str) -> int:
    file = folder / "evidence.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return verify_log.main([str(file), *more])


def events(lines: Lines, teller: Teller) -> list[int]:
    """Where the events of the first journal stand in the file."""
    own = {"line": "event", "journal": str(teller.journal)}
    return [place for place, line in enumerate(lines) if own.items() <= line.items()]


def seals(lines: Lines, teller: Teller) -> list[int]:
    own = {"line": "seal", "journal": str(teller.journal)}
    return [place for place, line in enumerate(lines) if own.items() <= line.items()]


def test_what_nobody_touched_is_proven_by_a_program_that_stands_alone(
    teller: Teller, client_of: ClientOf, tmp_path: Path
) -> None:
    file, alone = tmp_path / "evidence.jsonl", tmp_path / "verify_log.py"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in taken_out(teller, client_of)))
    shutil.copy(verify_log.__file__, alone)
    refuse = (
        "import sys; sys.modules['portvakt'] = None; import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    command = [sys.executable, "-c", refuse.replace("sys.argv[1]", repr(str(alone))), str(file)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "events 1–7, 7 of 7 proven" in run.stdout
    assert "events 1–2, 2 of 2 proven" in run.stdout
    assert teller.public.hex() in run.stdout


def test_taking_it_out_is_on_record_and_not_for_everybody(teller: Teller, client_of: ClientOf) -> None:
    taken_out(teller, client_of)
    cast = teller.cast
    with acting("audit_review", cast.organisation.pk):
        assert AuditEntry.objects.filter(action="access_log.evidence_exported").count() == 1
    address = f"/o/{cast.organisation.slug}/access-log/evidence/"
    assert client_of(cast.accounts[Role.HARDWARE_MANAGER]).get(address).status_code == 403


def change(lines: Lines, teller: Teller) -> None:
    line = lines[events(lines, teller)[3]]
    line["text"] = line["text"].replace(str(teller.cast.resident.pk), str(teller.cast.guest.pk))


def change_and_give_it_a_digest(lines: Lines, teller: Teller) -> None:
    change(lines, teller)
    line = lines[events(lines, teller)[3]]
    line["digest"] = chain.next_digest(bytes.fromhex(line["before"]), line["text"].encode()).hex()


def remove(lines: Lines, teller: Teller) -> None:
    del lines[events(lines, teller)[3]]


def reorder(lines: Lines, teller: Teller) -> None:
    one, other = events(lines, teller)[2:4]
    lines[one], lines[other] = lines[other], lines[one]


def swap_numbers(lines: Lines, teller: Teller) -> None:
    one, other = (lines[place] for place in events(lines, teller)[2:4])
    one["text"], other["text"] = other["text"], one["text"]


def repeat(lines: Lines, teller: Teller) -> None:
    place = events(lines, teller)[3]
    lines.insert(place, lines[place])


def forge_the_seal(lines: Lines, teller: Teller) -> None:
    change_and_give_it_a_digest(lines, teller)
    lines[seals(lines, teller)[-1]]["seal"] = "00" * 64


def seal_with_another_key(lines: Lines, teller: Teller) -> None:
    seal, key = lines[seals(lines, teller)[-1]], Ed25519PrivateKey.generate()
    signed = chain.seal(str(teller.journal), seal["sequence"], bytes.fromhex(seal["digest"]), key)
    seal |= {"seal": signed.hex(), "key": key.public_key().public_bytes_raw().hex()}


def cut_the_end(lines: Lines, teller: Teller) -> None:
    del lines[events(lines, teller)[-1]]


def cut_the_end_and_its_seal(lines: Lines, teller: Teller) -> None:
    cut_the_end(lines, teller)
    del lines[seals(lines, teller)[-1]]
    for controller in lines[0]["controllers"]:
        for journal in controller["journals"]:
            if journal["id"] == str(teller.journal):
                journal["sequence"] -= 1


def take_the_seals_away(lines: Lines, teller: Teller) -> None:
    for place in reversed(seals(lines, teller)):
        del lines[place]


def of_journal(lines: Lines, journal: str) -> list[dict[str, Any]]:
    return [line for line in lines[1:] if line["journal"] == journal]


def take_a_whole_start_away(lines: Lines, teller: Teller) -> None:
    """Of three starts the second, with all that the file says of it."""
    second = _three_starts(lines, teller)
    lines[1:] = [line for line in lines[1:] if line["journal"] != second]
    for controller in lines[0]["controllers"]:
        controller["journals"] = [each for each in controller["journals"] if each["id"] != second]


def call_a_start_overdue(lines: Lines, teller: Teller) -> None:
    """Of three starts the second, said to have been removed in its time."""
    second = _three_starts(lines, teller)
    lines[1:] = [line for line in lines[1:] if line["line"] == "seal" or line["journal"] != second]
    for controller in lines[0]["controllers"]:
        for journal in controller["journals"]:
            journal["removed"] = journal["removed"] or journal["id"] == second


def cut_a_start_at_a_seal(lines: Lines, teller: Teller) -> None:
    """Of three starts the second ends at its first seal, and the file says that it ended there."""
    second = _three_starts(lines, teller)
    lines[1:] = [line for line in lines[1:] if line["journal"] != second or line["sequence"] == 1]
    for controller in lines[0]["controllers"]:
        for journal in controller["journals"]:
            if journal["id"] == second:
                journal |= {"sequence": 1, "digest": next(iter(of_journal(lines, second)))["digest"]}


def _three_starts(lines: Lines, teller: Teller) -> str:
    """Let a third start follow the second; return the second's journal."""
    (second,) = {line["journal"] for line in lines[1:]} - {str(teller.journal)}
    last = max(
        (line for line in of_journal(lines, second) if line["line"] == "event"), key=lambda line: line["sequence"]
    )
    third = Teller(teller.cast, teller.key)
    named = chain.Predecessor(second, last["sequence"], bytes.fromhex(last["digest"]))
    batch = third.batch(1, detail=chain.predecessor_words(named))
    words = [getattr(batch.events[0], name) for name in chain.FIELDS]
    own = {
        "controller": lines[1]["controller"],
        "journal": str(third.journal),
        "sequence": 1,
        "digest": batch.after.hex(),
    }
    text = chain.event_text(str(third.journal), 1, batch.events[0].salt, words).decode()
    sealed = chain.seal(second, 1, bytes.fromhex(of_journal(lines, second)[0]["digest"]), teller.key)
    first_of_second = of_journal(lines, second)[0] | {"line": "seal", "seal": sealed.hex(), "key": teller.public.hex()}
    lines += [
        {"line": "event", **own, "before": batch.before.hex(), "text": text},
        {"line": "seal", **own, "seal": batch.seal.hex(), "key": teller.public.hex()},
        first_of_second,
    ]
    return second


def test_three_starts_in_good_order_are_proven(teller: Teller, client_of: ClientOf, tmp_path: Path) -> None:
    lines = taken_out(teller, client_of)
    _three_starts(lines, teller)
    assert verify(tmp_path, lines) == 0


FORGERIES = {
    take_a_whole_start_away: "gap",
    call_a_start_overdue: "gap",
    cut_a_start_at_a_seal: "truncated",
    change: "change",
    change_and_give_it_a_digest: "change",
    remove: "gap",
    reorder: "reorder",
    swap_numbers: "change",
    repeat: "duplicate",
    forge_the_seal: "seal",
    seal_with_another_key: "key",
    cut_the_end: "truncated",
    cut_the_end_and_its_seal: "truncated",
    take_the_seals_away: "unproven",
}


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_every_forgery_is_found_by_its_name(
    teller: Teller,
    client_of: ClientOf,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    forgery: Callable[[Lines, Teller], None],
) -> None:
    lines = taken_out(teller, client_of)
    forgery(lines, teller)
    assert verify(tmp_path, lines) == 1
    assert f"WRONG {FORGERIES[forgery]}:" in capsys.readouterr().out


def test_a_row_changed_in_the_database_is_found(
    teller: Teller, client_of: ClientOf, tmp_path: Path, owner: None, capsys: pytest.CaptureFixture[str]
) -> None:
    AccessEvent.objects.filter(journal=teller.journal, sequence=4).update(person_id=teller.cast.guest.pk)
    assert verify(tmp_path, taken_out(teller, client_of)) == 1
    assert "WRONG change: number 4 does not give its digest" in capsys.readouterr().out


def test_a_key_that_is_known_is_the_only_one_believed(teller: Teller, client_of: ClientOf, tmp_path: Path) -> None:
    lines, controller = taken_out(teller, client_of), teller.cast.controller.pk
    assert verify(tmp_path, lines, "--key", f"{controller}={teller.public.hex()}") == 0
    assert verify(tmp_path, lines, "--key", f"{controller}={'00' * 32}") == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"format": "portvakt evidence", "version": 2}'])
def test_what_is_no_evidence_is_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text(text)
    assert verify_log.main([str(tmp_path / "file")]) == 2
    assert "file:" in capsys.readouterr().err
    assert verify_log.main([str(tmp_path / "missing")]) == 2


@pytest.mark.parametrize("wrong", [{"text": "\ud800"}, {"text": 7}, {"sequence": float("inf")}, {"digest": 7}])
def test_lines_that_no_server_writes_are_refused(
    teller: Teller, client_of: ClientOf, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    lines = taken_out(teller, client_of)
    lines[1] |= wrong
    assert verify(tmp_path, lines) == 2


def test_where_only_the_newest_fit_what_is_left_out_is_not_called_missing(
    teller: Teller,
    client_of: ClientOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for most, said in ((2, "events none left, 0 of 0 proven"), (5, "events 5–7, 3 of 3 proven")):
        monkeypatch.setattr("portvakt.server.web.board.evidence.MOST_EVENTS", most)
        lines = taken_out(teller, client_of)
        assert verify(tmp_path, lines) == 0
        assert said in capsys.readouterr().out
        assert lines[0]["removed_before"] > (timezone.now() - timedelta(hours=1)).isoformat()


def test_what_retention_left_is_still_proven_and_what_it_took_is_said(
    teller: Teller, client_of: ClientOf, tmp_path: Path, owner: None, capsys: pytest.CaptureFixture[str]
) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    AccessEvent.objects.filter(journal=teller.journal, sequence__lte=4).update(received_at=long_ago)
    with as_login("jobs"):
        remove_overdue(timezone.now())
    assert verify(tmp_path, taken_out(teller, client_of)) == 0
    said = capsys.readouterr().out
    assert "events 5–7, 3 of 3 proven" in said
    assert "1–4 are not there: removed by retention" in said


def test_proofs_go_with_their_events_and_the_newest_stay(teller: Teller, owner: None) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    own = {"organisation": teller.cast.organisation}
    AccessEvent.objects.filter(**own).update(received_at=long_ago)
    with as_login("jobs"):
        remove_overdue(timezone.now())
    assert not AccessEvent.objects.filter(**own).exists()
    newest = EventChain.objects.get(**own)
    assert str(newest.after_journal) == str(teller.journal)
    assert EventSeal.objects.get(**own).journal == newest.journal
