"""How does whoever was sent an offer say no to more, in one step and without signing in (S14, M-04)?

Opening the address alone refuses nothing: programs that look through mails open every link. A press on the page's button does, and so does
a mail program that posts by itself (RFC 8058). The link's signature is the authority, so that no cookie is needed either.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from portvakt.server.provider.actions import refuse_offers
from portvakt.server.provider.refusals import read_link
from portvakt.server.web.site.page import public_page


@csrf_exempt
@public_page("marketing")
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button, or refuse offers; the same page again and again does no harm."""
    refusal = read_link(token)
    if refusal is None:
        raise Http404
    done = request.method == "POST"
    if done:
        refuse_offers(refusal, get_language() or "sv")
    answer = render(request, "site/unsubscribe.html", {"done": done, "partner": refusal.account is not None})
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
