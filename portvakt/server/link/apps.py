"""What does Django need to know of link?"""

from django.apps import AppConfig


class LinkConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.link"
    label = "link"
