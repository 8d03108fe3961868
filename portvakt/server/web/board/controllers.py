"""Which controllers are there, how are they, and how does a device become one?"""

from datetime import timedelta
from uuid import UUID

import msgspec
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.organisations.actions import wanted_version
from portvakt.server.places.actions import ENROLMENT_HOURS, begin_enrolment, shut_out_controller
from portvakt.server.places.models import Controller, ControllerStatus, Reader, ReaderStatus
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.page import BoardRequest, page

PURPOSE = "premises_administration"
# A certificate is for a year and renewed by enrolling again; a month is time for a visit to the site.
CERTIFICATE_WARNING = timedelta(days=30)


class ControllerNow(msgspec.Struct, frozen=True):
    """A controller with what it last said of itself."""

    controller: Controller
    status: ControllerStatus
    wanted: int
    readers: tuple[tuple[Reader, ReaderStatus | None], ...] = ()

    @property
    def enrolled(self) -> bool:
        """Tell whether a device has become this controller."""
        return self.status.enrolled_at is not None

    @property
    def newest_in_force(self) -> bool:
        """Tell whether it decides by the newest snapshot."""
        return self.status.snapshot_version >= self.wanted

    @property
    def certificate_ends_soon(self) -> bool:
        """Tell whether it must be enrolled again soon."""
        ends = self.status.certificate_expires_at
        return ends is not None and ends < timezone.now() + CERTIFICATE_WARNING

    @property
    def attention(self) -> bool:
        """Tell whether somebody should look at it."""
        lost = self.enrolled and not self.status.online
        return bool(lost or self.status.snapshot_refusal or self.status.events_in_memory or self.certificate_ends_soon)


@page(PURPOSE, Permission.CONTROLLER_READ)
def controllers(request: BoardRequest) -> HttpResponse:
    """List the controllers; the page keeps itself current."""
    wanted = wanted_version(request.organisation.pk)
    statuses = (
        ControllerStatus.objects.filter(organisation=request.organisation)
        .select_related("controller__site")
        .annotate(doors=Count("controller__doors"))
        .order_by("controller__site__name", "controller__name")
    )
    rows = [ControllerNow(status.controller, status, wanted) for status in statuses]
    part = request.headers.get("HX-Request") and "board/controllers/rows.html"
    return render(request, part or "board/controllers/list.html", {"rows": rows})


@page(PURPOSE, Permission.CONTROLLER_READ)
def controller(request: BoardRequest, controller: UUID) -> HttpResponse:
    """Show one controller; the page keeps itself current."""
    part = request.headers.get("HX-Request") and "board/controllers/now.html"
    now = _now(request, controller)
    return render(request, part or "board/controllers/controller.html", {"now": now})


@page(PURPOSE, Permission.CONTROLLER_ENROL)
@require_POST
def enrol(request: BoardRequest, controller: UUID) -> HttpResponse:
    """Show the enrolment text: now, and never again."""
    now = _now(request, controller)
    text, _entry = begin_enrolment(now.controller, by=request.operator)
    context = {"now": now, "enrolment": text, "hours": ENROLMENT_HOURS}
    response = render(request, "board/controllers/controller.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@page(PURPOSE, Permission.CONTROLLER_ENROL)
def shut_out(request: BoardRequest, controller: UUID) -> HttpResponse:
    """Let a lost or stolen device in no more, once confirmed."""
    found = _now(request, controller).controller
    question = Question(
        title=_("Shut out %(controller)s?") % {"controller": found.name},
        text=_(
            "The device is refused from now on and gets no more changes. Its doors go on with what they have until another"
            " device is enrolled. Cards and codes it knew should be issued anew if it was stolen."
        ),
        button=_("Shut out"),
        back=reverse("board:controller", args=[request.organisation.slug, found.pk]),
    )
    return confirm(request, question, lambda: shut_out_controller(found, by=request.operator))


def _now(request: BoardRequest, controller: UUID) -> ControllerNow:
    found = get_object_or_404(
        Controller.objects.select_related("site"), pk=controller, organisation=request.organisation
    )
    status = ControllerStatus.objects.get(controller=found)
    readers = list(Reader.objects.filter(controller=found).select_related("door").order_by("door__name", "side"))
    said = {status.reader_id: status for status in ReaderStatus.objects.filter(reader__in=readers)}
    rows = tuple((reader, said.get(reader.pk)) for reader in readers)
    return ControllerNow(found, status, wanted_version(request.organisation.pk), rows)
