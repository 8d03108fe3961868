"""What does Django need to know of jobs?"""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Names the app, and reads what runs on a timer beside jobs.py, which the queue finds by itself."""

    name = "portvakt.server.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Let the queue know of each."""
        from portvakt.server.jobs import mailings, notices, reminders, webhooks  # noqa: F401
