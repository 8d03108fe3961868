"""Which lockdowns are prepared and in effect, what does each door do in one, and how is one started, rehearsed and ended?"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portvakt.server.places.actions import COMMAND_SECONDS, end_lockdown, rehearse_lockdown, start_lockdown
from portvakt.server.places.models import (
    ControllerTask,
    Door,
    Lockdown,
    LockdownDoor,
    LockdownPlan,
    Site,
    in_effect,
)
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.door_standing import DoorNow, doors_now
from portvakt.server.web.board.page import BoardRequest, page

PURPOSE = "door_operation"
# An answer that did not come by now will not: a controller that did not take the question in time is never given it.
PATIENCE = timedelta(seconds=2 * COMMAND_SECONDS)
SILENT, WAITING = "silent", "waiting"


class Rehearsed(msgspec.Struct, frozen=True):
    """What a door would do: whether it would lock, and a word for why not; WAITING while its controller may still answer."""

    would_lock: bool
    why_not: str = ""


class PlanDoor(msgspec.Struct, frozen=True):
    """A door of a plan as it is now, and what the last rehearsal said of it."""

    now: DoorNow
    rehearsed: Rehearsed | None

    @property
    def locked_down(self) -> bool:
        """Tell whether the door's controller says that it is locked down and closed."""
        return self.now.online and self.now.posture == "lockdown" and not self.open

    @property
    def open(self) -> bool:
        """Tell whether the door stands open or is not locked."""
        return self.now.state not in {"", "locked"}


class PlanNow(msgspec.Struct, frozen=True):
    """A plan, the lockdown by it that is in effect, its doors, and when it was last rehearsed."""

    plan: LockdownPlan
    lockdown: Lockdown | None
    doors: tuple[PlanDoor, ...]
    rehearsed_at: datetime | None
    waiting: bool

    @property
    def locked(self) -> int:
        """Return how many doors are locked down and closed."""
        return sum(door.locked_down for door in self.doors)


@page(PURPOSE, Permission.DOOR_READ)
def lockdowns(request: BoardRequest) -> HttpResponse:
    """List the plans, those in effect first; the page keeps itself current."""
    sites = Site.objects.filter(organisation=request.organisation, lockdown_plans__isnull=True).order_by("name")
    context = {"plans": plans_now(request), "sites_without": sites}
    fragment = "HX-Request" in request.headers
    return render(request, "board/lockdown/plans.html" if fragment else "board/lockdown/lockdown.html", context)


@page(PURPOSE, Permission.DOOR_READ)
def plan(request: BoardRequest, plan: UUID) -> HttpResponse:
    """Show one plan with its doors and its last rehearsal; the page keeps itself current."""
    found = get_object_or_404(LockdownPlan, pk=plan, organisation=request.organisation)
    (now,) = plans_now(request, found.pk)
    fragment = "HX-Request" in request.headers
    return render(request, "board/lockdown/now.html" if fragment else "board/lockdown/plan.html", {"now": now})


@page(PURPOSE, Permission.LOCKDOWN_START)
def start(request: BoardRequest, plan: UUID) -> HttpResponse:
    """Start a lockdown, once confirmed."""
    found = get_object_or_404(LockdownPlan.objects.select_related("site"), pk=plan, organisation=request.organisation)
    count = LockdownDoor.objects.filter(plan=found).count()
    facts = {"count": count, "site": found.site.name, "rank": found.rank}
    question = Question(
        title=_("Lock down: %(name)s?") % {"name": found.name},
        text=_(
            "%(count)d doors at %(site)s then admit nobody below rank %(rank)d, whatever their access rules say."
            " Whoever is inside can always get out."
        )
        % facts,
        button=_("Lock down now"),
        back=_plan(request, found.pk),
    )
    return confirm(request, question, lambda: start_lockdown(found, by=request.operator)[1])


