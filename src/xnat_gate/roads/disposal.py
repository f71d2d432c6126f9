"""What is done with a judged session in the prearchive: quarantine, reject, hold, or archive.

Law: nothing leaves QUARANTINE by this road.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xnat_gate.core.judge import Outcome
from xnat_gate.core.protocol import QuarantinePlace
from xnat_gate.roads.archiving import archive
from xnat_gate.roads.gate import Gate, Passage, recorded, rejections
from xnat_gate.roads.holding import ERROR, hold, stay_in_quarantine
from xnat_gate.roads.looked import Looked, journalled
from xnat_gate.roads.rejecting import keep_rejected, reject_all, remove, scans_of_rejected


def dispose(seen: Looked, gate: Gate) -> Iterator[Passage]:
    """Do what the verdict says. Raises ArchiveError; what was done until then stays done and is found next time."""
    seen = _to_its_project(seen, gate)
    if seen.verdict.outcome is Outcome.REJECT:
        yield reject_all(seen, gate)
        return
    if seen.verdict.rejected:
        scans = scans_of_rejected(seen, gate)
        if isinstance(scans, str):
            yield hold(seen, gate, ERROR, scans)
            return
        yield from rejections(seen.verdict, keep_rejected(seen, gate))
        seen = replace(seen, row=remove(seen, scans, gate))
    yield _rest(seen, gate)


def _rest(seen: Looked, gate: Gate) -> Passage:
    """What becomes of the objects that were not rejected."""
    stays = gate.protocol.quarantine is QuarantinePlace.PREARCHIVE
    if seen.verdict.outcome is Outcome.HOLD or seen.verdict.labels is None:
        return hold(seen, gate, ERROR)
    if stays and seen.row.project == gate.protocol.quarantine_project:
        return stay_in_quarantine(seen, gate)
    return archive(seen, replace(seen.verdict.labels, project=seen.row.project), gate)


def _to_its_project(seen: Looked, gate: Gate) -> Looked:
    """Into QUARANTINE when the verdict says so; never out of it: that is a person's decision."""
    row, verdict = seen.row, seen.verdict
    quarantine = gate.protocol.quarantine_project
    if row.project == gate.protocol.hospital and verdict.project == quarantine:
        gate.tell(f"moving {row.session} to {quarantine}")
        before = journalled(row, gate)
        row = gate.archive.move(row, quarantine)
        recorded(gate, replace(before, project=quarantine, xnat_uri=row.uri))
    if row.project == quarantine:
        outcome = Outcome.QUARANTINE if verdict.outcome is Outcome.ARCHIVE else verdict.outcome
        verdict = replace(verdict, project=quarantine, outcome=outcome)
    return replace(seen, row=row, verdict=verdict)
