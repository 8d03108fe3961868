"""How does a page become a PDF? It may fetch nothing, neither from the network nor from files here. The same page gives the same bytes."""

import hashlib


def as_pdf(html: str) -> bytes:
    """Return a whole HTML document, its styles included, as PDF with tagged structure for screen readers.

    Raises weasyprint.urls.FatalURLFetchingError where the document asks for anything outside itself.
    """
    # Loading it takes most of a second and much memory, and most processes never make a PDF.
    from weasyprint import HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    document = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=(), fail_on_errors=True))
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    return bytes(document.write_pdf(pdf_identifier=identifier, pdf_tags=True))
