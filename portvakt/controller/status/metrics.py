"""What does the controller count, for a monitoring system that asks now and then? Prometheus' text form.

What each metric means, and what to do about it, is in docs/operations/controller.md.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from enum import StrEnum

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from portvakt.controller.readers import ReaderState
from portvakt.controller.status.facts import Facts
from portvakt.core.decision.model import Decision, Denied, Granted, NeedFactor, NeedPerson
from portvakt.core.door import DoorState

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
# A decision takes some ten microseconds, a commit to flash some milliseconds; both have room for what is ten times slower.
DECISION_BUCKETS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1)
COMMIT_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)

# When a counter was made says nothing that the process' own start does not.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What has been counted since the start; what stands now is asked of `facts` when somebody reads."""

    def __init__(self, facts: Callable[[], Facts]) -> None:
        self._registry = CollectorRegistry()
        self._decisions = Counter(
            "portvakt_decisions", "Decisions made, by answer and reason.", ("answer", "reason"), registry=self._registry
        )
        self._decision_seconds = Histogram(
            "portvakt_decision_seconds", "Making one decision.", registry=self._registry, buckets=DECISION_BUCKETS
        )
        self._commit_seconds = Histogram(
            "portvakt_commit_seconds", "Keeping events on disk.", registry=self._registry, buckets=COMMIT_BUCKETS
        )
        self._restarts = Counter(
            "portvakt_part_restarts", "Parts that failed and were started again.", ("part",), registry=self._registry
        )
        self._registry.register(_Standing(facts))
        prometheus_client.ProcessCollector(registry=self._registry)

    def decided(self, decision: Decision, seconds: float) -> None:
        """A decision was made."""
        reason = decision.reason.value if isinstance(decision, Denied) else ""
        self._decisions.labels(_answer(decision), reason).inc()
        self._decision_seconds.observe(seconds)

    def written(self, seconds: float) -> None:
        """Events were kept."""
        self._commit_seconds.observe(seconds)

    def restarted(self, part: str) -> None:
        """A part of the controller failed and is started again."""
        self._restarts.labels(part).inc()

    def text(self) -> bytes:
        """Everything, as CONTENT_TYPE says."""
        return prometheus_client.generate_latest(self._registry)


class _Standing(Collector):
    """What stands now, read from the facts when somebody asks."""

    def __init__(self, facts: Callable[[], Facts]) -> None:
        self._facts = facts

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks for no facts yet."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Metrics of one look."""
        facts = self._facts()
        clock = facts.clock
        yield _gauge("info", "The software that runs, as a label.", 1, software=facts.software)
        yield _gauge("link_up", "Whether the server answers.", facts.link_up)
        yield _gauge("snapshot_version", "Version in force, 0 when none.", facts.snapshot_version)
        yield _gauge("snapshot_age_seconds", "Since the snapshot was last confirmed.", facts.snapshot_age_seconds)
        yield _gauge("events_waiting", "Events the server has not acknowledged.", facts.events_waiting)
        yield _gauge("events_in_memory", "Whether events wait in memory: the disk refuses.", facts.events_in_memory)
        yield _gauge("store_silent_seconds", "Since the store last answered.", facts.store_silent_seconds)
        yield _states("doors", "Doors by state.", DoorState, Tally(facts.doors.values()))
        yield _states("readers", "Readers by state.", ReaderState, Tally(facts.readers.values()))
        yield _gauge("clock_trusted", "Whether the clock can be as early as it says.", clock.trusted)
        kernel = clock.kernel
        yield _gauge(
            "clock_synchronised", "Whether a time server steers it.", None if kernel is None else kernel.synchronised
        )
        yield _gauge(
            "clock_max_error_seconds", "How wrong it can be.", None if kernel is None else kernel.max_error_seconds
        )
        yield _gauge("clock_offset_seconds", "Yet to be corrected.", None if kernel is None else kernel.offset_seconds)
        yield CounterMetricFamily("portvakt_clock_jumps", "Jumps of the clock.", value=clock.jumps)


def _gauge(name: str, text: str, value: float | None, **labels: str) -> Metric:
    """Without a sample where the value is unknown."""
    family = GaugeMetricFamily(f"portvakt_{name}", text, labels=list(labels))
    if value is not None:
        family.add_metric(list(labels.values()), float(value))
    return family


def _states(name: str, text: str, states: type[StrEnum], tally: Tally[str]) -> Metric:
    """Every state, also those that nothing is in, so that an absent series never means "none"."""
    family = GaugeMetricFamily(f"portvakt_{name}", text, labels=["state"])
    for state in sorted({state.value for state in states} | set(tally)):
        family.add_metric([state], tally[state])
    return family


def _answer(decision: Decision) -> str:
    """A grant under duress looks like any other here too."""
    match decision:
        case Granted():
            return "granted"
        case Denied():
            return "denied"
        case NeedFactor():
            return "need_factor"
        case NeedPerson():
            return "need_person"
