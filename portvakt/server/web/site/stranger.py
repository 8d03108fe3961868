"""How does a form for strangers keep machines and floods out, without a puzzle and without a cookie (K-01)?

A field that people do not see is left empty by them; machines fill it in, are thanked, and nothing is kept. One address may send only so
much in an hour. Whatever was sent, the answer is the same.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portvakt.server.purpose.errors import Refused
from portvakt.server.web.forms import Collecting

Page = Callable[..., HttpResponse]


class StrangersForm(Collecting, forms.ModelForm):  # type: ignore[type-arg]
    """A form for somebody without an account."""

    collects: ClassVar[str | None] = None
    collects_nothing = "the base of forms for strangers"

    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )

    @property
    def by_machine(self) -> bool:
        """Tell whether the field that people do not see was filled in."""
        return bool(self.cleaned_data.get("website"))


def where_there_is_a_site(page: Page) -> Page:
    """Have a page only where the deployment is the provider's own (PROVIDER_SITE)."""

    @wraps(page)
    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if not settings.PROVIDER_SITE:
            raise Http404
        return page(request, **arguments)

    return answer


def refuse_a_flood(request: HttpRequest) -> None:
    """Refuse (too_many_asks) what an address sends beyond ACCOUNT_RATE_LIMITS["site_form"]."""
    if not ratelimit.consume(request, action="site_form"):
        raise Refused("too_many_asks")
