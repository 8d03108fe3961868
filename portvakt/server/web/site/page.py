"""How does a public page get its purpose? Anybody sees it; what it reads and writes is still bound to one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused
from portvakt.server.web.errors import refusal_page

Page = Callable[..., HttpResponse]


def public_page(purpose: str) -> Callable[[Page], Page]:
    """Make a view a page for everybody, with its purpose open from before the view until its answer is complete."""

    def decorate(view: Page) -> Page:
        @wraps(view)
        def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
            try:
                with acting(purpose):
                    return view(request, **arguments)
            except Refused as refused:
                return refusal_page(request, refused)

        answer.purpose = purpose  # type: ignore[attr-defined]
        return answer

    return decorate
