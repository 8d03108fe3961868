"""How does a form tell what it collects? `{% load collection %}{% collection form %}`, before its button."""

from typing import Any

from django import forms, template
from django.template.context import Context
from django.utils import translation

from portvakt.server.web.collection import Point, point, point_of

register = template.Library()


@register.inclusion_tag("components/collection.html", takes_context=True)
def collection(context: Context, collects: forms.BaseForm | str | None, place: str = "") -> dict[str, Any]:
    """Show what a form, or an activity by its id, collects; `place` makes an id of its own for another form to point to."""
    organisation, language = context.get("organisation"), translation.get_language() or "sv"
    told: Point | None = None
    if isinstance(collects, str) and collects:
        told = point_of(collects, organisation, language)
    elif isinstance(collects, forms.BaseForm):
        told = point(collects, organisation, language)
    return {"point": told, "place": place}
