"""How does the provider's staff disable an account that is misused, and enable it again?"""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from portvakt.server.accounts.actions import disable_account, enable_account
from portvakt.server.accounts.addresses import with_address
from portvakt.server.accounts.blocked import is_blocked
from portvakt.server.accounts.models import Account, Blocked, WhyDisabled
from portvakt.server.purpose.actor import Permission
from portvakt.server.web.desk.page import DeskRequest, desk_page
from portvakt.server.web.forms import BoardForm, posted

PURPOSE = "account_disabling"


class FindForm(BoardForm):
    """Whose account it is."""

    collects = None
    collects_nothing = "what is searched for is not kept"

    email = forms.EmailField(label=_("E-mail"))


class DisableForm(BoardForm):
    """Why an account is disabled."""

    collects = None
    collects_nothing = "a choice from a list, about an account that is known"

    why = forms.ChoiceField(label=_("Why"), choices=WhyDisabled.choices, widget=forms.RadioSelect)


def _of(email: str) -> Account | None:
    known = ("email", "first_name", "last_name", "is_active", "created_at", "last_login")
    return with_address(email).only(*known).first()


def _back(email: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('desk:accounts')}?{urlencode({'email': email})}")


@desk_page(PURPOSE, Permission.ACCOUNT_DISABLE)
def accounts(request: DeskRequest) -> HttpResponse:
    """Find one account by its whole address: there is no list to look through."""
    form = FindForm(request.GET or None)
    found: dict[str, object] = {}
    if form.is_valid():
        email = form.cleaned_data["email"]
        found = {"email": email, "account": _of(email), "blocked": is_blocked(email, Blocked.DISABLED)}
    return render(request, "desk/accounts.html", {"form": form, "disable": DisableForm(), **found})


@desk_page(PURPOSE, Permission.ACCOUNT_DISABLE)
@require_POST
def disable(request: DeskRequest, account_id: str) -> HttpResponse:
    """Disable one account; without a reason nothing is done."""
    account = get_object_or_404(Account.objects.only("email", "is_active"), pk=account_id)
    form = DisableForm(posted(request))
    if form.is_valid():
        disable_account(account, WhyDisabled(form.cleaned_data["why"]), by=request.operator)
        messages.success(request, gettext("The account is disabled, and signed out everywhere."))
    else:
        messages.error(request, gettext("Choose why. Nothing has been done."))
    return _back(account.email)


@desk_page(PURPOSE, Permission.ACCOUNT_DISABLE)
@require_POST
def enable(request: DeskRequest) -> HttpResponse:
    """Lift the block of an address, whether or not its account is still there."""
    form = FindForm(posted(request))
    if not form.is_valid():
        return HttpResponseRedirect(reverse("desk:accounts"))
    enable_account(form.cleaned_data["email"], by=request.operator)
    messages.success(request, gettext("The address may have an account again."))
    return _back(form.cleaned_data["email"])
