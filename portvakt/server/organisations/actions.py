"""How does an organisation begin, and how do its controllers learn that something changed?"""

from collections.abc import Iterable
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.text import slugify

from portvakt.server.organisations.models import HolderChange, Organisation, Premises, SnapshotCounter, TakenBack
from portvakt.server.organisations.presets import preset_of
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.notices import Channel, notify

# Versions follow the clock where it is ahead, so that they keep growing after a restore from a backup: controllers refuse older ones.
NEXT_VERSION = """
insert into organisations_snapshotcounter as c (organisation_id, version, site_version)
values (%(organisation)s, (extract(epoch from clock_timestamp()) * 1000)::bigint, (extract(epoch from clock_timestamp()) * 1000)::bigint)
on conflict (organisation_id) do update set
    version = greatest(c.version + 1, excluded.version),
    site_version = case when %(site)s then greatest(c.version + 1, excluded.version) else c.site_version end
returning version
"""


def open_organisation(
    name: str, *, language: str = "sv", timezone: str = "Europe/Stockholm", provider: bool = False
) -> Organisation:
    """Create an organisation; its slug is derived from the name and never changes. The caller records it, as its first entry.

    It begins with the preset of housing, the shortest.

    Refused: provider_exists, where another organisation runs the platform already.
    """
    if provider and Organisation.objects.filter(provider=True).exists():
        raise Refused("provider_exists")
    return Organisation.objects.create(
        name=name,
        slug=_free_slug(name),
        language=language,
        timezone=timezone,
        provider=provider,
        entry_log_days=preset_of(Premises.HOUSING).days,
    )


# Words that stand where a slug does: /privacy/versions/ is the provider's, see web/site/urls.py.
TAKEN_SLUGS = frozenset({"children", "versions"})


def _free_slug(name: str) -> str:
    base = slugify(name.translate(str.maketrans("åäöÅÄÖ", "aaoAAO")))[:40] or "organisation"
    taken = TAKEN_SLUGS | set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(s for n in range(2, 10_000) if (s := f"{base}-{n}") not in taken)


def next_snapshot_version(organisation: UUID, holder: UUID | None = None) -> int:
    """Have all controllers of an organisation brought to a new version, from the moment this transaction is committed.

    With `holder`, nothing but that person's own rows (also credentials and assignments) changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEXT_VERSION, {"organisation": organisation, "site": holder is None})
        version = int(cursor.fetchone()[0])
    if holder is not None:
        holders_changed(organisation, version, [holder])
    notify(Channel.SNAPSHOT, organisation)
    return version


def holders_changed(organisation: UUID, version: int | None, holders: Iterable[UUID]) -> None:
    """Keep whose rows a version changed, so that controllers are sent them.

    For a change to many persons at once; `version` is that of the entry which recorded it. Raises ValueError for one
    that was recorded without `doors`.
    """
    if version is None:
        raise ValueError("a change to a person that doors know must be recorded with doors=True")
    now = timezone.now()
    rows = [
        HolderChange(organisation_id=organisation, person_id=holder, version=version, changed_at=now)
        for holder in sorted(set(holders))
    ]
    HolderChange.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["organisation", "person_id"],
        update_fields=["version", "changed_at"],
    )


def take_back(
    organisation: UUID,
    version: int | None,
    *,
    person: UUID | None = None,
    credential: UUID | None = None,
    rule: UUID | None = None,
) -> None:
    """Have controllers told at once, ahead of the version, that a credential, a person, or a person in a rule opens nothing from it on.

    `version` is that of the entry which recorded it; raises ValueError for one that was recorded without `doors`.
    """
    if version is None:
        raise ValueError("what is taken back must be recorded with doors=True")
    TakenBack.objects.create(
        organisation_id=organisation,
        version=version,
        at=timezone.now(),
        person_id=person,
        credential_id=credential,
        rule_id=rule,
    )


def wanted_version(organisation: UUID) -> int:
    """Return the version that an organisation's controllers should have in force; 0 before the first change."""
    return SnapshotCounter.objects.filter(organisation=organisation).values_list("version", flat=True).first() or 0


def digest_key(organisation: UUID) -> bytes:
    """Return the 32-byte key under which an organisation's cards and PINs are digested, derived from the deployment's secret."""
    deployment_key = (settings.SECRETS / "digest.key").read_bytes()
    return HKDF(SHA256(), 32, organisation.bytes, b"portvakt credential digest").derive(deployment_key)
