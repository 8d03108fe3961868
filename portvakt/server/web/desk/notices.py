"""How far has each notice come: who has been told, who need not be, and what waits until everybody is?"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portvakt.core.privacy import Subject
from portvakt.server.privacy.actions.notices import Given, except_from_notice
from portvakt.server.privacy.models import NoticeVersion
from portvakt.server.privacy.told import about, progress, progress_of_newest, untold_accounts, untold_persons
from portvakt.server.purpose import versions
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.words import NOTICE_EXCEPTIONS

PURPOSE = "notice_publication"


@desk_page(PURPOSE, Permission.REGISTER_READ)
def notices(request: DeskRequest) -> HttpResponse:
    """Show every data controller's newest notice, and what a held register waits with."""
    context = {
        "rows": progress_of_newest(),
        "held": versions.waiting(),
        "may_except": request.operator.may(Permission.REGISTER_MANAGE),
    }
    return render(request, "desk/notices.html", context)


@desk_page(PURPOSE, Permission.REGISTER_MANAGE)
def exception(request: DeskRequest, notice_id: UUID) -> HttpResponse:
    """Ask why all who have not been told of a notice need not be (Art. 13(4), 14(5)), and write it down."""
    notice = get_object_or_404(NoticeVersion.objects.select_related("organisation"), pk=notice_id)
    if request.method == "POST":
        rows = untold_persons(notice) if notice.organisation_id else untold_accounts(notice)
        subject = Subject(about(notice))
        given = [Given(subject, pk, language) for pk, language in rows.values_list("pk", "language")]
        count = except_from_notice(notice, given, request.POST.get("exception", ""), by=request.operator)
        messages.success(request, _("It is written down for %(count)s.") % {"count": count})
        return redirect("desk:notices")
    context = {"progress": progress(notice), "exceptions": NOTICE_EXCEPTIONS.items()}
    return render(request, "desk/notice_exception.html", context)
