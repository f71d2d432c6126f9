"""Looks at the prearchive as containers take them: each with a journal of its own, which knows nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hospital import Site, digests_of
from xnat_gate.cli.parts import gate, settings_for
from xnat_gate.edge.xnat import Xnat
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.in_force import Protocols
from xnat_gate.roads.prearchive import look_at_all

_NUMBERS = itertools.count()


@contextmanager
def container(
    site: Site,
    protocol: Path | None = None,
    told: list[str] | None = None,
    known: Protocols | None = None,
) -> Iterator[Gate]:
    """A gate whose state begins and ends with it, and which keeps what it rejects in XNAT."""
    state = site.root / f"container-{next(_NUMBERS)}"
    tell = (lambda _: None) if told is None else told.append
    with gate(settings_for(None), protocol=protocol, state=state, tell=tell, known=known) as parts:
        assert isinstance(parts.archive, Xnat)
        shelf = parts.archive.shelf(parts.protocol.quarantine_project, parts.scratch)
        yield replace(parts, rejected=shelf)


def looked(site: Site, project: str = "HOSPITAL", protocol: Path | None = None) -> list[Passage]:
    """One container's look at everything in a project."""
    with container(site, protocol) as parts:
        return list(look_at_all(project, parts))


def once_before(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, act: Callable[[], object]) -> None:
    """Let something happen, once, just before somebody takes this step."""
    whole = getattr(owner, name)

    def interrupted(*given: object, **named: object) -> object:
        monkeypatch.setattr(owner, name, whole)
        act()
        return whole(*given, **named)

    monkeypatch.setattr(owner, name, interrupted)


def never(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """Whoever takes this step fails the test."""

    def taken(*_: object, **__: object) -> object:
        raise AssertionError(f"{name} was asked for")

    monkeypatch.setattr(owner, name, taken)


def in_xnat(site: Site) -> list[str]:
    """SHA-256 of every DICOM file that waits or is archived."""
    places = [site.root / "xnat" / place for place in ("prearchive", "archive")]
    return sorted(digest for place in places if place.exists() for digest in digests_of(place))


def rejected_in_xnat(site: Site) -> list[dict[str, str]]:
    """The zips that containers kept."""
    answer = site.get("/data/projects/QUARANTINE/resources/REJECTED/files?format=json")
    if answer.status_code == 404:
        return []
    rows: list[dict[str, str]] = answer.json()["ResultSet"]["Result"]
    return rows
