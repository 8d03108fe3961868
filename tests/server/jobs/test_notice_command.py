"""Does `portvakt notice` publish what differs and find a published text that the register does not give?"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portvakt.server.privacy.models import NoticeText
from tests.cast import Cast, as_login


def run(*options: str) -> str:
    said = StringIO()
    with as_login("console"):
        call_command("notice", *options, stdout=said)
    return said.getvalue()


@pytest.mark.row("S34")
def test_notices_are_published_and_checked(cast: Cast, provider: Cast) -> None:  # N-07
    said = run("--publish")
    assert f"version 1 of the notice of {cast.organisation.slug}: in force" in said
    assert "of the notice of the provider: in force" in said
    assert "byte for byte" in run("--check")
    assert run("--release") == ""


def test_a_planted_change_fails_the_check(cast: Cast, provider: Cast) -> None:  # N-07
    run("--publish")
    before = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = "postgres"
    row = NoticeText.objects.get(notice__organisation=cast.organisation, language="sv", variant="adult")
    NoticeText.objects.filter(pk=row.pk).update(content=bytes(row.content) + b" ")
    try:
        with pytest.raises(CommandError, match="the register gives another text"):
            run("--check")
    finally:
        NoticeText.objects.filter(pk=row.pk).update(content=row.content)
        connection.close()
        connection.settings_dict["USER"] = before
    assert "byte for byte" in run("--check")
