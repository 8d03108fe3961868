"""How is an operator asked before something is done that others will notice?"""

from collections.abc import Callable

import msgspec
from django.http import HttpResponse

from portvakt.server.logbook.models import AuditEntry
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.answers import done
from portvakt.server.web.board.page import BoardRequest
from portvakt.server.web.board.preview import Impact, impact_of
from portvakt.server.web.forms import BoardForm, posted, refusals_beside, show_form


class Question(msgspec.Struct, frozen=True):
    """What is asked, what will follow, the word on the button, where to go if the answer is no and afterwards.

    With `impact` it is also said who gains and who loses access by it.
    """

    title: str
    text: str
    button: str
    back: str
    after: str = ""
    danger: bool = True
    impact: bool = False


class Nothing(BoardForm):
    """No field at all: the button is the answer."""

    collects = None
    collects_nothing = "has no field"


def confirm(request: BoardRequest, question: Question, act: Callable[[], AuditEntry]) -> HttpResponse:
    """Ask; once answered, act and lead on. A refusal is shown above the question."""
    form = Nothing(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            return done(request, act(), to=question.after or question.back)
    return show_form(request, "board/confirm.html", form, question=question, impact=_impact(request, question, act))


def _impact(request: BoardRequest, question: Question, act: Callable[[], AuditEntry]) -> Impact | None:
    if not question.impact or request.method == "POST":
        return None
    try:
        return impact_of(request, act)
    except Refused:
        return None  # said where it is confirmed
