"""Is every mistake one can make in a register told with file, line and remedy? Each is planted in a small register that has none."""

import shutil
from pathlib import Path

import pytest

from portvakt.server.purpose.register import RegisterError, read_register
from portvakt.server.purpose.register.recipient_rules import countries

COMPLETE = Path(__file__).parent / "registers" / "complete"
LOG, BOOKS, REMINDERS = "activities/door_log.toml", "activities/bookkeeping.toml", "activities/reminders.toml"
CLOUD, LAW, PRESETS, PROVIDER = "recipients/cloud.toml", "law.toml", "presets.toml", "provider.toml"
SAFEGUARD = '[safeguard]\nmechanism = "scc"\ndetail = "(EU) 2021/914"\nassessed = 2026-01-01\nreview = 2027-01-01\n'

PRESET = (COMPLETE / PRESETS).read_text() + "\n"

# The file, what stands there, what is put there instead, what stands on the line that is told, and what is said of it.
Planted = tuple[str, str, str, str, str]

TWICE: list[Planted] = [
    (
        LAW,
        "[[child_ages]]",
        '[[child_ages]]\ncountry = "SE"\nyears = 13\nsource = "Art. 8"\n\n[[child_ages]]',
        "[[child",
        "two ages for SE",
    ),
    (PRESETS, "[[preset]]", PRESET + "[[preset]]", "[[preset]]", "two presets for housing; remove one"),
]

SHAPES: list[Planted] = [
    (LOG, "[name]", "[name", "[name", "at line 10, column 6); correct the TOML there"),
    (BOOKS, "years = 7", 'years = "7"', "years", "Expected `int`, got `str`"),
    (LOG, 'role = "processor"', 'role = "vendor"', "role", "choose one of controller, processor"),
    (LOG, 'role = "processor"\n', "", "id =", "missing required field `role`; add it"),
    (
        LOG,
        'entry_points = ["board"]',
        'entry_points = ["door"]',
        "entry_points",
        "choose one of board, live, link, jobs",
    ),
    (
        LOG,
        'scope = "organisation"',
        'scop = "organisation"',
        "scop =",
        "unknown field `scop`; remove it, or did you mean scope?",
    ),
    (
        LOG,
        'subject = "account_holder"',
        'subject = "owner"',
        'subject = "owner"',
        "choose one of account_holder, contact",
    ),
    (LOG, '"passage", "pers', '"passages", "pers', '"passages"', "data[0].kinds[0]: Invalid enum value 'passages'"),
    (LOG, "made = 2026-01-01", 'made = "yesterday"', "made", "Invalid RFC3339 encoded date"),
    (BOOKS, "entry_points", 'objection = "Write."\nentry_points', "objection =", "not a table; write one with sv, en"),
    (
        REMINDERS,
        'anchor = "event", years',
        'anchor = "evnt", years',
        "or_longer",
        "or_longer[0].anchor: Invalid enum value",
    ),
    (CLOUD, 'category = "processor"', 'category = "helper"', "category", "choose one of own, processor, authority"),
    (PROVIDER, "[dpo]", "[officer]", "[officer]", "unknown field `officer`"),
]

TEXTS: list[Planted] = [
    (LOG, 'sv = "Dörrlogg"', 'sv = " "', 'sv = " "', "name.sv: give every text in both sv and en"),
    (LOG, 'en = "Door log"', 'en = "TODO"', 'en = "TODO"', "name.en: give every text in both sv and en"),
    (CLOUD, '"Keep the servers running."', '"..."', '"..."', "what_for.en: give every text in both sv and en"),
    (
        LOG,
        'sv = "Skriv till organisationen."\nen = "Write to the organisation."',
        'sv = "Write to us and we will answer you."\nen = "Write to us and we will answer you."',
        "[objection]",
        "sv and en are the same text; translate it",
    ),
    # N-10
    (LOG, "Skriv till organisationen.", "Ett utdrag är gratis en gång per år.", "gratis", "N-10"),
    (LOG, "Write to the organisation.", "Once a year an extract is free of charge.", "Once a year", "N-10"),
]

