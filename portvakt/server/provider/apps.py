"""What does Django need to know of the provider's own business?"""

from django.apps import AppConfig


class ProviderConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.provider"
    label = "provider"
