"""What does Django need to know of live?"""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.live"
    label = "live"
