"""How does a new organisation, with its first administrator, come to be? With `portvakt open_organisation`, as the console."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from portvakt.server.accounts.actions import invite
from portvakt.server.accounts.models import Role
from portvakt.server.logbook.actions import record
from portvakt.server.organisations.actions import open_organisation
from portvakt.server.organisations.models import Organisation
from portvakt.server.purpose.actor import system
from portvakt.server.purpose.context import acting
from portvakt.server.purpose.errors import Refused


def _opened(options: dict[str, Any]) -> Organisation:
    chosen = {name: options[name] for name in ("language", "timezone", "provider")}
    try:
        return open_organisation(options["name"], **chosen)
    except Refused as refused:
        raise CommandError("another organisation is the provider already") from refused


class Command(BaseCommand):
    """Open an organisation."""

    help = "Opens an organisation and gives an e-mail address the role Admin in it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organisation's name and its first administrator's address."""
        parser.add_argument("name", help="the organisation's name; its address is derived from it and never changes")
        parser.add_argument("email", help="e-mail address of the first administrator")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="sv")
        parser.add_argument("--timezone", default=settings.TIME_ZONE)
        parser.add_argument(
            "--provider", action="store_true", help="it is the one that runs the platform, with the desk"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Open it, or nothing at all, and say where the administrator chooses a password."""
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']!r} is no e-mail address") from error
        with acting("organisation_opening"):
            organisation = _opened(options)
            by = system("console", organisation.pk)
            record("organisation.opened", organisation, by=by)
            invite(options["email"], [Role.ADMIN], by=by, language=options["language"])
        self.stdout.write(f"{settings.PUBLIC_URL}/o/{organisation.slug}/")
        self.stdout.write(f"{options['email']} chooses a password at {settings.PUBLIC_URL}/account/password/reset/")
