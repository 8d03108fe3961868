"""Which pages does the desk's menu offer to whom, and which is the first?"""

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portvakt.server.accounts.models import Membership
from portvakt.server.purpose.actor import Actor, Permission
from portvakt.server.web.board.navigation import Entry


class Page(msgspec.Struct, frozen=True):
    """A page as the menu knows it; `icon` is named in full so that bin/assets finds it."""

    view: str
    label: Promise
    icon: str
    permission: Permission


# The overview, then data protection, then those the provider deals with; alphabetical by view within each.
PAGES = (
    Page("overview", _("Overview"), "#tabler-layout-dashboard", Permission.REGISTER_READ),
    Page("map", _("Data flows"), "#tabler-sitemap", Permission.REGISTER_READ),
    Page("notices", _("Notices"), "#tabler-speakerphone", Permission.REGISTER_READ),
    Page("records", _("Records"), "#tabler-clipboard-list", Permission.REGISTER_READ),
    Page("transfers", _("Transfers"), "#tabler-world", Permission.REGISTER_MANAGE),
    Page("enquiries", _("Questions"), "#tabler-message-question", Permission.ENQUIRY_ANSWER),
    Page("mailings", _("Mailings"), "#tabler-mail-forward", Permission.MAILING_SEND),
    Page("orders", _("Orders"), "#tabler-shopping-cart", Permission.ENQUIRY_ANSWER),
    Page("support", _("Support cases"), "#tabler-lifebuoy", Permission.SUPPORT_ANSWER),
    Page("accounts", _("Accounts"), "#tabler-user-off", Permission.ACCOUNT_DISABLE),
)


def entries(request: HttpRequest) -> list[Entry]:
    """Return the menu for whoever works at the desk; empty outside it."""
    operator = getattr(request, "operator", None)
    if operator is None or getattr(request, "organisation", None) is not None:
        return []
    return [_entry(page, request.path) for page in _offered(operator)]


def start(membership: Membership) -> str:
    """Return the address of the desk's first page for a member; empty for whoever has nothing to do there."""
    if not (membership.organisation.provider and membership.organisation.active):
        return ""
    offered = _offered(membership.actor())
    return reverse(f"desk:{offered[0].view}") if offered else ""


def desk_of(memberships: list[Membership]) -> str:
    """Return the address of the desk for an account with these memberships; empty where it has none."""
    return next((address for one in memberships if (address := start(one))), "")


def _offered(operator: Actor) -> list[Page]:
    return [page for page in PAGES if operator.may(page.permission)]


def _entry(page: Page, path: str) -> Entry:
    address = reverse(f"desk:{page.view}")
    # All addresses begin like that of the overview.
    current = path == address or (page.view != "overview" and path.startswith(address))
    return Entry(page.label, page.icon, address, current)
