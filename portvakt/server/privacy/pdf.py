"""How does a page become a PDF? It may fetch nothing, neither from the network nor from files here. The same page gives the same bytes."""

import hashlib
from importlib import import_module


def as_pdf(html: str) -> bytes:
    """Return a whole HTML document, its styles included, as PDF with tagged structure for screen readers.

    Raises weasyprint.urls.FatalURLFetchingError where the document asks for anything outside itself.
    """
    # Loaded by the first PDF: it takes most of a second, much memory and the system's Pango, and no other process, such as the link to
    # the doors, may be kept from starting by that.
    weasyprint = import_module("weasyprint")
    nothing = import_module("weasyprint.urls").URLFetcher(allowed_protocols=(), fail_on_errors=True)
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    document = weasyprint.HTML(string=html, url_fetcher=nothing)
    return bytes(document.write_pdf(pdf_identifier=identifier, pdf_tags=True))
