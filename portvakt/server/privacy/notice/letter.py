"""What does somebody read in the mail that brings them a notice? Shortly what is new, where the whole stands, and what they may do."""

import msgspec
from django.conf import settings
from django.urls import reverse

from portvakt.server.privacy.models import NoticeReceipt, NoticeVersion
from portvakt.server.privacy.notice.comparing import Fate, SectionChange, compare
from portvakt.server.privacy.notice.facts import restored
from portvakt.server.privacy.notice.reading import read_back
from portvakt.server.purpose.register import Register, Texts

# A mail is read in a moment; the rest stands on the page that it leads to.
MOST_NEWS = 12

SUBJECT_FIRST = Texts("Så behandlar {name} dina personuppgifter", "How {name} uses your personal data")
SUBJECT_NEW = Texts("Nytt i hur {name} behandlar dina personuppgifter", "News on how {name} uses your personal data")
HELLO = Texts("Hej {person}!", "Hello {person},")
HELLO_NOBODY = Texts("Hej!", "Hello,")
FIRST = Texts(
    "{name} har uppgifter om dig. Här står vilka, varför, hur länge de sparas och vad du kan kräva:\n{link}",
    "{name} holds data about you. This says which, why, how long it is kept and what you may demand:\n{link}",
)
NEW = Texts(
    "{name} har en ny version av sin information om personuppgifter, nummer {number}. Det här är"
    " nytt:\n\n{news}\n\nHela texten:\n{link}\nOrd för ord vad som har ändrats:\n{changes}",
    "{name} has a new version of its privacy notice, number {number}. This is new:\n\n{news}\n\nThe whole"
    " text:\n{link}\nWord by word what has changed:\n{changes}",
)
HELD = Texts(
    "Det nya börjar gälla först när alla som berörs har fått veta det.",
    "The new begins only when everybody whom it concerns has been told.",
)
CHILD = Texts("Skriven för barn:\n{child}", "Written for children:\n{child}")
RIGHTS = Texts(
    "Du har rätt att invända mot det som vilar på ett berättigat intresse, få veta vad som finns om dig och"
    " få det rättat eller raderat. Skriv till {email}. Du kan också klaga hos {authority}, {authority_email},"
    " {authority_phone}.",
    "You may object to what rests on a legitimate interest, know what is held about you and have it corrected"
    " or erased. Write to {email}. You may also complain to {authority}, {authority_email},"
    " {authority_phone}.",
)
FATES: dict[Fate, Texts] = {
    "new": Texts("Nytt: {heading}", "New: {heading}"),
    "removed": Texts("Borttaget: {heading}", "Removed: {heading}"),
    "changed": Texts("Ändrat: {heading} ({items})", "Changed: {heading} ({items})"),
}
MORE = Texts("och {count} till", "and {count} more")


class Letter(msgspec.Struct, frozen=True):
    """A mail's subject and text."""

    subject: str
    text: str


def letter(notice: NoticeVersion, person: str, language: str, had: NoticeReceipt | None, register: Register) -> Letter:
    """Return the mail that brings a notice to somebody; `had` is the receipt of the version they know, if any."""
    facts, provider = restored(notice.facts), register.provider
    name = facts.name or provider.contact.name
    values = {
        "name": name,
        "number": str(notice.number),
        "link": address("notice", facts.slug, language),
        "child": address("notice_child", facts.slug, language),
        "email": facts.email or provider.contact.email,
        "authority": provider.authority.name,
        "authority_email": provider.authority.email,
        "authority_phone": provider.authority.phone,
    }
    hello = HELLO.within(language).format(person=person) if person else HELLO_NOBODY.within(language)
    said = [hello, _news(notice, had, language, values), CHILD.within(language).format(**values)]
    if notice.in_force_at is None:
        said.append(HELD.within(language))
    said += [RIGHTS.within(language).format(**values), name]
    subject = SUBJECT_NEW if had else SUBJECT_FIRST
    return Letter(subject.within(language).format(**values), "\n\n".join(said) + "\n")


def _news(notice: NoticeVersion, had: NoticeReceipt | None, language: str, values: dict[str, str]) -> str:
    if had is None:
        return FIRST.within(language).format(**values)
    changes = address("notice_changes", restored(notice.facts).slug, language, number=notice.number)
    found = "\n".join(news(had.notice, notice, language))
    return NEW.within(language).format(**values, news=found, changes=f"{changes}&since={had.notice.number}")


def news(old: NoticeVersion, new: NoticeVersion, language: str) -> list[str]:
    """Return what differs between two versions, a line for each section, some at most."""
    before, after = (read_back(bytes(one.texts.get(language=language, variant="adult").content)) for one in (old, new))
    found = compare(before, after)
    lines = [_line(change, language) for change in found[:MOST_NEWS]]
    more = [MORE.within(language).format(count=len(found) - MOST_NEWS)] if len(found) > MOST_NEWS else []
    return [f"- {line}" for line in [*lines, *more]]


def _line(change: SectionChange, language: str) -> str:
    labels = dict.fromkeys(item.label for item in change.items if item.label)
    said = FATES[change.fate].within(language).format(heading=change.heading, items=",".join(labels).lower())
    return said.removesuffix(" ()")


def address(view: str, slug: str, language: str, **arguments: int) -> str:
    """Return the public address of a page of a data controller's notice, in a language."""
    where = reverse(f"site:{view}", kwargs={**arguments, **({"slug": slug} if slug else {})})
    return f"{settings.PUBLIC_URL}{where}?language={language}"
