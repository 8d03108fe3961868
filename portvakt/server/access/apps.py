"""What does Django need to know of access?"""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.access"
    label = "access"
