"""What does Django need to know of the purpose layer?"""

from django.apps import AppConfig
from django.core.checks import register


class PurposeConfig(AppConfig):
    """Registers the system checks on privacy declarations."""

    name = "portvakt.server.purpose"
    label = "purpose"

    def ready(self) -> None:
        """Refuse to start on a model without a sound declaration or on a bad register."""
        from portvakt.server.purpose import checks

        register(checks.declarations_and_register)
