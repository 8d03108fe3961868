"""Which cards, codes and licence plates do I have, and how do I get a new passcode?"""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from portvakt.server.people.actions import renew_passcode
from portvakt.server.people.models import Credential, short_pins
from portvakt.server.web.board.confirm import Nothing, Question
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.board.standing import standing
from portvakt.server.web.forms import posted, refusals_beside, show_form
from portvakt.server.web.me.code import PURPOSE
from portvakt.server.web.me.person import own_id, own_standing


@own_page(PURPOSE)
def own(request: BoardRequest) -> HttpResponse:
    """Show what the person holds, without anything that would open a door."""
    rows = Credential.objects.filter(organisation=request.organisation, person=own_id(request), revoked_at__isnull=True)
    short = set(short_pins(request.organisation.pk).filter(person=own_id(request)).values_list("pk", flat=True))
    shown = [(row, standing(row), row.pk in short) for row in rows.order_by("kind", "issued_at")]
    return render(request, "me/credentials.html", {"credentials": shown, "short": bool(short)})


@own_page(PURPOSE)
def passcode(request: BoardRequest) -> HttpResponse:
    """Give the person a new passcode, after asking, and show its digits, this once."""
    back = reverse("me:credentials", args=[request.organisation.slug])
    question = Question(
        title=_("Make a new passcode?"),
        text=_("The passcode you have now opens nothing any more. The new one is shown once."),
        button=_("Make a new passcode"),
        back=back,
    )
    form = Nothing(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            _row, digits, _entry = renew_passcode(own_standing(request), by=request.operator)
            answer = render(request, "me/passcode.html", {"digits": digits, "next": back})
            answer.headers["Cache-Control"] = "no-store"
            return answer
    return show_form(request, "board/confirm.html", form, question=question)
