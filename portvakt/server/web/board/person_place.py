"""How does an operator have the controllers forget where one person is?"""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from portvakt.server.access.actions import forgive_person
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, own_persons, person_url


@page(PURPOSE, Permission.RULE_ASSIGN)
def forgive(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Have it forgotten, once confirmed."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    question = Question(
        title=_("Forget where %(name)s is?") % {"name": someone.name},
        text=_("For somebody who is denied because an area takes them for inside already. They then count as outside."),
        button=_("Forget"),
        back=person_url(request, someone.pk),
        danger=False,
    )
    return confirm(request, question, lambda: forgive_person(someone, by=request.operator))
