"""On which legal basis does an organisation do something? On the register's, unless it is a public authority and that is an interest.

The notice, the record of processing and the text beside a form all ask here, so that they say the same.
"""

from portvakt.server.purpose.register import Activity, Basis, Texts, needs_other_basis

AUTHORITY_NOTE = Texts(
    "Organisationen är en myndighet och stöder sig därför på sin uppgift, inte på ett eget intresse.",
    "The organisation is a public authority and therefore relies on its task, not on an interest of its own.",
)


def basis_of(activity: Activity, *, public_authority: bool) -> tuple[Basis, Texts]:
    """Return the legal basis and what it is; an authority does not rest its tasks on an interest (Art. 6(1), last sentence)."""
    if needs_other_basis(activity, public_authority=public_authority):
        return "public_task", AUTHORITY_NOTE
    return activity.legal_basis, activity.legal_basis_note
