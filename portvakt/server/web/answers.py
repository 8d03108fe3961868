"""What does a page answer when a change is done, so that the reader sees when it holds at the doors?"""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portvakt.server.logbook.models import AuditEntry


def done(request: HttpRequest, entry: AuditEntry | None, *, to: str, message: str = "") -> HttpResponse:
    """Go to the address `to`; where doors must learn of the change, that page shows when it is in force (see board/in_force.py)."""
    if message:
        messages.success(request, message)
    if entry is None or entry.snapshot_version is None:
        return HttpResponseRedirect(to)
    since = int(entry.at.timestamp() * 1000)
    mark = urlencode({"version": entry.snapshot_version, "since": since})
    return HttpResponseRedirect(f"{to}{'&' if '?' in to else '?'}{mark}")
