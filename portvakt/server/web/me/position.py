"""How far from a door is the phone? Where it is is used for this alone, and neither kept nor logged."""

import math

from django.http import QueryDict

from portvakt.server.places.models import Door

EARTH_METRES = 6_371_009  # mean radius, IUGG
LIMITS = {"latitude": 90.0, "longitude": 180.0}


def metres_from(door: Door, said: QueryDict) -> int | None:
    """Return the whole metres from a door's site to the phone, rounded up; None where either place is not known."""
    site = door.section.site
    here, there = (_degrees(said, "latitude"), _degrees(said, "longitude")), (site.latitude, site.longitude)
    if door.within_metres is None or None in here or None in there:
        return None
    return math.ceil(_distance(*here, *there))  # type: ignore[arg-type]


def _degrees(said: QueryDict, name: str) -> float | None:
    try:
        degrees = float(said.get(name, ""))
    except ValueError:
        return None
    return degrees if abs(degrees) <= LIMITS[name] else None


def _distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """Return the metres along a great circle between two places in degrees (haversine)."""
    here, there = math.radians(latitude), math.radians(to_latitude)
    half = math.sin((there - here) / 2) ** 2
    half += math.cos(here) * math.cos(there) * math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half)))
