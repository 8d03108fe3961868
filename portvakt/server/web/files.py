"""How does a file leave? Only after it is on record who gets it, or said why it is about nobody; and it is stored in no cache."""

from django.http import HttpResponse

from portvakt.server.privacy.actions import Disclosed


def file_answer(name: str, content: str | bytes, content_type: str, *, after: Disclosed) -> HttpResponse:  # noqa: ARG001 - asked for so that there is one
    """Answer with a file to download; `after` is what `disclose` gave, or `nothing_about_anyone` with the reason."""
    answer = HttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
