"""How is the process started that tells open pages to look again? `portvakt live`; stopped by SIGTERM."""

from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portvakt.server.live.asgi import application
from portvakt.server.purpose import catalogue


class Command(BaseCommand):
    """Serve server-sent events."""

    help = "Serves hints to open pages as server-sent events."
    # The pages' addresses are not this process's; the rights are compared below.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address to listen at."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse to start on a difference in rights; then serve."""
        try:
            catalogue.require_no_difference()
        except catalogue.RightsDiffer as error:
            raise CommandError(str(error)) from error
        connections.close_all()
        # Open streams are cut when it stops: browsers come again by themselves.
        uvicorn.run(
            application, host=options["host"], port=options["port"], lifespan="on", access_log=False,
            log_config=None, server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
