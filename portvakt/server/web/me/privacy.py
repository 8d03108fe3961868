"""What does the organisation hold about me as a person, why, who sees it, and until when?"""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from portvakt.core.privacy import Subject
from portvakt.server.organisations.models import Organisation
from portvakt.server.places.models import Door
from portvakt.server.privacy.own import PURPOSE
from portvakt.server.web.board.page import BoardRequest, own_page
from portvakt.server.web.me.person import own_id
from portvakt.server.web.own_data import told


@own_page(PURPOSE)
def privacy(request: BoardRequest) -> HttpResponse:
    """Show a person what is held about them here."""
    person = own_id(request)
    organisation = Organisation.objects.get(pk=request.organisation.pk)
    context = told({Subject.HOLDER: person, Subject.DATA_SUBJECT: person}, organisation)
    context["homes"] = Door.objects.filter(organisation=organisation, home=True).exists()
    context["consents"] = reverse("me:consents", args=[organisation.slug])
    return render(request, "me/privacy.html", context)
