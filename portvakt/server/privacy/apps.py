"""What does Django need to know of privacy?"""

from django.apps import AppConfig
from django.core.checks import register


class PrivacyConfig(AppConfig):
    """Names the app and has the terms of use checked."""

    name = "portvakt.server.privacy"
    label = "privacy"

    def ready(self) -> None:
        """Refuse to start on bad terms of use."""
        from portvakt.server.privacy.terms import sound_terms

        register(sound_terms)
