"""Are the published notices what the register says? `portvakt notice` publishes, checks and releases by hand, as the console.

`portvakt jobs` does the same every minute; this is for a first start, for bin/check and for whoever wants to see it done.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portvakt.server.jobs.notices import PURPOSE, publish_changed, release_held
from portvakt.server.privacy.models import NoticeVersion
from portvakt.server.privacy.notice.versions import said, wrong_texts
from portvakt.server.privacy.told import held_notices, progress
from portvakt.server.purpose import versions
from portvakt.server.purpose.context import acting

NOTHING_SAYS_IT = (
    "version {number} of the register waits with {held}, and no published notice says so: publish what is missing (--publish); where no"
    " notice's text shows the change, tell people otherwise and run `portvakt rights --apply --told REASON`"
)


class Command(BaseCommand):
    """Publish, check or release."""

    help = "Publishes the notices whose text differs, or makes every published one again from the register and compares the bytes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--publish", action="store_true", help="publish every notice whose text differs from its newest version"
        )
        what.add_argument(
            "--check", action="store_true", help="make every published version again; fail where a byte differs"
        )
        what.add_argument("--release", action="store_true", help="let held changes begin, if everybody has been told")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and say what came of it."""
        if options["publish"]:
            self._publish()
        elif options["check"]:
            self._check()
        else:
            self._release()

    def _publish(self) -> None:
        complete = publish_changed()
        with acting(PURPOSE):
            newest = NoticeVersion.objects.order_by("organisation_id", "-number").distinct("organisation_id")
            for notice in newest.select_related("organisation"):
                state = "in force" if notice.in_force_at else "held until everybody has been told"
                self.stdout.write(f"{said(notice)}: {state}")
        if not complete:
            raise CommandError(
                "not every notice could be published, see above; the provider's needs an organisation that is the provider"
            )

    def _check(self) -> None:
        with acting(PURPOSE):
            notices = list(NoticeVersion.objects.select_related("organisation").order_by("organisation_id", "number"))
            wrong = [line for notice in notices for line in wrong_texts(notice)]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"{len(notices)} published versions are what the register gives, byte for byte")

    def _release(self) -> None:
        release_held()
        with acting(PURPOSE):
            held, version = held_notices(), versions.waiting()
            if version is not None and not held:
                self.stderr.write(NOTHING_SAYS_IT.format(number=version.number, held=", ".join(version.held)))
            for notice in held:
                found = progress(notice)
                self.stdout.write(
                    f"{said(notice)}: {found.told} told, {found.excepted} excepted, {found.untold} not yet"
                )
