"""What does an account see of itself, and where does it go after signing in?"""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from portvakt.server.accounts.actions import change_own_account
from portvakt.server.accounts.models import Account
from portvakt.server.web.board.navigation import start
from portvakt.server.web.desk.navigation import desk_of
from portvakt.server.web.forms import Collecting, posted, show_form


class AccountForm(Collecting, forms.ModelForm):  # type: ignore[type-arg]
    """What an account may change of itself without a password."""

    collects = "account_sign_in"

    class Meta:
        model = Account
        fields = ("first_name", "last_name", "language")


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the only organisation where there is something for the account, or to the desk; or let choose among several."""
    starts = [(membership, start(membership)) for membership in request.memberships]  # type: ignore[attr-defined]
    offered = [(membership, address) for membership, address in starts if address]
    desk = desk_of(request.memberships)  # type: ignore[attr-defined]
    addresses = [address for _membership, address in offered] + [desk] * bool(desk)
    if len(addresses) == 1:
        return HttpResponseRedirect(addresses[0])
    return render(request, "home.html", {"boards": offered})


@login_required
def my_account(request: HttpRequest) -> HttpResponse:
    """Show and change the signed-in account; the sign-in purpose is open (see middleware.py)."""
    account = Account.objects.get(email=request.user.get_username())
    form = AccountForm(posted(request), instance=account)
    if request.method == "POST" and form.is_valid():
        change_own_account(Account.objects.get(pk=account.pk), by=account, **form.cleaned_data)
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, gettext("Your account has been saved."))
        return HttpResponseRedirect(reverse("my_account"))
    return show_form(request, "account/my_account.html", form, account=account)
