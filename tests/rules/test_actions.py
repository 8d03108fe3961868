"""Does every action say who did it, and leave exactly one audit entry?

An action is a public function of an `actions.py`, or of a file in an `actions` folder whose name does not begin with an
underscore (such a file holds parts of actions). The logbook is not asked, being the audit itself, nor is what stands
beneath it and cannot reach it: who calls that records it. What nobody who signed in did is listed in NOBODYS_ACT.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath

from tests.rules.source import SERVER, calls, last_name, python_files, told

Function = ast.FunctionDef | ast.AsyncFunctionDef
AUDIT = {"record", "audit"}
BENEATH = {"logbook", "organisations", "purpose"}
NOBODYS_ACT = {
    "portvakt/server/accounts/actions.py": {
        "change_own_account": "the account is its owner's; the audit log is each organisation's own",
    },
    "portvakt/server/privacy/actions/consents.py": {
        "say_as_account": "the row itself is the record, is never changed, and lies in no organisation",
    },
    "portvakt/server/privacy/actions/terms.py": {
        "accept_terms": "the row itself is the record, is never changed, and lies in no organisation",
        "answer_as_guardian": "somebody without an account answers; the row itself is the record",
        "ask_guardian": "the row itself is the record, and lies in no organisation",
        "open_question": "reads only",
    },
    "portvakt/server/people/actions/readings.py": {
        "report_reading": "a device tells what a card says; read_card recorded who asked",
    },
    "portvakt/server/places/actions/commands.py": {
        "answer_wish": "a device tells what became of it; release_door and ask_to_open recorded who asked",
        "claim_wishes": "a wish on its way; release_door and ask_to_open recorded who asked",
    },
    "portvakt/server/places/actions/enrolment.py": {
        "use_enrolment": "the one-time secret is the authority; finish_enrolment, which follows, records",
    },
    "portvakt/server/places/actions/reports.py": {
        "report_controller": "a device tells how it is; a status is not a change of anybody's",
        "report_controllers": "a device tells how it is; a status is not a change of anybody's",
        "report_doors": "a device tells how it is; a status is not a change of anybody's",
        "report_readers": "a device tells how it is; a status is not a change of anybody's",
        "report_silence": "a device that tells nothing; a status is not a change of anybody's",
    },
    "portvakt/server/privacy/actions/deliveries.py": {
        "claim": "the disclosures that it keeps are the record of what left; nobody who signed in did it",
        "forget_deliveries": "retention of a log of deliveries; nobody who signed in did it",
        "queue_events": "the outbox of what doors saw; nobody who signed in did it",
    },
    "portvakt/server/privacy/actions/disclosing.py": {
        "disclose": "a disclosure is itself the record, one for each person; the action that hands over records too",
        "nothing_about_anyone": "changes nothing",
    },
    "portvakt/server/privacy/actions/sending.py": {
        "send_mail": "the disclosure is the record; the action that wanted the mail records too",
        "send_sms": "the disclosure is the record; the action that wanted the message records too",
    },
    "portvakt/server/provider/actions/enquiries.py": {
        "ask": "somebody without an account asks; the row itself is the record, and lies in no organisation",
    },
    "portvakt/server/provider/actions/mailings.py": {
        "refuse_offers": "somebody without an account refuses; the row itself is the record, and lies in no organisation",
        "send_next": "the jobs process sends what queue_mailing recorded; the disclosures are the record of who got it",
    },
    "portvakt/server/provider/actions/orders.py": {
        "place_order": "somebody without an account orders; the row itself is the record, and lies in no organisation",
    },
    "portvakt/server/privacy/actions/notices.py": {
        "note_given": "a receipt is itself the record of who was told what, and when",
    },
}


def is_actions(path: str) -> bool:
    parts = PurePath(path).parts
    if BENEATH & set(parts):
        return False
    return parts[-1] == "actions.py" or ("actions" in parts[:-1] and not parts[-1].startswith("_"))


def without_by(source: str, exempt: Collection[str] = ()) -> list[str]:
    return [
        f"line {function.lineno}: {function.name} does not say who acts: it needs a keyword-only `by`"
        for function in _public(ast.parse(source), exempt)
        if "by" not in {argument.arg for argument in function.args.kwonlyargs}
    ]


def without_one_entry(source: str, exempt: Collection[str] = ()) -> list[str]:
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    counted = {function: _Entries(functions).of_function(function) for function in _public(tree, exempt)}
    return [
        f"line {function.lineno}: {function.name} records {count or 'no'} audit entries where it should record one"
        for function, count in counted.items()
        if count != 1
    ]


def _public(tree: ast.Module, exempt: Collection[str]) -> list[Function]:
    named = [node for node in tree.body if isinstance(node, Function) and not node.name.startswith("_")]
    return [function for function in named if function.name not in exempt]


class _Entries:
    """The most audit entries that one way through a function records; one in a loop may be many and counts as two."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self.functions = functions
        self.entered: set[str] = set()

    def of_function(self, function: Function) -> int:
        if function.name in self.entered:
            return 0
        self.entered.add(function.name)
        count = self._of_block(function.body)
        self.entered.discard(function.name)
        return count

    def _of_block(self, block: Sequence[ast.stmt]) -> int:
        for position, statement in enumerate(block):
            rest = block[position + 1 :]
            if isinstance(statement, ast.If):
                # What follows an `if` that returns belongs to the other way only.
                ways = (self._of_way(statement.body, rest), self._of_way(statement.orelse, rest))
                return self._of_block(block[:position]) + self._of_expression(statement.test) + max(ways)
        return sum(self._of_statement(statement) for statement in block)

    def _of_way(self, way: Sequence[ast.stmt], rest: Sequence[ast.stmt]) -> int:
        ends = bool(way) and isinstance(way[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
        return self._of_block(way) + (0 if ends else self._of_block(rest))

    def _of_statement(self, statement: ast.stmt) -> int:
        if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            return 2 * min(1, self._of_block(statement.body)) + self._of_block(statement.orelse)
        if isinstance(statement, ast.With | ast.AsyncWith):
            opened = sum(self._of_expression(item.context_expr) for item in statement.items)
            return opened + self._of_block(statement.body)
        if isinstance(statement, ast.Try):
            handled = max((self._of_block(handler.body) for handler in statement.handlers), default=0)
            tried = self._of_block([*statement.body, *statement.orelse])
            return max(tried, handled) + self._of_block(statement.finalbody)
        if isinstance(statement, ast.Match):
            return max(self._of_block(case.body) for case in statement.cases)
        return 0 if isinstance(statement, Function | ast.ClassDef) else self._of_expression(statement)

    def _of_expression(self, node: ast.AST) -> int:
        return sum(self._of_call(call) for call in calls(node))

    def _of_call(self, call: ast.Call) -> int:
        if isinstance(call.func, ast.Name) and call.func.id in self.functions and call.func.id not in AUDIT:
            return self.of_function(self.functions[call.func.id])
        return 1 if last_name(call.func) in AUDIT else 0


def _actions() -> Iterator[tuple[str, str, Collection[str]]]:
    return ((path, text, NOBODYS_ACT.get(path, {})) for path, text in python_files(SERVER) if is_actions(path))


def test_every_action_says_who_acts() -> None:
    found = {path: without_by(text, exempt) for path, text, exempt in _actions()}
    assert not told(found), told(found)


def test_every_action_leaves_one_entry() -> None:
    found = {path: without_one_entry(text, exempt) for path, text, exempt in _actions()}
    assert not told(found), told(found)


def test_what_is_listed_as_nobodys_act_is_there() -> None:
    present = {path: {function.name for function in _public(ast.parse(text), ())} for path, text, _ in _actions()}
    assert {path: set(names) - present.get(path, set()) for path, names in NOBODYS_ACT.items()} == {
        path: set() for path in NOBODYS_ACT
    }


def test_planted_actions_without_by_are_found() -> None:
    assert without_by("def enrol(*, name): ...") == [
        "line 1: enrol does not say who acts: it needs a keyword-only `by`"
    ]
    assert without_by("def enrol(by, name): ...")
    assert without_by("async def enrol(): ...")
    assert without_by("def enrol(*, by): ...\ndef _part(): ...") == []


def test_only_the_listed_are_spared() -> None:
    source = "def report(): ...\ndef enrol(): ..."
    assert [complaint.split()[2] for complaint in without_by(source, {"report"})] == ["enrol"]
    assert [complaint.split()[2] for complaint in without_one_entry(source, {"report"})] == ["enrol"]


def test_planted_actions_without_entry_are_found() -> None:
    assert without_one_entry("def enrol(*, by): Person.objects.create()") == [
        "line 1: enrol records no audit entries where it should record one"
    ]
    assert without_one_entry("def a(*, by):\n  record(by)\n  _b()\ndef _b():\n  logbook.record(1)")
    assert without_one_entry("def a(*, by):\n  for row in rows:\n    record(row)")
    assert without_one_entry("def a(*, by):\n  with x:\n    record(1)\n  if late:\n    record(2)")
    assert without_one_entry("def a(*, by):\n  a(by=by)")


def test_one_entry_each_way_passes() -> None:
    assert without_one_entry("def a(*, by):\n  with transaction.atomic():\n    actions.record(by=by)") == []
    assert without_one_entry("def a(*, by):\n  _b()\ndef _b():\n  return audit(1)") == []
    assert without_one_entry("def a(*, by):\n  if x:\n    return record(1)\n  return record(2)") == []
    assert without_one_entry("def a(*, by):\n  if not x:\n    return\n  record(2)") == []
    assert without_one_entry("def a(*, by):\n  try:\n    change()\n  except E:\n    raise X\n  record(2)") == []


def test_what_counts_as_an_actions_file() -> None:
    assert is_actions("portvakt/server/people/actions.py")
    assert is_actions("portvakt/server/access/actions/rules.py")
    assert not is_actions("portvakt/server/access/actions/_marks.py")
    assert not is_actions("portvakt/server/access/models.py")
    assert not is_actions("portvakt/server/logbook/actions.py")
