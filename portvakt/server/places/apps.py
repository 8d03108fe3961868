"""What does Django need to know of places?"""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.places"
    label = "places"
