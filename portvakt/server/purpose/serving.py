"""How does a serving process begin? By refusing to, unless the database gives exactly the rights that the register says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from portvakt.server.purpose import catalogue


class ServingCommand(BaseCommand):
    """A command that serves until it is told to stop; a subclass says how in `serve`."""

    # The pages' addresses are not this process's; declarations, register and rights are checked below.
    requires_system_checks = ()

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse to start on a difference in rights; then serve."""
        try:
            catalogue.require_no_difference()
        except catalogue.RightsDiffer as error:
            raise CommandError(str(error)) from error
        connections.close_all()
        self.serve(options)

    def serve(self, options: dict[str, Any]) -> None:
        """Serve, with the command line's options."""
        raise NotImplementedError
