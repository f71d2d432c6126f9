"""What every service measures of itself: its version, its process, and the room on its disks.

Names and units follow Prometheus: seconds, bytes, `_total` for what only grows. A time that is 0 has not come yet.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Disks:
    """The folders whose disks are watched; `state` is None for a service that keeps none."""

    drop: Path
    state: Path | None = None


class Meters:
    """`service`: receiver or importer. `page` is what /metrics answers; all verbs are safe for many threads."""

    def __init__(self, service: str, version: str, disks: Disks) -> None:
        # else each counter brings a second series, with the time of its making
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.service, self.version = service, version
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._gauge("build_info", "The version that runs.", "service", "version").labels(
            service, version
        ).set(1)
        free = self._gauge(
            "free_bytes", "Free on the disk of the folder; NaN where that cannot be told.", "folder"
        )
        free.labels("drop").set_function(lambda: _free(disks.drop))
        if (state := disks.state) is not None:
            free.labels("state").set_function(lambda: _free(state))

    def page(self) -> bytes:
        """The text exposition format 0.0.4."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"xnat_gate_{name}", meaning, labels, registry=self._registry)

    def _counter(self, name: str, meaning: str) -> Counter:
        return Counter(f"xnat_gate_{name}", meaning, registry=self._registry)

    def _counters(self, name: str, meaning: str, label: str, values: tuple[str, ...]) -> dict[str, Counter]:
        """One for each value, all of which stand at 0 from the start, so that a first rise is seen."""
        counter = Counter(f"xnat_gate_{name}", meaning, [label], registry=self._registry)
        return {value: counter.labels(value) for value in values}


def _free(folder: Path) -> float:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return math.nan
