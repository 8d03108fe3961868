"""What does an operator fill in about a credential of each kind?"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Kind
from portvakt.server.web.board.fields import MomentField
from portvakt.server.web.forms import BoardForm

QUIET = {"autocomplete": "off", "spellcheck": "false"}
DIGITS = {"autocomplete": "off", "inputmode": "numeric"}


class LabelledForm(BoardForm):
    """A credential that may be called something."""

    collects = "access_administration"
    takes = {"label": Kind.CREDENTIAL}

    label = forms.CharField(label=_("Label"), max_length=60, required=False, widget=forms.TextInput(attrs=QUIET))


class CardForm(LabelledForm):
    """A card or a key fob, by the value that a reader reads from it or that is printed on it."""

    takes = {
        "value": Kind.CREDENTIAL_DIGEST,
        "again": Kind.CREDENTIAL_DIGEST,
        "number": Kind.CREDENTIAL,
        "label": Kind.CREDENTIAL,
    }
    numbers = ("value", "again", "number")

    value = forms.CharField(
        label=_("Card value"),
        max_length=200,
        widget=forms.TextInput(attrs=QUIET),
        help_text=_(
            "Facility and number such as 12-34567, a format and number such as H10302 1234567,"
            " or the card's bytes in hexadecimal. Only a digest is kept."
        ),
    )
    again = forms.CharField(
        label=_("Card value once more"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=QUIET),
        help_text=_("If you fill it in, the two must be the same card."),
    )
    number = forms.CharField(
        label=_("Number on the card"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=QUIET),
        help_text=_("As printed, so that a found card can be told from others."),
    )
    field_order = ("value", "again", "number", "label")

    def values(self) -> dict[str, Any]:
        """Return what the card is issued with beside its value."""
        return {name: self.cleaned_data[name] for name in ("again", "number", "label")}


class ReadCardForm(LabelledForm):
    """A card that a reader has just read: which number it is to be known by."""

    takes = {"number": Kind.CREDENTIAL, "label": Kind.CREDENTIAL}
    numbers = ("number", "choice")

    number = forms.CharField(
        label=_("Number on the card"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=QUIET),
        help_text=_("Choose the number that is printed on the card from the table, or write it here."),
    )
    # The table's own buttons (board/people/decodings.html); a script copies what is chosen, a page without scripts sends it.
    choice = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    field_order = ("number", "label")

    def values(self) -> dict[str, Any]:
        """Return what the card is issued with beside its value; a number chosen in the table counts where none is written."""
        number = self.cleaned_data["number"] or self.cleaned_data["choice"]
        return {"number": number, "label": self.cleaned_data["label"]}


class PinForm(BoardForm):
    """A PIN made here, or one that the person has chosen."""

    collects = "access_administration"
    takes = {"pin": Kind.CREDENTIAL_DIGEST}

    pin = forms.CharField(label=_("PIN"), max_length=8, required=False, widget=forms.TextInput(attrs=DIGITS))


class PlateForm(LabelledForm):
    """A licence plate."""

    takes = {"plate": Kind.CREDENTIAL, "label": Kind.CREDENTIAL}

    plate = forms.CharField(
        label=_("Licence plate"),
        max_length=20,
        widget=forms.TextInput(attrs=QUIET | {"autocapitalize": "characters"}),
        help_text=_("As it stands on the vehicle, such as ABC 123. Spaces and hyphens make no difference."),
    )
    field_order = ("plate", "label")

    def __init__(self, *args: Any, **options: Any) -> None:
        # Ids of its own, as several forms with such fields stand on one page.
        super().__init__(*args, **options | {"auto_id": "plate_%s"})


class GuestCodeForm(LabelledForm):
    """A code for a guest, from when to when."""

    takes = {"valid_from": Kind.ACCESS_RIGHT, "valid_to": Kind.ACCESS_RIGHT, "label": Kind.CREDENTIAL}

    valid_from = MomentField(label=_("From"), help_text=_("Empty: at once."))
    valid_to = MomentField(label=_("To"))
    mail = forms.BooleanField(label=_("Send the code to the person's e-mail address"), required=False)
    field_order = ("valid_from", "valid_to", "label", "mail")

    def __init__(self, *args: Any, email: str = "", **options: Any) -> None:
        super().__init__(*args, **options | {"auto_id": "guest_%s"})
        self.fields["valid_to"].required = True
        if not email:
            del self.fields["mail"]

    def values(self) -> dict[str, Any]:
        """Return what the code is issued with."""
        return {name: self.cleaned_data[name] for name in ("valid_from", "valid_to", "label")}


class CredentialForm(LabelledForm):
    """How a credential is called, and from when to when it opens anything at all."""

    takes = {
        "number": Kind.CREDENTIAL,
        "label": Kind.CREDENTIAL,
        "valid_from": Kind.ACCESS_RIGHT,
        "valid_to": Kind.ACCESS_RIGHT,
    }
    numbers = ("number",)

    number = forms.CharField(
        label=_("Number on the card"), max_length=40, required=False, widget=forms.TextInput(attrs=QUIET)
    )
    valid_from = MomentField(label=_("Valid from"), help_text=_("Empty: at once."))
    valid_to = MomentField(label=_("Valid to"), help_text=_("Empty: until further notice."))
    field_order = ("number", "label", "valid_from", "valid_to")

    def __init__(self, *args: Any, has_number: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not has_number:
            del self.fields["number"]

    def changed_values(self) -> dict[str, Any]:
        """Return the values of the fields that were changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}
