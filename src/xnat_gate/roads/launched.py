"""The second look, as a container in XNAT: launched, followed to its end, and believed only where it tells what it did.

Laws: where no container can be launched, or one came to grief, the look is taken here; the schedule in XNAT is the
safety net, not the way; a look that is still under way when patience ends goes on without us and harms nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from xnat_gate.core.archive import ArchiveError, ArchiveRefused, ArchiveUnavailable, NotThere, PrearchiveRow
from xnat_gate.core.launching import Launching, Workflow
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.gate import Gate, Passage, recorded
from xnat_gate.roads.looked import journalled, unjudged
from xnat_gate.roads.passage_lines import passages
from xnat_gate.roads.prearchive import look

COMMAND, ROOT = "check-prearchive", "project"
"""The command, and the name of its wrapper's external input (commands/check-prearchive.json)."""
LONGEST_PAUSE = 3.0


@dataclass(frozen=True, kw_only=True)
class Launched:
    """Takes the second look by launching. `patience`: seconds until a container is left to itself; `stop` ends the
    waiting."""

    patience: float = 300.0
    stop: threading.Event = field(default_factory=threading.Event)

    def __call__(self, row: PrearchiveRow, gate: Gate, manifest_sha256: str = "") -> Iterator[Passage]:
        """What became of the row. Raises ArchiveUnavailable."""
        may = gate.launching if gate.judges_as_xnat else None
        launched = _launch(row, may, gate, manifest_sha256) if may else ""
        if not launched or gate.launching is None:
            yield from look(row, gate, manifest_sha256=manifest_sha256)
            return
        ended = self._followed(launched, gate.launching)
        if ended is None:
            yield unjudged(row, State.DELIVERED, f"the container of workflow {launched} has not ended yet")
            return
        told = tuple(_told(ended, row, gate.launching)) if ended.succeeded else ()
        if told and _shown(row, told, gate):
            yield from _journalled(row, told, gate)
            return
        why = ended.details or ended.status
        gate.tell(
            f"the look as a container did not tell what became of the session ({why}); it is taken here"
        )
        yield from _here(row, gate, manifest_sha256)

    def _followed(self, number: str, xnat: Launching) -> Workflow | None:
        deadline, pause = time.monotonic() + self.patience, 0.2
        while not (now := _workflow(number, xnat)).ended:
            if time.monotonic() > deadline or self.stop.wait(pause):
                return None
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return now


def _launch(row: PrearchiveRow, xnat: Launching, gate: Gate, manifest: str) -> str:
    """The number of the workflow; empty where nothing can be launched."""
    try:
        wrapper = xnat.find_wrapper(COMMAND, row.project)
        if wrapper is None:
            return ""
        gate.tell(f"launching {COMMAND} for {row.session}")
        inputs = {"row": row.uri, "manifest": manifest}
        return xnat.launch(wrapper, row.project, ROOT, row.project, inputs)
    except ArchiveUnavailable:
        raise
    except NotThere:  # an XNAT without the Container Service
        return ""
    except ArchiveError as error:
        gate.tell(f"{COMMAND} was not launched ({error}); the look is taken here")
        return ""


def _workflow(number: str, xnat: Launching) -> Workflow:
    """What cannot be followed has ended without a word, as far as this road is concerned."""
    try:
        return xnat.workflow(number)
    except ArchiveRefused as error:
        return Workflow("Failed", str(error))


def _told(ended: Workflow, row: PrearchiveRow, xnat: Launching) -> Iterator[Passage]:
    """What the log says of this row's study."""
    try:
        log = xnat.container_log(ended)
    except ArchiveRefused:  # a log that this account may not read tells nothing
        return
    yield from (one for one in passages(log) if one.study_uid == row.study_uid)


def _shown(row: PrearchiveRow, told: tuple[Passage, ...], gate: Gate) -> bool:
    """A log can be forged by what stands in the data, so XNAT has the last word: what was archived is in the archive
    and waits no more, what waits is there, and what was taken out whole is not."""
    states = {one.state for one in told}
    if not states & {State.ARCHIVED, State.QUARANTINED, State.FAILED}:
        waits = gate.archive.row(row.uri) is not None
        return waits is (states != {State.REJECTED})
    if gate.archive.row(row.uri) is not None and row.project != gate.protocol.quarantine_project:
        return False  # FAILED: it went in, and not as it was judged
    quarantine = gate.protocol.quarantine_project
    ends = {State.QUARANTINED: quarantine}
    if row.project != quarantine:  # nothing leaves it by a look
        ends[State.ARCHIVED] = row.project
    projects = [project for state, project in ends.items() if states & {state, State.FAILED}]
    archived = any(gate.archive.sessions_of_study(project, row.study_uid) for project in projects)
    waits = any(one.study_uid == row.study_uid for one in gate.archive.rows(quarantine))
    return archived or (waits and State.ARCHIVED not in states)


def _here(row: PrearchiveRow, gate: Gate, manifest: str) -> Iterator[Passage]:
    """What the container left, if it left anything."""
    now = gate.archive.row(row.uri)
    if now is not None:
        yield from look(now, gate, manifest_sha256=manifest)
    else:
        yield unjudged(
            row, State.DELIVERED, "it has left this place in the prearchive; it is looked for again"
        )


def _journalled(row: PrearchiveRow, told: tuple[Passage, ...], gate: Gate) -> Iterator[Passage]:
    """The container has a journal of its own, which died with it: what it told of this row is written into ours."""
    before = journalled(row, gate)
    same = gate.up_to_date().protocol.sha256 == gate.protocol.sha256
    for one in told:
        if one.study_uid == row.study_uid and not _is_part(one, told):
            now = replace(before, state=one.state, xnat_uri=one.uri, project=_project(one, before, gate))
            note = f"a container says: {one.nameless}"
            if same:
                recorded(gate, now, note)
            else:  # by which of the two it has judged, nobody can tell
                gate.journal.record(
                    replace(now, protocol_name="", protocol_sha256="", protocol_version=""), note
                )
        yield one


def _project(one: Passage, before: Entry, gate: Gate) -> str:
    """It may have gone into QUARANTINE, and nowhere else."""
    quarantine = gate.protocol.quarantine_project
    there = one.state is State.QUARANTINED or one.uri.startswith(f"/prearchive/projects/{quarantine}/")
    return quarantine if there else before.project


def _is_part(one: Passage, told: tuple[Passage, ...]) -> bool:
    """Objects taken out of a study that went on without them: the study's own line speaks for it."""
    return one.state is State.REJECTED and any(other.state is not State.REJECTED for other in told)
