"""What does a published notice say, section by section? Read back from its bytes, so that versions compare whoever wrote them.

The register of an old version may be in a form that this release does not know any more; the bytes that were published always are.
"""

from html.parser import HTMLParser

from portvakt.server.privacy.notice.document import Document, Part, Section


def read_back(content: bytes) -> Document:
    """Return the document that html.as_html wrote; a part's key is its label, or its place where it has none."""
    reader = _Reader()
    reader.feed(content.decode())
    return Document(reader.language, reader.title, reader.lead, tuple(reader.sections))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.language = self.title = self.lead = ""
        self.sections: list[Section] = []
        self._text: list[str] = []
        self._attributes: dict[str, str] = {}
        self._heading = self._label = ""
        self._parts: list[Part] = []
        self._lines: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "article":
            self.language = attributes.get("lang", "")
        elif tag in {"section", "details"}:
            self._attributes, self._parts = attributes, []
        if tag != "a":
            self._text = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        said = "".join(self._text)
        match tag:
            case "h1":
                self.title = said
            case "h2" | "summary":
                self._heading = said
            case "dt":
                self._label = said
            case "p" if not self._attributes:
                self.lead = said
            case "p" | "li":
                self._lines.append(said)
                # A paragraph that belongs to no term stands for itself.
                if tag == "p" and not self._label:
                    self._part()
            case "ul" | "dd":
                self._part()
            case "section" | "details":
                self._section(tag)

    def _part(self) -> None:
        """Keep the lines so far as a part; a list within a term's description has been kept already."""
        if self._lines:
            key = self._label or str(len(self._parts))
            self._parts.append(Part(key, self._label, tuple(self._lines)))
        self._lines, self._label = [], ""

    def _section(self, tag: str) -> None:
        self._part()
        strong = "notice-strong" in self._attributes.get("class", "")
        key = self._attributes.get("id", "")
        self.sections.append(Section(key, self._heading, tuple(self._parts), tag == "details", strong))
        self._attributes = {}
