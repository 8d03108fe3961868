"""What does an administrator fill in about an operator?"""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portvakt.core.privacy import Kind, Subject
from portvakt.server.accounts.models import PROVIDER_ROLES, Role
from portvakt.server.web.forms import BoardForm

ABOUT = {
    Role.ADMIN: _("Admin: everything, other operators included"),
    Role.OPERATOR: _("Operator: persons, cards, assignments, the access log, opening doors"),
    Role.HARDWARE_MANAGER: _("Hardware Manager: doors, controllers, readers; no persons"),
    Role.REGULAR: _("Regular: administers nothing"),
    Role.GUEST: _("Guest: administers nothing"),
    Role.DPO: _("Data protection officer: the register, the records, the notices and the transfers, at the desk"),
    Role.SUPPORT: _("Support: cases, accounts, orders, questions and mailings, at the desk"),
}


class RolesForm(BoardForm):
    """An operator's roles here."""

    collects = "account_administration"
    about = Subject.ACCOUNT_HOLDER
    takes = {"roles": Kind.ROLE}

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *arguments: Any, of_provider: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        offered = [role for role in ABOUT if of_provider or role not in PROVIDER_ROLES]
        self.fields["roles"].choices = [(role.value, ABOUT[role]) for role in offered]  # type: ignore[attr-defined]

    def chosen(self) -> list[Role]:
        """Return the chosen roles."""
        return [Role(role) for role in self.cleaned_data["roles"]]


class InviteForm(RolesForm):
    """Whom to invite, in which language, with which roles."""

    takes = {
        "email": Kind.CONTACT,
        "first_name": Kind.IDENTITY,
        "last_name": Kind.IDENTITY,
        "roles": Kind.ROLE,
    }

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    first_name = forms.CharField(label=_("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=100, required=False)
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("The invitation is written in it."),
    )

    field_order = ("email", "first_name", "last_name", "language", "roles")

    def account_values(self) -> dict[str, Any]:
        """Return what a new account is opened with."""
        return {name: self.cleaned_data[name] for name in ("first_name", "last_name", "language")}
