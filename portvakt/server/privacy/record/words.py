"""What are the roles, the operations and the letters of Art. 30 called in a record, in both languages?"""

from portvakt.server.privacy.record.model import Paragraph, PartyRole
from portvakt.server.purpose.register import Operation, Texts

OPERATIONS: dict[Operation, Texts] = {
    "read": Texts("läsa", "read"),
    "insert": Texts("lägga till", "add"),
    "update": Texts("ändra", "change"),
    "delete": Texts("radera", "erase"),
}
PARTIES: dict[PartyRole, Texts] = {
    "data_controller": Texts("Personuppgiftsansvarig", "Data controller"),
    "data_processor": Texts("Personuppgiftsbiträde", "Data processor"),
    "representative": Texts("Företrädare", "Representative"),
    "data_protection_officer": Texts("Dataskyddsombud", "Data protection officer"),
}
TITLES: dict[Paragraph, Texts] = {
    "30(1)": Texts(
        "Förteckning över behandling som personuppgiftsansvarig (artikel 30.1)",
        "Record of processing as data controller (Article 30(1))",
    ),
    "30(2)": Texts(
        "Förteckning över behandling som personuppgiftsbiträde (artikel 30.2)",
        "Record of processing as data processor (Article 30(2))",
    ),
}


def operations(done: tuple[Operation, ...], language: str) -> str:
    """Return operations in words; a dash where there are none."""
    return ", ".join(OPERATIONS[one].within(language) for one in done) or "–"
