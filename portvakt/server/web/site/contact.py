"""Whom does one ask, and where does one complain? From the register, for anybody, also where no notice has been published yet."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portvakt.server.purpose import catalogue
from portvakt.server.web.site.page import public_page

PURPOSE = "notice_reading"


@public_page(PURPOSE)
def contact(request: HttpRequest) -> HttpResponse:
    """Show every way to reach the provider and its data protection officer."""
    found = {"provider": catalogue.in_force().provider, "provider_site": settings.PROVIDER_SITE}
    return render(request, "site/contact.html", found)


@public_page(PURPOSE)
def complain(request: HttpRequest) -> HttpResponse:
    """Show how to complain to the supervisory authority (S31)."""
    return render(request, "site/complain.html", {"authority": catalogue.in_force().provider.authority})
