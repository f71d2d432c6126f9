"""What is done with a judged session in the prearchive: quarantine, reject, hold, or archive.

Laws: nothing leaves QUARANTINE by this road; what is to be taken out and cannot be kept stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from xnat_gate.core.archive import Busy, Entry, PrearchiveRow
from xnat_gate.core.judge import Outcome
from xnat_gate.core.keeping import KeepingFailed
from xnat_gate.core.protocol import QuarantinePlace
from xnat_gate.roads.archiving import archive
from xnat_gate.roads.gate import Gate, Passage, recorded, rejections
from xnat_gate.roads.holding import ERROR, hold, stay_in_quarantine
from xnat_gate.roads.looked import Looked, journalled
from xnat_gate.roads.rejecting import keep_rejected, reject_all, remove, scans_of_rejected


def dispose(seen: Looked, gate: Gate) -> Iterator[Passage]:
    """Do what the verdict says. Raises ArchiveError; what was done until then stays done and is found next time."""
    seen = _to_its_project(seen, gate)
    try:
        yield from _in_its_project(seen, gate)
    except KeepingFailed as error:
        yield hold(seen, gate, ERROR, str(error))


def _in_its_project(seen: Looked, gate: Gate) -> Iterator[Passage]:
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
    """Into QUARANTINE when the verdict says so; never out of it: that is a person's decision. Raises Busy when what
    arrived there is not what was judged."""
    row, verdict = seen.row, seen.verdict
    quarantine = gate.protocol.quarantine_project
    if row.project != quarantine and verdict.project == quarantine:
        gate.tell(f"moving {row.session} to {quarantine}")
        before = journalled(row, gate)
        row = gate.archive.move(row, quarantine)
        recorded(gate, replace(before, project=quarantine, xnat_uri=row.uri))
        _nothing_moved_with_it(seen, row, gate)
    if row.project == quarantine:
        outcome = Outcome.QUARANTINE if verdict.outcome is Outcome.ARCHIVE else verdict.outcome
        verdict = replace(verdict, project=quarantine, outcome=outcome)
    return replace(seen, row=row, verdict=verdict)


def _nothing_moved_with_it(seen: Looked, row: PrearchiveRow, gate: Gate) -> None:
    """By name alone: XNAT may apply the script of the new project, and so change what the files hold."""
    before, now = seen.held.listed, gate.archive.catalogue(row)
    if before is not None and now is not None and _names(before) != _names(now):
        raise Busy(f"{row.uri} changed while it was moved; it is looked at again there")


def _names(listed: Iterable[Entry]) -> list[str]:
    return sorted(entry.name for entry in listed)
