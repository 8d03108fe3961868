"""How does a unit of work say for which purpose, in which organisation and by whom it is done?

`acting()` is the only way to the database: the login has no rights of its own. It opens a transaction and sets role, organisation
and actor for that transaction alone, so that a forgotten context is refused and a finished one cannot leak. Purposes do not nest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

from portvakt.server.purpose import versions
from portvakt.server.purpose.errors import Refused

SET_CONTEXT = """select set_config('role', %s, true), set_config('portvakt.organisation', %s, true),
    set_config('portvakt.actor', %s, true), set_config('portvakt.person', %s, true), set_config('portvakt.account', %s, true)"""

_open: ContextVar[str] = ContextVar("purpose", default="")


def role_of(purpose: str) -> str:
    """Return the name of the PostgreSQL role that a purpose is."""
    return f"purpose_{purpose}"


def current_purpose() -> str:
    """Return the purpose of the open unit of work; refuse where there is none."""
    if not (purpose := _open.get()):
        raise Refused("no_purpose")
    return purpose


def within_purpose() -> bool:
    """Tell whether a unit of work is open."""
    return bool(_open.get())


@contextmanager
def acting(
    purpose: str,
    organisation: UUID | None = None,
    by: UUID | None = None,
    *,
    person: UUID | None = None,
    account: UUID | None = None,
    one_moment: bool = False,
) -> Iterator[None]:
    """Open one unit of work for a registered purpose; `organisation` is None only for deployment-wide purposes.

    A purpose whose scope is one data subject sees rows about `person` in the organisation and about `account` alone. With
    `one_moment` all its reads see the rows of the same moment, whatever is committed meanwhile.

    Raises Refused("purpose_nested") inside another unit of work, and Refused("purpose_held") for a new purpose that waits until people
    have been told of it. The database refuses a purpose that the login may not take.
    """
    if connection.in_atomic_block or _open.get():
        raise Refused("purpose_nested", purpose=purpose)
    if purpose in versions.withheld():
        raise Refused("purpose_held", purpose=purpose)
    with transaction.atomic():
        with connection.cursor() as cursor:
            if one_moment:
                cursor.execute("set transaction isolation level repeatable read")
            about = [str(one or "") for one in (organisation, by, person, account)]
            cursor.execute(SET_CONTEXT, [role_of(purpose), *about])
        token = _open.set(purpose)
        try:
            yield
        finally:
            _open.reset(token)
