"""What does an operator fill in about a person, their cards and codes, and the rules they are in?"""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Kind
from portvakt.server.access.models import AccessRule
from portvakt.server.people.actions import PERSON_FIELDS
from portvakt.server.people.models import Person
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.web.board.fields import MomentField
from portvakt.server.web.forms import BoardForm, FilterForm, Refusable

# Ranks of lockdown plans, as LockdownPlan.rank; 0 passes none.
RANKS = range(1, 10)
# A form sent without them leaves them as they are.
STANDING_FIELDS = ("category", "escort", "overrides")
PIN_NONE, PIN_MADE, PIN_CHOSEN = "none", "made", "chosen"


class PersonForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """Who a person is, how they are reached, and from when to when they may pass anything at all."""

    collects = "access_administration"
    numbers: ClassVar[tuple[str, ...]] = ("phone",)

    overrides = forms.TypedChoiceField(
        label=_("Passes lockdowns up to rank"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[(0, _("None")), *((rank, str(rank)) for rank in RANKS)],
        help_text=_(
            "A lockdown has a rank from 1 to 9. With the same number or a higher one here, the person still passes."
        ),
    )
    valid_from = MomentField(label=_("Valid from"), help_text=_("Empty: at once."))
    valid_to = MomentField(label=_("Valid to"), help_text=_("Empty: until further notice."))

    class Meta:
        model = Person
        fields = PERSON_FIELDS
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "unit": _("Flat or company"),
            "email": _("E-mail"),
            "phone": _("Phone"),
            "language": _("Language"),
            "category": _("Category"),
            "escort": _("Escort"),
        }
        help_texts = {
            "category": _("What the person is to you. Guard rules can name a category."),
            "escort": _("Some areas let visitors in only together with somebody who may escort them."),
        }
        widgets = {
            name: forms.TextInput(attrs={"autocomplete": "off"}) for name in ("first_name", "last_name", "unit")
        } | {
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in STANDING_FIELDS:
            self.fields[name].required = False

    def person_values(self) -> dict[str, Any]:
        """Return the values of PERSON_FIELDS as they were filled in."""
        left = {name for name in STANDING_FIELDS if self.cleaned_data[name] in {"", None}}
        return {name: self.cleaned_data[name] for name in PERSON_FIELDS if name not in left}

    def changed_values(self) -> dict[str, Any]:
        """Return the values of the fields that were changed."""
        return {name: value for name, value in self.person_values().items() if name in self.changed_data}


class NewPersonForm(PersonForm):
    """A person together with a first card, a PIN and rules, as far as the operator may."""

    takes = {
        "value": Kind.CREDENTIAL_DIGEST,
        "number": Kind.CREDENTIAL,
        "label": Kind.CREDENTIAL,
        "pin": Kind.CREDENTIAL_DIGEST,
        "rules": Kind.ACCESS_RIGHT,
    }
    numbers = ("phone", "value", "number")

    value = forms.CharField(
        label=_("Card value"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Facility and number such as 12-34567, or the card's bytes in hexadecimal. Empty: no card."),
    )
    number = forms.CharField(label=_("Number on the card"), max_length=40, required=False)
    label = forms.CharField(label=_("Label"), max_length=60, required=False)
    pin_choice = forms.ChoiceField(
        label=_("PIN"),
        required=False,
        initial=PIN_NONE,
        choices=[(PIN_NONE, _("No PIN")), (PIN_MADE, _("Make one")), (PIN_CHOSEN, _("Chosen by the person"))],
        widget=forms.RadioSelect,
    )
    pin = forms.CharField(
        label=_("Chosen PIN"),
        max_length=8,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        help_text=_("4 to 8 digits."),
    )
    rules = forms.ModelMultipleChoiceField(
        label=_("Access rules"),
        required=False,
        queryset=AccessRule.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, rules: QuerySet[AccessRule], by: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        if by.may(Permission.RULE_ASSIGN):
            self._rules_field.queryset = rules
        else:
            del self.fields["rules"]
        if not by.may(Permission.CREDENTIAL_ISSUE):
            for name in ("value", "number", "label", "pin_choice", "pin"):
                del self.fields[name]

    @property
    def _rules_field(self) -> Any:
        return self.fields["rules"]

    def clean(self) -> dict[str, Any]:
        """Ask for the digits of a chosen PIN, and for a card where something is said of one."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("pin_choice") == PIN_CHOSEN and not values.get("pin"):
            self.add_error("pin", _("Type the PIN that the person has chosen."))
        if (values.get("number") or values.get("label")) and not values.get("value"):
            self.add_error("value", _("Type the value of the card."))
        return values

    def card(self) -> dict[str, Any] | None:
        """Return value, number and label of the first card, or None."""
        values = self.cleaned_data
        if not values.get("value"):
            return None
        return {name: values[name] for name in ("value", "number", "label")}

    def pin_wanted(self) -> str | None:
        """Return the chosen PIN, "" for one to be made here, or None."""
        choice = self.cleaned_data.get("pin_choice", PIN_NONE)
        return {PIN_MADE: "", PIN_CHOSEN: self.cleaned_data.get("pin", "")}.get(choice)


class AssignForm(BoardForm):
    """One rule for a person, from when to when."""

    collects = "access_administration"
    takes = {"rule": Kind.ACCESS_RIGHT, "valid_from": Kind.ACCESS_RIGHT, "valid_to": Kind.ACCESS_RIGHT}

    rule = forms.ModelChoiceField(
        label=_("Access rule"),
        queryset=AccessRule.objects.none(),
        help_text=_("A rule that the person is in already gets the new times."),
    )
    valid_from = MomentField(label=_("From"), help_text=_("Empty: at once."))
    valid_to = MomentField(label=_("To"), help_text=_("Empty: until further notice."))

    def __init__(self, *args: Any, rules: QuerySet[AccessRule], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["rule"]
        field.queryset = rules


class PersonsFilter(FilterForm):
    """Which persons to list."""

    SUSPENDED, EXPIRING, WITHOUT, SHORT_PIN = "suspended", "expiring", "without", "short_pin"

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All persons")),
            (SUSPENDED, _("Suspended")),
            (EXPIRING, _("Expiring within 30 days")),
            (WITHOUT, _("Without card or code")),
            (SHORT_PIN, _("With a PIN that is too short")),
        ],
    )