BASES: list[Planted] = [
    (LOG, 'id = "door_log"', 'id = "Door log"', "id =", "id must be lower-case words joined by underscores"),
    (
        LOG,
        'id = "door_log"',
        'id = "log_of_doors"',
        "id =",
        "rename it to log_of_doors.toml, or change the id to door_log",
    ),
    # B-01, B-02
    (LOG, '"legitimate_interest"', '"contract"', "[legal_basis_note]", "B-01: no contract is named"),
    (LOG, '"legitimate_interest"', '"public_task"', "[legal_basis_note]", "B-02: no law is named"),
    (BOOKS, "chapter 7, section 2", "on accounts", "[legal_basis_note]", "B-02: no law is named"),
    # B-03, Art. 21
    (
        LOG,
        "review = 2027-01-01",
        "review = 2026-01-01",
        "review = 2026-01-01",
        "B-03: it is looked at again after it was made",
    ),
    (
        BOOKS,
        '"legal_obligation"',
        '"legitimate_interest"',
        "legal_basis =",
        "B-03: legitimate interest without an assessment",
    ),
    (BOOKS, '"legal_obligation"', '"legitimate_interest"', "legal_basis =", "Art. 21: nothing says how one objects"),
    (LOG, "balance = {", "balanced = {", "[assessment]", "missing required field `balance`"),
    # B-07, C-08
    (
        LOG,
        '[justification]\nsv = "Behövs inte, men får stå här."\nen = "Not needed, but may stand here."\n',
        "",
        "_number",
        "B-07",
    ),
    (REMINDERS, '["jobs"]', '["jobs", "board"]', "[purpose]", "C-08: children have accounts and keys too"),
    (LOG, 'dpv = "dpv:EnforceSecurity"\n', "", "id =", "dpv: the purpose's term in that vocabulary is missing"),
    (
        LOG,
        'fides = "essential.service.security"',
        'fides = "essential service"',
        "fides =",
        "such as essential.service.security",
    ),
]

DATA: list[Planted] = [
    # N-03
    (REMINDERS, 'source = "organisation"\n', "", "[[data]]", "data[0]: missing required field `source`; add it"),
    (LOG, 'source = "person"', 'source = "system"', "[[data]]", "the system makes the data, so nobody must give it"),
    (
        LOG,
        'operations = ["read"]\nsource = "person"',
        'source = "person"',
        "[[data]]",
        "needs operations, or where it is kept",
    ),
    (
        LOG,
        'source = "device"',
        'source = "device"\nwhere = { sv = "Pärm.", en = "File." }',
        "[[data]]",
        "data[0]: a data row needs operations, or where",
    ),
    (
        BOOKS,
        'where = { sv = "Bokföringen.", en = "The accounts." }',
        'operations = ["read"]',
        "[[data]]",
        "say where the data is",
    ),
    (
        LOG,
        'kinds = ["passage", "personal_identity_number"]\nop',
        "kinds = []\nop",
        "[[data]]",
        "a data row needs kinds",
    ),
    (LOG, '["contact"]\nop', '["contact", "contact"]\nop', "[[data]]", "data[1]: a data row needs kinds, each once"),
    (LOG, "[data.consequence]", "[data.consequences]", "[data.consequences]", "did you mean consequence?"),
    (
        REMINDERS,
        'operations = ["read"]',
        'operations = ["read"]\nrequired = "law"',
        "[[data]]",
        "Art. 13(2)(e): nothing says what happens",
    ),
    (
        LOG,
        'recipients = ["cloud"]',
        'recipients = ["clouds"]',
        "recipients",
        "no recipient clouds; add recipients/clouds.toml",
    ),
]

