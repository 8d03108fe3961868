"""What are the register's closed lists called when one tells a person about them, in both languages?

Plain values without gettext: a notice must come out the same whatever language a process happens to speak. Used by the notice, the records
of processing, the collection texts and the own-data page alike.
"""

import msgspec

from portvakt.core.privacy import Kind, Subject
from portvakt.server.purpose.register import Basis, Mechanism, Required, Source, Texts


class Word(msgspec.Struct, frozen=True):
    """What something is called, and in a few words what it covers."""

    name: Texts
    covers: Texts


def _word(sv: str, en: str, covers_sv: str, covers_en: str) -> Word:
    return Word(Texts(sv, en), Texts(covers_sv, covers_en))


KINDS: dict[Kind, Word] = {
    Kind.ACCESS_RIGHT: _word(
        "Behörigheter", "Access rights",
        "vilka dörrar du får öppna, när, från och med och till och med vilken dag",
        "which doors you may open, at what times, and from and until which day",
    ),
    Kind.ACKNOWLEDGEMENT: _word(
        "Kvitterade larm", "Alarms taken care of",
        "att du har kvitterat ett larm, när, och vad du skrev om det",
        "that you took care of an alarm, when, and what you wrote about it",
    ),
    Kind.ACTIVITY: _word(
        "Vad du har gjort i tjänsten", "What you did in the service",
        "ändringar och visningar som du gjort som inloggad: vad och när",
        "what you changed and looked at while signed in, and when",
    ),
    Kind.BOOKKEEPING: _word(
        "Bokföringsunderlag", "Accounting records",
        "ditt namn och dina uppgifter på fakturor, avtal och andra verifikationer",
        "your name and details on invoices, contracts and other vouchers",
    ),
    Kind.CARD_READING: _word(
        "Avläsning av kort", "Card readings",
        "vad en läsare läste när ett kort skulle lämnas ut; borta inom ett dygn",
        "what a reader read when a card was about to be handed out; gone within a day",
    ),
    Kind.CONSENT: _word(
        "Samtycken", "Consents",
        "vad du har sagt ja eller nej till, vilken text du såg, när och hur",
        "what you said yes or no to, which text you saw, when and how",
    ),
    Kind.CONTACT: _word(
        "Kontaktuppgifter", "Contact details",
        "e-postadress, telefonnummer och postadress, där de har lämnats",
        "e-mail address, phone number and postal address, where given",
    ),
    Kind.CREDENTIAL: _word(
        "Kort och koder", "Cards and codes",
        "numret som står på kortet, vad kortet eller koden kallas, när den lämnades ut; aldrig själva koden",
        "the number printed on the card, what the card or code is called, when it was handed out; never the code itself",
    ),
    Kind.CREDENTIAL_DIGEST: _word(
        "Kontrollvärden för kort och koder", "Check values of cards and codes",
        "ett krypterat avtryck som kort, kod eller registreringsskylt känns igen på; det går inte att öppna med",
        "a keyed imprint by which a card, code or licence plate is recognised; it opens nothing",
    ),
    Kind.DISCLOSURE: _word(
        "Utlämnanden", "Disclosures",
        "vilka av dina uppgifter som har lämnats till vem, när och varför",
        "which of your data went to whom, when and why",
    ),
    Kind.DOOR_EVENT: _word(
        "Händelser vid dörrar", "Events at doors",
        "när en dörr öppnades, stängdes eller stod öppen, där det hör ihop med en passage",
        "when a door was opened, closed or stood open, where it belongs to a passage",
    ),
    Kind.ENQUIRY: _word(
        "Frågor och svar", "Questions and answers",
        "vad du har frågat, vilket företag och projekt det gäller, och vad som svarades",
        "what you asked, which company and project it is about, and what was answered",
    ),
    Kind.FORGIVENESS: _word(
        "Nollställd närvaro", "Presence set right",
        "att ditt läge innanför eller utanför har nollställts, till exempel när någon höll upp dörren åt dig",
        "that your being inside or outside was set right, for instance when somebody held the door for you",
    ),
    Kind.IDENTITY: _word(
        "Namn", "Name",
        "för- och efternamn, och lägenhet, företag eller organisationsnummer där det behövs",
        "first and last name, and flat, company or organisation number where needed",
    ),
    Kind.LOG_PROOF: _word(
        "Loggens kontrollvärden", "Check values of the log",
        "avtryck som visar att loggen inte har ändrats i efterhand",
        "imprints that show that nobody has changed the log afterwards",
    ),
    Kind.MAILING: _word(
        "Utskick", "Mailings",
        "vilka erbjudanden och utskick du har fått, och när",
        "which offers and mailings you were sent, and when",
    ),
    Kind.NOTICE_RECEIPT: _word(
        "Mottagen information", "Notices received",
        "vilken version av informationen om personuppgifter du har fått, när och hur",
        "which version of the privacy notice you were given, when and how",
    ),
    Kind.ORDER: _word(
        "Beställningar", "Orders",
        "vad som har beställts, när, och vem som är kontaktperson",
        "what was ordered, when, and who is the contact",
    ),
    Kind.PASSAGE: _word(
        "Passager", "Passages",
        "vid vilken dörr, när, och om den öppnades eller varför den inte gjorde det",
        "at which door, when, and whether it opened or why it did not",
    ),
    Kind.PERSONAL_IDENTITY_NUMBER: _word(
        "Personnummer", "Personal identity number",
        "personnummer eller samordningsnummer",
        "Swedish personal identity number or coordination number",
    ),
    Kind.REMOTE_ASK: _word(
        "Öppningar med telefonen", "Openings by phone",
        "att du bad en dörr öppna, när, och om du var tillräckligt nära; inte var du var",
        "that you asked a door to open, when, and whether you were near enough; not where you were",
    ),
    Kind.ROLE: _word(
        "Roller", "Roles",
        "vad du får göra i vilken organisation",
        "what you may do in which organisation",
    ),
    Kind.SECRET: _word(
        "Lösenord och inloggningsnycklar", "Passwords and sign-in keys",
        "ditt lösenord som avtryck, och nycklar för inloggning i två steg; ingen kan läsa lösenordet",
        "your password as an imprint, and keys for two-step sign-in; nobody can read the password",
    ),
    Kind.SESSION: _word(
        "Inloggningar", "Sign-ins",
        "IP-adress, webbläsare och tidpunkt för de enheter där du är inloggad",
        "IP address, browser and time of the devices where you are signed in",
    ),
    Kind.SNAPSHOT_CHANGE: _word(
        "Ändrad behörighet", "Changed access",
        "att och när något som rör dina behörigheter ändrades, så att dörrarna får veta det",
        "that and when something about your access changed, so that the doors learn of it",
    ),
    Kind.SOCIAL_MEDIA: _word(
        "Sociala medier", "Social media",
        "ditt namn där och det du själv delar när du kommenterar eller skriver till oss i en kanal",
        "your name there and what you share yourself when you comment or write to us in a channel",
    ),
    Kind.SUPPORT: _word(
        "Supportärenden", "Support cases",
        "vad du har frågat supporten, vad som svarades och när",
        "what you asked support, what was answered and when",
    ),
    Kind.SUPPRESSION: _word(
        "Spärrad adress", "Blocked address",
        "ett avtryck av din adress, så att du inte får utskick som du har tackat nej till och ett spärrat konto inte öppnas igen",
        "an imprint of your address, so that you are not sent what you said no to and a disabled account is not opened again",
    ),
    Kind.TECHNICAL: _word(
        "Tekniska uppgifter", "Technical data",
        "när kontot skapades och senast användes, enhet och webbläsare",
        "when the account was made and last used, device and browser",
    ),
    Kind.TERMS: _word(
        "Godkända villkor", "Terms accepted",
        "vilken version av villkoren du har godkänt och när",
        "which version of the terms you accepted, and when",
    ),
}  # fmt: skip

