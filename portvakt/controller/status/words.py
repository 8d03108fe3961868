"""Which words does the status page use, in Swedish and in English?

A controller has neither Django nor its catalogues, and one page does not pay for a catalogue of its own.
"""

from collections.abc import Mapping
from enum import StrEnum

from portvakt.controller.readers import ReaderState
from portvakt.controller.status.facts import Trouble
from portvakt.core.door import DoorState


class Language(StrEnum):
    """What the page speaks; the first is the one for those who ask for neither."""

    SWEDISH = "sv"
    ENGLISH = "en"


Words = Mapping[Language, str]


def _words(swedish: str, english: str) -> Words:
    return {Language.SWEDISH: swedish, Language.ENGLISH: english}


TITLE = _words("Undercentral", "Controller")
ALL_IS_WELL = _words("Allt står rätt till.", "All is well.")
TO_DO = _words("Att göra", "To do")
LINK = _words("Förbindelse med servern", "Link to the server")
UP, DOWN = _words("uppe", "up"), _words("nere", "down")
SNAPSHOT = _words("Beslutsunderlag", "Snapshot")
NONE = _words("inget", "none")
VERSION = _words("version {version}, bekräftat för {age} sedan", "version {version}, confirmed {age} ago")
WAITING = _words("Händelser som väntar på servern", "Events waiting for the server")
IN_MEMORY = _words("bara i minnet", "in memory only")
UNKNOWN = _words("okänt", "unknown")
CLOCK = _words("Klocka", "Clock")
TRUSTED, NOT_TRUSTED = _words("går att lita på", "trusted"), _words("går inte att lita på", "not trusted")
STEERED = _words("styrs av en tidsserver, högst {error} s fel", "steered by a time server, at most {error} s wrong")
NOT_STEERED = _words("styrs inte av någon tidsserver", "not steered by a time server")
JUMPED = _words(
    "har hoppat {times} gånger sedan start, senast {seconds} s",
    "has jumped {times} times since the start, last {seconds} s",
)
RUNNING = _words("Igång i", "Running for")
SOFTWARE = _words("Programversion", "Software")
DOORS, READERS = _words("Dörrar", "Doors"), _words("Läsare", "Readers")
STATE = _words("Läge", "State")

STATES: Mapping[str, Words] = {
    DoorState.LOCKED: _words("låst", "locked"),
    DoorState.RELEASED: _words("öppnad", "released"),
    DoorState.OPEN: _words("öppen", "open"),
    DoorState.HELD_OPEN: _words("uppställd", "held open"),
    DoorState.FORCED: _words("uppbruten", "forced"),
    DoorState.UNLOCKED: _words("upplåst", "unlocked"),
    DoorState.UNLOCKED_OPEN: _words("öppen, upplåst", "open, unlocked"),
    ReaderState.ONLINE: _words("ansluten", "online"),
    ReaderState.OFFLINE: _words("svarar inte", "offline"),
    ReaderState.INSECURE: _words("saknar säker kanal", "insecure"),
    ReaderState.TAMPERED: _words("sabotage", "tampered"),
}

TROUBLES: Mapping[Trouble, Words] = {
    Trouble.STORE_SILENT: _words(
        "Disken svarar inte: inga dörrar öppnas. Starta om undercentralen; kommer felet tillbaka, byt disk.",
        "The disk does not answer: no door is opened. Restart the controller; if it comes back, replace the disk.",
    ),
    Trouble.EVENTS_IN_MEMORY: _words(
        "Disken tar inte emot händelser; de finns bara i minnet. Gör plats på disken eller byt den, och bryt inte strömmen.",
        "The disk takes no events; they are in memory only. Make room on the disk or replace it, and do not cut the power.",
    ),
    Trouble.CLOCK_NOT_TRUSTED: _words(
        "Klockan går före det som redan har hänt, bakåt i tiden. Dörrarna gör som med ett gammalt underlag. Ställ klockan.",
        "The clock is earlier than what has already happened. Doors do as with an old snapshot. Set the clock right.",
    ),
    Trouble.NO_SNAPSHOT: _words(
        "Inget beslutsunderlag: alla dörrar är låsta. Undercentralen behöver nå servern en gång.",
        "No snapshot: every door stays locked. The controller must reach the server once.",
    ),
    Trouble.DOOR_FORCED: _words(
        "En dörr är öppen utan att ha frigetts. Gå dit och se efter, och stäng den.",
        "A door is open without having been released. Go and look, and close it.",
    ),
    Trouble.READER_INSECURE: _words(
        "En läsare talar utan sin nyckel och används inte. Det kan vara en främmande läsare: gå dit och se efter.",
        "A reader speaks without its key and is not used. It may be another's reader: go and look.",
    ),
    Trouble.READER_TAMPERED: _words(
        "En läsares kapsling är öppnad. Gå dit och se efter.",
        "A reader's enclosure has been opened. Go and look.",
    ),
    Trouble.READER_OFFLINE: _words(
        "En läsare svarar inte. Kontrollera kabel, ström, adress och nyckel.",
        "A reader does not answer. Check cable, power, address and key.",
    ),
    Trouble.DOOR_HELD_OPEN: _words(
        "En dörr har stått öppen för länge. Stäng den.", "A door has stood open too long. Close it."
    ),
    Trouble.LINK_DOWN: _words(
        "Servern nås inte. Dörrarna beslutar ändå, men ändringar når inte hit. Kontrollera nätet.",
        "The server is not reached. Doors decide all the same, but changes do not arrive. Check the network.",
    ),
    Trouble.CLOCK_UNSYNCHRONISED: _words(
        "Ingen tidsserver styr klockan. Kontrollera NTP: scheman följer klockan.",
        "No time server steers the clock. Check NTP: schedules follow the clock.",
    ),
}


def preferred(accept_language: str) -> Language:
    """What an Accept-Language header asks for most, of what there is; anything malformed asks for nothing."""
    wishes = [_wish(part) for part in accept_language.split(",")]
    known = [(weight, language) for weight, language in wishes if language is not None and weight > 0]
    # max() gives the first of equals, which is the order of the header.
    return max(known, key=lambda wish: wish[0])[1] if known else Language.SWEDISH


def _wish(part: str) -> tuple[float, Language | None]:
    tag, _, quality = part.partition(";q=")
    primary = tag.strip().lower().partition("-")[0]
    language = next((one for one in Language if one.value == primary), None)
    try:
        return (float(quality) if quality.strip() else 1.0), language
    except ValueError:
        return 0.0, language
