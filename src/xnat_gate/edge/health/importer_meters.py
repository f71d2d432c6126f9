"""What the importer measures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from prometheus_client import Histogram

from xnat_gate.core.states import State
from xnat_gate.edge.health.meters import Disks, Meters

STATES = tuple(state.value for state in State)
DELIVERY_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


class ImporterMeters(Meters):
    """One verb for each thing that can be told of it."""

    def __init__(self, version: str, disks: Disks, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__("importer", version, disks)
        self._clock = clock
        arrivals = self._gauge(
            "importer_arrivals", "Arrivals that are on their way, or wait for a person.", "state"
        )
        self._arrivals = {state: arrivals.labels(state.value) for state in State}
        self._studies = self._counters(
            "importer_studies", "Studies that came to this state.", "state", STATES
        )
        self._objects = self._counter("importer_objects", "Objects that XNAT has confirmed.")
        self._failed = self._counter("importer_tries_failed", "Tries that failed and are made again.")
        self._dead = self._gauge("importer_dead_letters", "Studies that wait for a person to try them again.")
        self._looked = self._gauge(
            "importer_last_look_timestamp_seconds", "When the drop folder was looked at last."
        )
        self._xnat = self._gauge("importer_xnat_up", "1 when XNAT answered the latest request.")
        self._refused = self._gauge(
            "protocol_refused", "1 when the newest protocol cannot be used and an earlier one stays in force."
        )
        self._protocol = self._gauge("protocol_info", "The protocol in force.", "version", "sha256")
        self._seconds = Histogram(
            "xnat_gate_importer_delivery_seconds", "How long the delivery of a study took.",
            registry=self._registry, buckets=DELIVERY_SECONDS,
        )  # fmt: skip

    def arrivals(self, counts: Mapping[State, int]) -> None:
        """How many there are in each state; none in those that are not named."""
        for state, gauge in self._arrivals.items():
            gauge.set(counts.get(state, 0))

    def study(self, state: State) -> None:
        """A study has come to this state."""
        self._studies[state.value].inc()

    def delivered(self, objects: int, seconds: float) -> None:
        """XNAT has confirmed so many objects of a study, which took so long."""
        self._objects.inc(objects)
        self._seconds.observe(seconds)

    def try_failed(self) -> None:
        """Something did not work and will be tried again."""
        self._failed.inc()

    def dead_letters(self, number: int) -> None:
        """So many studies wait for a person."""
        self._dead.set(number)

    def looked(self) -> None:
        """The drop folder was looked at just now."""
        self._looked.set(self._clock())

    def protocol(self, version: str, sha256: str, *, refused: bool) -> None:
        """This one is in force; whether another was refused in its place."""
        self._protocol.clear()
        self._protocol.labels(version, sha256).set(1)
        self._refused.set(refused)

    def xnat(self, *, up: bool) -> None:
        """Whether XNAT answers."""
        self._xnat.set(up)
