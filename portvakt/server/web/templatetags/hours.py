"""How does a template show the fields of hours, whose label stands once for a whole day? `{% load hours %}`."""

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def named_control(field: BoundField, day: str) -> SafeString:
    """Render a time field that says its day and its label to those who do not see where it stands."""
    classes = "form-control is-invalid" if field.errors else "form-control"
    return field.as_widget(attrs={"class": classes, "aria-label": f"{day}, {field.label}"})
