"""What does every page's frame show?"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame needs: organisation, operator, whether there is a simulator, where live hints come from."""
    return {
        "organisation": getattr(request, "organisation", None),
        "operator": getattr(request, "operator", None),
        "memberships": getattr(request, "memberships", []),
        "has_simulator": bool(settings.SIMULATOR_URL),
        "live_url": settings.LIVE_URL,
    }
