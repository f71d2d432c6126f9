"""Whether a service is at work, by its last sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SILENT_AFTER = 120.0
"""Seconds after which a service that told nothing may have died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A service as it last told of itself. `age` in seconds; `ended`: it said so; `silent`: it should have told of
    itself since."""

    name: str
    at: str
    age: float
    facts: Mapping[str, object]
    ended: bool
    silent: bool


def heard(name: str, at: str, facts: Mapping[str, object], now: datetime) -> Heard:
    """`at`: ISO 8601 with a zone; a clock that was set back makes no negative age."""
    age = max((now - datetime.fromisoformat(at)).total_seconds(), 0.0)
    ended = facts.get("ended") is True
    return Heard(name=name, at=at, age=age, facts=facts, ended=ended, silent=age > SILENT_AFTER and not ended)
