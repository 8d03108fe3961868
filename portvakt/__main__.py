"""How is the server administered from a shell? `portvakt COMMAND`; `portvakt help` lists the commands.

`portvakt verify-log FILE` is not among them: it needs no server, no settings and no database (see verify_log.py).
"""

import os
import sys

from django.core.management import execute_from_command_line

from portvakt import verify_log


def main() -> None:
    """Run one of the server's commands."""
    if sys.argv[1:2] == ["verify-log"]:
        sys.exit(verify_log.main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")
    execute_from_command_line(["portvakt", *sys.argv[1:]])


if __name__ == "__main__":
    main()
