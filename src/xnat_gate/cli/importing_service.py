"""`xnat-gate import DROP` as a service: it watches until it is told to stop, logs what it does, and answers for itself.

Laws: an XNAT that is away, a full disk or a share that is gone ends nothing, it is tried again; SIGTERM lets what was
begun come to its end.
"""

from __future__ import annotations

import argparse
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from xnat_gate import __version__
from xnat_gate.cli import monitoring, telling
from xnat_gate.cli.exits import EXPECTED, Exit, exit_for
from xnat_gate.cli.importing import importing
from xnat_gate.cli.log import Log, keep_to_the_log
from xnat_gate.cli.parts import gate, journal_at, protocols, settings_for, warn_of_auto_archive
from xnat_gate.core.archive import ArchiveUnavailable
from xnat_gate.core.in_force import from_facts
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder, DropFolderUnavailable
from xnat_gate.edge.journal import Journal, JournalBusy, JournalError, JournalUnavailable
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.roads.chores import SERVICE, protocol_facts
from xnat_gate.roads.gate import Gate, Passage

if TYPE_CHECKING:
    from xnat_gate.edge.health import ImporterMeters

PASSING: dict[type[Exception], str] = {
    ArchiveUnavailable: "xnat",
    JournalUnavailable: "journal",
    JournalBusy: "journal",
    DropFolderUnavailable: "drop",
}
"""What passes without a restart: XNAT away, a state disk that is full, a share that is not mounted."""
WORKERS = 4
LONGEST_PAUSE = 60.0
"""Seconds between two attempts to reach an XNAT that is away."""
STILL = 180.0
"""Seconds without a look after which the importer counts as stuck."""


class Watched:
    """How the service is, for whoever asks over HTTP."""

    def __init__(self, meters: ImporterMeters) -> None:
        self._meters = meters
        self._looked = time.monotonic()
        self._trouble: dict[str, str] = {}
        self._failed = 0

    def look(self, facts: Mapping[str, object], parts: Gate) -> None:
        """It has looked at the drop folder, and has found this."""
        self._looked, self._trouble = time.monotonic(), {}
        self._meters.xnat(up=True)
        self._meters.looked()
        counts = Counter(one.state for one in parts.journal.unfinished())
        counts[State.SETTLING] = int(str(facts.get("settling", 0)))
        self._meters.arrivals(counts)
        with contextlib.suppress(KeepingFailed):
            self._meters.dead_letters(len(parts.failed.kept()))
        if (told := from_facts(facts.get("protocol"))) is not None:
            self._meters.protocol(told.version, told.sha256, refused=told.refused is not None)
        failed = int(str(facts.get("tries_failed", 0)))
        for _ in range(failed - self._failed if failed >= self._failed else failed):
            self._meters.try_failed()
        self._failed = failed

    def passed(self, one: Passage) -> None:
        """A study has come to an end, or to a rest."""
        self._meters.study(one.state)
        if one.state in (State.ARCHIVED, State.QUARANTINED):
            self._meters.delivered(one.files, one.seconds)

    def waits(self, what: str, why: str) -> None:
        """It lives, and cannot go on as long as this is so: `xnat`, `journal` or `drop`, and a sentence."""
        self._looked, self._trouble = time.monotonic(), {what: why}
        if what == "xnat":
            self._meters.xnat(up=False)

    def live(self) -> Mapping[str, str]:
        still = time.monotonic() - self._looked
        return {"watching": f"nothing was looked at for {still:.0f} s"} if still > STILL else {}

    def ready(self) -> Mapping[str, str]:
        return {**self.live(), **self._trouble}


def serve(options: argparse.Namespace, drop: Path, state: Path, stop: threading.Event) -> Exit:
    """Until `stop` is set. Raises LoginRefused, ProtocolInvalid, Usage: what a person has to mend."""
    from xnat_gate.edge.health import Disks, ImporterMeters

    told = Log(as_json=options.log == "json")
    keep_to_the_log(told)
    meters = ImporterMeters(__version__, Disks(drop, state))
    watched = Watched(meters)
    with monitoring.answering(
        options.health_port,
        options.health_bind,
        live=watched.live,
        ready=watched.ready,
        meters=meters,
        told=told,
    ):
        _noted(state, "started", {"version": __version__})
        try:
            _until_stopped(options, drop, state, stop, _Voice(told, as_json=options.log == "json"), watched)
        except EXPECTED as error:
            if options.log != "json":
                raise
            told({"event": "ended", "why": str(error)})
            return exit_for(error)
        _noted(state, "stopped", {})
    return Exit.PASSED


class _Voice:
    """What the service says: progress and studies; studies as lines on stdout where the log is text."""

    def __init__(self, told: Log, *, as_json: bool) -> None:
        self._told, self._as_json = told, as_json

    def line(self, text: str) -> None:
        self._told.line(text)

    def passage(self, one: Passage) -> None:
        if not self._as_json:
            print(telling.log_line(one), flush=True)
            return
        fields = {
            "state": one.state.value, "study_uid": one.study_uid, "files": one.files, "where": one.where,
            "why": one.nameless,
        }  # fmt: skip
        self._told.passage(fields)


def _until_stopped(
    options: argparse.Namespace,
    drop: Path,
    state: Path,
    stop: threading.Event,
    voice: _Voice,
    watched: Watched,
) -> None:
    pause, watching = 1.0, False
    known = protocols(options.protocol)  # what was in force outlives an XNAT that was away
    while not stop.is_set():
        try:
            settings = settings_for(options.xnat)
            with (
                gate(settings, protocol=options.protocol, state=state, tell=voice.line, known=known) as parts,
                DropFolder(drop) as folder,
            ):
                warn_of_auto_archive(parts)
                voice.line(f"watching {drop}")
                pause, watching = 1.0, True
                road = importing(options, folder, parts, settings, stop, workers=options.workers or WORKERS)
                road.observe = _observer(watched, parts)
                for one in road.forever():
                    watched.passed(one)
                    voice.passage(one)
        except tuple(PASSING) as error:
            what = next(name for kind, name in PASSING.items() if isinstance(error, kind))
            if what != "xnat" and not watching:
                raise  # it never worked: a person has named the wrong folder
            voice.line(f"{error}; nothing is lost, trying again in {pause:.0f} s")
            watched.waits(what, str(error))
            _lives(state, {what: "away", **protocol_facts(known)})
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _observer(watched: Watched, parts: Gate) -> Callable[[Mapping[str, object]], None]:
    return lambda facts: watched.look(facts, parts)


def _noted(state: Path, event: str, facts: Mapping[str, str]) -> None:
    """A line in the audit record. The service goes on without it."""
    with contextlib.suppress(JournalError), Journal(journal_at(state), actor=SERVICE) as journal:
        journal.note(event, facts=dict(facts))


def _lives(state: Path, facts: Mapping[str, object]) -> None:
    """A sign of life. The service goes on without it."""
    with contextlib.suppress(JournalError), Journal(journal_at(state), actor=SERVICE) as journal:
        journal.beat(SERVICE, facts)
