"""How does the register become a record of processing? Three records, of the provider in both its roles and of an organisation.

The provider's as data controller (Art. 30(1)), the provider's as data processor for organisations (Art. 30(2)), and an organisation's own
as data controller (Art. 30(1)): there the provider is a data processor, and the organisation's own recipients stand beside the register's.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.core.retention import words
from portvakt.server.organisations.models import Organisation
from portvakt.server.privacy.basis import basis_of
from portvakt.server.privacy.models import OwnRecipient
from portvakt.server.privacy.record.data_rights import Held, held
from portvakt.server.privacy.record.model import Entry, Item, Limit, Party, PartyRole, Record, To, Transfer
from portvakt.server.privacy.record.vocabulary import MEASURES
from portvakt.server.purpose import catalogue
from portvakt.server.purpose.context import role_of
from portvakt.server.purpose.models import RegisterVersion
from portvakt.server.purpose.register import (
    Activity,
    Contact,
    Data,
    Keeping,
    Operation,
    Recipient,
    Register,
    Safeguard,
    Texts,
    canonical,
)

NO_SAFEGUARD = Safeguard(mechanism="none", detail="")
OPERATION_ORDER: tuple[Operation, ...] = ("read", "insert", "update", "delete")
PROVIDER = "provider"
SERVICE = Texts("Driver tjänsten åt organisationen.", "Runs the service for the organisation.")


class Ground(msgspec.Struct, frozen=True):
    """What every record is drawn from: the register, what the database really gives, which version it is, and the day."""

    register: Register
    held: Held
    number: int | None
    on: date


def ground(on: date) -> Ground:
    """Return what records of a day are drawn from; asks the catalogue and the versions of the register."""
    register = catalogue.in_force()
    return Ground(register, held(), version_number(register), on)


def version_number(register: Register) -> int | None:
    """Return the number under which a register was published; None where it never was as a whole. Needs no purpose.

    A register whose newest version is partly held, until people have been told, was never published as a whole.
    """
    row = RegisterVersion.objects.filter(digest=register_digest(register)).values_list("number", flat=True).first()
    return None if row is None else int(row)


def register_digest(register: Register) -> str:
    """Return the SHA-256 of a register."""
    return hashlib.sha256(canonical(register)).hexdigest()


def as_controller(drawn: Ground) -> Record:
    """Return the provider's record as data controller."""
    provider = drawn.register.provider
    return _record(
        drawn, "30(1)", [_provider(drawn, "data_controller"), *_officers(drawn)],
        [_entry(drawn, activity, {}) for activity in drawn.register.activities if activity.role == "controller"],
        provider.security,
    )  # fmt: skip


def as_processor(drawn: Ground, organisations: Iterable[Organisation]) -> Record:
    """Return the provider's record as data processor for some organisations, each of them named."""
    parties = [
        _provider(drawn, "data_processor"), *_officers(drawn), *(_organisation(one) for one in organisations)
    ]  # fmt: skip
    return _record(drawn, "30(2)", parties, _entries_for(drawn, {}), drawn.register.provider.security)


def of_organisation(drawn: Ground, organisation: Organisation, recipients: Iterable[OwnRecipient]) -> Record:
    """Return an organisation's own record as data controller; `recipients` are those that it has entered itself."""
    settings = {"entry_log_days": organisation.entry_log_days}
    own = [one for one in recipients if one.ended_at is None]
    entries = [_with_own(drawn, entry, own) for entry in _entries_for(drawn, settings)]
    if organisation.public_authority:
        entries = [_of_authority(drawn, entry) for entry in entries]
    parties = [_organisation(organisation), *_own_officer(organisation), _provider(drawn, "data_processor")]
    return _record(drawn, "30(1)", parties, entries, drawn.register.provider.security)


def _record(
    drawn: Ground, paragraph: str, parties: list[Party], entries: list[Entry], security: Texts | None
) -> Record:
    purposes = {role_of(activity.id) for activity in drawn.register.activities if not activity.outside}
    return Record(
        paragraph="30(2)" if paragraph == "30(2)" else "30(1)",
        platform=drawn.register.provider.platform,
        parties=tuple(parties),
        # What has no personal data, such as showing the notice to the public, has no place in a record.
        entries=tuple(entry for entry in entries if entry.items),
        security=security,
        measures=MEASURES,
        as_of=drawn.on,
        register=drawn.number,
        register_digest=register_digest(drawn.register),
        strays=tuple(
            f"{holder}: {right}" for holder in sorted(drawn.held) if holder not in purposes
            for right in sorted(drawn.held[holder])
        ),
    )  # fmt: skip


def _entries_for(drawn: Ground, settings: Mapping[str, int]) -> list[Entry]:
    return [_entry(drawn, activity, settings) for activity in drawn.register.activities if activity.role == "processor"]


def _provider(drawn: Ground, role: PartyRole) -> Party:
    provider = drawn.register.provider
    return msgspec.structs.replace(_party(role, provider.contact), number=provider.organisation_number)


def _officers(drawn: Ground) -> Iterator[Party]:
    if representative := drawn.register.provider.representative:
        yield _party("representative", representative)
    yield _party("data_protection_officer", drawn.register.provider.dpo)


def _party(role: PartyRole, contact: Contact) -> Party:
    return Party(role=role, name=contact.name, address=contact.address, email=contact.email, phone=contact.phone)


def _organisation(organisation: Organisation) -> Party:
    return Party(
        role="data_controller",
        name=organisation.legal_name or organisation.name,
        address=organisation.address,
        email=organisation.privacy_email,
        number=organisation.registration_number,
    )