KEEPING: list[Planted] = [
    (
        LOG,
        '\n[[retention]]\nanchor = "with_owner"\nkinds = ["contact"]\n',
        "",
        '["contact"]',
        "nothing says how long contact of acc",
    ),
    (
        LOG,
        '"with_owner"\nkinds = ["contact"]',
        '"with_owner"\nkinds = ["contact", "passage"]',
        "[[retention]]",
        "two rules say how",
    ),
    (
        LOG,
        '"with_owner"\nkinds = ["contact"]',
        '"with_owner"\nkinds = ["contact"]\nsubjects = ["guardian"]',
        "",
        "the rule is about data that",
    ),
    (LOG, "days = 14", "days = -14", 'anchor = "event"', "a span is never negative"),
    (LOG, "days = 14\n", "", 'anchor = "event"', "a span after the event is missing"),
    (
        LOG,
        'anchor = "with_owner"',
        'anchor = "with_owner"\ndays = 1',
        'anchor = "with_owner"',
        "with_owner has no span",
    ),
    (
        LOG,
        'anchor = "event"',
        'anchor = "end_of_relation"',
        'anchor = "end_of_relation"',
        "a setting replaces days after an event",
    ),
    (LOG, 'anchor = "event"', 'anchor = "withdrawal"', 'anchor = "withdrawal"', "only consent can be withdrawn"),
    (BOOKS, "years = 7", "years = 7\nmonths = 1", 'anchor = "end', "whole calendar years are counted"),
    (
        REMINDERS,
        "years = 1 }",
        'years = 1, kinds = ["contact"] }',
        "or_longer",
        "a rule in or_longer is about the same data",
    ),
    # SE-10
    (LOG, "days = 14\n", "years = 10\n", 'anchor = "event"', "SE-10: ten years or more need the law"),
    (LOG, "days = 14\n", "days = 3650\n", 'anchor = "event"', "SE-10: ten years or more need the law"),
    (
        BOOKS,
        'sv = "BFL 7 kap. 2 §"',
        'sv = "Preskriptionslagen 2 §"',
        'anchor = "end',
        "SE-10: that claims lapse is no reason",
    ),
]

RECIPIENTS: list[Planted] = [
    (CLOUD, 'country = "SE"', 'country = "XX"', "country =", "'XX' is not a country of ISO 3166"),
    (CLOUD, '["US"]', '["EU"]', "access_countries", "'EU' is not a country of ISO 3166"),
    # each of the eight points of Art. 28(3), one by one, below.
    (CLOUD, "a = {", "i = {", "[agreement.points]", "A-01: Art. 28(3) has eight points; answer a too"),
    (CLOUD, "a = {", "i = {", "[agreement.points]", "has the points a to h; remove i"),
    (CLOUD, "ends = 2029-01-01", "ends = 2025-01-01", "ends =", "an agreement ends after it was signed"),
    (CLOUD, '"processor"', '"authority"', "[agreement]", "only a data processor has an agreement under Art. 28"),
    #
    (CLOUD, SAFEGUARD, "", "id =", "X-02: US is outside the EEA; add [safeguard]"),
    (CLOUD, '"scc"', '"none"', "[safeguard]", "X-02: US is outside the EEA; add [safeguard]"),
    (CLOUD, '"scc"', '"adequacy"', "mechanism", "X-02: law.toml has no adequacy decision for US"),
    (CLOUD, "assessed = 2026-01-01\n", "", "[safeguard]", "X-03: the transfer must be assessed"),
    (CLOUD, "review = 2027-01-01", "", "[safeguard]", "X-03: the transfer must be assessed"),
]

FACTS: list[Planted] = [
    (LAW, '["FI", "SE"]', '["FI", "SE", "EU"]', "eea =", "'EU' is not a country of ISO 3166"),
    (LAW, '["FI", "SE"]', '["FI"]', "eea =", "SE is the deployment's own country and missing"),
    (LAW, 'country = "CH"', 'country = "FI"', 'country = "FI"', "FI is within the EEA and needs no decision"),
    (LAW, "until = 2030-01-01", "until = 2000-01-01", "until", "a decision ends after it began"),
    (LAW, "years = 13", "years = 12", "years", "Art. 8(1): the age is 13, 14, 15 or 16"),
    (
        LAW,
        '[[child_ages]]\ncountry = "SE"',
        '[[child_ages]]\ncountry = "FI"',
        "[[child_ages]]",
        "C-07: the age for SE is missing",
    ),
    (PRESETS, "days = 14", "days = 0", "days", "a log is kept for one day or more"),
    (PROVIDER, "dpo@example.com", "dpo", 'email = "dpo"', "not an e-mail address"),
    (PROVIDER, 'name = "The authority"', 'name = ""', 'name = ""', "authority.name: empty; fill it in"),
    (PROVIDER, 'platform = "Doors"', 'platform = " "', "platform", "platform: empty; fill it in"),
    (
        PROVIDER,
        '[security]\nsv = "Allt skickas krypterat."\nen = "Everything is sent encrypted."\n',
        "",
        "# A small",
        "R-01",
    ),
]


