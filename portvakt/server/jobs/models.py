"""Which tables does the queue bring?"""

from portvakt.core.privacy import NotPersonal
from portvakt.server.purpose.declare import declare

for _name in ("ProcrastinateJob", "ProcrastinateEvent", "ProcrastinatePeriodicDefer", "ProcrastinateWorker"):
    declare(f"procrastinate.{_name}", NotPersonal("says what to do when; arguments are opaque ids"))
