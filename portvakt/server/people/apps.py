"""What does Django need to know of people?"""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.people"
    label = "people"
