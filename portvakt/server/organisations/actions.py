"""How does an organisation begin, and how do its controllers learn that something changed?"""

from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection
from django.utils.text import slugify

from portvakt.server.organisations.models import Organisation, SnapshotCounter
from portvakt.server.purpose.notices import Channel, notify

# Versions follow the clock where it is ahead, so that they keep growing after a restore from a backup: controllers refuse older ones.
NEXT_VERSION = """
insert into organisations_snapshotcounter as c (organisation_id, version)
values (%(organisation)s, (extract(epoch from clock_timestamp()) * 1000)::bigint)
on conflict (organisation_id) do update set version = greatest(c.version + 1, excluded.version)
returning version
"""


def open_organisation(name: str, *, language: str = "sv", timezone: str = "Europe/Stockholm") -> Organisation:
    """Create an organisation; its slug is derived from the name and never changes. The caller records it, as its first entry."""
    return Organisation.objects.create(name=name, slug=_free_slug(name), language=language, timezone=timezone)


def _free_slug(name: str) -> str:
    base = slugify(name.translate(str.maketrans("åäöÅÄÖ", "aaoAAO")))[:40] or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(s for n in range(2, 10_000) if (s := f"{base}-{n}") not in taken)


def next_snapshot_version(organisation: UUID) -> int:
    """Ask all controllers of an organisation for a new snapshot, from the moment this transaction is committed."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_VERSION, {"organisation": organisation})
        version = int(cursor.fetchone()[0])
    notify(Channel.SNAPSHOT, organisation)
    return version


def wanted_version(organisation: UUID) -> int:
    """Return the version that an organisation's controllers should have in force; 0 before the first change."""
    return SnapshotCounter.objects.filter(organisation=organisation).values_list("version", flat=True).first() or 0


def digest_key(organisation: UUID) -> bytes:
    """Return the 32-byte key under which an organisation's cards and PINs are digested, derived from the deployment's secret."""
    deployment_key = (settings.SECRETS / "digest.key").read_bytes()
    return HKDF(SHA256(), 32, organisation.bytes, b"portvakt credential digest").derive(deployment_key)
