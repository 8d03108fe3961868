"""What does every page's frame show?"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portvakt.server.web.board.navigation import entries


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame needs: organisation, operator, menu, where live hints come from, which change to watch."""
    return {
        "organisation": getattr(request, "organisation", None),
        "operator": getattr(request, "operator", None),
        "memberships": getattr(request, "memberships", []),
        "menu": entries(request),
        "live_url": settings.LIVE_URL,
        "languages": settings.LANGUAGES,
        "change": _change(request),
    }


def _change(request: HttpRequest) -> dict[str, int] | None:
    """Return the version to watch and when it was asked for, in ms since 1970, from the address that answers.done() made."""
    version, since = request.GET.get("version", ""), request.GET.get("since", "")
    if not (version.isdecimal() and since.isdecimal() and len(version) < 19 and len(since) < 16):
        return None
    return {"version": int(version), "since": int(since)}
