"""How does whoever stands at the controller, or watches many of them, see how it stands?

A page and metrics over HTTP, to read only, without sign-in, and without anything about a person, a credential or a card
(decision 0035). `facts.py` says what is shown and what is wrong, `page.py` and `metrics.py` show it, `server.py` answers.
"""

from portvakt.controller.status.facts import Facts
from portvakt.controller.status.metrics import Metrics
from portvakt.controller.status.server import Address, StatusServer

__all__ = ["Address", "Facts", "Metrics", "StatusServer"]
