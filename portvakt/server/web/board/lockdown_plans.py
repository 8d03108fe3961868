"""How are lockdown plans prepared, and whom do they let pass?"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.actions import remove_plan, save_plan
from portvakt.server.places.models import Door, LockdownPlan, Site
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.form_page import Around, crumbs, form_page
from portvakt.server.web.board.forms_areas import PlanForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE as PERSONS
from portvakt.server.web.board.people import own_persons
from portvakt.server.web.board.places import PURPOSE
from portvakt.server.web.board.standing import standing
from portvakt.server.web.forms import posted

MOST_SHOWN = 500


@page(PURPOSE, Permission.PLACE_MANAGE)
def new_plan(request: BoardRequest, site: UUID) -> HttpResponse:
    """Prepare a lockdown at a site."""
    found = get_object_or_404(Site, pk=site, organisation=request.organisation)
    return _plan_page(request, LockdownPlan(site=found), _("Add lockdown plan"))


@page(PURPOSE, Permission.PLACE_MANAGE)
def edit_plan(request: BoardRequest, plan: UUID) -> HttpResponse:
    """Change a plan and its doors."""
    found = get_object_or_404(LockdownPlan.objects.select_related("site"), pk=plan, organisation=request.organisation)
    return _plan_page(request, found, _("Edit lockdown plan"))


@page(PURPOSE, Permission.PLACE_MANAGE)
def drop_plan(request: BoardRequest, plan: UUID) -> HttpResponse:
    """Remove a plan, once confirmed."""
    found = get_object_or_404(LockdownPlan, pk=plan, organisation=request.organisation)
    question = Question(
        title=_("Remove the lockdown plan %(name)s?") % {"name": found.name},
        text=_("It can no longer be started. What was done by it stays in the audit log."),
        button=_("Remove"),
        back=reverse("board:lockdown_plan", args=[request.organisation.slug, found.pk]),
        after=_list(request),
    )
    return confirm(request, question, lambda: remove_plan(found, by=request.operator))


@page(PERSONS, Permission.PERSON_READ)
def passing(request: BoardRequest, plan: UUID) -> HttpResponse:
    """List the persons whom a plan lets pass, where their access rules do too."""
    found = get_object_or_404(LockdownPlan.objects.select_related("site"), pk=plan, organisation=request.organisation)
    persons = own_persons(request).filter(overrides__gte=found.rank)
    rows = [(row, standing(row)) for row in persons[:MOST_SHOWN]]
    context = {"plan": found, "rows": rows, "count": persons.count(), "most": MOST_SHOWN}
    return render(request, "board/lockdown/passing.html", context)


def _plan_page(request: BoardRequest, plan: LockdownPlan, title: str) -> HttpResponse:
    doors = Door.objects.filter(section__site=plan.site_id).select_related("section").order_by("section__name", "name")
    form = PlanForm(posted(request), instance=plan, doors=list(doors))

    def save(values: dict[str, Any]) -> AuditEntry:
        return save_plan(form.instance, values["doors"], by=request.operator)

    text = _("At %(site)s. Nothing is locked before somebody starts the plan.") % {"site": plan.site.name}
    back = _list(request)
    return form_page(request, form, Around(title, crumbs((back, _("Lockdown"))), back, text), save)


def _list(request: BoardRequest) -> str:
    return reverse("board:lockdowns", args=[request.organisation.slug])
