"""What does Django need to know of jobs?"""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.jobs"
    label = "jobs"
