"""What is a notice before it is HTML: sections of labelled parts, so that it can be shown, printed and compared alike."""

import msgspec


class Part(msgspec.Struct, frozen=True):
    """One item of a section; `key` is what it is known by in every version. Without a label its lines stand alone."""

    key: str
    label: str
    lines: tuple[str, ...]


class Section(msgspec.Struct, frozen=True):
    """One section; `folded` opens when the reader asks for it, `strong` must be noticed (the right to object, Art. 21(4))."""

    key: str
    heading: str
    parts: tuple[Part, ...]
    folded: bool = False
    strong: bool = False


class Document(msgspec.Struct, frozen=True):
    """A whole notice in one language for one kind of reader."""

    language: str
    title: str
    lead: str
    sections: tuple[Section, ...]
