"""What does every page's frame show?"""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from portvakt.server.organisations.models import Organisation
from portvakt.server.places.models import Lockdown, in_effect
from portvakt.server.privacy.leaves import open_leaves
from portvakt.server.privacy.models import SupportLeave
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.context import within_purpose
from portvakt.server.web.board.navigation import entries
from portvakt.server.web.desk import navigation as desk


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame needs: organisation, operator, menu, where live hints come from, which change to watch."""
    return {
        "organisation": getattr(request, "organisation", None),
        "operator": getattr(request, "operator", None),
        "memberships": getattr(request, "memberships", []),
        "menu": entries(request) or desk.entries(request),
        "desk": desk.desk_of(getattr(request, "memberships", [])),
        "live_url": settings.LIVE_URL,
        "languages": settings.LANGUAGES,
        "change": _change(request),
        # Only a whole page asks; a fragment has no frame to show it in.
        "lockdowns_in_effect": partial(_lockdowns, request),
        "support_leaves": partial(_leaves, request),
    }


def _lockdowns(request: HttpRequest) -> list[Lockdown]:
    """Return the lockdowns in effect in the organisation of a page of the Board, whatever the page is for."""
    if (organisation := _doors_of(request)) is None:
        return []
    rows = in_effect(timezone.now()).filter(organisation=organisation).select_related("plan__site")
    return list(rows.order_by("begun_at"))


def _leaves(request: HttpRequest) -> list[SupportLeave]:
    """Return until when support may look into the organisation of a page of the Board; nobody shall look unseen."""
    organisation = _doors_of(request)
    return [] if organisation is None else open_leaves(organisation)


def _doors_of(request: HttpRequest) -> Organisation | None:
    """Return the organisation of a page of the Board, for an operator who may see its doors; None for anybody else."""
    operator, organisation = getattr(request, "operator", None), getattr(request, "organisation", None)
    # A page that says why something was refused is outside every purpose, and reads no rows.
    if organisation is None or operator is None or not within_purpose() or not operator.may(Permission.DOOR_READ):
        return None
    return organisation  # type: ignore[no-any-return]


def _change(request: HttpRequest) -> dict[str, int] | None:
    """Return the version to watch and when it was asked for, in ms since 1970, from the address that answers.done() made."""
    version, since = request.GET.get("version", ""), request.GET.get("since", "")
    if not (version.isdecimal() and since.isdecimal() and len(version) < 19 and len(since) < 16):
        return None
    return {"version": int(version), "since": int(since)}