def planted(folder: Path, name: str, stands: str, wrong: str) -> Path:
    """Copy the complete register, with one thing in it changed; return where that stands."""
    shutil.copytree(COMPLETE, folder / "register")
    path = folder / "register" / name
    text = path.read_text()
    assert stands in text
    path.write_text(text.replace(stands, wrong, 1))
    return path


def mistakes(register: Path) -> tuple[str, ...]:
    with pytest.raises(RegisterError) as error:
        read_register(register)
    return error.value.mistakes


@pytest.mark.parametrize("plant", [*TWICE, *SHAPES, *TEXTS, *BASES, *DATA, *KEEPING, *RECIPIENTS, *FACTS])
def test_a_mistake_is_told_with_file_line_and_remedy(tmp_path: Path, plant: Planted) -> None:
    """P-02, P-07, B-01, B-02, B-03, B-07, C-07, C-08, N-10, A-01, X-01, X-02, X-03, R-01, SE-10."""
    name, stands, wrong, on_line, said = plant
    path = planted(tmp_path, name, stands, wrong)
    (told,) = [one for one in mistakes(tmp_path / "register") if said in one]
    file, line, *_ = told.split(":")
    assert file == str(path)
    assert on_line in path.read_text().splitlines()[int(line) - 1]
    assert ";" in told  # what is wrong; what to do


def test_the_register_without_them_is_sound() -> None:
    register = read_register(COMPLETE)
    assert [activity.id for activity in register.activities] == ["bookkeeping", "door_log", "reminders"]
    # A recipient abroad that no activity names may stand there without a safeguard: nothing goes to it.
    assert register.recipient("unused").safeguard is None


@pytest.mark.parametrize("letter", "abcdefgh")
def test_an_agreement_answers_each_of_the_eight_points(tmp_path: Path, letter: str) -> None:
    """A-01."""
    path = planted(tmp_path, CLOUD, f"\n{letter} = ", f"\n# {letter} = ")
    assert mistakes(tmp_path / "register") == (
        f"{path}:19: agreement.points: A-01: Art. 28(3) has eight points; answer {letter} too",
    )


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    planted(tmp_path, LOG, 'sv = "Dörrlogg"', 'sv = ""')
    for name, stands, wrong in (
        (LOG, 'role = "processor"', 'role = "vendor"'),
        (LOG, "days = 14", 'days = "fourteen"'),
        (BOOKS, 'dpv = "dpv:LegalCompliance"', 'dpv = ""'),
        (CLOUD, 'country = "SE"', 'country = "XX"'),
        (LAW, "years = 13", "years = 12"),
    ):
        path = tmp_path / "register" / name
        path.write_text(path.read_text().replace(stands, wrong))
    (tmp_path / "register" / PRESETS).unlink()
    (tmp_path / "register" / PROVIDER).write_bytes(b'platform = "\xff"')
    told = mistakes(tmp_path / "register")
    assert [one.removeprefix(f"{tmp_path}/register/").split(":")[0] for one in told] == [
        PROVIDER,
        LAW,
        PRESETS,
        BOOKS,
        LOG,
        LOG,
        CLOUD,
    ]
    assert "save the file as UTF-8" in told[0]
    assert "add the file" in told[2]


def test_a_register_without_presets_is_told_so(tmp_path: Path) -> None:
    planted(tmp_path, PRESETS, PRESET.strip(), "")
    assert any("no preset says how long" in one for one in mistakes(tmp_path / "register"))


def test_lines_are_found_after_text_of_several_lines(tmp_path: Path) -> None:
    """What looks like a key or a table within a long string is neither."""
    long = 'sv = """\nid = 1\n[name]\n"""\nen = "Door log"\nfr = "x"'
    path = planted(tmp_path, LOG, 'sv = "Dörrlogg"\nen = "Door log"', long)
    (told,) = mistakes(tmp_path / "register")
    assert told == f"{path}:16: name.fr: unknown field `fr`; remove it, or did you mean sv, en?"


def test_a_country_is_one_of_iso_3166() -> None:
    """X-01."""
    assert len(countries()) == 249
    assert {"SE", "US", "GB", "AX"} <= countries()
    assert not {"EU", "UK", "XX", "ZZ", "UN"} & countries()
