"""Who are the persons, and how are they enrolled, changed, suspended and resumed?"""

from functools import partial
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portvakt.core.credentials import pin_length_needed
from portvakt.core.decision.model import CredentialKind
from portvakt.server.access.actions import assign
from portvakt.server.access.guards import guarded
from portvakt.server.access.models import AccessRule, Assignment
from portvakt.server.accounts.models import Membership
from portvakt.server.logbook.models import AuditEntry
from portvakt.server.people.actions import (
    PERSON_FIELDS,
    change_person,
    enrol_person,
    issue_card,
    issue_pin,
    resume_person,
    suspend_person,
)
from portvakt.server.people.models import Person, pins_in_use, short_pins
from portvakt.server.places.models import Area
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Question, confirm
from portvakt.server.web.board.forms_credentials import CardForm, GuestCodeForm, PinForm, PlateForm
from portvakt.server.web.board.forms_people import AssignForm, NewPersonForm, PersonForm, PersonsFilter
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.preview import reviewed
from portvakt.server.web.board.reach import reach_of_person
from portvakt.server.web.board.standing import soon, standing
from portvakt.server.web.forms import UNPROCESSABLE, posted, refusals_beside, show_form

PURPOSE = "access_administration"
PAGE_ROWS = 50
IN_USE = Q(credentials__revoked_at__isnull=True)


def own_persons(request: BoardRequest) -> QuerySet[Person]:
    """Return the organisation's persons, by name."""
    return Person.objects.filter(organisation=request.organisation).order_by("last_name", "first_name", "pk")


def own_rules(request: BoardRequest) -> QuerySet[AccessRule]:
    """Return the organisation's rules, by name."""
    return AccessRule.objects.filter(organisation=request.organisation).order_by("name")


def named(persons: QuerySet[Person], text: str, *, by_address: bool = True) -> QuerySet[Person]:
    """Return those persons in whose name, unit or address every one of the first five words occurs."""
    # PostgreSQL's text holds no NUL, and not every text here has passed a form.
    for word in text.replace("\0", " ").split()[:5]:
        fits = Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(unit__icontains=word)
        persons = persons.filter(fits | Q(email__icontains=word) if by_address else fits)
    return persons


