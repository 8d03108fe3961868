"""How is a new reader given its key, and what became of it?"""

from datetime import timedelta
from uuid import UUID

import msgspec
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.server.places.actions import ADOPTION_SECONDS, COMMAND_SECONDS, adopt_reader
from portvakt.server.places.models import ControllerTask, Reader
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Nothing
from portvakt.server.web.board.controllers import PURPOSE
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.forms import posted, show_form


class Adoption(msgspec.Struct, frozen=True):
    """An adoption that was asked for; `over` when nothing more will come of it."""

    task: ControllerTask
    over: bool

    @property
    def unheard(self) -> bool:
        """Tell whether the controller never took the task."""
        return self.over and self.task.claimed_at is None


@page(PURPOSE, Permission.CONTROLLER_ENROL)
def adopt(request: BoardRequest, reader: UUID) -> HttpResponse:
    """Ask whether a reader is to be given a key now; then watch."""
    found = _reader(request, reader)
    form = Nothing(posted(request))
    if form.is_valid():
        task, _entry = adopt_reader(found, by=request.operator)
        return HttpResponseRedirect(reverse("board:adoption", args=[request.organisation.slug, found.pk, task.pk]))
    return show_form(request, "board/controllers/adopt.html", form, reader=found, minutes=ADOPTION_SECONDS // 60)


@page(PURPOSE, Permission.CONTROLLER_ENROL)
def adoption(request: BoardRequest, reader: UUID, task: UUID) -> HttpResponse:
    """Show what has become of an adoption so far."""
    found = _reader(request, reader)
    asked = get_object_or_404(ControllerTask, pk=task, reader=found, action=ControllerTask.Action.ADOPT_READER)
    context = {"reader": found, "adoption": Adoption(asked, _is_over(asked)), "title": _("Adopt a reader")}
    part = request.headers.get("HX-Request") and "board/controllers/adoption_so_far.html"
    return render(request, part or "board/controllers/adoption.html", context)


def _reader(request: BoardRequest, reader: UUID) -> Reader:
    own = Reader.objects.filter(organisation=request.organisation).select_related("door", "controller")
    return get_object_or_404(own, pk=reader)


def _is_over(task: ControllerTask) -> bool:
    if task.answered_at is not None:
        return True
    within = COMMAND_SECONDS if task.claimed_at is None else ADOPTION_SECONDS + COMMAND_SECONDS
    return timezone.now() > task.asked_at + timedelta(seconds=within)
