"""What are the closed lists of words called in the reader's language? After docs/glossary.md."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portvakt.core.decision.model import AuthType, CredentialKind, Reason, Side
from portvakt.core.door import DoorState
from portvakt.core.event import ALARMS, EventKind

EVENTS: dict[str, Promise] = {
    EventKind.ACCESS_GRANTED: _("Granted"),
    EventKind.ACCESS_DENIED: _("Denied"),
    EventKind.DURESS: _("Duress PIN used"),
    EventKind.PASSBACK: _("Passed in twice"),
    EventKind.DOOR_RELEASED_BY_OPERATOR: _("Opened by an operator"),
    EventKind.DOOR_UNLOCKED: _("Door unlocked"),
    EventKind.DOOR_LOCKED: _("Door locked again"),
    EventKind.LOCKDOWN_BEGUN: _("Lockdown begun"),
    EventKind.LOCKDOWN_ENDED: _("Lockdown ended"),
    EventKind.DOOR_OPENED: _("Door opened"),
    EventKind.DOOR_CLOSED: _("Door closed"),
    EventKind.DOOR_FORCED: _("Door forced"),
    EventKind.DOOR_HELD_OPEN: _("Door held open"),
    EventKind.READER_ONLINE: _("Reader online"),
    EventKind.READER_OFFLINE: _("Reader offline"),
    EventKind.READER_INSECURE: _("Reader without secure channel"),
    EventKind.READER_TAMPERED: _("Reader tampered with"),
    EventKind.READER_ADOPTED: _("Reader adopted"),
    EventKind.READER_NOT_ADOPTED: _("Reader not adopted"),
    EventKind.CONTROLLER_TAMPERED: _("Controller tampered with"),
    EventKind.FIRE_BEGUN: _("Fire alarm"),
    EventKind.FIRE_ENDED: _("Fire alarm over"),
    EventKind.CLOCK_JUMPED: _("The clock jumped"),
    EventKind.CLOCK_UNSYNCHRONISED: _("The clock is not synchronised"),
    EventKind.CLOCK_SYNCHRONISED: _("The clock is synchronised again"),
    EventKind.SNAPSHOT_REFUSED: _("Snapshot refused"),
    EventKind.MESSAGE_UNKNOWN: _("Unknown message skipped"),
    EventKind.EVENTS_IN_MEMORY: _("Events wait in memory"),
    EventKind.EVENTS_ON_DISK: _("Events are on disk again"),
    EventKind.EVENTS_DROPPED: _("Events lost: memory was full"),
    EventKind.CONTROLLER_STARTED: _("Controller started"),
}
REASONS: dict[str, Promise] = {
    Reason.UNKNOWN_CREDENTIAL: _("Unknown card or code"),
    Reason.CREDENTIAL_NOT_ENABLED: _("The card or code is suspended or revoked"),
    Reason.CREDENTIAL_NOT_ACTIVE: _("The card or code is not valid yet"),
    Reason.CREDENTIAL_EXPIRED: _("The card or code has expired"),
    Reason.PERSON_SUSPENDED: _("The person is suspended"),
    Reason.PERSON_NOT_ACTIVE: _("The person is not valid yet"),
    Reason.PERSON_EXPIRED: _("The person is no longer valid"),
    Reason.UNAUTHORISED: _("No access rule gives entry through this door"),
    Reason.NOT_PERMITTED_AT_THIS_TIME: _("Not at this time"),
    Reason.AUTH_TYPE_NOT_ACCEPTED: _("This side of the door does not accept that"),
    Reason.WRONG_PIN: _("Wrong PIN"),
    Reason.PIN_LOCKED: _("Too many wrong PINs; wait"),
    Reason.FACTOR_MISSING: _("Nothing followed the card or code"),
    Reason.REPLAYED_CODE: _("The code has been used already"),
    Reason.TOO_FAR: _("Too far from the door"),
    Reason.NO_POSITION: _("No position was given"),
    Reason.INTERLOCKED: _("Another door of the interlock is open"),
    Reason.ANTI_PASSBACK: _("Already inside"),
    Reason.ESCORT_MISSING: _("No escort came along"),
    Reason.SECOND_PERSON_MISSING: _("No second person came along"),
    Reason.AREA_FULL: _("The area is full"),
    Reason.LOCKDOWN: _("The door is locked down"),
    Reason.DOOR_OUT_OF_SERVICE: _("The door is out of service"),
    Reason.CLOCK_WRONG: _("The controller's clock is wrong"),
    Reason.SNAPSHOT_TOO_OLD: _("The controller has been without contact for too long"),
    Reason.FAULT: _("Technical fault"),
}
# What the reasons are called to the person who asked; the others are called as above.
OWN_REASONS: dict[str, Promise] = {
    Reason.UNKNOWN_CREDENTIAL: _("The door does not know you yet. Try again in a moment."),
    Reason.PERSON_SUSPENDED: _("You are suspended. Ask the organisation why."),
    Reason.PERSON_NOT_ACTIVE: _("Your access has not begun yet."),
    Reason.PERSON_EXPIRED: _("Your access has ended."),
    Reason.UNAUTHORISED: _("You no longer have access to this door."),
    Reason.AUTH_TYPE_NOT_ACCEPTED: _("This door cannot be opened with the phone any more."),
    Reason.NOT_PERMITTED_AT_THIS_TIME: _("You do not have access at this time."),
    Reason.WRONG_PIN: _("That is not your PIN. Try again."),
    Reason.PIN_LOCKED: _("There were too many wrong PINs. Wait a minute and try again."),
    Reason.FACTOR_MISSING: _("What was to follow at the door did not come in time. Begin again."),
    Reason.NO_POSITION: _(
        "The door opens only near it, and the phone did not say where it is. Allow position and try again."
    ),
    Reason.TOO_FAR: _("You are too far from the door. Go closer and try again."),
    Reason.ANTI_PASSBACK: _("The door believes that you are inside already. Ask the organisation."),
}
AUTH_TYPES: dict[int, Promise] = {
    AuthType.REX: _("Exit button"),
    AuthType.PIN: _("PIN"),
    AuthType.KEY_CARD: _("Card"),
    AuthType.KEY_CARD_PLUS_PIN: _("Card + PIN"),
    AuthType.REMOTE: _("Remote opening"),
    AuthType.CARD: _("QR code shown"),
    AuthType.CARD_PLUS_PIN: _("QR code shown + PIN"),
    AuthType.SCAN: _("Scanning the door's code"),
    AuthType.SCAN_PLUS_KEYPAD: _("Scanning the door's code + PIN at the door"),
    AuthType.SCAN_PLUS_PHONE: _("Scanning the door's code + PIN in the phone"),
    AuthType.REMOTE_PLUS_PHONE: _("Remote opening + PIN in the phone"),
    AuthType.CARD_PLUS_PHONE: _("QR code shown + PIN in the phone"),
    AuthType.PASSCODE: _("Passcode"),
    AuthType.PLATE: _("Licence plate"),
}
CREDENTIALS: dict[str, Promise] = {
    CredentialKind.KEY_CARD: _("Card"),
    CredentialKind.PIN: _("PIN"),
    CredentialKind.DURESS_PIN: _("Duress PIN"),
    CredentialKind.QR: _("Code in the phone"),
    CredentialKind.GUEST_CODE: _("Guest code"),
    CredentialKind.PASSCODE: _("Passcode"),
    CredentialKind.PLATE: _("Licence plate"),
}
CREDENTIAL_ICONS: dict[str, str] = {
    CredentialKind.KEY_CARD: "#tabler-id",
    CredentialKind.PIN: "#tabler-password",
    CredentialKind.DURESS_PIN: "#tabler-alert-triangle",
    CredentialKind.QR: "#tabler-device-mobile",
    CredentialKind.GUEST_CODE: "#tabler-qrcode",
    CredentialKind.PASSCODE: "#tabler-password",
    CredentialKind.PLATE: "#tabler-car",
}
# The words in which a controller tells what a reader can do (controller/readers/libosdp.py).
CAPABILITIES: dict[str, Promise] = {
    "inputs": _("inputs"),
    "outputs": _("outputs"),
    "cards": _("cards"),
    "led": _("light"),
    "buzzer": _("buzzer"),
    "display": _("display"),
    "secure_channel": _("secure channel"),
    "smart_cards": _("smart cards"),
    "biometrics": _("biometrics"),
}
# Why somebody need not be told of a notice themselves (Art. 13(4), 14(5)).
NOTICE_EXCEPTIONS: dict[str, Promise] = {
    "already_has_it": _("has the information already"),
    "impossible": _("cannot be reached"),
    "disproportionate": _("telling them would be out of proportion"),
    "law": _("a law says that the data is got or given out"),
    "secrecy": _("a law demands secrecy"),
}
STATES: dict[str, Promise] = {
    DoorState.LOCKED: pgettext_lazy("door", "Locked"),
    DoorState.RELEASED: pgettext_lazy("door", "Released"),
    DoorState.OPEN: pgettext_lazy("door", "Open"),
    DoorState.UNLOCKED: pgettext_lazy("door", "Unlocked"),
    DoorState.UNLOCKED_OPEN: pgettext_lazy("door", "Open, unlocked"),
    DoorState.HELD_OPEN: pgettext_lazy("door", "Held open"),
    DoorState.FORCED: pgettext_lazy("door", "Forced"),
}
SIDES: dict[str, Promise] = {Side.ENTRY: _("Entry"), Side.EXIT: _("Exit")}
# Of core.posture: what holds at a door beside its state, and why.
POSTURES: dict[str, Promise] = {
    "normal": _("follows its access rules"),
    "unlocked": _("stands unlocked"),
    "lockdown": _("locked down"),
    "out_of_service": _("out of service"),
}
POSTURE_WHYS: dict[str, Promise] = {
    "schedule": _("by its unlock schedule"),
    "first_person": _("by its unlock schedule, since the first person came in"),
    "operator": _("held unlocked by an operator"),
    "lockdown": _("by a lockdown plan"),
}
WHY_NOT_LOCKED: dict[str, Promise] = {
    "open": _("it stands open"),
    "forced": _("it has been forced"),
    "held_open": _("it has stood open too long"),
    "unreachable": _("its lock cannot be reached by the controller"),
    "out_of_service": _("it is out of service"),
    "silent": _("its controller did not answer"),
    "unknown": _("its state is unknown to the controller"),
}
# The words that Tabler's badge and status classes are made from: bg-red-lt, status-green.
STATE_COLOURS: dict[str, str] = {
    DoorState.LOCKED: "secondary",
    DoorState.RELEASED: "green",
    DoorState.OPEN: "blue",
    DoorState.UNLOCKED: "orange",
    DoorState.UNLOCKED_OPEN: "orange",
    DoorState.HELD_OPEN: "orange",
    DoorState.FORCED: "red",
}


def auth_type(number: int | None) -> str:
    """Name an auth type by its number; one that no page offers shows as its code."""
    if number is None:
        return ""
    return str(AUTH_TYPES[number]) if number in AUTH_TYPES else AuthType(number).name


def event_colour(kind: str) -> str:
    """Return the colour that an event's kind is shown in."""
    if kind in ALARMS:
        return "red"
    return {EventKind.ACCESS_DENIED: "orange", EventKind.ACCESS_GRANTED: "green"}.get(EventKind(kind), "secondary")