SUBJECTS: dict[Subject, Word] = {
    Subject.ACCOUNT_HOLDER: _word(
        "Den som har ett konto", "Whoever has an account",
        "operatörer och andra som loggar in", "operators and others who sign in",
    ),
    Subject.CONTACT: _word(
        "Den som har kontakt med leverantören", "Whoever deals with the provider",
        "beställare, kontaktpersoner, den som frågar och den som får utskick",
        "whoever orders, is named as contact, asks, or is sent mailings",
    ),
    Subject.DATA_SUBJECT: _word(
        "Den som uppgifterna handlar om", "Whoever the data is about",
        "alla som finns i tjänsten", "everybody in the service",
    ),
    Subject.GUARDIAN: _word(
        "Vårdnadshavare", "Guardian",
        "den som tillfrågas om ett barns konto", "whoever is asked about a child's account",
    ),
    Subject.HOLDER: _word(
        "Den som passerar", "Whoever passes",
        "boende, anställda, entreprenörer och gäster med kort, kod eller telefon",
        "residents, employees, contractors and guests with a card, code or phone",
    ),
}  # fmt: skip

BASES: dict[Basis, Texts] = {
    "contract": Texts("Avtal (artikel 6.1 b)", "Contract (Article 6(1)(b))"),
    "legal_obligation": Texts("Rättslig förpliktelse (artikel 6.1 c)", "Legal obligation (Article 6(1)(c))"),
    "legitimate_interest": Texts("Berättigat intresse (artikel 6.1 f)", "Legitimate interest (Article 6(1)(f))"),
    "consent": Texts("Samtycke (artikel 6.1 a)", "Consent (Article 6(1)(a))"),
    "public_task": Texts(
        "Uppgift av allmänt intresse eller myndighetsutövning (artikel 6.1 e)", "Public task (Article 6(1)(e))"
    ),
    "vital_interest": Texts("Grundläggande intressen (artikel 6.1 d)", "Vital interests (Article 6(1)(d))"),
}
SOURCES: dict[Source, Texts] = {
    "person": Texts("från dig", "from you"),
    "child": Texts("från barnet, som säger vem som är vårdnadshavare", "from the child, who says who the guardian is"),
    "organisation": Texts("från den organisation som lägger upp dig", "from the organisation that enrols you"),
    "device": Texts("från den utrustning du använder", "from the equipment you use"),
    "system": Texts("uppstår i systemet", "made by the system"),
}
REQUIRED: dict[Required, Texts] = {
    "contract": Texts("behövs för avtalet", "needed for the contract"),
    "law": Texts("krävs enligt lag", "required by law"),
    "service": Texts("behövs för att tjänsten ska fungera för dig", "needed for the service to work for you"),
    "voluntary": Texts("frivilligt", "voluntary"),
    "observed": Texts("du lämnar dem inte: de uppstår när tjänsten används", "you do not give it: it arises as the service is used"),
}  # fmt: skip
MECHANISMS: dict[Mechanism, Texts] = {
    "none": Texts("inget skydd", "no safeguard"),
    "adequacy": Texts(
        "beslut om adekvat skyddsnivå (artikel 45)", "decision that protection is adequate (Article 45)"
    ),
    "scc": Texts("EU:s standardavtalsklausuler (artikel 46.2 c)", "the EU's standard contractual clauses (Article 46(2)(c))"),
    "bcr": Texts("bindande företagsbestämmelser (artikel 47)", "binding corporate rules (Article 47)"),
    "derogation": Texts("undantag i ett enskilt fall (artikel 49)", "exception in a single case (Article 49)"),
}  # fmt: skip
RECIPIENT_CATEGORIES: dict[str, Texts] = {
    "own": Texts("egen utrustning", "own equipment"),
    "processor": Texts("personuppgiftsbiträde", "data processor"),
    "authority": Texts("myndighet", "authority"),
    "data_controller": Texts("egen personuppgiftsansvarig", "data controller of its own"),
}

