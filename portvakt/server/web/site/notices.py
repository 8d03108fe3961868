"""Where does anybody read a notice? The newest always at the same address, every earlier one by its number, and what differs between two.

Nobody signs in to read. Whoever is signed in and reads the newest version gets a receipt for it (N-06), and nobody else is remembered.
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import cast
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe

from portvakt.core.privacy import Subject
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.actions import nothing_about_anyone
from portvakt.server.privacy.actions.notices import Given, note_given
from portvakt.server.privacy.models import NoticeText, NoticeVersion, Variant, Way
from portvakt.server.privacy.notice.comparing import compare
from portvakt.server.privacy.notice.reading import read_back
from portvakt.server.privacy.notice.writing import VARIANTS
from portvakt.server.privacy.pdf import as_pdf
from portvakt.server.privacy.told import newest_notice, notice_in_force
from portvakt.server.purpose.context import acting
from portvakt.server.web.files import file_answer
from portvakt.server.web.site.page import public_page

PURPOSE = "notice_reading"
STYLES = Path(__file__).parent.parent / "assets" / "notice.css"
# Making a PDF takes a second of a processor: strangers share what was made, and only one is made at a time.
PDFS_KEPT = 32
PDF_WAIT_SECONDS = 5
_one_pdf = Lock()
Slug = str


class Shown(msgspec.Struct, frozen=True):
    """What a page of a notice shows: whose, which version and text, and where its other pages are."""

    organisation: Organisation | None
    slug: Slug
    notice: NoticeVersion
    text: NoticeText
    newest: bool

    @property
    def content(self) -> str:
        """Return the text as HTML; html.as_html has escaped what anybody wrote."""
        return mark_safe(bytes(self.text.content).decode())  # noqa: S308 - made by html.as_html alone

    def address(self, view: str, **arguments: int) -> str:
        """Return the address of another page of the same notice."""
        return where(view, self.slug, **arguments)


def where(view: str, slug: Slug = "", **arguments: int) -> str:
    """Return the address of a page of a data controller's notice, within this site."""
    return reverse(f"site:{view}", kwargs={**arguments, **({"slug": slug} if slug else {})})


def language_of(request: HttpRequest) -> str:
    """Return the language asked for in the address, or else the reader's own; Swedish where neither is one of ours."""
    asked = request.GET.get("language") or translation.get_language() or ""
    return asked if asked in dict(settings.LANGUAGES) else "sv"


def variant_of(request: HttpRequest) -> str:
    """Return for whom the text asked for in the address is written."""
    asked = request.GET.get("variant", "")
    return asked if asked in VARIANTS else "adult"


def _whose(slug: Slug) -> Organisation | None:
    return get_object_or_404(Organisation, slug=slug, active=True, provider=False) if slug else None


def _shown(slug: Slug, number: int | None, language: str, variant: str) -> Shown | None:
    """Return what to show; None where a data controller has published nothing yet. Raises Http404 for a version that is not there."""
    organisation = _whose(slug)
    newest = newest_notice(organisation.pk if organisation else None)
    if newest is None and number is None:
        return None
    notice = newest if number is None else get_object_or_404(NoticeVersion, organisation=organisation, number=number)
    if notice is None or newest is None:
        raise Http404
    text = get_object_or_404(NoticeText, notice=notice, language=language, variant=variant)
    return Shown(organisation, slug, notice, text, newest=notice.pk == newest.pk)


def notice(request: HttpRequest, slug: Slug = "", number: int | None = None, variant: str = "") -> HttpResponse:
    """Show a notice, the newest unless a number is given, and give whoever is signed in a receipt for the newest."""
    language, asked = language_of(request), variant or variant_of(request)
    with acting(PURPOSE):
        shown = _shown(slug, number, language, asked)
        answer = _notice_page(request, slug, shown, language, asked)
    if shown is not None and shown.newest and request.user.is_authenticated:
        _note_shown(request, shown)
    return answer


notice.purpose = PURPOSE  # type: ignore[attr-defined]


def _notice_page(request: HttpRequest, slug: Slug, shown: Shown | None, language: str, variant: str) -> HttpResponse:
    with translation.override(language):
        if shown is None:
            return render(request, "site/no_notice.html", {"whose": _whose(slug)}, status=404)
        in_force = notice_in_force(shown.notice.organisation_id)
        context = {
            "shown": shown,
            "variant": variant,
            "language": language,
            "in_force": in_force,
            "links": _links(shown),
        }
        answer = render(request, "site/notice.html", context)
    answer.headers["Content-Language"] = language
    answer.headers["X-Notice-SHA256"] = shown.text.digest
    return answer


def _links(shown: Shown) -> dict[str, str]:
    """Return the addresses of the pages around a version."""
    number = shown.notice.number
    links = {
        "newest": shown.address("notice"),
        "versions": shown.address("notice_versions"),
        "print": shown.address("notice_print", number=number),
        "pdf": shown.address("notice_pdf", number=number),
    }
    if number > 1:
        links["changes"] = shown.address("notice_changes", number=number)
    return links


