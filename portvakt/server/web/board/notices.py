"""Which persons must the organisation still tell what is processed, until when, and who was handed it on paper?

Whoever has an e-mail address is sent the notice by itself; the others are handed it, and that is written down here.
"""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.core.privacy import Subject
from portvakt.server.people.models import Person
from portvakt.server.privacy.actions.notices import Given, except_from_notice, hand_over
from portvakt.server.privacy.models import NoticeVersion
from portvakt.server.privacy.told import newest_notice, owed, progress, untold_persons
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.words import NOTICE_EXCEPTIONS

PURPOSE = "notice_handover"
# As many as one works through at a time; the most urgent stand first.
SHOWN = 200


@page(PURPOSE, Permission.PERSON_ENROL)
def notices(request: BoardRequest) -> HttpResponse:
    """List who has not been told, those without an address first of all."""
    notice = newest_notice(request.organisation.pk)
    rows, today = owed(request.organisation), timezone.localdate()
    on_paper = [row for row in rows if not row.person.email]
    context = {
        "notice": notice,
        "progress": progress(notice) if notice else None,
        "on_paper": [(row, row.overdue(today)) for row in on_paper[:SHOWN]],
        "more": max(0, len(on_paper) - SHOWN),
        "by_mail": len(rows) - len(on_paper),
        "overdue": sum(row.overdue(today) for row in rows),
        "exceptions": NOTICE_EXCEPTIONS.items() if request.operator.may(Permission.PRIVACY_MANAGE) else (),
        "paper": reverse("site:notice_pdf", args=[request.organisation.slug, notice.number]) if notice else "",
    }
    return render(request, "board/privacy/notices.html", context)


@page(PURPOSE, Permission.PERSON_ENROL)
@require_POST
def told(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Write down that a person was handed the notice, or why they need not be told."""
    notice = _notice(request)
    person = untold_persons(notice).filter(pk=person_id).first()
    if person is not None:
        given, exception = [_given(person)], request.POST.get("exception", "")
        if exception:
            except_from_notice(notice, given, exception, by=request.operator)
        else:
            hand_over(notice, given, by=request.operator)
        messages.success(request, _("It is written down for %(person)s.") % {"person": person.name})
    return redirect("board:notices", request.organisation.slug)


@page(PURPOSE, Permission.PERSON_ENROL)
@require_POST
def all_told(request: BoardRequest) -> HttpResponse:
    """Write down that all who have no address were handed the notice, such as when one was put in every letter box."""
    notice = _notice(request)
    count = hand_over(
        notice, [_given(person) for person in untold_persons(notice).filter(email="")], by=request.operator
    )
    messages.success(request, _("It is written down for %(count)s persons.") % {"count": count})
    return redirect("board:notices", request.organisation.slug)


def _notice(request: BoardRequest) -> NoticeVersion:
    if (notice := newest_notice(request.organisation.pk)) is None:
        raise Http404
    return notice


def _given(person: Person) -> Given:
    return Given(Subject.HOLDER, person.pk, person.language)
