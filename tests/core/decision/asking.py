"""How do the tables of cases ask, and how is an answer written short?"""

from datetime import datetime

from portvakt.core.decision.compile import compile_snapshot
from portvakt.core.decision.decide import decide
from portvakt.core.decision.model import Decision, Denied, Factor, Granted, NeedFactor, NeedPerson, Request, Side, State
from portvakt.core.snapshot import Snapshot
from tests.core.plain import AT

FRESH = State(confirmed_at=AT)


def answer(
    what: Snapshot,
    *factors: Factor,
    at: datetime = AT,
    side: Side = Side.ENTRY,
    where: str = "front",
    state: State = FRESH,
) -> Decision:
    return decide(Request(where, side, at, factors), compile_snapshot(what), state)


def short(decision: Decision) -> str:
    match decision:
        case Granted(auth_type):
            return auth_type.name
        case Denied(reason):
            return reason.name
        case NeedFactor(pairs):
            return "needs " + " ".join(pair.name for pair in pairs)
        case NeedPerson(reason):
            return f"needs somebody: {reason.name}"
