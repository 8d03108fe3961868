"""What does Django need to know of privacy?"""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.privacy"
    label = "privacy"
