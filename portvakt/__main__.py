"""How is the server administered from a shell? `portvakt COMMAND`; `portvakt help` lists the commands."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one of the server's commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")
    execute_from_command_line(["portvakt", *sys.argv[1:]])


if __name__ == "__main__":
    main()
