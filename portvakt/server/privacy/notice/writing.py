"""What does the notice of a data controller say? First what matters most (N-08), then every activity by itself.

Pure: the same register and facts give the same document, whatever the clock, the machine and its language. Raises NoticeIncomplete rather
than leaving an item of Art. 13 or 14 out (N-01).
"""

from portvakt.core.privacy import Kind
from portvakt.server.privacy.notice import sentences as s
from portvakt.server.privacy.notice.activities import OPEN_TO_OBJECTION, Telling, basis_of, section, times_of
from portvakt.server.privacy.notice.child import child_document
from portvakt.server.privacy.notice.document import Document, Part, Section
from portvakt.server.privacy.notice.facts import Facts
from portvakt.server.privacy.notice.gaps import gaps
from portvakt.server.privacy.notice.html import as_html
from portvakt.server.privacy.words import BASES, KINDS
from portvakt.server.purpose.register import Basis, Contact, Register, Texts

VARIANTS = ("adult", "child")


class NoticeIncomplete(Exception):
    """The register or the data controller's facts lack what a notice must say; the text names each activity and item."""

    def __init__(self, lacking: list[str]) -> None:
        super().__init__("the notice cannot be written:\n  " + "\n  ".join(lacking))
        self.lacking = lacking


def render(register: Register, facts: Facts, language: str, variant: str) -> bytes:
    """Return a notice as an HTML fragment in UTF-8: the same bytes for the same arguments (N-07). `facts` says whose it is.

    Raises NoticeIncomplete where an item would be empty.
    """
    return as_html(write(register, facts, language, variant))


def write(register: Register, facts: Facts, language: str, variant: str) -> Document:
    """Return a notice in a language ("sv", "en") for a variant ("adult", "child"); raises NoticeIncomplete."""
    if lacking := gaps(register, facts):
        raise NoticeIncomplete(lacking)
    telling = Telling(register, facts, language)
    return child_document(telling) if variant == "child" else _adult(telling)


def _adult(telling: Telling) -> Document:
    provider, own = telling.register.provider, telling.facts.slug == ""
    lead = s.LEAD_PROVIDER if own else s.LEAD_ORGANISATION
    sections = [
        _who(telling),
        _what_for(telling),
        _how_long(telling),
        _rights(telling),
        _objection(telling),
        _complaint(telling),
        _contact(telling),
        *(section(activity, telling) for activity in telling.told_of()),
        *([_in_the_service(telling)] if own else []),
        _about(telling),
    ]
    title, said = telling.say(s.TITLE), telling.say(lead, platform=provider.platform)
    return Document(telling.language, title, said, tuple(sections))


def _section(key: str, heading: Texts, parts: list[Part], telling: Telling, *, strong: bool = False) -> Section:
    return Section(key, telling.say(heading), tuple(parts), strong=strong)


def _lines(key: str, label: Texts | None, lines: list[str], telling: Telling) -> Part:
    return Part(key, telling.say(label) if label else "", tuple(line for line in lines if line))


def contact_lines(contact: Contact) -> list[str]:
    """Return how to reach somebody, line by line."""
    return [line for line in (contact.name, contact.address, contact.email, contact.phone, contact.web) if line]


def _who(telling: Telling) -> Section:
    provider, facts = telling.register.provider, telling.facts
    number = facts.registration_number if facts.slug else provider.organisation_number
    numbered = telling.say(s.NUMBER, number=number) if number else ""
    address = facts.address or provider.contact.address
    parts = [_lines("controller", s.CONTROLLER, [telling.name, numbered, address, telling.email], telling)]
    if facts.slug:
        dpo = [facts.dpo or telling.say(s.NO_DPO)]
        runs = telling.say(s.PROCESSOR_LINE, provider=provider.contact.name, platform=provider.platform)
        parts += [_lines("dpo", s.DPO, dpo, telling), _lines("processor", s.PROCESSOR, [runs], telling)]
    else:
        parts.append(_lines("dpo", s.DPO, contact_lines(provider.dpo), telling))
        if provider.representative:
            parts.append(_lines("representative", s.REPRESENTATIVE, contact_lines(provider.representative), telling))
    return _section("who", s.WHO, parts, telling)


