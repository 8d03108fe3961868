"""What does an administrator fill in about whom the organisation discloses data to, and about a webhook?"""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from portvakt.core.event import EventKind
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import LETTERS, Activity
from portvakt.server.web import countries, words
from portvakt.server.web.board.fields import DayField
from portvakt.server.web.forms import BoardForm, Refusable

# The eight points of Art. 28(3), as what one looks for in the agreement.
POINTS = {
    "a": _("a) they handle the data only as you instruct them in writing, transfers out of the EEA included"),
    "b": _("b) everybody who handles the data has promised secrecy"),
    "c": _("c) they protect the data as the law asks (Article 32)"),
    "d": _("d) they take in others only with your leave, on the same terms"),
    "e": _("e) they help you answer those who use their rights"),
    "f": _("f) they help you with security, breaches and impact assessments (Articles 32 to 36)"),
    "g": _("g) they erase or give back everything when it ends"),
    "h": _("h) they show you that they do all this, let you check it, and say so if an instruction breaks the law"),
}


# The activities in which a recipient is chosen: files from the Board, and webhooks.
CHOSEN_IN = ("access_administration", "entry_log_review", "webhook_delivery")


def offered() -> list[Activity]:
    """Return the activities for which an organisation may disclose to recipients of its own."""
    return [catalogue.in_force().activity(purpose) for purpose in CHOSEN_IN]


class RecipientForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """A recipient, the agreement with it, and what protects data abroad."""

    collects = None
    collects_nothing = "describes a legal entity and an agreement with it"
    field_order = (
        "name", "category", "what_for", "purposes", "agreement_signed", "agreement_ends", "points",
        "country", "access_countries", "mechanism", "safeguard", "assessed",
    )  # fmt: skip

    purposes = forms.MultipleChoiceField(label=_("For what it may get data"), widget=forms.CheckboxSelectMultiple)
    points = forms.MultipleChoiceField(
        label=_("The agreement says that"),
        required=False,
        choices=[(letter, POINTS[letter]) for letter in LETTERS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick what you have read in it. A data processor gets nothing before all eight are ticked."),
    )
    country = forms.ChoiceField(label=_("Country"), choices=countries.choices, initial="SE")
    access_countries = forms.CharField(
        label=_("Also reached from"),
        required=False,
        max_length=200,
        help_text=_("Codes of other countries from which they reach the data, such as support: US, IN."),
    )
    agreement_signed = DayField(label=_("Agreement signed"))
    agreement_ends = DayField(label=_("Agreement ends"))
    assessed = DayField(label=_("Transfer assessed"))

    class Meta:
        model = OwnRecipient
        fields = ("name", "category", "what_for", "mechanism", "safeguard")
        help_texts = {
            "what_for": _("What they do for you, as those whom it concerns will read it."),
            "safeguard": _("Such as: 2021/914, module 2; a copy from privacy@example.org."),
        }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = get_language() or "sv"
        self.fields["purposes"].choices = [(one.id, one.name.within(language)) for one in offered()]  # type: ignore[attr-defined]
        for name in ("agreement_signed", "agreement_ends", "assessed"):
            self.fields[name].required = False
        for name in ("purposes", "points", "country", "agreement_signed", "agreement_ends", "assessed"):
            self.initial.setdefault(name, getattr(self.instance, name) or self.fields[name].initial)
        self.initial["access_countries"] = ", ".join(self.instance.access_countries)

    def clean_access_countries(self) -> list[str]:
        """Take codes of countries, each once."""
        codes = sorted(
            {code.strip().upper() for code in self.cleaned_data["access_countries"].split(",") if code.strip()}
        )
        known = dict(countries.choices())
        if unknown := [code for code in codes if code not in known]:
            raise forms.ValidationError(_now("There is no country %(code)s.") % {"code": unknown[0]})
        return codes

    def values(self) -> dict[str, Any]:
        """Return what the recipient is entered with."""
        return dict(self.cleaned_data)

    def _post_clean(self) -> None:
        """Leave the row alone: the action puts the values there, and names what changed."""


class WebhookForm(BoardForm):
    """Which recipient is told of which events, where."""

    collects = None
    collects_nothing = "describes an address of a legal entity's own system"

    recipient = forms.ChoiceField(label=_("Recipient"))
    address = forms.URLField(
        label=_("Address"),
        max_length=300,
        assume_scheme="https",
        help_text=_("Begins with https:// and is reached from the internet."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple,
        choices=lambda: [(kind.value, words.EVENTS[kind.value]) for kind in EventKind if kind.value in words.EVENTS],
    )

    def __init__(self, *arguments: Any, recipients: list[tuple[str, str]]) -> None:
        super().__init__(*arguments)
        self.fields["recipient"].choices = recipients  # type: ignore[attr-defined]
