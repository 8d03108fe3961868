"""Does the database give the rights that the register says? `portvakt rights` compares, `portvakt rights --apply` mends."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portvakt.server.purpose import catalogue


class Command(BaseCommand):
    """Compare or apply the rights in the database."""

    help = "Compares the rights in the database with the register; --apply mends them (as the owner)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --apply."""
        parser.add_argument("--apply", action="store_true", help="make the database give exactly the wanted rights")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what was changed or that nothing differs; fail on a difference."""
        try:
            if options["apply"]:
                with transaction.atomic():
                    self.stdout.write(f"{catalogue.apply()} rights changed")
            catalogue.require_no_difference()
        except catalogue.RightsDiffer as error:
            raise CommandError(str(error)) from error
        self.stdout.write("the database gives exactly the rights that the register says")
