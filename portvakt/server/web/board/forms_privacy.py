"""What does an administrator fill in about how long the access log is kept, and about the organisation as data controller?"""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portvakt.server.organisations.models import Organisation
from portvakt.server.organisations.presets import MOST_DAYS
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import Activity
from portvakt.server.purpose.register.reviews import needs_other_basis
from portvakt.server.web.forms import Refusable


class KeepingForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """For how long the access log is kept, and why where that is longer than at others."""

    collects = None
    collects_nothing = "decides for how long a log is kept"

    class Meta:
        model = Organisation
        fields = ("premises", "entry_log_days", "entry_log_reason")
        help_texts = {
            "entry_log_days": _("As few as you need. What is older is removed within an hour."),
            "entry_log_reason": _(
                "Needed where it is longer than the preset. It stands in your privacy notice: say what happened, or may happen, that"
                " asks for it."
            ),
        }
        widgets = {
            "entry_log_days": forms.NumberInput(attrs={"min": 1, "max": MOST_DAYS}),
            "entry_log_reason": forms.Textarea(attrs={"rows": 3}),
        }


class FactsForm(Refusable, forms.ModelForm):  # type: ignore[type-arg]
    """Who the data controller is and how it is reached, as its notice says it."""

    collects = None
    collects_nothing = "describes a legal entity"

    task_decided = forms.BooleanField(
        label=_("These rest on a task in the public interest that a law or a decision gives us"), required=False
    )

    class Meta:
        model = Organisation
        fields = ("legal_name", "registration_number", "address", "privacy_email", "dpo_contact", "public_authority")
        help_texts = {
            "legal_name": _("As it is registered."),
            "address": _("Where a letter about privacy reaches you."),
            "privacy_email": _("An address for a function, such as privacy@, and not one person's."),
            "dpo_contact": _("How the data protection officer is reached: a function's e-mail or telephone."),
            "public_authority": _(
                "An authority may not rest its tasks on an interest of its own (GDPR Article 6(1), last sentence)."
            ),
        }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        names = ", ".join(activity.name.within(get_language() or "sv") for activity in other_basis())
        self.fields["task_decided"].help_text = names

    def clean(self) -> dict[str, Any]:
        """Ask an authority for the basis that takes the place of legitimate interest (B-04)."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("public_authority") and other_basis() and not values.get("task_decided"):
            self.add_error(
                "task_decided",
                _(
                    "Your notice will say that these rest on a public task. Tick this when you know which, or do not do them"
                    " before you do."
                ),
            )
        return values


def other_basis() -> list[Activity]:
    """Return the activities that an authority has to rest on something else than legitimate interest."""
    return [one for one in catalogue.in_force().activities if needs_other_basis(one, public_authority=True)]
