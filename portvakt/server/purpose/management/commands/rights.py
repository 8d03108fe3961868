"""Does the database give the rights that the register says? `portvakt rights` compares, `portvakt rights --apply` mends."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from portvakt.server.purpose import applying, catalogue, versions
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import RegisterError, overdue_reviews


class Command(BaseCommand):
    """Compare or apply the rights in the database."""

    help = "Compares the rights in the database with the register; --apply mends them (as the owner)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --apply and --told."""
        parser.add_argument("--apply", action="store_true", help="make the database give exactly the wanted rights")
        parser.add_argument(
            "--told",
            default="",
            metavar="REASON",
            help="with --apply: why nobody needs to be told before a change starts",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what was changed or that nothing differs; fail on a difference."""
        if options["told"] and not options["apply"]:
            raise CommandError("--told says something of a change: give it with --apply")
        try:
            if options["apply"]:
                with transaction.atomic():
                    version, count = applying.publish_and_apply(timezone.now(), options["told"])
                self.stdout.write(f"{count} rights changed; {_said(version)}")
            catalogue.require_no_difference()
        except (catalogue.RightsDiffer, RegisterError, versions.RegisterUnknown) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("the database gives exactly the rights that the register says")
        for row in overdue_reviews(catalogue.in_force(), timezone.localdate()):
            self.stdout.write(f"look at it again: {row.what} of {row.whose}, due {row.on.isoformat()}")


def _said(version: RegisterVersion) -> str:
    """Say which version of the register is the newest, and what it waits with."""
    if version.granted_at:
        return f"version {version.number} of the register is in force"
    held = ", ".join(version.held)
    return f"version {version.number} of the register is published; until people have been told, this stays as it was: {held}"
