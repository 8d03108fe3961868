"""How is the same told to a child (C-08)? Short, in plain words, and nothing that is not in the register."""

from portvakt.server.privacy.notice import sentences as s
from portvakt.server.privacy.notice.activities import Telling, own_recipients, recipients
from portvakt.server.privacy.notice.document import Document, Part, Section
from portvakt.server.purpose.register import Texts


def child_document(telling: Telling) -> Document:
    """Return the notice for children."""
    authority = telling.register.provider.authority
    ask = [
        telling.say(s.CHILD_ASK_LINE, email=telling.email),
        telling.facts.address or telling.register.provider.contact.address,
    ]
    reach = [line for line in (authority.phone, authority.email, authority.web) if line]
    sections = (
        _section("who", s.CHILD_WHO, telling, [[telling.say(s.CHILD_WHO_LINE)]]),
        _section("what_for", s.CHILD_WHAT, telling, [_purposes(telling)]),
        _section("retention", s.CHILD_LONG, telling, [[telling.say(s.CHILD_LONG_LINE)]]),
        _section("recipients", s.CHILD_SHARE, telling, [[telling.say(s.CHILD_SHARE_LINE)], _who_else(telling)]),
        _section("rights", s.CHILD_RIGHTS, telling, [[telling.say(row) for row in s.CHILD_RIGHT_ROWS]]),
        _section("contact", s.CHILD_ASK, telling, [ask]),
        _section(
            "complaint",
            s.CHILD_COMPLAIN,
            telling,
            [[telling.say(s.CHILD_COMPLAIN_LINE, authority=authority.name)], reach],
        ),
    )
    return Document(telling.language, telling.say(s.CHILD_TITLE), telling.say(s.CHILD_LEAD), sections)


def _section(key: str, heading: Texts, telling: Telling, parts: list[list[str]]) -> Section:
    numbered = [Part(f"{key}-{number}", "", tuple(lines)) for number, lines in enumerate(parts) if lines]
    return Section(key, telling.say(heading), tuple(numbered))


def _purposes(telling: Telling) -> list[str]:
    """Return each purpose as one tells it to a child; the same told of several activities once."""
    return list(dict.fromkeys(telling.plain(activity.child) for activity in telling.told_of() if activity.child))


def _who_else(telling: Telling) -> list[str]:
    """Return the names of all who get data, of the activities that a child is told of."""
    of_children = [activity for activity in telling.told_of() if activity.child]
    listed = {telling.plain(one.name) for activity in of_children for one in recipients(activity, telling.register)}
    listed |= {one.name for activity in of_children for one in own_recipients(activity, telling.facts)}
    return sorted(listed) + ([telling.register.provider.contact.name] if telling.facts.slug else [])
