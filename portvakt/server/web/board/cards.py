"""How is a card issued: typed in as it is printed, or read at a reader, with what its bits may mean side by side?"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from portvakt.core.credentials import (
    CardValue,
    CredentialError,
    Decoding,
    decodings,
    format_card,
    parse_card,
    random_uid,
)
from portvakt.server.people.actions import issue_card
from portvakt.server.people.models import CardReading, Person
from portvakt.server.places.actions import COMMAND_SECONDS, read_card
from portvakt.server.places.models import ControllerStatus, ControllerTask, Reader, ReaderState, ReaderStatus
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.board.forms_credentials import CardForm, ReadCardForm
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, back, own_persons, show
from portvakt.server.web.errors import sentence
from portvakt.server.web.forms import posted, refusals_beside, show_form

# A card is believed once it has said the same thing twice.
READINGS = 2


class ReadCard(msgspec.Struct, frozen=True):
    """What a reader has said of a card so far: its value as `value` once it is read twice, and why it cannot be used."""

    readings: tuple[CardValue, ...]
    over: bool

    @property
    def value(self) -> CardValue | None:
        """Return the card's value once it is sure and may be issued."""
        return self.readings[0] if len(self.readings) >= READINGS and not self.random else None

    @property
    def random(self) -> bool:
        """Tell whether the card says another number each time."""
        return random_uid(self.readings)


class ReaderToAsk(msgspec.Struct, frozen=True):
    """A reader of the organisation, and whether it can be asked now."""

    reader: Reader
    ready: bool


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
@require_POST
def card(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Issue a card to a person, by what was typed."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form = CardForm(request.POST)
    if form.is_valid():
        with refusals_beside(form):
            _row, entry = issue_card(someone, form.cleaned_data["value"], by=request.operator, **form.values())
            return back(request, someone, entry)
    return show(request, someone, card_form=form)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
@require_POST
@cache_control(no_store=True)
def decoded(request: BoardRequest) -> HttpResponse:
    """Answer with what a typed card value means in each format, while it is being typed; nothing is kept."""
    text = request.POST.get("value", "")
    context: dict[str, object] = {}
    try:
        value = parse_card(text) if text.strip() else None
    except CredentialError as error:
        context["sentence"] = sentence(Refused(error.code))
    else:
        context = _meanings(value) if value else {}
    return render(request, "board/people/decodings.html", context)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def read(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Let the operator choose a reader, and ask it to read a card."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    if request.method == "POST":
        reader = get_object_or_404(Reader, pk=_uuid(request.POST.get("reader", "")), organisation=request.organisation)
        task, _entry = read_card(reader, by=request.operator)
        where = reverse("board:card_reading", args=[request.organisation.slug, someone.pk, task.pk])
        return HttpResponseRedirect(where)
    return render(request, "board/people/card_read.html", {"person": someone, "readers": _readers(request)})


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
@cache_control(no_store=True)
def reading(request: BoardRequest, person_id: UUID, task_id: UUID) -> HttpResponse:
    """Show what the reader has said so far, and issue the card once the operator has chosen its number."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    task = _task(request, task_id)
    so_far = _so_far(task)
    form = ReadCardForm(posted(request))
    if form.is_valid() and so_far.value:
        with refusals_beside(form):
            value = format_card(so_far.value)
            _row, entry = issue_card(someone, value, by=request.operator, task=task.pk, **form.values())
            return back(request, someone, entry)
    context = _context(request, someone, task, so_far)
    if "HX-Request" in request.headers:
        return render(request, "board/people/card_so_far.html", context | {"form": form})
    return show_form(request, "board/people/card_reading.html", form, **context)


def _context(request: BoardRequest, someone: Person, task: ControllerTask, so_far: ReadCard) -> dict[str, object]:
    where = reverse("board:card_reading", args=[request.organisation.slug, someone.pk, task.pk])
    meanings = _meanings(so_far.value) if so_far.value else {}
    return {"person": someone, "task": task, "so_far": so_far, "where": where, **meanings}


def _meanings(value: CardValue) -> dict[str, object]:
    """Return what the table of decodings shows of a card."""
    return {
        "card": value,
        "written": format_card(value),
        "bits": _bits(value),
        "random": random_uid((value,)),
        "decodings": [(each, _number(each)) for each in decodings(value)],
    }


def _bits(value: CardValue) -> str:
    """Write a card's bits in fours."""
    bits = "".join(f"{byte:08b}" for byte in value.data)[: value.bits]
    return " ".join(bits[start : start + 4] for start in range(0, len(bits), 4))


def _number(meaning: Decoding) -> str:
    """Return what would be printed on the card in a format."""
    return str(meaning.number) if meaning.number is not None else meaning.text.partition(" ")[2]


def _task(request: BoardRequest, task_id: UUID) -> ControllerTask:
    own = ControllerTask.objects.filter(organisation=request.organisation, action=ControllerTask.Action.READ_CARD)
    return get_object_or_404(own.select_related("reader__door"), pk=task_id)


def _so_far(task: ControllerTask) -> ReadCard:
    rows = CardReading.objects.filter(organisation=task.organisation_id, task_id=task.pk).order_by("at", "pk")
    readings = tuple(CardValue(row.bits, bytes(row.data)) for row in rows[:READINGS])
    refused = task.answered_at is not None and task.granted is False
    unheard = task.claimed_at is None and task.asked_at < timezone.now() - timedelta(seconds=COMMAND_SECONDS)
    timed_out = task.asked_at < timezone.now() - timedelta(seconds=task.seconds + COMMAND_SECONDS)
    return ReadCard(readings, over=refused or unheard or timed_out or len(readings) >= READINGS)


def _readers(request: BoardRequest) -> Sequence[ReaderToAsk]:
    own = Reader.objects.filter(organisation=request.organisation, reads="card")
    online = set(ControllerStatus.objects.filter(online=True).values_list("controller_id", flat=True))
    good = set(ReaderStatus.objects.filter(state=ReaderState.ONLINE).values_list("reader_id", flat=True))
    order = ("door__section__site__name", "door__section__name", "door__name", "side")
    rows = own.select_related("door__section__site").order_by(*order)
    return [ReaderToAsk(row, row.controller_id in online and row.pk in good) for row in rows]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
