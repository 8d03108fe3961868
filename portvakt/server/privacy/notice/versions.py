"""Which texts does a version of a notice have, and do those that were published still follow from the register (N-07)?"""

import hashlib
from collections.abc import Iterator

from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.clearance import has_safeguard, of_organisation
from portvakt.server.privacy.models import NoticeVersion, OwnRecipient
from portvakt.server.privacy.notice.facts import EDITION, Facts, organisation_facts, provider_facts, restored
from portvakt.server.privacy.notice.writing import VARIANTS, render
from portvakt.server.purpose.errors import Refused
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import LANGUAGES, Register, from_canonical

Texts = dict[tuple[str, str], bytes]


def newest_register() -> RegisterVersion:
    """Return the newest published register, held or not; raises Refused("register_unpublished") where there is none."""
    if (version := RegisterVersion.objects.order_by("-number").first()) is None:
        raise Refused("register_unpublished")
    return version


def facts_of(organisation: Organisation | None, register: Register) -> Facts:
    """Return what stands in a data controller's notice beside the register; the provider where there is no organisation."""
    if organisation is None:
        return provider_facts()
    rows = OwnRecipient.objects.filter(organisation=organisation, ended_at=None)
    # One half entered gets nothing: it is not told of, and does not keep the notice from being written.
    recipients = [row for row in rows if has_safeguard(of_organisation(row), register.law)]
    return organisation_facts(organisation, recipients, register.provider)


def written(register: Register, facts: Facts) -> Texts:
    """Return a notice in every (language, variant). Raises NoticeIncomplete."""
    return {
        (language, variant): render(register, facts, language, variant)
        for language in LANGUAGES
        for variant in VARIANTS
    }


def digest(content: bytes) -> str:
    """Return the checksum by which a text is known."""
    return hashlib.sha256(content).hexdigest()


def wrong_texts(notice: NoticeVersion) -> Iterator[str]:
    """Yield what is wrong with the texts of a published version; nothing where the register still gives the same bytes.

    One of an earlier edition, whose form this release does not write any more, is held against its checksums alone.
    """
    stored = {(row.language, row.variant): row for row in notice.texts.all()}
    wanted: set[tuple[str, str]] = {(language, variant) for language in LANGUAGES for variant in VARIANTS}
    for key in sorted(wanted - set(stored)):
        yield f"{said(notice)}: there is no text {key}"
    for key, row in sorted(stored.items()):
        if digest(bytes(row.content)) != row.digest:
            yield f"{said(notice)}, {key}: the text does not have its checksum"
    facts = restored(notice.facts)
    if facts.edition != EDITION:
        return
    version = RegisterVersion.objects.filter(number=notice.register).first()
    if version is None:
        yield f"{said(notice)}: version {notice.register} of the register is gone"
        return
    made = written(from_canonical(bytes(version.content)), facts)
    for key, row in sorted(stored.items()):
        if made[key] != bytes(row.content):
            yield f"{said(notice)}, {key}: the register gives another text"


def said(notice: NoticeVersion) -> str:
    """Name a version for whoever administers the platform."""
    whose = notice.organisation.slug if notice.organisation else "the provider"
    return f"version {notice.number} of the notice of {whose}"
