"""How is the link process started? `portvakt link`; stopped by SIGTERM."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portvakt.server.link.authority import Authority
from portvakt.server.link.server import serve
from portvakt.server.purpose import catalogue


class Command(BaseCommand):
    """Serve controllers' streams and enrolment."""

    help = "Serves controllers: their streams (client certificate required) and their enrolment."
    # The pages' addresses are not this process's; the rights are compared below.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the addresses to listen at."""
        parser.add_argument("--listen", default="[::]:9843", metavar="HOST:PORT", help="for attached controllers")
        parser.add_argument("--listen-enrol", default="[::]:9844", metavar="HOST:PORT", help="for enrolment")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse to start on a difference in rights or on missing keys; then serve."""
        try:
            catalogue.require_no_difference()
            authority = Authority(settings.SECRETS)
        except (catalogue.RightsDiffer, OSError, ValueError, TypeError) as error:
            raise CommandError(str(error)) from error
        connections.close_all()
        asyncio.run(serve(authority, options["listen"], options["listen_enrol"], self._ready))

    def _ready(self) -> None:
        self.stdout.write("link ready")
        self.stdout.flush()