# ISO 3166-1. A table of our own, because a library's would change under notices that must stay the same; any other shows as its code.
COUNTRIES: dict[str, Texts] = {
    "AT": Texts("Österrike", "Austria"), "AU": Texts("Australien", "Australia"), "BE": Texts("Belgien", "Belgium"),
    "BG": Texts("Bulgarien", "Bulgaria"), "CA": Texts("Kanada", "Canada"), "CH": Texts("Schweiz", "Switzerland"),
    "CN": Texts("Kina", "China"), "CY": Texts("Cypern", "Cyprus"), "CZ": Texts("Tjeckien", "Czechia"),
    "DE": Texts("Tyskland", "Germany"), "DK": Texts("Danmark", "Denmark"), "EE": Texts("Estland", "Estonia"),
    "ES": Texts("Spanien", "Spain"), "FI": Texts("Finland", "Finland"), "FR": Texts("Frankrike", "France"),
    "GB": Texts("Storbritannien", "the United Kingdom"), "GR": Texts("Grekland", "Greece"), "HR": Texts("Kroatien", "Croatia"),
    "HU": Texts("Ungern", "Hungary"), "IE": Texts("Irland", "Ireland"), "IL": Texts("Israel", "Israel"),
    "IN": Texts("Indien", "India"), "IS": Texts("Island", "Iceland"), "IT": Texts("Italien", "Italy"),
    "JP": Texts("Japan", "Japan"), "KR": Texts("Sydkorea", "South Korea"), "LI": Texts("Liechtenstein", "Liechtenstein"),
    "LT": Texts("Litauen", "Lithuania"), "LU": Texts("Luxemburg", "Luxembourg"), "LV": Texts("Lettland", "Latvia"),
    "MT": Texts("Malta", "Malta"), "NL": Texts("Nederländerna", "the Netherlands"), "NO": Texts("Norge", "Norway"),
    "NZ": Texts("Nya Zeeland", "New Zealand"), "PL": Texts("Polen", "Poland"), "PT": Texts("Portugal", "Portugal"),
    "RO": Texts("Rumänien", "Romania"), "SE": Texts("Sverige", "Sweden"), "SG": Texts("Singapore", "Singapore"),
    "SI": Texts("Slovenien", "Slovenia"), "SK": Texts("Slovakien", "Slovakia"), "UA": Texts("Ukraina", "Ukraine"),
    "US": Texts("USA", "the United States"),
}  # fmt: skip


def country(code: str, language: str) -> str:
    """Return a country's name in a language, or its code."""
    return COUNTRIES[code].within(language) if code in COUNTRIES else code
