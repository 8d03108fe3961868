"""Which words and controls do templates use? `{% load board %}`."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, Select
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from portvakt.core.plates import recognise
from portvakt.server.accounts.models import Membership
from portvakt.server.purpose.actor import Permission
from portvakt.server.web import words
from portvakt.server.web.board.navigation import start

register = template.Library()


@register.filter
def capability_words(listed: str) -> str:
    """Name what a reader can do, from the controller's own list with commas between."""
    return ", ".join(str(words.CAPABILITIES.get(word, word)) for word in listed.split(", "))


@register.filter
def event_word(kind: str) -> str:
    """Name the kind of an access event."""
    return str(words.EVENTS.get(kind, kind))


@register.filter
def event_colour(kind: str) -> str:
    """Return the Tabler colour of an access event's kind."""
    return words.event_colour(kind)


@register.filter
def reason_word(reason: str) -> str:
    """Say why a passage was denied."""
    return str(words.REASONS.get(reason, reason))


@register.filter
def own_reason_word(reason: str) -> str:
    """Say to a person why a door did not open for them."""
    return str(words.OWN_REASONS[reason]) if reason in words.OWN_REASONS else reason_word(reason)


@register.filter
def auth_word(number: int | None) -> str:
    """Name an auth type."""
    return words.auth_type(number)


@register.filter
def credential_word(kind: str) -> str:
    """Name a kind of credential."""
    return str(words.CREDENTIALS.get(kind, kind))


@register.filter
def credential_icon(kind: str) -> str:
    """Return the icon of a kind of credential."""
    return words.CREDENTIAL_ICONS.get(kind, "#tabler-id")


@register.filter
def plate_countries(shown: str) -> str:
    """Name the countries that a licence plate may be of."""
    return ", ".join(recognise(shown).countries)


@register.filter
def side_word(side: str) -> str:
    """Name a side of a door."""
    return str(words.SIDES.get(side, side))


@register.filter
def state_word(state: str) -> str:
    """Name the state of a door."""
    return str(words.STATES.get(state, state))


@register.filter
def state_colour(state: str) -> str:
    """Return the Tabler colour of a door's state."""
    return words.STATE_COLOURS.get(state, "secondary")


@register.filter
def posture_word(posture: str) -> str:
    """Say whether a door is locked as usual, held unlocked or locked down."""
    return str(words.POSTURES.get(posture, posture))


@register.filter
def posture_why(why: str) -> str:
    """Say why a door is as it is; the id of a lockdown plan is a lockdown."""
    return str(words.POSTURE_WHYS.get(why, words.POSTURE_WHYS["lockdown"] if why else ""))


@register.filter
def why_not_word(word: str) -> str:
    """Say why a door would not lock."""
    return str(words.WHY_NOT_LOCKED.get(word, word))


@register.filter
def may(operator: Any, permission: str) -> bool:
    """Tell whether an operator holds a permission: {% if operator|may:"door:release" %}."""
    return bool(operator) and operator.may(Permission(permission))


@register.filter
def first_page(membership: Membership) -> str:
    """Return where a member of an organisation begins; the platform's first page where there is nothing for them."""
    return start(membership) or reverse("home")


@register.filter
def age(at: datetime | None) -> str:
    """Say how long ago something was, in one unit."""
    if at is None:
        return gettext("never")
    passed = max(timezone.now() - at, timedelta())
    if passed < timedelta(seconds=10):
        return gettext("just now")
    if passed < timedelta(minutes=1):
        return gettext("%(n)d s ago") % {"n": passed.seconds}
    if passed < timedelta(hours=1):
        return gettext("%(n)d min ago") % {"n": passed.seconds // 60}
    if passed < timedelta(days=1):
        return gettext("%(n)d h ago") % {"n": passed.seconds // 3600}
    return ngettext("%(n)d day ago", "%(n)d days ago", passed.days) % {"n": passed.days}


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Tell whether a field is one box to tick."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def choice_groups(field: BoundField) -> list[tuple[str, list[Any]]]:
    """Return the boxes to tick of a field whose choices stand in groups; nothing for any other field."""
    widget: Any = field.field.widget
    if not isinstance(widget, CheckboxSelectMultiple):
        return []
    attrs = field.build_widget_attrs({"id": field.auto_id})
    groups = widget.optgroups(field.html_name, widget.format_value(field.value()), attrs)
    return [(name, options) for name, options, _index in groups if name]


@register.filter
def control(field: BoundField) -> SafeString:
    """Render the field's input with the classes of its kind and of its errors."""
    widget = field.field.widget
    kind = "form-check-input" if isinstance(widget, CheckboxInput) else "form-control"
    if isinstance(widget, Select):
        kind = "form-select"
    own = widget.attrs.get("class", "")
    invalid = "is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": " ".join(part for part in (kind, own, invalid) if part)})


@register.simple_tag(takes_context=True)
def page_address(context: Context, **changed: object) -> str:
    """Return the query of this page with some parameters changed; an empty one is left out: {% page_address page=2 %}."""
    query = context["request"].GET.copy()
    for once in ("version", "since"):
        query.pop(once, None)
    for name, value in changed.items():
        query[name] = str(value)
        if value in {"", None}:
            del query[name]
    return f"?{query.urlencode()}"
