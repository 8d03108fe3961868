"""What does the data protection officer see first: what waits for somebody, and what there is?"""

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portvakt.server.organisations.models import Organisation
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.register import Register
from portvakt.server.web.desk.attention import waiting
from portvakt.server.web.desk.page import DeskRequest, desk_page

PURPOSE = "register_review"


@desk_page(PURPOSE, Permission.REGISTER_READ)
def overview(request: DeskRequest) -> HttpResponse:
    """Show what waits for somebody and how much the register holds."""
    register = catalogue.in_force()
    found = {
        "waiting": waiting(register, timezone.localdate()),
        "figures": figures(register),
        "organisations": Organisation.objects.filter(active=True, provider=False).count(),
    }
    return render(request, "desk/overview.html", found)


def figures(register: Register) -> dict[str, int]:
    """Return how many activities of each role there are, how many rest on each legal basis, and how many recipients.

    As in the records: what uses no personal data is no processing.
    """
    activities = [activity for activity in register.activities if activity.data]
    roles = Counter(activity.role for activity in activities)
    interest = sum(activity.legal_basis == "legitimate_interest" for activity in activities)
    consent = sum(activity.legal_basis == "consent" for activity in activities)
    abroad = sum(recipient.country not in register.law.eea for recipient in register.recipients)
    return {
        "controller": roles["controller"],
        "processor": roles["processor"],
        "interest": interest,
        "consent": consent,
        "recipients": len(register.recipients),
        "abroad": abroad,
    }
