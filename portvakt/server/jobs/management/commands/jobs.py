"""How is the process started that does what is due? `portvakt jobs`; stopped by SIGTERM when the job at hand is done."""

from typing import Any, cast

from django.core.management.base import CommandParser
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from portvakt.server.purpose.serving import ServingCommand


class Command(ServingCommand):
    """Run the queue."""

    help = "Does what is due on a timer: retention, renewal of snapshots."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --once."""
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def serve(self, options: dict[str, Any]) -> None:
        """Work until told to stop."""
        # As the library's own command does: Django's connector hands out jobs, the worker needs an asynchronous one.
        connector = cast("DjangoConnector", app.connector)
        with app.replace_connector(connector.get_worker_connector()) as worker:
            self.stdout.write("jobs ready")
            self.stdout.flush()
            worker.run_worker(wait=not options["once"], delete_jobs="successful")
