"""What does Django need to know of logbook?"""

from django.apps import AppConfig


class LogbookConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.logbook"
    label = "logbook"