def _what_for(telling: Telling) -> Section:
    """Return all purposes in one look, by what allows them."""
    names: dict[Basis, list[str]] = {}
    for activity in telling.told_of():
        names.setdefault(basis_of(activity, telling.facts), []).append(telling.plain(activity.name))
    parts = [
        Part(f"for-{basis}", telling.plain(words), tuple(names[basis]))
        for basis, words in BASES.items()
        if basis in names
    ]
    return _section("what_for", s.WHAT_FOR, parts, telling)


def _how_long(telling: Telling) -> Section:
    """Return all kinds of data in one look, by how long they are kept; what lies outside the platform by its activity."""
    kept: dict[Kind, dict[str, None]] = {}
    outside: list[Part] = []
    for activity in telling.told_of():
        for kind in () if activity.outside else sorted({kind for row in activity.data for kind in row.kinds}):
            kept.setdefault(kind, {}).update(dict.fromkeys(times_of(kind, activity, telling)))
        if activity.outside:
            lines = next(part.lines for part in section(activity, telling).parts if part.key == "retention")
            outside.append(Part(f"kept-{activity.id}", telling.plain(activity.name), lines))
    rows = [
        Part(f"kept-{kind}", telling.plain(KINDS[kind].name), tuple(times)) for kind, times in kept.items() if times
    ]
    rows.sort(key=lambda part: part.label.casefold())
    said = _lines("how", None, [telling.say(s.HOW_LONG_LINE)], telling)
    return _section("how_long", s.HOW_LONG, [said, *rows, *outside], telling)


def _rights(telling: Telling) -> Section:
    rows = [Part(key, telling.say(label), (telling.say(text),)) for key, label, text in s.RIGHT_ROWS]
    return _section("rights", s.RIGHTS, rows, telling)


def _objection(telling: Telling) -> Section:
    """Return the right to object, apart from everything else (Art. 21(4))."""
    open_to = [one for one in telling.told_of() if basis_of(one, telling.facts) in OPEN_TO_OBJECTION]
    names = [telling.plain(activity.name) for activity in open_to]
    lines = [telling.say(s.OBJECT_LINE, email=telling.email), telling.say(s.OBJECT_MARKETING)]
    parts = [
        _lines("how", None, lines, telling),
        _lines("to", s.OBJECT_TO, names or [telling.say(s.OBJECT_NOTHING)], telling),
    ]
    return _section("objection", s.OBJECT, parts, telling, strong=True)


def _complaint(telling: Telling) -> Section:
    authority = telling.register.provider.authority
    parts = [
        _lines("how", None, [telling.say(s.COMPLAIN_LINE, authority=authority.name)], telling),
        _lines("where", None, contact_lines(authority), telling),
    ]
    return _section("complaint", s.COMPLAIN, parts, telling)


def _contact(telling: Telling) -> Section:
    facts, provider = telling.facts, telling.register.provider
    own = [*contact_lines(provider.contact)[1:], *contact_lines(provider.dpo)]
    ways = [telling.email, facts.address] if facts.slug else own
    parts = [
        _lines("how", None, [telling.say(s.CONTACT_LINE)], telling),
        _lines("where", None, list(dict.fromkeys(ways)), telling),
    ]
    if provider.channels and not facts.slug:
        channels = ", ".join(provider.channels)
        parts.append(_lines("channels", s.CHANNELS, [telling.say(s.CHANNELS_LINE, channels=channels)], telling))
    return _section("contact", s.CONTACT, parts, telling)


def _in_the_service(telling: Telling) -> Section:
    """Tell that the provider is data processor for what organisations do in the Service (S02), and for what."""
    provider = telling.register.provider
    for_others = [one for one in telling.register.activities if one.role == "processor" and one.data]
    names = sorted(telling.plain(activity.name) for activity in for_others)
    parts = [
        _lines("how", None, [telling.say(s.IN_THE_SERVICE_LINE, platform=provider.platform)], telling),
        _lines("which", None, names, telling),
    ]
    return _section("in_the_service", s.IN_THE_SERVICE, parts, telling)


def _about(telling: Telling) -> Section:
    security = telling.register.provider.security
    parts = [
        _lines("machine", s.NO_MACHINE, [telling.say(s.NO_MACHINE_LINE)], telling),
        *([_lines("security", s.SECURITY, [telling.plain(security)], telling)] if security else []),
        _lines("changes", s.CHANGES, [telling.say(s.CHANGES_LINE)], telling),
    ]
    return _section("about", s.ABOUT, parts, telling)
