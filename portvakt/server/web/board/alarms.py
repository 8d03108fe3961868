"""What has happened that somebody should see to, and who has seen to it?"""

from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portvakt.core.privacy import Kind, Subject
from portvakt.server.logbook.actions import acknowledge as acknowledge_alarm
from portvakt.server.logbook.models import AccessEvent, LogFault
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.notices import Look, hint
from portvakt.server.web.answers import done
from portvakt.server.web.board.alarm_list import MOST_OPEN, count_open, every_alarm, find, kinds, open_alarms
from portvakt.server.web.board.newest import position
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.forms import UNPROCESSABLE, BoardForm, FilterForm

PURPOSE = "alarms"
OPEN, ALL = "", "all"


class AlarmFilter(FilterForm):
    """Which alarms to show."""

    state = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[(OPEN, gettext_lazy("Not acknowledged")), (ALL, gettext_lazy("All alarms"))],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=lambda: [("", gettext_lazy("All")), *kinds()]
    )


class Note(BoardForm):
    """What an operator says when acknowledging."""

    collects = "alarms"
    about = Subject.ACCOUNT_HOLDER
    takes = {"note": Kind.ACKNOWLEDGEMENT}

    note = forms.CharField(required=False, max_length=200)


@page(PURPOSE, Permission.DOOR_READ)
def alarms(request: BoardRequest) -> HttpResponse:
    """Show the alarms that nobody has seen to, the most urgent first, or all of them; the page keeps itself current."""
    chosen, part = AlarmFilter(request.GET), request.headers.get("HX-Request")
    template = "board/alarms/rows.html" if part else "board/alarms/list.html"
    if not chosen.is_valid():
        return render(request, template, {"filter": chosen, "rows": []}, status=UNPROCESSABLE)
    kind, every = chosen.cleaned_data["kind"], chosen.cleaned_data["state"] == ALL
    context = {"filter": chosen, "every": every, "used": bool(kind or every), "most": MOST_OPEN}
    if every:
        after = position(request.GET.get("after", ""), int)
        context["rows"], context["following"] = every_alarm(request.organisation, kind, after)
    else:
        context["rows"], context["more"] = open_alarms(request.organisation, kind)
    return render(request, template, context)


@page(PURPOSE, Permission.DOOR_READ)
def count(request: BoardRequest) -> HttpResponse:
    """Answer with how many alarms nobody has seen to, for the menu."""
    return render(request, "board/alarms/count.html", {"count": count_open(request.organisation), "most": MOST_OPEN})


@page(PURPOSE, Permission.DOOR_RELEASE)
@require_POST
def acknowledge(request: BoardRequest, alarm: str) -> HttpResponse:
    """Note that the operator has seen to an alarm; if somebody has before, that stays as it is."""
    form = Note(request.POST)
    if (found := find(request.organisation, alarm)) is None or not form.is_valid():
        raise Http404
    event = found.pk if isinstance(found, AccessEvent) else None
    fault = found.pk if isinstance(found, LogFault) else None
    entry = acknowledge_alarm(event, fault, form.cleaned_data["note"], by=request.operator)
    hint(request.organisation.pk, Look.LOG)
    back = reverse("board:alarms", args=[request.organisation.slug])
    kept = {name: value for name in ("state", "kind") if (value := request.GET.get(name))}
    message = _("Alarm acknowledged") if entry else _("Somebody has acknowledged it already.")
    return done(request, entry, to=f"{back}?{urlencode(kept)}" if kept else back, message=message)
