"""What is there when the demo begins? A property owner with two sites, set up through the same actions as any other."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - models exist only once Django is set up

from portvakt.core.credentials import qr_key  # noqa: E402
from portvakt.core.decision.model import AuthType, Side  # noqa: E402
from portvakt.demo import people as cast  # noqa: E402
from portvakt.demo import protection, sign_ins  # noqa: E402
from portvakt.demo.week import record_week  # noqa: E402
from portvakt.server.access.actions import assign, save_rule, save_schedule  # noqa: E402
from portvakt.server.access.models import AccessRule, HolidayRule, Schedule  # noqa: E402
from portvakt.server.logbook.actions import record  # noqa: E402
from portvakt.server.organisations.actions import digest_key, open_organisation  # noqa: E402
from portvakt.server.people.actions import (  # noqa: E402
    enrol_person,
    issue_card,
    issue_guest_code,
    issue_pin,
    issue_plate,
    renew_passcode,
    renew_qr,
    suspend_person,
)
from portvakt.server.people.models import Credential, Person  # noqa: E402
from portvakt.server.places.actions import (  # noqa: E402
    add_controller,
    add_door,
    add_reader,
    add_section,
    add_site,
    begin_enrolment,
    renew_codes,
)
from portvakt.server.places.models import Controller, Door, Reader  # noqa: E402
from portvakt.server.privacy.actions.organisation import describe_organisation  # noqa: E402
from portvakt.server.purpose.actor import Actor, system  # noqa: E402
from portvakt.server.purpose.context import acting  # noqa: E402

OWNER = "Björkgården Fastigheter (demo)"
# What its privacy notice says of it; the number is nobody's.
FACTS = {
    "legal_name": OWNER,
    "registration_number": "000000-0000",
    "address": "Björkgatan 1, 169 00 Solna",
    "privacy_email": "dataskydd@bjorkgarden.example",
}
FACILITY = 112
CARD = [AuthType.KEY_CARD, AuthType.REMOTE]
CARD_OR_PIN = [AuthType.PIN, AuthType.KEY_CARD, AuthType.REMOTE, AuthType.CARD, AuthType.PASSCODE, AuthType.SCAN]
CARD_AND_PIN = [AuthType.KEY_CARD_PLUS_PIN, AuthType.CARD_PLUS_PHONE, AuthType.SCAN_PLUS_PHONE]
CRAFT = [AuthType.KEY_CARD, AuthType.CARD]
PLATE = [AuthType.PLATE, AuthType.REMOTE]
REX = [AuthType.REX]
# site, address, section, door, what the entry side can do, bus, OSDP address
DOORS = (
    ("Björkgården", "Björkgatan 1, Solna", "Trapphus A", "Port A", CARD_OR_PIN, "bus-1", 0),
    ("Björkgården", "Björkgatan 1, Solna", "Trapphus B", "Port B", CARD_OR_PIN, "bus-1", 1),
    ("Björkgården", "Björkgatan 1, Solna", "Källare", "Tvättstuga", CARD, "bus-1", 2),
    ("Björkgården", "Björkgatan 1, Solna", "Källare", "Teknikrum", CARD_AND_PIN, "bus-1", 3),
    ("Ekbacken", "Ekvägen 4, Solna", "Entré", "Entré Ekbacken", CARD_OR_PIN, "bus-2", 0),
    ("Ekbacken", "Ekvägen 4, Solna", "Gård", "Cykelrum", CARD, "bus-2", 1),
    ("Ekbacken", "Ekvägen 4, Solna", "Gård", "Garage", PLATE, "bus-2", 2),
)
# Degrees, WGS 84, of an invented yard; the garage opens only for phones that are near it.
PLACES = {"Björkgården": (59.3601, 17.9989), "Ekbacken": (59.3655, 18.0042)}
NEAR_METRES = {"Garage": 200}
GUEST_DAYS = 14
DAYTIME = [[360, 1320]]  # 06:00-22:00
WEEKDAYS = [[420, 1080]]  # 07:00-18:00


def seed(folder: Path) -> None:
    """Set everything up and leave in `folder` what the other processes need: seed.json, readable by its owner alone."""
    with acting("organisation_opening"):
        organisation = open_organisation(OWNER)
        by = system("demo", organisation.pk)
        record("organisation.opened", organisation, by=by)
    with acting("privacy_administration", organisation.pk):
        describe_organisation(organisation, by=by, **FACTS)
    made = [*sign_ins.of_provider(), *sign_ins.of_operators(by)]
    with acting("premises_administration", organisation.pk):
        controller, doors, readers = _premises(by)
        text, _ = begin_enrolment(controller, by=by)
        protection.protect(by, controller, doors)
    with acting("access_administration", organisation.pk):
        rules = _rules(by, doors)
        holders = [_holder(by, number, figure, rules) for number, figure in enumerate(cast.figures())]
        protection.unlock(by, doors)
        protection.guard(by, doors)
    made.append(sign_ins.of_resident(by, [person for person, *_held in holders]))
    with acting("entry_log", organisation.pk):
        record_week(organisation.pk, controller, doors, [(person, card, own) for person, card, own, _said in holders])
    _leave(folder, {
        "organisation": organisation.slug,
        "sign_ins": made,
        "enrolment": text,
        "doors": [{"id": str(door.pk), "name": door.name} for door in doors],
        "readers": [
            {"id": str(row.pk), "door": str(row.door_id), "port": row.port, "address": row.address, "baud": row.baud}
            for row in readers
        ],
        "people": [said for *_holder, said in holders],
    })  # fmt: skip


def _premises(by: Actor) -> tuple[Controller, list[Door], list[Reader]]:
    sites, sections, doors, readers = {}, {}, [], []
    for site, street, *_rest in DOORS:
        if site not in sites:
            latitude, longitude = PLACES[site]
            sites[site], _ = add_site(by=by, name=site, address=street, latitude=latitude, longitude=longitude)
    controller, _ = add_controller(sites["Björkgården"], "Undercentral 1", by=by)
    for site, _street, section, name, entry, port, number in DOORS:
        if (site, section) not in sections:
            sections[site, section], _ = add_section(sites[site], section, by=by)
        door, _ = add_door(
            sections[site, section],
            controller,
            by=by,
            name=name,
            entry_auth_types=entry,
            exit_auth_types=REX,
            within_metres=NEAR_METRES.get(name),
        )
        renew_codes(door, by=by)
        reads = "plate" if AuthType.PLATE in entry else "card"
        reader, _ = add_reader(door, by=by, side=Side.ENTRY, port=port, address=number, baud=9600, reads=reads)
        doors.append(door)
        readers.append(reader)
    return controller, doors, readers


def _rules(by: Actor, doors: list[Door]) -> dict[str, AccessRule]:
    door = {row.name: row for row in doors}
    day = _schedule(by, "Dagtid 06–22", [DAYTIME] * 7, HolidayRule.OWN_HOURS, [[480, 1200]])
    work = _schedule(by, "Vardagar 07–18", [WEEKDAYS] * 5 + [[], []], HolidayRule.CLOSED, [])
    north = {door["Port A"]: CARD_OR_PIN, door["Port B"]: CARD_OR_PIN}
    south = {door["Entré Ekbacken"]: CARD_OR_PIN, door["Cykelrum"]: CARD, door["Garage"]: PLATE}
    laundry = {door["Tvättstuga"]: CARD}
    everything = north | south | laundry | {door["Teknikrum"]: CARD_AND_PIN}
    now = timezone.now()
    roof = AccessRule(
        name=cast.CRAFTSMEN, schedule=work, valid_from=now - timedelta(days=3), valid_to=now + timedelta(days=25)
    )
    return {
        cast.RESIDENTS_NORTH: _rule(
            by, AccessRule(name=cast.RESIDENTS_NORTH, description="Portar, dygnet runt"), north
        ),
        cast.RESIDENTS_SOUTH: _rule(by, AccessRule(name=cast.RESIDENTS_SOUTH, description="Entré och cykelrum"), south),
        "Tvättstuga": _rule(by, AccessRule(name="Tvättstuga", schedule=day), laundry),
        cast.BOARD: _rule(
            by,
            AccessRule(name=cast.BOARD, description="Teknikrum med kort och PIN-kod"),
            {door["Teknikrum"]: CARD_AND_PIN, door["Garage"]: PLATE},
        ),
        cast.CARETAKERS: _rule(by, AccessRule(name=cast.CARETAKERS, description="Alla dörrar"), everything),
        cast.CLEANERS: _rule(by, AccessRule(name=cast.CLEANERS, schedule=work), north | south | laundry),
        cast.CRAFTSMEN: _rule(by, roof, {door["Port A"]: CRAFT}),
    }


def _schedule(
    by: Actor, name: str, weekly: list[list[list[int]]], holidays: HolidayRule, hours: list[list[int]]
) -> Schedule:
    schedule = Schedule(name=name, weekly=weekly, holidays=holidays, holiday_country="SE", holiday_hours=hours)
    save_schedule(schedule, by=by)
    return schedule


def _rule(by: Actor, rule: AccessRule, doors: dict[Door, list[AuthType]]) -> AccessRule:
    save_rule(rule, {door.pk: {Side.ENTRY: auth_types} for door, auth_types in doors.items()}, by=by)
    return rule


def _holder(
    by: Actor, number: int, figure: cast.Figure, rules: dict[str, AccessRule]
) -> tuple[Person, Credential, list[Door], dict[str, str]]:
    """Enrol one person with a card and perhaps a PIN; return them and what they would say at a reader."""
    first, last = figure.first_name, figure.last_name
    person, _ = enrol_person(
        by=by, first_name=first, last_name=last, unit=figure.unit, email=f"person{number}@example.com"
    )
    printed = str(20_000 + number)
    card, _ = issue_card(person, f"{FACILITY}-{printed}", by=by, number=printed, label="Nyckelbricka")
    held = _held(by, person, figure)
    names = (*figure.rules, *(("Tvättstuga",) if cast.RESIDENTS_NORTH in figure.rules else ()))
    for name in names:
        assign(person, rules[name], by=by)
    own = list(Door.objects.filter(rules__rule__name__in=names).distinct())
    if (first, last) == cast.SUSPENDED:
        suspend_person(person, by=by)
    return person, card, own, {"name": f"{first} {last}", "card": f"{FACILITY}-{printed}", **held}


def _held(by: Actor, person: Person, figure: cast.Figure) -> dict[str, str]:
    """Give a person what they hold beside a card; return it as they would type or show it."""
    held = {"pin": issue_pin(person, by=by)[1] if figure.pin else ""}
    if figure.duress:
        issue_pin(person, by=by, duress=True)
    if figure.passcode:
        held["passcode"] = renew_passcode(person, by=by)[1]
    if figure.plate:
        held["plate"] = issue_plate(person, figure.plate, by=by)[0].number
    if figure.phone:
        handle = bytes(renew_qr(person, by=by)[0].digest)
        held["code"] = f"{handle.hex()}:{qr_key(digest_key(by.organisation), handle).hex()}"
    if figure.guest:
        until = timezone.now() + timedelta(days=GUEST_DAYS)
        held["code"] = issue_guest_code(person, by=by, valid_to=until, label="Takbytet")[1]
    return held


def _leave(folder: Path, facts: dict[str, object]) -> None:
    path = folder / "seed.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    seed(Path(sys.argv[1]))
