"""How does an operator give a person a PIN, a duress PIN, a passcode, a licence plate, a guest code or a code in the phone?

Digits and codes are shown in the answer to the form alone; they are kept nowhere.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from portvakt.core.decision.model import CredentialKind
from portvakt.server.people.actions import (
    Renewed,
    issue_guest_code,
    issue_pin,
    issue_plate,
    renew_all_codes,
    renew_passcode,
    renew_qr,
)
from portvakt.server.people.models import Credential, Person
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import qr
from portvakt.server.web.answers import done
from portvakt.server.web.board.confirm import Nothing, Question, confirm
from portvakt.server.web.board.forms_credentials import GuestCodeForm, PinForm, PlateForm
from portvakt.server.web.board.guest_mail import send_guest_code
from portvakt.server.web.board.page import BoardRequest, page
from portvakt.server.web.board.people import PURPOSE, back, own_persons, person_url, show, show_digits, show_once
from portvakt.server.web.forms import posted, refusals_beside, show_form

RENEWED_AT_ONCE = (CredentialKind.QR, CredentialKind.PASSCODE, CredentialKind.GUEST_CODE)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
@require_POST
def pin(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Issue a PIN to a person and show its digits, this once; `duress` says that it is one for duress."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form, duress = PinForm(request.POST), "duress" in request.POST
    if form.is_valid():
        with refusals_beside(form):
            chosen = form.cleaned_data["pin"]
            _row, digits, entry = issue_pin(someone, by=request.operator, pin=chosen, duress=duress)
            kind = CredentialKind.DURESS_PIN if duress else CredentialKind.PIN
            return show_digits(request, someone, kind, digits, entry)
    return show(request, someone, **{"duress_form" if duress else "pin_form": form})


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def passcode(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Make a person a passcode, after asking, and show its digits, this once."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form = Nothing(posted(request))
    if form.is_valid():
        with refusals_beside(form):
            _row, digits, entry = renew_passcode(someone, by=request.operator)
            return show_digits(request, someone, CredentialKind.PASSCODE, digits, entry)
    question = Question(
        title=_("Make a passcode for %(name)s?") % {"name": someone.name},
        text=_("Ten digits are made here and shown once. A passcode the person has already opens nothing any more."),
        button=_("Make a passcode"),
        back=person_url(request, someone.pk),
        danger=False,
    )
    return show_form(request, "board/confirm.html", form, question=question)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def phone_code(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Give a person a code in the phone with a new key, after asking."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    question = Question(
        title=_("Make a code in the phone for %(name)s?") % {"name": someone.name},
        text=_("The person sees it under My code after signing in. A code they have already opens nothing any more."),
        button=_("Make the code"),
        back=person_url(request, someone.pk),
        danger=False,
    )
    return confirm(request, question, lambda: renew_qr(someone, by=request.operator)[1])


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
@require_POST
def plate(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Give a person a licence plate."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form = PlateForm(request.POST)
    if form.is_valid():
        with refusals_beside(form):
            values = form.cleaned_data
            _row, entry = issue_plate(someone, values["plate"], by=request.operator, label=values["label"])
            return back(request, someone, entry)
    return show(request, someone, plate_form=form)


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
@require_POST
def guest_code(request: BoardRequest, person_id: UUID) -> HttpResponse:
    """Give a person a guest code and show it, this once, to be printed; mail it where that is asked for."""
    someone = get_object_or_404(own_persons(request), pk=person_id)
    form = GuestCodeForm(request.POST, email=someone.email)
    if form.is_valid():
        with refusals_beside(form):
            row, text, entry = issue_guest_code(someone, by=request.operator, **form.values())
            if form.cleaned_data.get("mail"):
                _mail(request, someone, row, text)
            drawing = qr.inline_svg(text)
            return show_once(request, "board/people/guest_code.html", someone, entry, credential=row, drawing=drawing)
    return show(request, someone, guest_form=form)


def _mail(request: BoardRequest, someone: Person, row: Credential, text: str) -> None:
    """Send the code and say how that went; it is issued either way."""
    if send_guest_code(someone, request.organisation, row, text, by=request.operator):
        messages.success(request, _("The code has been sent to %(address)s.") % {"address": someone.email})
    else:
        messages.error(request, _("The mail could not be sent. Print the code, or issue a new one."))


@page(PURPOSE, Permission.CREDENTIAL_ISSUE)
def renew_all(request: BoardRequest) -> HttpResponse:
    """Make all codes of the organisation anew, after saying how many, and show once those that must be handed out."""
    rows = Credential.objects.filter(organisation=request.organisation, revoked_at__isnull=True)
    number = {kind: rows.filter(kind=kind).count() for kind in RENEWED_AT_ONCE}
    form, people = Nothing(posted(request)), reverse("board:people", args=[request.organisation.slug])
    if form.is_valid():
        with refusals_beside(form):
            made, entry = renew_all_codes(by=request.operator)
            return _handed_out(request, made, done(request, entry, to=people).headers["Location"])
    question = Question(
        title=_("Make all codes anew?"), text=_what_follows(number), button=_("Make all codes anew"), back=people
    )
    return show_form(request, "board/confirm.html", form, question=question)


def _what_follows(number: dict[CredentialKind, int]) -> str:
    phones, passcodes, guests = (number[kind] for kind in RENEWED_AT_ONCE)
    return " ".join(
        [
            ngettext("%(n)d code in a phone changes by itself.", "%(n)d codes in phones change by themselves.", phones)
            % {"n": phones},
            ngettext("%(n)d passcode must be handed out again.", "%(n)d passcodes must be handed out again.", passcodes)
            % {"n": passcodes},
            ngettext(
                "%(n)d guest code must be handed out again.", "%(n)d guest codes must be handed out again.", guests
            )
            % {"n": guests},
            _(
                "What is printed or written down now opens nothing any more. Cards, PINs and licence plates stay as they are."
            ),
        ]
    )


def _handed_out(request: BoardRequest, made: list[Renewed], to: str) -> HttpResponse:
    """Show the new passcodes and guest codes on a page to print, this once."""
    shown = [(each, "") for each in made if each.credential.kind == CredentialKind.PASSCODE]
    shown += [(each, qr.inline_svg(each.text)) for each in made if each.credential.kind == CredentialKind.GUEST_CODE]
    answer = render(request, "board/people/renewed.html", {"made": shown, "number": len(made), "next": to})
    answer.headers["Cache-Control"] = "no-store"
    return answer
