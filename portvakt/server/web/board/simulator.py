"""How does an operator play at simulated doors: present a card, type a PIN, push the door?

What is typed goes to the simulator and nowhere else. The page exists only where the deployment names a simulator.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from portvakt.core.credentials import STEP_SECONDS, CredentialError, parse_card, qr_proof_by_key, qr_text
from portvakt.core.decision.model import QrShown
from portvakt.server.organisations.models import OrganisationModel
from portvakt.server.places.models import Door, Reader
from portvakt.server.purpose.actor import Permission
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.board import simulator_client
from portvakt.server.web.board.door_standing import DoorNow, doors_now, newest_events
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.simulator_client import DoorLeaf, Figure, ReaderState, SimulatorSilent, SiteState
from portvakt.server.web.forms import UNPROCESSABLE, BoardForm, refusals_beside

PURPOSE = "door_operation"
END_OF_PIN = "#"  # the key that ends a PIN, as at a real keypad


class PlayForm(BoardForm):
    """Who is at the door, with which card and PIN: an invented person's, or what is written here."""

    collects = None
    collects_nothing = "plays invented persons at doors that are simulated"
    numbers = ("value", "digits")

    figure = forms.TypedChoiceField(label=_("Person"), coerce=int, empty_value=None, required=False)
    value = forms.CharField(
        label=_("Card"),
        max_length=200,
        required=False,
        help_text=_("12-34567, 04A1B2C3 or 26:AABBCC80; or a guest code or a licence plate. Empty: the person's."),
    )
    digits = forms.CharField(
        label=_("PIN"),
        max_length=12,
        required=False,
        validators=[RegexValidator(r"^[0-9]+$", _("Digits only."))],
        help_text=_("Empty: the person's PIN."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, figures: list[Figure]) -> None:
        super().__init__(data)
        self.figures = figures
        self.fields["figure"].choices = [("", "–"), *enumerate(figure.name for figure in figures)]  # type: ignore[attr-defined]

    def card(self) -> tuple[int, bytes]:
        """Return bits and bytes of the card to present. Refused: any code of CredentialError, nothing_to_present."""
        figure, value = self._figure(), self.cleaned_data["value"]
        if not value and figure and figure.card:
            return figure.bits, bytes.fromhex(figure.card)
        if not value:
            raise Refused("nothing_to_present", field="value")
        try:
            card = parse_card(value)
        except CredentialError as error:
            raise Refused(error.code, field="value") from error
        return card.bits, card.data

    def pin(self) -> str:
        """Return the digits to type. Refused: nothing_to_present."""
        figure = self._figure()
        if digits := self.cleaned_data["digits"] or (figure.pin if figure else ""):
            return str(digits)
        raise Refused("nothing_to_present", field="digits")

    def passcode(self) -> str:
        """Return the digits of the person's passcode. Refused: nothing_to_present."""
        if (figure := self._figure()) and figure.passcode:
            return figure.passcode
        raise Refused("nothing_to_present", field="figure")

    def plate(self) -> str:
        """Return the licence plate to drive past with. Refused: nothing_to_present."""
        figure = self._figure()
        if text := self.cleaned_data["value"] or (figure.plate if figure else ""):
            return str(text)
        raise Refused("nothing_to_present", field="value")

    def code(self) -> str:
        """Return the text of the code to show: what is written here, else the person's, of this moment. Refused: nothing_to_present."""
        figure = self._figure()
        text = self.cleaned_data["value"] or (figure.code if figure else "")
        if not text:
            raise Refused("nothing_to_present", field="value")
        handle, colon, key = text.partition(":")
        return _changing(handle, key) if colon and not text.startswith("PV") else text

    def _figure(self) -> Figure | None:
        number = self.cleaned_data["figure"]
        return None if number is None else self.figures[number]


class DoorHere(msgspec.Struct, frozen=True):
    """A door of the organisation that is simulated, with its readers."""

    now: DoorNow
    leaf: DoorLeaf
    readers: tuple[tuple[Reader, ReaderState], ...]


@page(PURPOSE, Permission.SIMULATOR_USE)
def simulator(request: BoardRequest) -> HttpResponse:
    """Show the simulated doors; what changes keeps itself current."""
    try:
        site = _site()
    except SimulatorSilent:
        return _silent(request)
    part = "board/simulator/doors.html" if "HX-Request" in request.headers else "board/simulator/simulator.html"
    return render(
        request, part, {"doors": _doors(request, site), "form": PlayForm(None, site.people), "events": newest_events()}
    )


@page(PURPOSE, Permission.SIMULATOR_USE)
@require_POST
def play(request: BoardRequest) -> HttpResponse:
    """Do one thing at one simulated door or reader: `do` is the verb and the id of what it is done to."""
    try:
        site = _site()
        form = PlayForm(request.POST, site.people)
        said = _play(request, form)
    except SimulatorSilent:
        return _silent(request)
    context = {"doors": _doors(request, site), "form": form, "said": said, "events": newest_events()}
    part = "board/simulator/panel.html" if "HX-Request" in request.headers else "board/simulator/simulator.html"
    return render(request, part, context, status=UNPROCESSABLE if form.errors else 200)


def _play(request: BoardRequest, form: PlayForm) -> str:
    """Do what the pressed button says and return what was done; what is wrong is said by the form."""
    verb, _separator, thing = request.POST.get("do", "").partition(":")
    if verb not in VERBS:
        raise Http404
    reader_verb, act = VERBS[verb]
    found = _own(request, Reader if reader_verb else Door, thing)
    if not form.is_valid():
        return ""
    with refusals_beside(form):
        if act(str(found.pk), form):
            return str(SAID[verb])
        raise Refused("simulator_knows_not")
    return ""


def _own(request: BoardRequest, model: type[Reader] | type[Door], thing: str) -> OrganisationModel:
    """Return the organisation's own reader or door: others' cannot be played with."""
    try:
        identity = UUID(thing)
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(model, pk=identity, organisation=request.organisation)


def _card(reader: str, form: PlayForm) -> bool:
    bits, data = form.card()
    return simulator_client.act("readers", reader, "card", bits=bits, data=data.hex())


def _changing(handle: str, key: str) -> str:
    """Draw a changing code of this moment as the phone would, from handle and key in hexadecimal."""
    step = int(time.time()) // STEP_SECONDS
    try:
        shown = QrShown(bytes.fromhex(handle), step, qr_proof_by_key(bytes.fromhex(key), step))
    except ValueError as error:
        raise Refused("nothing_to_present", field="value") from error
    return qr_text(shown)


# By the button's verb: whether it is about a reader (else a door), and what to do with its id and the form.
VERBS: dict[str, tuple[bool, Callable[[str, PlayForm], bool]]] = {
    "card": (True, _card),
    "pin": (True, lambda reader, form: simulator_client.act("readers", reader, "keys", digits=form.pin() + END_OF_PIN)),
    "code": (True, lambda reader, form: simulator_client.act("readers", reader, "text", text=form.code())),
    "passcode": (
        True,
        lambda reader, form: simulator_client.act("readers", reader, "keys", digits=form.passcode() + END_OF_PIN),
    ),
    "plate": (True, lambda reader, form: simulator_client.act("readers", reader, "text", text=form.plate())),
    "off": (True, lambda reader, _form: simulator_client.act("readers", reader, "power", on=False)),
    "on": (True, lambda reader, _form: simulator_client.act("readers", reader, "power", on=True)),
    "exit": (False, lambda door, _form: simulator_client.act("doors", door, "exit")),
    "push": (False, lambda door, _form: simulator_client.act("doors", door, "contact", open=True)),
    "close": (False, lambda door, _form: simulator_client.act("doors", door, "contact", open=False)),
}
SAID = {
    "card": _("Card presented."),
    "pin": _("PIN typed."),
    "code": _("Code shown."),
    "passcode": _("Passcode typed."),
    "plate": _("Licence plate seen."),
    "off": _("Reader switched off."),
    "on": _("Reader switched on."),
    "exit": _("Exit button pressed."),
    "push": _("Door pushed open."),
    "close": _("Door closed."),
}


def _site() -> SiteState:
    """Return the simulated site; where the deployment has none there is no page either."""
    if not settings.SIMULATOR_URL:
        raise Http404
    return simulator_client.state()


def _silent(request: BoardRequest) -> HttpResponse:
    return render(request, "board/simulator/silent.html", status=HTTPStatus.BAD_GATEWAY)


def _doors(request: BoardRequest, site: SiteState) -> list[DoorHere]:
    """Return those doors of the organisation that are simulated, each with its simulated readers."""
    return [
        DoorHere(
            now=now,
            leaf=site.doors[str(now.door.pk)],
            readers=tuple(
                (each.reader, site.readers[str(each.reader.pk)])
                for each in now.readers
                if str(each.reader.pk) in site.readers
            ),
        )
        for now in doors_now(Door.objects.filter(organisation=request.organisation))
        if str(now.door.pk) in site.doors
    ]
