"""What are our closed lists called in the vocabularies that others read: W3C's Data Privacy Vocabulary (DPV 2) and fideslang?

Prefixes: `dpv:` https://w3id.org/dpv#, `pd:` https://w3id.org/dpv/pd#, `eu-gdpr:` https://w3id.org/dpv/legal/eu/gdpr#. Where DPV has no
narrower term the broad `dpv:PersonalData` stands, and our own name beside it says what it is.
"""

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.server.privacy.record.model import Measure
from portvakt.server.purpose.register import Basis, Mechanism, Operation, Source, Texts


class Terms(msgspec.Struct, frozen=True):
    """A term in each vocabulary."""

    dpv: tuple[str, ...]
    fides: tuple[str, ...]


def _terms(dpv: str, fides: str) -> Terms:
    return Terms(tuple(dpv.split()), tuple(fides.split()))


KINDS: dict[Kind, Terms] = {
    Kind.ACCESS_RIGHT: _terms("dpv:PersonalData", "user.authorization"),
    Kind.ACKNOWLEDGEMENT: _terms("pd:Professional", "user.workplace"),
    Kind.ACTIVITY: _terms("pd:ServiceConsumptionBehavior", "user.behavior"),
    Kind.BOOKKEEPING: _terms("pd:Transactional", "user.financial"),
    Kind.CARD_READING: _terms("pd:Identifier", "user.unique_id"),
    Kind.CONSENT: _terms("pd:PrivacyPreference", "user.privacy_preferences"),
    Kind.CONTACT: _terms("pd:Contact", "user.contact"),
    Kind.CREDENTIAL: _terms("pd:Authenticating", "user.authorization.credentials"),
    Kind.CREDENTIAL_DIGEST: _terms(
        "pd:Authenticating dpv:PseudonymisedData", "user.authorization.credentials user.unique_id.pseudonymous"
    ),
    Kind.DISCLOSURE: _terms("pd:Historical", "user"),
    Kind.DOOR_EVENT: _terms("pd:Behavioral", "user.sensor"),
    Kind.ENQUIRY: _terms("pd:Communication", "user.content.private"),
    Kind.FORGIVENESS: _terms("pd:Location", "user.location"),
    Kind.IDENTITY: _terms("pd:Name", "user.name"),
    Kind.LOG_PROOF: _terms("dpv:PseudonymisedData", "user.unique_id.pseudonymous"),
    Kind.MAILING: _terms("pd:Communication", "user.contact"),
    Kind.NOTICE_RECEIPT: _terms("pd:Historical", "user.privacy_preferences"),
    Kind.ORDER: _terms("pd:Purchase", "user.behavior.purchase_history"),
    Kind.PASSAGE: _terms("pd:Location pd:Behavioral", "user.location.precise user.behavior"),
    Kind.PERSONAL_IDENTITY_NUMBER: _terms("pd:OfficialID", "user.government_id.national_identification_number"),
    Kind.REMOTE_ASK: _terms("pd:ServiceConsumptionBehavior", "user.behavior"),
    Kind.ROLE: _terms("pd:Professional", "user.authorization"),
    Kind.SECRET: _terms("pd:Password pd:Authenticating", "user.authorization.password"),
    Kind.SESSION: _terms("pd:IPAddress pd:UserAgent", "user.device user.device.ip_address"),
    Kind.SNAPSHOT_CHANGE: _terms("pd:Historical", "user.authorization"),
    Kind.SOCIAL_MEDIA: _terms("pd:SocialMedia", "user.social"),
    Kind.SUPPORT: _terms("pd:Communication", "user.content.private"),
    Kind.SUPPRESSION: _terms("pd:PrivacyPreference", "user.privacy_preferences"),
    Kind.TECHNICAL: _terms("pd:AuthenticationHistory", "user.telemetry"),
    Kind.TERMS: _terms("pd:Historical", "user.account.settings"),
}
SUBJECTS: dict[Subject, str] = {
    Subject.ACCOUNT_HOLDER: "dpv:User",
    Subject.CONTACT: "dpv:Customer",
    Subject.DATA_SUBJECT: "dpv:DataSubject",
    Subject.GUARDIAN: "dpv:GuardianOfDataSubject",
    Subject.HOLDER: "dpv:DataSubject",
}
BASES: dict[Basis, Terms] = {
    "consent": Terms(("eu-gdpr:A6-1-a",), ("Consent",)),
    "contract": Terms(("eu-gdpr:A6-1-b",), ("Contract",)),
    "legal_obligation": Terms(("eu-gdpr:A6-1-c",), ("Legal obligations",)),
    "vital_interest": Terms(("eu-gdpr:A6-1-d",), ("Vital interests",)),
    "public_task": Terms(("eu-gdpr:A6-1-e",), ("Public interest",)),
    "legitimate_interest": Terms(("eu-gdpr:A6-1-f",), ("Legitimate interests",)),
}
MECHANISMS: dict[Mechanism, Terms] = {
    "none": Terms((), ()),
    "adequacy": Terms(("eu-gdpr:A45-3",), ("Adequacy Decision",)),
    "scc": Terms(("eu-gdpr:A46-2-c",), ("SCCs",)),
    "bcr": Terms(("eu-gdpr:A46-2-b",), ("BCRs",)),
    "derogation": Terms(("dpv:DataTransferLegalBasis",), ("Other",)),
}
OPERATIONS: dict[Operation, str] = {
    "read": "dpv:Consult",
    "insert": "dpv:Store",
    "update": "dpv:Modify",
    "delete": "dpv:Erase",
}
SOURCES: dict[Source, str] = {
    "person": "dpv:DataSubjectDataSource",
    "child": "dpv:ThirdPartyDataSource",
    "organisation": "dpv:ThirdPartyDataSource",
    "device": "dpv:DataSubjectDataSource",
    "system": "dpv:DataControllerDataSource",
}
RECIPIENTS: dict[str, str] = {
    "own": "dpv:Recipient",
    "processor": "dpv:DataProcessor",
    "authority": "dpv:Authority",
    "data_controller": "dpv:DataController",
}

