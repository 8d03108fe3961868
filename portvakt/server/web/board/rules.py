"""Which access rules are there, what does each open for whom, and how is that changed?"""

from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portvakt.server.access.actions import remove_rule, save_rule
from portvakt.server.access.models import AccessRule, Assignment, RuleDoor, Schedule
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_rules import RuleForm, RulesFilter
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, own_rules
from portvakt.server.web.board.preview import reviewed
from portvakt.server.web.board.standing import standing
from portvakt.server.web.forms import posted, refusals_beside, show_form

DOOR_ORDER = ("section__site__name", "section__name", "name")


@page(PURPOSE, Permission.RULE_READ)
def rules(request: BoardRequest) -> HttpResponse:
    """List the rules."""
    chosen = RulesFilter(request.GET)
    text = chosen.cleaned_data["q"] if chosen.is_valid() else ""
    found = own_rules(request).filter(name__icontains=text).select_related("schedule")
    counted = found.annotate(door_count=Count("doors", distinct=True), person_count=Count("assignments", distinct=True))
    context = {"filter": chosen, "rows": [(row, standing(row)) for row in counted], "filtered": bool(text)}
    return render(request, "board/rules/list.html", context)


def rule_url(request: BoardRequest, rule_id: UUID) -> str:
    """Return the address of a rule's page."""
    return reverse("board:rule", args=[request.organisation.slug, rule_id])


@page(PURPOSE, Permission.RULE_READ)
def rule(request: BoardRequest, rule_id: UUID) -> HttpResponse:
    """Show one rule with its doors and its persons."""
    shown = get_object_or_404(own_rules(request).select_related("schedule"), pk=rule_id)
    doors = RuleDoor.objects.filter(rule=shown).select_related("door__section__site")
    members = Assignment.objects.filter(rule=shown).select_related("person")
    context = {
        "rule": shown,
        "standing": standing(shown),
        "doors": doors.order_by(*(f"door__{name}" for name in DOOR_ORDER)),
        "members": [
            (row, standing(row), standing(row.person))
            for row in members.order_by("person__last_name", "person__first_name")
        ],
    }
    return render(request, "board/rules/rule.html", context)


@page(PURPOSE, Permission.RULE_MANAGE)
def add(request: BoardRequest) -> HttpResponse:
    """Make a new rule."""
    return _edit(request, AccessRule(), "board/rules/add.html")


@page(PURPOSE, Permission.RULE_MANAGE)
def edit(request: BoardRequest, rule_id: UUID) -> HttpResponse:
    """Change a rule and its doors."""
    return _edit(request, get_object_or_404(own_rules(request), pk=rule_id), "board/rules/edit.html")


def _edit(request: BoardRequest, changed: AccessRule, template: str) -> HttpResponse:
    schedules = Schedule.objects.filter(organisation=request.organisation).order_by("name")
    doors = Door.objects.filter(organisation=request.organisation).select_related("section__site").order_by(*DOOR_ORDER)
    form = RuleForm(posted(request), instance=changed, schedules=schedules, places=doors)
    if request.method == "POST" and form.is_valid():
        listed = reverse("board:rules", args=[request.organisation.slug])
        back = listed if template.endswith("add.html") else rule_url(request, changed.pk)

        def save() -> AuditEntry:
            return save_rule(form.instance, form.door_types(), by=request.operator)

        with refusals_beside(form):
            return reviewed(request, save, back=back) or done(request, save(), to=rule_url(request, form.instance.pk))
    return show_form(request, template, form, rule=changed)


@page(PURPOSE, Permission.RULE_MANAGE)
def remove(request: BoardRequest, rule_id: UUID) -> HttpResponse:
    """Remove a rule, after saying how many persons are in it."""
    removed = get_object_or_404(own_rules(request), pk=rule_id)
    count = Assignment.objects.filter(rule=removed).count()
    question = Question(
        title=_("Remove the rule %(name)s?") % {"name": removed.name},
        text=ngettext(
            "%(count)d person is in it, and keeps only what other rules open. The access log stays as it is.",
            "%(count)d persons are in it, and keep only what other rules open. The access log stays as it is.",
            count,
        )
        % {"count": count},
        button=_("Remove"),
        back=rule_url(request, removed.pk),
        impact=True,
        after=reverse("board:rules", args=[request.organisation.slug]),
    )
    return confirm(request, question, lambda: remove_rule(removed, by=request.operator))
