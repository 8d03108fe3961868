"""What are the doors doing now, and how does an operator open one?"""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from portvakt.server.places.actions import COMMAND_SECONDS, release_door
from portvakt.server.places.models import Door, DoorCommand
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.door_details import details
from portvakt.server.web.board.door_standing import by_site, doors_now, newest_events, summary
from portvakt.server.web.board.page import BoardRequest, page

PURPOSE = "door_operation"


@page(PURPOSE, Permission.DOOR_READ)
def live(request: BoardRequest) -> HttpResponse:
    """Show every door of the organisation and the newest events; the page keeps itself current."""
    doors = doors_now()
    return render(
        request,
        "board/doors/live.html",
        {"sites": by_site(doors), "summary": summary(doors), "events": newest_events()},
    )


@page(PURPOSE, Permission.DOOR_READ)
def live_doors(request: BoardRequest) -> HttpResponse:
    """Answer with the part of the live page that shows the doors."""
    doors = doors_now()
    return render(request, "board/doors/doors.html", {"sites": by_site(doors), "summary": summary(doors)})


@page(PURPOSE, Permission.DOOR_READ)
def live_events(request: BoardRequest) -> HttpResponse:
    """Answer with the part of the live page that shows the newest events."""
    return render(request, "board/doors/events.html", {"events": newest_events()})


@page(PURPOSE, Permission.DOOR_READ)
def door(request: BoardRequest, door: UUID) -> HttpResponse:
    """Show one door."""
    found = get_object_or_404(Door, pk=door)
    (now,) = doors_now(Door.objects.filter(pk=found.pk))
    command = DoorCommand.objects.filter(door=found, pk=asked).first() if (asked := _uuid(request)) else None
    context = {"now": now, "events": newest_events(found.pk), "command": command, "given_up": _given_up(command)}
    context["details"] = details(now)
    return render(request, "board/doors/door.html", context)


@page(PURPOSE, Permission.DOOR_READ)
def live_door(request: BoardRequest, door: UUID) -> HttpResponse:
    """Answer with the part of the door's page that changes."""
    (now,) = doors_now(Door.objects.filter(pk=get_object_or_404(Door, pk=door).pk))
    return render(
        request, "board/doors/door_now.html", {"now": now, "events": newest_events(door), "details": details(now)}
    )


@page(PURPOSE, Permission.DOOR_RELEASE)
@require_POST
def release(request: BoardRequest, door: UUID) -> HttpResponse:
    """Ask the door's controller to release the door; its answer is waited for by the page."""
    command, _entry = release_door(get_object_or_404(Door, pk=door), by=request.operator)
    if "HX-Request" in request.headers:
        return render(request, "board/doors/command.html", {"command": command})
    address = reverse("board:door", args=[request.organisation.slug, door])
    return HttpResponseRedirect(f"{address}?command={command.pk}")


@page(PURPOSE, Permission.DOOR_RELEASE)
def command(request: BoardRequest, command: UUID) -> HttpResponse:
    """Answer with what has become of a wish to open a door."""
    found = get_object_or_404(DoorCommand.objects.select_related("door"), pk=command)
    return render(request, "board/doors/command.html", {"command": found, "given_up": _given_up(found)})


def _given_up(command: DoorCommand | None) -> bool:
    """Tell whether an answer will not come any more: a controller that did not take the wish in time is never given it."""
    return command is not None and (timezone.now() - command.asked_at).total_seconds() > COMMAND_SECONDS


def _uuid(request: BoardRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("command", ""))
    except ValueError:
        return None
