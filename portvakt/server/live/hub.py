"""Which open pages must be told to look again?

Hints that come close together are one: what is not yet sent is a set, so a slow reader costs no more than a few ids.
"""

import asyncio
from collections import Counter
from http import HTTPStatus
from uuid import UUID

from portvakt.server.live.access import Listener, TurnedAway
from portvakt.server.purpose.notices import Channel, Look, Notice

# A browser opens a stream for each tab; a server process has some thousand sockets.
PER_ACCOUNT, TOTAL = 20, 2_000
Hint = tuple[str, str]
EVERYTHING: tuple[Hint, ...] = tuple((look.value, "") for look in Look)


class Page:
    """One open page: what it must look at again, and whether there is anything."""

    def __init__(self, who: Listener) -> None:
        self.who = who
        self.due = asyncio.Event()
        # What changed between the page and its stream, or between two streams, was heard by neither.
        self._hints: dict[Hint, None] = dict.fromkeys(EVERYTHING)
        self.due.set()

    def tell(self, hint: Hint) -> None:
        """Have the page look at something again."""
        self._hints[hint] = None
        self.due.set()

    def take(self) -> list[Hint]:
        """Return what the page has not been told yet."""
        hints, self._hints = list(self._hints), {}
        self.due.clear()
        return hints


class Hub:
    """All open pages of this process."""

    def __init__(self, per_account: int = PER_ACCOUNT, total: int = TOTAL) -> None:
        self._per_account, self._total = per_account, total
        self._pages: dict[str, set[Page]] = {}
        self._of_account: Counter[UUID] = Counter()

    def open(self, who: Listener) -> Page:
        """Add a page. Raises TurnedAway for an account with too many, or when there are too many in all."""
        if self._of_account[who.account] >= self._per_account:
            raise TurnedAway(HTTPStatus.TOO_MANY_REQUESTS)
        if self._of_account.total() >= self._total:
            raise TurnedAway(HTTPStatus.SERVICE_UNAVAILABLE)
        page = Page(who)
        self._of_account[who.account] += 1
        self._pages.setdefault(str(who.organisation), set()).add(page)
        return page

    def close(self, page: Page) -> None:
        """Forget a page."""
        self._of_account[page.who.account] -= 1
        self._of_account += Counter()  # drops those that have come to nothing
        organisation = str(page.who.organisation)
        self._pages[organisation].discard(page)
        if not self._pages[organisation]:
            del self._pages[organisation]

    def hear(self, notice: Notice) -> None:
        """Pass a hint on to the pages of its organisation; where hints may have been missed, everybody looks at everything."""
        if notice.channel is not Channel.LIVE:
            for page in [page for pages in self._pages.values() for page in pages]:
                for hint in EVERYTHING:
                    page.tell(hint)
            return
        organisation, _, what = notice.payload.partition(":")
        look, _, row = what.partition(":")
        for page in self._pages.get(organisation, ()):
            page.tell((look, row))
