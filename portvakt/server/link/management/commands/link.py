"""How is the link process started? `portvakt link`; stopped by SIGTERM."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from portvakt.server.link.authority import Authority
from portvakt.server.link.server import serve
from portvakt.server.purpose.serving import ServingCommand


class Command(ServingCommand):
    """Serve controllers' streams and enrolment."""

    help = "Serves controllers: their streams (client certificate required) and their enrolment."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the addresses to listen at."""
        parser.add_argument("--listen", default="[::]:9843", metavar="HOST:PORT", help="for attached controllers")
        parser.add_argument("--listen-enrol", default="[::]:9844", metavar="HOST:PORT", help="for enrolment")

    def serve(self, options: dict[str, Any]) -> None:
        """Refuse to start on missing keys; then serve until told to stop."""
        try:
            authority = Authority(settings.SECRETS)
        except (OSError, ValueError, TypeError) as error:
            raise CommandError(str(error)) from error
        asyncio.run(serve(authority, options["listen"], options["listen_enrol"], self._ready))

    def _ready(self) -> None:
        self.stdout.write("link ready")
        self.stdout.flush()
