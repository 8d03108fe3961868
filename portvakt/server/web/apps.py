"""What does Django need to know of web?"""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.web"
    label = "web"
