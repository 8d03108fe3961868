"""What stands at the foot of every page, those of errors too: where one reads about privacy, asks, and complains?"""

from typing import Any

from django import template
from django.conf import settings

from portvakt.server.purpose import catalogue
from portvakt.server.purpose.register import RegisterError

register = template.Library()


@register.inclusion_tag("components/footer.html", takes_context=True)
def footer(context: template.Context) -> dict[str, Any]:
    """Return what the footer shows; an error page has no request in its context, and perhaps no database to ask."""
    organisation, provider_site = context.get("organisation"), settings.PROVIDER_SITE
    # The provider's own organisation has no notice beside the provider's.
    if organisation is None or organisation.provider:
        return {"slug": "", "authority": _authority(), "provider_site": provider_site}
    return {"slug": organisation.slug, "name": organisation.name, "authority": _authority(), "provider_site": False}


def _authority() -> str:
    try:
        return catalogue.in_force().provider.authority.name
    except RegisterError:
        return ""