@page(PURPOSE, Permission.LOCKDOWN_START)
def end(request: BoardRequest, lockdown: UUID) -> HttpResponse:
    """End a lockdown, once confirmed."""
    rows = Lockdown.objects.select_related("plan")
    found = get_object_or_404(rows, pk=lockdown, organisation=request.organisation)
    question = Question(
        title=_("End the lockdown %(name)s?") % {"name": found.plan.name},
        text=_("The doors follow their access rules and schedules again."),
        button=_("End lockdown"),
        back=_plan(request, found.plan_id),
        danger=False,
    )
    return confirm(request, question, lambda: end_lockdown(found, by=request.operator))


@page(PURPOSE, Permission.LOCKDOWN_REHEARSE)
@require_POST
def rehearse(request: BoardRequest, plan: UUID) -> HttpResponse:
    """Ask the controllers what each door would do; nothing is locked."""
    found = get_object_or_404(LockdownPlan, pk=plan, organisation=request.organisation)
    rehearse_lockdown(found, by=request.operator)
    return HttpResponseRedirect(_plan(request, found.pk))


def _plan(request: BoardRequest, plan: UUID) -> str:
    return reverse("board:lockdown_plan", args=[request.organisation.slug, plan])


def plans_now(request: BoardRequest, only: UUID | None = None) -> list[PlanNow]:
    """Return the plans of the organisation, or one, those in effect first."""
    at = timezone.now()
    plans = LockdownPlan.objects.filter(organisation=request.organisation).select_related("site")
    found = list((plans.filter(pk=only) if only else plans).order_by("site__name", "rank", "name"))
    active = {row.plan_id: row for row in in_effect(at).filter(plan__in=found)}
    doors: dict[UUID, list[UUID]] = {}
    for plan_id, door in LockdownDoor.objects.filter(plan__in=found).values_list("plan_id", "door_id"):
        doors.setdefault(plan_id, []).append(door)
    named = {now.door.pk: now for now in doors_now(Door.objects.filter(lockdown_plans__plan__in=found).distinct())}
    tasks: dict[UUID, list[ControllerTask]] = {}
    for task in ControllerTask.objects.filter(plan__in=found, action=ControllerTask.Action.REHEARSE):
        if task.plan_id:
            tasks.setdefault(task.plan_id, []).append(task)
    rows = [_plan_now(row, active.get(row.pk), [named[door] for door in doors.get(row.pk, ())], tasks.get(row.pk, []))
            for row in found]  # fmt: skip
    return sorted(rows, key=lambda row: row.lockdown is None)


def _plan_now(
    plan: LockdownPlan, lockdown: Lockdown | None, doors: list[DoorNow], tasks: list[ControllerTask]
) -> PlanNow:
    said = _rehearsed(tasks, doors)
    order = {
        door: place for place, door in enumerate(sorted(doors, key=lambda now: (now.door.section.name, now.door.name)))
    }
    return PlanNow(
        plan=plan,
        lockdown=lockdown,
        doors=tuple(PlanDoor(door, said.get(door.door.pk)) for door in order),
        rehearsed_at=max((task.asked_at for task in tasks), default=None),
        waiting=any(row.why_not == WAITING for row in said.values()),
    )  # fmt: skip


def _rehearsed(tasks: Iterable[ControllerTask], doors: list[DoorNow]) -> dict[UUID, Rehearsed]:
    """Return by door what the controllers answered; a controller that did not answer in time is silent."""
    answered, pending = {}, {}
    for task in tasks:
        for row in task.doors:
            answered[str(row.get("door"))] = Rehearsed(bool(row.get("would_lock")), str(row.get("why_not", "")))
        if task.answered_at is None:
            late = timezone.now() - task.asked_at > PATIENCE
            pending[task.controller_id] = Rehearsed(would_lock=False, why_not=SILENT if late else WAITING)
        elif not task.doors:
            pending[task.controller_id] = Rehearsed(would_lock=False, why_not=SILENT)
    said: dict[UUID, Rehearsed] = {}
    for now in doors:
        row = answered.get(str(now.door.pk)) or pending.get(now.door.controller_id)
        if row is not None:
            said[now.door.pk] = row
    return said
