"""What does Django need to know of organisations?"""

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.organisations"
    label = "organisations"
