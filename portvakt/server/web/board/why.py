"""Why would a door let a person in or not, at a moment of one's choice, and what would change that?

Asked under the purpose of administering access, not of the log: it says what today's rules answer, not what happened. Each answer about a
person is put on record.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portvakt.core.decision.model import AuthType, Side
from portvakt.server.access.actions import record_explained
from portvakt.server.access.simulate import question
from portvakt.server.people.models import Person
from portvakt.server.places.models import Door
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
from portvakt.server.web.board.explained import Explained, explained
from portvakt.server.web.board.fields import MomentField
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, named, own_persons
from portvakt.server.web.forms import BoardForm

CANDIDATES = 20


class WhyForm(BoardForm):
    """Who, with what, at which side of which door, when. `who` is words of a name; `person` the id that they led to."""

    collects = None
    collects_nothing = "asks about rows that are there; what is asked for is not kept"

    who = forms.CharField(label=_("Person"), required=False, max_length=100)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)
    door = forms.ModelChoiceField(label=_("Door"), queryset=Door.objects.none())
    side = forms.ChoiceField(label=_("Side"), choices=lambda: [(side.value, words.SIDES[side]) for side in Side])
    auth_type = forms.TypedChoiceField(
        label=_("With"),
        coerce=lambda number: AuthType(int(number)),
        choices=lambda: [(int(auth), word) for auth, word in words.AUTH_TYPES.items() if auth != AuthType.REX],
    )
    at = MomentField(label=_("When"), help_text=_("Empty: now."))

    def __init__(self, *arguments: Any, doors: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field: Any = self.fields["door"]
        field.queryset = doors
        field.label_from_instance = lambda door: f"{door.name} · {door.section.site.name}, {door.section.name}"


@page(PURPOSE, Permission.PERSON_READ)
def why(request: BoardRequest) -> HttpResponse:
    """Ask, and show the answer with every check in order."""
    doors = Door.objects.filter(organisation=request.organisation).select_related("section__site", "controller")
    ordered = doors.order_by("section__site__name", "section__name", "name")
    asked = bool(request.GET.get("door"))
    form = WhyForm(request.GET if asked else None, doors=ordered, initial={"side": Side.ENTRY.value})
    context: dict[str, Any] = {"form": form, "person": None if asked else _begun(request)}
    if form.is_bound and form.is_valid():
        candidates, someone = _whom(request, form)
        context |= {"candidates": candidates, "person": someone}
        if someone is not None:
            context["answer"] = _answer(request, form, someone)
    status = 422 if form.errors else 200
    return render(request, "board/why/why.html", context, status=status)


def _begun(request: BoardRequest) -> Person | None:
    """Return the person from whose page one came."""
    try:
        return own_persons(request).filter(pk=UUID(request.GET.get("person", ""))).first()
    except ValueError:
        return None


def _whom(request: BoardRequest, form: WhyForm) -> tuple[list[Person], Person | None]:
    """Return whom the words of a name may mean, to choose among, or the one who is meant."""
    if wanted := form.cleaned_data["person"]:
        someone = own_persons(request).filter(pk=wanted).first()
        if someone is None:
            form.add_error("who", _("The person is not here any more."))
        return [], someone
    found = list(named(own_persons(request), form.cleaned_data["who"])[:CANDIDATES]) if form.cleaned_data["who"] else []
    if not found:
        form.add_error("who", _("Nobody has this name."))
    return ([], found[0]) if len(found) == 1 else (found, None)


def _answer(request: BoardRequest, form: WhyForm, someone: Person) -> Explained:
    values = form.cleaned_data
    record_explained(someone, by=request.operator)
    at = values["at"] or timezone.now()
    side = Side(values["side"])
    asked = question(values["door"], side, someone.pk, values["auth_type"], at)
    return explained(*asked, zone=values["door"].section.site.timezone)
