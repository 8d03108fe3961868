"""What are the doors doing now?"""

from django.http import HttpResponse
from django.shortcuts import render

from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.page import BoardRequest, page


@page("door_operation", Permission.DOOR_READ)
def live(request: BoardRequest) -> HttpResponse:
    """Show every door of the organisation."""
    return render(request, "board/doors/live.html")