@page(PURPOSE, Permission.PERSON_READ)
def persons(request: BoardRequest) -> HttpResponse:
    """List persons, found by a few words and one condition."""
    chosen = PersonsFilter(request.GET)
    by = chosen.cleaned_data if chosen.is_valid() else {"q": "", "show": ""}
    shown = Paginator(_filtered(own_persons(request), by, request.organisation.pk), PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    rows = [(row, standing(row)) for row in shown]
    short = short_pins(request.organisation.pk).count()
    context = {"filter": chosen, "page_obj": shown, "rows": rows, "filtered": any(by.values()), "short": short}
    return render(request, "board/people/list.html", context)


def _filtered(rows: QuerySet[Person], by: dict[str, Any], organisation: UUID) -> QuerySet[Person]:
    now = timezone.now()
    rows = named(rows, by["q"]).annotate(
        cards=Count("credentials", filter=IN_USE & Q(credentials__kind="key_card"), distinct=True),
        codes=Count("credentials", filter=IN_USE & ~Q(credentials__kind="key_card"), distinct=True),
        rules=Count("assignments", distinct=True),
    )
    match by["show"]:
        case PersonsFilter.SUSPENDED:
            return rows.filter(suspended_at__isnull=False)
        case PersonsFilter.EXPIRING:
            return rows.filter(valid_to__gt=now, valid_to__lte=soon(now))
        case PersonsFilter.WITHOUT:
            return rows.filter(cards=0, codes=0)
        case PersonsFilter.SHORT_PIN:
            return rows.filter(pk__in=short_pins(organisation).values("person_id"))
    return rows


@page(PURPOSE, Permission.PERSON_ENROL)
def add(request: BoardRequest) -> HttpResponse:
    """Enrol a person, with a card, a PIN and rules if wished; all of it or nothing."""
    initial = {"language": request.organisation.language}
    form = NewPersonForm(posted(request), initial=initial, rules=own_rules(request), by=request.operator)
    if request.method == "POST" and form.is_valid():
        with refusals_beside(form):
            return _enrol(request, form)
    return show_form(request, "board/people/add.html", form)


def _enrol(request: BoardRequest, form: NewPersonForm) -> HttpResponse:
    by = request.operator
    someone, entry = enrol_person(by=by, **form.person_values())
    if card := form.card():
        _, entry = issue_card(someone, by=by, **card)
    for rule in form.cleaned_data.get("rules", ()):
        entry = assign(someone, rule, by=by)
    if (pin := form.pin_wanted()) is not None:
        _, digits, entry = issue_pin(someone, by=by, pin=pin)
        return show_digits(request, someone, CredentialKind.PIN, digits, entry)
    return back(request, someone, entry)


def show_digits(
    request: BoardRequest, someone: Person, kind: CredentialKind, digits: str, entry: AuditEntry
) -> HttpResponse:
    """Show the digits of a PIN or a passcode, which are kept nowhere, in the answer itself."""
    return show_once(request, "board/people/digits.html", someone, entry, digits=digits, kind=kind.value)


def show_once(
    request: BoardRequest, template: str, someone: Person, entry: AuditEntry, **context: object
) -> HttpResponse:
    """Show something that is kept nowhere, with the way back to the person's page, and leave no copy in the browser."""
    to = done(request, entry, to=person_url(request, someone.pk)).headers["Location"]
    answer = render(request, template, {"person": someone, "next": to, **context})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def back(request: BoardRequest, someone: Person, entry: AuditEntry) -> HttpResponse:
    """Lead back to a person's page after a change."""
    return done(request, entry, to=person_url(request, someone.pk))


def person_url(request: BoardRequest, person_id: UUID) -> str:
    """Return the address of a person's page."""
    return reverse("board:person", args=[request.organisation.slug, person_id])


@page(PURPOSE, Permission.PERSON_READ)
def person(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Show one person, and offer what the operator may do with them."""
    return show(request, get_object_or_404(own_persons(request), pk=person_id))


def show(request: BoardRequest, someone: Person, **forms: Any) -> HttpResponse:
    """Show a person's page; a form that was refused is given by name instead of an empty one."""
    credentials = list(someone.credentials.order_by("-revoked_at", "issued_at"))
    assignments = list(
        Assignment.objects.filter(person=someone).select_related("rule__schedule").order_by("rule__name")
    )
    pins = pins_in_use(request.organisation.pk)
    short = set(short_pins(request.organisation.pk).filter(person=someone).values_list("pk", flat=True))
    account = Membership.objects.filter(organisation=request.organisation, person_id=someone.pk).first()
    context = {
        "person": someone,
        "standing": standing(someone),
        "credentials": [(row, standing(row), row.pk in short) for row in credentials],
        "kinds": {row.kind for row in credentials if not row.revoked_at},
        "assignments": [(row, standing(row)) for row in assignments],
        "reach": reach_of_person(someone),
        "account": account,
        "counted": Area.objects.filter(organisation=request.organisation).exists(),
        "pin_digits": pin_length_needed(pins.count() + 1),
        "card_form": CardForm(),
        "pin_form": PinForm(),
        "plate_form": PlateForm(),
        "guest_form": GuestCodeForm(email=someone.email),
        "assign_form": AssignForm(rules=own_rules(request)),
    }
    status = UNPROCESSABLE if any(form.errors for form in forms.values()) else 200
    return render(request, "board/people/person.html", context | forms, status=status)


@page(PURPOSE, Permission.PERSON_ENROL)
def edit(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Change what is known of a person."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form = PersonForm(posted(request), initial=model_to_dict(someone, PERSON_FIELDS))
    if request.method == "POST" and form.is_valid():
        with refusals_beside(form):
            change = partial(_change, request, person_id, form.changed_values())
            to = person_url(request, someone.pk)
            return reviewed(request, change, back=to) or back(request, someone, change())
    return show_form(request, "board/people/edit.html", form, person=someone)


def _change(request: BoardRequest, person_id: UUID, values: dict[str, Any]) -> AuditEntry:
    with guarded(request.organisation.pk):
        return change_person(own_persons(request).get(pk=person_id), by=request.operator, **values)


@page(PURPOSE, Permission.PERSON_ENROL)
def suspend(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Suspend a person, after asking."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    question = Question(
        title=_("Suspend %(name)s?") % {"name": someone.name},
        text=_("No door opens for the person until they are resumed. Cards, codes and rules stay as they are."),
        button=_("Suspend"),
        back=person_url(request, someone.pk),
        impact=True,
    )
    return confirm(request, question, lambda: suspend_person(someone, by=request.operator))


@page(PURPOSE, Permission.PERSON_ENROL)
def resume(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Let a suspended person pass again, after asking."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    question = Question(
        title=_("Resume %(name)s?") % {"name": someone.name},
        text=_("The person passes again with the cards, codes and rules they have."),
        button=_("Resume"),
        back=person_url(request, someone.pk),
        danger=False,
        impact=True,
    )
    return confirm(request, question, lambda: _resume(request, someone))


def _resume(request: BoardRequest, someone: Person) -> AuditEntry:
    with guarded(request.organisation.pk):
        return resume_person(someone, by=request.operator)