def _own_officer(organisation: Organisation) -> list[Party]:
    """Return the organisation's data protection officer; not every organisation must have one (Art. 37)."""
    return [Party(role="data_protection_officer", name=organisation.dpo_contact)] if organisation.dpo_contact else []


def _entry(drawn: Ground, activity: Activity, settings: Mapping[str, int]) -> Entry:
    recipients = [drawn.register.recipient(name) for name in activity.recipients]
    return Entry(
        id=activity.id,
        name=activity.name,
        purpose=activity.purpose,
        legal_basis=activity.legal_basis,
        legal_basis_note=activity.legal_basis_note,
        items=tuple(_items(drawn, activity)),
        limits=tuple(_limits(activity, settings)),
        recipients=tuple(_to(recipient) for recipient in recipients),
        transfers=tuple(transfer for recipient in recipients for transfer in _transfers(drawn.register, recipient)),
        outside=activity.outside,
        assessed=activity.assessment.made if activity.assessment else None,
        profiling=activity.profiling,
        automated_decision=activity.automated_decision,
        dpv=activity.dpv,
        fides=activity.fides,
    )


def _items(drawn: Ground, activity: Activity) -> Iterator[Item]:
    """Yield each kind about each subject, what the register states and what the database gives, also beyond the register."""
    gives = frozenset() if activity.outside else drawn.held.get(role_of(activity.id), frozenset())
    asked = {(row.subject, kind) for row in activity.data for kind in row.kinds}
    for subject, kind in sorted(asked | {(right.subject, right.kind) for right in gives}):
        rows = [row for row in activity.data if row.subject == subject and kind in row.kinds]
        granted = {right.operation for right in gives if (right.subject, right.kind) == (subject, kind)}
        yield _item(subject, kind, rows, granted)


def _item(subject: Subject, kind: Kind, rows: list[Data], granted: set[Operation]) -> Item:
    stated = {operation for row in rows if row.where is None for operation in row.operations}
    return Item(
        subject=subject,
        kind=kind,
        sources=tuple(sorted({row.source for row in rows})),
        operations=tuple(one for one in OPERATION_ORDER if one in stated),
        granted=tuple(one for one in OPERATION_ORDER if one in granted),
        where=next((row.where for row in rows if row.where), None),
    )


def _limits(activity: Activity, settings: Mapping[str, int]) -> Iterator[Limit]:
    """Yield each retention rule with the kinds that it is for; one without kinds is for all that no other rule names."""
    named = {kind for rule in activity.retention for kind in rule.kinds}
    kinds = {kind for row in activity.data for kind in row.kinds}
    for rule in activity.retention:
        yield Limit(tuple(sorted(rule.kinds or kinds - named)), _in_words(activity, rule, settings))


def _in_words(activity: Activity, rule: Keeping, settings: Mapping[str, int]) -> Texts:
    subjects = {row.subject for row in activity.data if not rule.kinds or set(rule.kinds) & set(row.kinds)}
    about = subjects.pop() if len(subjects) == 1 else None
    return Texts(sv=words(rule, "sv", settings, about), en=words(rule, "en", settings, about))


def _to(recipient: Recipient) -> To:
    return To(
        id=recipient.id,
        name=recipient.name,
        category=recipient.category,
        what_for=recipient.what_for,
        country=recipient.country,
        access_countries=recipient.access_countries,
        agreement=recipient.agreement.signed if recipient.agreement else None,
    )


def _transfers(register: Register, recipient: Recipient) -> Iterator[Transfer]:
    safeguard = recipient.safeguard or NO_SAFEGUARD
    for country in (recipient.country, *recipient.access_countries):
        if country not in register.law.eea:
            yield Transfer(
                recipient.id, recipient.name, country, safeguard.mechanism, safeguard.detail, safeguard.assessed
            )


def _with_own(drawn: Ground, entry: Entry, own: list[OwnRecipient]) -> Entry:
    """Return an entry as it stands with its organisation: with the provider and the organisation's own recipients."""
    mine = [_own_recipient(one) for one in own if entry.id in one.purposes]
    transfers = [transfer for recipient in mine for transfer in _transfers(drawn.register, recipient)]
    return msgspec.structs.replace(
        entry,
        recipients=(_the_provider(drawn), *entry.recipients, *(_to(recipient) for recipient in mine)),
        transfers=(*entry.transfers, *transfers),
    )


def _of_authority(drawn: Ground, entry: Entry) -> Entry:
    """Return an entry as it stands with a public authority: what was weighed of an interest is not what it rests on."""
    basis, note = basis_of(drawn.register.activity(entry.id), public_authority=True)
    assessed = entry.assessed if basis == "legitimate_interest" else None
    return msgspec.structs.replace(entry, legal_basis=basis, legal_basis_note=note, assessed=assessed)


def _the_provider(drawn: Ground) -> To:
    name = drawn.register.provider.contact.name
    return To(PROVIDER, Texts(name, name), "processor", SERVICE, drawn.register.law.country)


def _own_recipient(one: OwnRecipient) -> Recipient:
    """Return an organisation's own recipient as one of the register's; its texts are in the organisation's language alone."""
    return msgspec.convert(
        {
            "id": str(one.pk),
            "category": one.category,
            "name": {"sv": one.name, "en": one.name},
            "what_for": {"sv": one.what_for, "en": one.what_for},
            "country": one.country,
            "access_countries": one.access_countries,
            "agreement": one.agreement_signed
            and {
                "signed": one.agreement_signed,
                "subject_matter": {"sv": one.what_for, "en": one.what_for},
                "points": {letter: {"sv": letter, "en": letter} for letter in one.points},
                "ends": one.agreement_ends,
            },
            "safeguard": {"mechanism": one.mechanism, "detail": one.safeguard, "assessed": one.assessed},
        },
        Recipient,
    )
