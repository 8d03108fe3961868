"""How is the process started that tells open pages to look again? `portvakt live`; stopped by SIGTERM."""

from typing import Any

import uvicorn
from django.core.management.base import CommandParser

from portvakt.server.live.asgi import application
from portvakt.server.purpose.serving import ServingCommand


class Command(ServingCommand):
    """Serve server-sent events."""

    help = "Serves hints to open pages as server-sent events."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address to listen at."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)

    def serve(self, options: dict[str, Any]) -> None:
        """Serve until told to stop."""
        # Open streams are cut when it stops: browsers come again by themselves.
        uvicorn.run(
            application, host=options["host"], port=options["port"], lifespan="on", access_log=False,
            log_config=None, server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
