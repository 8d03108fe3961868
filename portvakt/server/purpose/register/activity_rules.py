"""What can a well-formed activity still get wrong, on its own?

Of a subject that is employed nobody can say so: whether a person works for the organisation is not data that the platform keeps. That
consent is not offered as the basis for what an employer wants (B-08) is therefore not a rule here but a sentence for whoever writes the
register: docs/how-to/change-the-register.md.
"""

import re
from collections.abc import Iterator

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import Texts
from portvakt.server.purpose.register.model import Activity, Basis, Data
from portvakt.server.purpose.register.retention_rules import keeping_mistakes
from portvakt.server.purpose.register.shape import Mistake

ID = re.compile(r"[a-z][a-z_]{2,40}")
# A law is named by a paragraph, a chapter or an article, and those have numbers.
LAW = re.compile(r"§|\bkap\b|arti[kc]|\bart\b|\bsection|\bchapter|lag \(\d", re.IGNORECASE)
CONTRACT = re.compile(
    r"avtal|villkor|köp|beställning|medlemskap|contract|agreement|\bterms\b|purchase|\border|membership", re.IGNORECASE
)
# What the text beside the basis must name: B-01, B-02.
MUST_NAME: dict[Basis, tuple[tuple[re.Pattern[str], ...], str]] = {
    "contract": (
        (CONTRACT,),
        "B-01: no contract is named; name it in both languages, such as the contract on a user account",
    ),
    "legal_obligation": (
        (LAW, re.compile(r"\d")),
        "B-02: no law is named; name it and its paragraph or article in both languages",
    ),
    "public_task": (
        (LAW, re.compile(r"\d")),
        "B-02: no law is named; name it and its paragraph or article in both languages",
    ),
}


def activity_mistakes(activity: Activity) -> Iterator[Mistake]:
    """Yield where and what is wrong with an activity that has the right shape."""
    for rule in RULES:
        yield from rule(activity)


def _id_mistakes(activity: Activity) -> Iterator[Mistake]:
    if not ID.fullmatch(activity.id):
        yield ("id",), "id must be lower-case words joined by underscores, 3 to 41 letters; rename it"


def _basis_mistakes(activity: Activity) -> Iterator[Mistake]:
    patterns, remedy = MUST_NAME.get(activity.legal_basis, ((), ""))
    if not all(_in_both(pattern, activity.legal_basis_note) for pattern in patterns):
        yield ("legal_basis_note",), remedy
    if activity.legal_basis == "legitimate_interest":
        yield from _interest_mistakes(activity)


def _in_both(pattern: re.Pattern[str], texts: Texts) -> bool:
    return bool(pattern.search(texts.sv)) and bool(pattern.search(texts.en))


def _interest_mistakes(activity: Activity) -> Iterator[Mistake]:
    """B-03: a dated assessment in three steps; Art. 21: how to object."""
    if activity.assessment is None:
        yield (
            ("legal_basis",),
            "B-03: legitimate interest without an assessment; add [assessment] with made, review, interest, necessity and balance",
        )
    elif activity.assessment.review <= activity.assessment.made:
        yield ("assessment", "review"), "B-03: it is looked at again after it was made; write a later date"
    if activity.objection is None:
        yield ("legal_basis",), "Art. 21: nothing says how one objects to legitimate interest; add [objection]"


def _data_mistakes(activity: Activity) -> Iterator[Mistake]:
    for index, row in enumerate(activity.data):
        yield from ((("data", index), text) for wrong, text in _row_wrongs(activity, row) if wrong)


def _row_wrongs(activity: Activity, row: Data) -> list[tuple[bool, str]]:
    return [
        (not row.kinds or len(set(row.kinds)) < len(row.kinds), "a data row needs kinds, each once; correct kinds"),
        (
            bool(row.operations) == (row.where is not None),
            "a data row needs operations, or where it is kept outside the platform, and not both; correct operations or where",
        ),
        (
            activity.outside and row.where is None,
            "done outside the platform (no entry_points), so say where the data is; or add entry_points",
        ),
        (
            row.source in {"device", "system"} and row.required != "observed",
            f"the {row.source} makes the data, so nobody must give it; correct source, or write observed",
        ),
        (
            row.required != "observed" and row.consequence is None,
            "Art. 13(2)(e): nothing says what happens to whoever does not give the data; add consequence",
        ),
    ]


def _identity_number_mistakes(activity: Activity) -> Iterator[Mistake]:
    if activity.justification is not None:
        return
    for index, row in enumerate(activity.data):
        if Kind.PERSONAL_IDENTITY_NUMBER in row.kinds:
            yield (
                ("data", index, "kinds"),
                "B-07: personal identity numbers without a reason; say in [justification] why they are clearly needed",
            )


def _child_mistakes(activity: Activity) -> Iterator[Mistake]:
    reached = "board" in activity.entry_points and any(
        row.subject in {Subject.HOLDER, Subject.ACCOUNT_HOLDER} for row in activity.data
    )
    if reached and activity.child is None:
        yield ("purpose",), "C-08: children have accounts and keys too; say the purpose to a child in [child]"


def _term_mistakes(activity: Activity) -> Iterator[Mistake]:
    for name, value, example in (
        ("dpv", activity.dpv, "dpv:EnforceAccessControl"),
        ("fides", activity.fides, "essential.service.security"),
    ):
        if not re.fullmatch(r"\S+", value):
            yield (name,), f"the purpose's term in that vocabulary is missing; add {name}, such as {example}"


# Every rule for one activity; tests plant a violation of each.
RULES = (
    _id_mistakes,
    _basis_mistakes,
    _data_mistakes,
    keeping_mistakes,
    _identity_number_mistakes,
    _child_mistakes,
    _term_mistakes,
)
