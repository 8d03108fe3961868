"""Which pages does the menu offer to whom, and which is the first?"""

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portvakt.server.accounts.models import Membership
from portvakt.server.purpose.actor import Permission


class Page(msgspec.Struct, frozen=True):
    """A page as the menu knows it; `icon` is named in full so that bin/assets finds it. `count` is the view of a number beside it."""

    view: str
    label: Promise
    icon: str
    permission: Permission
    count: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A page as one operator sees it in the menu."""

    label: Promise
    icon: str
    address: str
    current: bool
    count: str = ""


PAGES = (
    Page("doors", _("Doors"), "#tabler-door", Permission.DOOR_READ),
    Page("lockdowns", _("Lockdown"), "#tabler-lock", Permission.DOOR_READ),
    Page("alarms", _("Alarms"), "#tabler-bell", Permission.DOOR_READ, count="alarm_count"),
    Page("people", _("Persons"), "#tabler-users", Permission.PERSON_READ),
    Page("rules", _("Access rules"), "#tabler-shield-check", Permission.RULE_READ),
    Page("why", _("Why?"), "#tabler-help-circle", Permission.PERSON_READ),
    Page("schedules", _("Schedules"), "#tabler-calendar-time", Permission.RULE_READ),
    Page("access_log", _("Access log"), "#tabler-list-details", Permission.ACCESS_LOG_READ),
    Page("audit_log", _("Audit log"), "#tabler-history", Permission.AUDIT_LOG_READ),
    Page("areas", _("Areas"), "#tabler-box-multiple", Permission.DOOR_READ),
    Page("controllers", _("Controllers"), "#tabler-cpu", Permission.CONTROLLER_READ),
    Page("places", _("Premises"), "#tabler-building", Permission.PLACE_MANAGE),
    Page("privacy", _("Privacy"), "#tabler-shield-lock", Permission.PRIVACY_MANAGE),
    Page("operators", _("Operators"), "#tabler-user-shield", Permission.OPERATOR_MANAGE),
    Page("support", _("Support"), "#tabler-lifebuoy", Permission.SUPPORT_ASK),
    Page("simulator", _("Simulator"), "#tabler-device-gamepad-2", Permission.SIMULATOR_USE),
)
# A person's own: the first is where all their addresses begin.
OWN_PAGES = (
    ("doors", _("My doors"), "#tabler-device-mobile"),
    ("code", _("My code"), "#tabler-qrcode"),
    ("credentials", _("My cards and codes"), "#tabler-id"),
    ("privacy", _("My data"), "#tabler-file-info"),
    ("consents", _("My consents"), "#tabler-checkbox"),
)


def entries(request: HttpRequest) -> list[Entry]:
    """Return the menu for the operator of a request; empty outside the Board."""
    operator, organisation = getattr(request, "operator", None), getattr(request, "organisation", None)
    if operator is None or organisation is None:
        return []
    offered = [
        _entry(page, organisation.slug, request.path)
        for page in PAGES
        if operator.may(page.permission) and (page.view != "simulator" or settings.SIMULATOR_URL)
    ]
    return offered if operator.person is None else [*offered, *_own(organisation.slug, request.path)]


def start(membership: Membership) -> str:
    """Return the address of the first page that an organisation has for a member; empty where it has none."""
    actor, slug = membership.actor(), membership.organisation.slug
    if not membership.organisation.active:
        return ""
    if actor.may(Permission.DOOR_READ):
        return reverse("board:doors", args=[slug])
    return reverse("me:doors", args=[slug]) if actor.person else ""


def _own(slug: str, path: str) -> list[Entry]:
    """Return a person's own pages; all addresses begin like that of the doors."""
    own = [(label, icon, reverse(f"me:{view}", args=[slug])) for view, label, icon in OWN_PAGES]
    others = [address for _label, _icon, address in own[1:]]
    return [
        Entry(
            label, icon, address, path.startswith(address) and (address in others or not path.startswith(tuple(others)))
        )
        for label, icon, address in own
    ]


def _entry(page: Page, slug: str, path: str) -> Entry:
    address = reverse(f"board:{page.view}", args=[slug])
    # The doors are the Board's first page, so every address begins like theirs; one door is under doors/.
    current = path == address or path.startswith(f"{address}doors/" if page.view == "doors" else address)
    count = reverse(f"board:{page.count}", args=[slug]) if page.count else ""
    return Entry(page.label, page.icon, address, current, count)
