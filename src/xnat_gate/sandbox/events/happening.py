"""One event on its way to those who subscribed to it, and the URI-like address of what it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from xnat_gate.sandbox.events.kinds import Kind, Status
from xnat_gate.sandbox.models.clock import now


class Owner(StrEnum):
    """What an event can be about."""

    PROJECT = "project"
    SUBJECT = "subject"
    EXPERIMENT = "experiment"
    SCAN = "scan"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Target:
    """`key` is a project ID, an accession ID, or the number of a scan or resource."""

    owner: Owner
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`login` caused it; `target` is None for a schedule, whose text is `schedule`; `moment` is when it happened."""

    kind: Kind
    status: Status
    project: str
    login: str
    target: Target | None = None
    schedule: str = ""
    moment: datetime = field(default_factory=now)
