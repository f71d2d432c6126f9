"""Values of machines that turned up only lately: a new scanner, another software, a site that was not there before.

Law: nothing is new where nothing is known from before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from xnat_gate.core.trial import Fate, Past, fate_of

OF_MACHINES = (
    "Manufacturer",
    "ManufacturerModelName",
    "StationName",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "InstitutionName",
    "Modality",
    "SOPClassUID",
)
LATELY = 0.1
"""The newest part of the known time, where nobody says since when."""


@dataclass(kw_only=True)
class Sighting:
    """A value of an element. `first`: when it was met first; `went`: what became of its studies."""

    element: str
    value: str
    first: datetime
    went: Counter[Fate] = field(default_factory=Counter)

    @property
    def studies(self) -> int:
        return self.went.total()


@dataclass
class Sightings:
    """What was met so far."""

    _found: dict[tuple[str, tuple[str, ...]], Sighting] = field(default_factory=dict)
    _first: datetime | None = None
    _last: datetime | None = None

    def add(self, past: Past) -> None:
        """In any order."""
        at = datetime.fromisoformat(past.at)
        self._first = min(at, self._first or at)
        self._last = max(at, self._last or at)
        fate = fate_of(past.summary)
        for element in OF_MACHINES:
            for values in {one.header.get(element, ()) for one in past.summary.profiles}:
                one = self._found.get((element, values))
                if one is None:
                    value = "\\".join(values)
                    one = self._found[element, values] = Sighting(element=element, value=value, first=at)
                one.first = min(one.first, at)
                one.went[fate] += 1

    def begun(self, since: datetime | None = None) -> datetime | None:
        """From when on a value counts as new: since then, or in the newest part of the known time; None where nothing
        is known from before."""
        if self._first is None or self._last is None:
            return None
        begun = since or self._last - (self._last - self._first) * LATELY
        return begun if begun > self._first else None

    def never_before(self, since: datetime | None = None) -> tuple[Sighting, ...]:
        """By element, and the oldest first."""
        begun = self.begun(since)
        new = [one for one in self._found.values() if begun is not None and one.value and one.first >= begun]
        return tuple(sorted(new, key=lambda one: (OF_MACHINES.index(one.element), one.first, one.value)))