def _note_shown(request: HttpRequest, shown: Shown) -> None:
    """Keep that whoever is signed in was shown the newest version: as account by the provider, as person by an organisation."""
    account, organisation = cast("UUID", request.user.pk), shown.notice.organisation_id
    members = [one for one in request.memberships if one.organisation_id == organisation and one.person_id]  # type: ignore[attr-defined]
    if organisation is not None and not members:
        return
    person: UUID | None = members[0].person_id if members else None
    subject = Subject.HOLDER if organisation else Subject.ACCOUNT_HOLDER
    with acting("notice_showing", organisation, account, person=person, account=account):
        given = Given(subject, person or account, shown.text.language, shown.text.variant)
        note_given(shown.notice, [given], way=Way.PAGE)


@public_page(PURPOSE)
def print_view(request: HttpRequest, slug: Slug = "", number: int | None = None) -> HttpResponse:
    """Show a version without anything around it; the same bytes each time, so that a browser need not fetch it again."""
    shown = _shown(slug, number, language_of(request), variant_of(request))
    if shown is None:
        raise Http404
    tag = f'"{shown.text.digest}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    with translation.override(shown.text.language):
        page = render_to_string("site/notice_print.html", {"shown": shown, "content": _opened(shown.content)})
    headers = {"ETag": tag, "Content-Language": shown.text.language, "X-Notice-SHA256": shown.text.digest}
    return HttpResponse(page, headers=headers)


def pdf(request: HttpRequest, slug: Slug = "", number: int | None = None) -> HttpResponse:
    """Give a version as PDF; a stranger who asks while many are being made is asked to come back."""
    with acting(PURPOSE):
        shown = _shown(slug, number, language_of(request), variant_of(request))
        if shown is None:
            raise Http404
        page = _document(shown)
    # Made outside the unit of work: nobody's transaction waits for a drawing.
    if not _one_pdf.acquire(timeout=PDF_WAIT_SECONDS):
        busy = render(request, "site/busy.html", status=503)
        busy.headers["Retry-After"] = "10"
        return busy
    try:
        content = _pdf(page)
    finally:
        _one_pdf.release()
    name = f"{shown.slug or 'privacy'}-{shown.notice.number}-{shown.text.language}-{shown.text.variant}.pdf"
    answer = file_answer(name, content, "application/pdf", after=nothing_about_anyone("a text that is public"))
    answer.headers["X-Notice-SHA256"] = shown.text.digest
    return answer


pdf.purpose = PURPOSE  # type: ignore[attr-defined]


def _document(shown: Shown) -> str:
    """Return a version as a whole HTML document with its styles, which is all that a PDF is made from."""
    styles = mark_safe(STYLES.read_text(encoding="utf-8"))  # noqa: S308 - our own file
    with translation.override(shown.text.language):
        context = {"shown": shown, "content": _opened(shown.content), "styles": styles}
        return render_to_string("site/notice_document.html", context)


@lru_cache(maxsize=PDFS_KEPT)
def _pdf(page: str) -> bytes:
    return as_pdf(page)


def _opened(content: str) -> str:
    """Return a notice with everything unfolded: paper cannot be asked to open a section."""
    opened = content.replace('<details class="notice-part"', '<details open class="notice-part"')
    return mark_safe(opened)  # noqa: S308 - still what html.as_html made


@public_page(PURPOSE)
def versions(request: HttpRequest, slug: Slug = "") -> HttpResponse:
    """List every version there has been, the newest first."""
    organisation, language = _whose(slug), language_of(request)
    rows = [
        {
            "notice": row,
            "page": where("notice_version", slug, number=row.number),
            "pdf": where("notice_pdf", slug, number=row.number),
            "changes": where("notice_changes", slug, number=row.number) if row.number > 1 else "",
        }
        for row in NoticeVersion.objects.filter(organisation=organisation).order_by("-number")
    ]
    with translation.override(language):
        context = {"rows": rows, "whose": organisation, "newest": where("notice", slug), "language": language}
        return render(request, "site/notice_versions.html", context)


@public_page(PURPOSE)
def changes(request: HttpRequest, number: int, slug: Slug = "") -> HttpResponse:
    """Show what differs between a version and an earlier one (?since=), the one before unless another is named."""
    language, since = language_of(request), request.GET.get("since", "")
    earlier = int(since) if since.isdecimal() and len(since) < 9 else number - 1
    variant = variant_of(request)
    new, old = (_shown(slug, one, language, variant) for one in (number, earlier))
    if new is None or old is None:
        raise Http404
    found = compare(read_back(bytes(old.text.content)), read_back(bytes(new.text.content)))
    with translation.override(language):
        context = {"shown": new, "old": old, "changes": found, "links": _links(new), "language": language}
        return render(request, "site/notice_changes.html", context)


def child(request: HttpRequest, slug: Slug = "") -> HttpResponse:
    """Show the newest notice as it is written for children."""
    return notice(request, slug=slug, variant=Variant.CHILD.value)


child.purpose = PURPOSE  # type: ignore[attr-defined]
