"""What would one show the authority that asks for the record of processing (GDPR Art. 30(4))? `portvakt record`, as the console.

`--check` prints nothing but what is missing or differs from the rights in the database, and fails where there is anything.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.privacy.record.build import as_controller, as_processor, ground, of_organisation
from portvakt.server.privacy.record.complete import differences, missing
from portvakt.server.privacy.record.model import Record
from portvakt.server.purpose.context import acting
from portvakt.server.web.record_file import FORMATS, name_of, written

PURPOSE = "register_review"


class Command(BaseCommand):
    """Write a record of processing."""

    help = "Writes a record of processing (GDPR Art. 30), drawn from what is enforced."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which record, whose, in which format and language, and where to."""
        parser.add_argument("--as", dest="role", choices=["controller", "processor"], default="controller")
        parser.add_argument(
            "--organisation",
            metavar="SLUG",
            help="as processor: for this organisation alone; as controller: its own record",
        )
        parser.add_argument("--format", choices=sorted(FORMATS), default="pdf")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="sv")
        parser.add_argument(
            "--folder", type=Path, default=Path(), help="where the file goes; its name says which it is"
        )
        parser.add_argument("--check", action="store_true", help="write nothing; fail where something is missing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file and say which, or check."""
        with translation.override(options["language"]), acting(PURPOSE):
            record = _record(options["role"], options["organisation"])
            if options["check"]:
                return self._check(record, options["language"])
            content = written(record, options["format"], options["language"])
        path = options["folder"] / f"{name_of(record)}.{FORMATS[options['format']][0]}"
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(f"{path} SHA-256 of the record {record.digest}")
        return None

    def _check(self, record: Record, language: str) -> None:
        wrong = [field.said(language) for field in missing(record)]
        wrong += [difference.said(language) for difference in differences(record)]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write("complete, and exactly the rights that the database grants")


def _record(role: str, slug: str | None) -> Record:
    drawn, organisation = ground(timezone.localdate()), _organisation(slug) if slug else None
    if role == "processor":
        all_of_them = Organisation.objects.filter(active=True, provider=False).order_by("name")
        return as_processor(drawn, [organisation] if organisation else all_of_them)
    if organisation is None:
        return as_controller(drawn)
    return of_organisation(drawn, organisation, OwnRecipient.objects.filter(organisation=organisation).order_by("name"))


def _organisation(slug: str) -> Organisation:
    if found := Organisation.objects.filter(slug=slug, provider=False).first():
        return found
    raise CommandError(f"no organisation has the address {slug}")
