"""How does somebody ask the provider something (S06)?"""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from portvakt.server.provider.actions import ask
from portvakt.server.provider.models import Enquiry
from portvakt.server.web.forms import posted, show_form
from portvakt.server.web.site.page import public_page
from portvakt.server.web.site.stranger import StrangersForm, refuse_a_flood, where_there_is_a_site


class EnquiryForm(StrangersForm):
    """Who asks, and what."""

    collects = "enquiries"
    numbers = ("phone",)

    class Meta:
        model = Enquiry
        fields = ("first_name", "last_name", "email", "phone", "company", "project", "question")
        widgets = {"question": forms.Textarea({"rows": 5})}


@where_there_is_a_site
@public_page("enquiries")
def enquiry(request: HttpRequest) -> HttpResponse:
    """Show the form for questions, and take one."""
    form = EnquiryForm(posted(request))
    if form.is_valid():
        refuse_a_flood(request)
        if not form.by_machine:
            asked = form.instance
            asked.language = "en" if get_language() == "en" else "sv"
            ask(asked)
        return HttpResponseRedirect(reverse("site:received"))
    return show_form(request, "site/enquiry.html", form)
