"""Who lives and works at the demo's property owner? Everybody is invented."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One invented person: the rules they are in, and what they hold beside a card."""

    first_name: str
    last_name: str
    unit: str
    rules: tuple[str, ...]
    pin: bool = False
    duress: bool = False
    passcode: bool = False
    phone: bool = False
    guest: bool = False
    plate: str = ""


RESIDENTS_NORTH = "Boende Björkgården"
RESIDENTS_SOUTH = "Boende Ekbacken"
BOARD = "Styrelsen"
CARETAKERS = "Fastighetsskötare"
CLEANERS = "Städ"
CRAFTSMEN = "Hantverkare takbyte"

_NORTH = (
    "Alva Berg", "Arvid Blom", "Astrid Dahl", "Axel Ek", "Bo Eklund", "Britta Fors", "Carin Frisk", "Dag Gran", "Ebba Hall",
    "Edvin Hed", "Elin Holm", "Elof Kvist", "Emil Lind", "Ester Ljung", "Folke Lund", "Freja Malm", "Greta Nord", "Gustav Palm",
)  # fmt: skip
_SOUTH = (
    "Hedda Quist", "Hilma Ros", "Ivar Sand", "Jakob Skog", "Julia Ström", "Karin Sund", "Lage Tall", "Lova Vall", "Majken Vik",
    "Måns Åberg", "Nanna Åkers", "Olof Öst",
)  # fmt: skip
_OTHERS = (
    Figure(
        "Petra", "Lindvall", "Styrelsen", (RESIDENTS_NORTH, BOARD), pin=True, duress=True, phone=True, plate="ABC 123"
    ),
    Figure("Ragnar", "Hedman", "Styrelsen", (RESIDENTS_NORTH, BOARD), pin=True),
    Figure("Sigrid", "Alm", "Styrelsen", (RESIDENTS_SOUTH, BOARD), pin=True),
    Figure("Tage", "Björk", "Fastighetsskötsel", (CARETAKERS,), pin=True, plate="DEF 45G"),
    Figure("Ulla", "Gren", "Fastighetsskötsel", (CARETAKERS,), pin=True),
    Figure("Vera", "Kron", "Städ", (CLEANERS,), passcode=True),
    Figure("Ylva", "Stark", "Städ", (CLEANERS,)),
    Figure("Åke", "Plåt", "Tak och plåt", (CRAFTSMEN,)),
    Figure("Örjan", "Tegel", "Tak och plåt", (CRAFTSMEN,), guest=True),
    Figure("Signe", "Holt", "1503", (RESIDENTS_NORTH,)),
)
SUSPENDED = ("Signe", "Holt")


def figures() -> tuple[Figure, ...]:
    """Return everybody, residents first; every fifth resident has a PIN and a code in the phone."""
    north = [_resident(name, 1101 + n // 3 * 100 + n % 3, RESIDENTS_NORTH, n) for n, name in enumerate(_NORTH)]
    south = [_resident(name, 2101 + n // 3 * 100 + n % 3, RESIDENTS_SOUTH, n) for n, name in enumerate(_SOUTH)]
    return (*north, *south, *_OTHERS)


def _resident(name: str, flat: int, rule: str, number: int) -> Figure:
    first, last = name.split()
    return Figure(first, last, str(flat), (rule,), pin=number % 5 == 0, phone=number % 5 == 0, passcode=number % 7 == 0)
