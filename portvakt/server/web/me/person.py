"""Who is the person that asks for a page of their own?"""

from typing import cast
from uuid import UUID

from django.shortcuts import get_object_or_404

from portvakt.server.people.models import Person
from portvakt.server.web.board.page import BoardRequest


def own_id(request: BoardRequest) -> UUID:
    """Return who the account is here; own_page has let nobody in who is no person."""
    return cast("UUID", request.operator.person)


def own_standing(request: BoardRequest) -> Person:
    """Return the person with nothing but from when to when they may pass, and whether they are suspended."""
    standing_only = Person.objects.only("organisation_id", "suspended_at", "valid_from", "valid_to")
    return get_object_or_404(standing_only, pk=own_id(request), organisation=request.organisation)
