"""A process to be killed: appends events one by one and prints each number once the store says that it is kept."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from portvakt.controller.store import Store
from portvakt.core.event import Event, EventKind

store = Store(Path(sys.argv[1]), lambda: datetime.now(UTC))
for number in range(100_000):
    last = store.append([Event(EventKind.ACCESS_DENIED, datetime.now(UTC), detail=str(number))])
    print(store.journal, last, flush=True)  # noqa: T201 - the parent reads it