# What the product itself does, whoever runs it; what a deployment does besides stands in register/provider.toml.
MEASURES: tuple[Measure, ...] = (
    Measure(
        "dpv:AuthorisationProtocols", False,
        Texts(
            "Varje ändamål är en egen roll i databasen och når bara de slags uppgifter som står här; allt annat nekas.",
            "Each purpose is a role of its own in the database and reaches only the kinds of data that stand here; all else is refused.",
        ),
    ),
    Measure(
        "dpv:EncryptionInTransfer", False,
        Texts(
            "Mellan server och undercentral krypteras med egna certifikat, mellan undercentral och läsare i säker kanal.",
            "Encrypted from server to controller with certificates of its own, from controller to reader by secure channel.",
        ),
    ),
    Measure(
        "dpv:HashMessageAuthenticationCode", False,
        Texts(
            "Kort, koder och registreringsnummer sparas som avtryck gjorda med en hemlig nyckel, lösenord som Argon2-avtryck.",
            "Cards, codes and licence plates are kept as keyed digests, passwords as Argon2 digests.",
        ),
    ),
    Measure(
        "dpv:Pseudonymisation", False,
        Texts(
            "Loggar och undercentraler har identitetsnummer, aldrig namn; namnen finns på ett ställe och raderas där.",
            "Logs and controllers hold ids, never names; the names are in one place and are erased there.",
        ),
    ),
    Measure(
        "dpv:DigitalSignatures", False,
        Texts(
            "Det som dörrarna bestämmer efter är signerat, och passerloggen är en kedja där en ändring syns.",
            "What doors decide by is signed, and the access log is a chain in which a change shows.",
        ),
    ),
    Measure(
        "dpv:MultiFactorAuthentication", False,
        Texts("Inloggning kan skyddas med ett andra steg eller en nyckel.", "Sign-in can be protected by a second step or a passkey."),
    ),
    Measure(
        "dpv:ActivityMonitoring", False,
        Texts(
            "Varje ändring, sökning på en person i passerloggen och utlämnande antecknas med vem, när och för vilket ändamål.",
            "Each change, look-up of a person in the access log and disclosure is recorded with who, when and for which purpose.",
        ),
    ),
    Measure(
        "dpv:RecordsOfActivities", True,
        Texts(
            "Den här förteckningen jämförs med databasens rättigheter vid varje start; skiljer de sig startar inte tjänsten.",
            "This record is compared with the rights in the database at each start; if they differ the service does not start.",
        ),
    ),
)  # fmt: skip
