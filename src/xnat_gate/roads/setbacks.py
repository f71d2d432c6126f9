"""What becomes of an arrival that failed: put off, given back, or laid aside for a person as a dead letter.

Law: each of them is written down with its reason, and the files are where the journal says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from xnat_gate.core.overview import GIVEN_BACK
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import Claim
from xnat_gate.edge.journal import Entry
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.roads.gate import Gate, Passage


def under_way(claim_id: str, gate: Gate) -> Sequence[Entry]:
    """What the journal holds of this arrival that is neither with XNAT nor at its end."""
    return [
        one
        for one in gate.journal.unfinished()
        if one.arrival == claim_id and one.state is not State.DELIVERED
    ]


def put_off(claim: Claim, gate: Gate, why: str, *, tries: int, until: datetime) -> None:
    """It stays claimed and is tried again; until when something waits stays as it was."""
    known = under_way(claim.id, gate) or [
        Entry(arrival=claim.id, state=State.CLAIMED, files=len(claim.content.files))
    ]
    for one in known:
        when = one.until if one.state is State.WAITING else until.isoformat(timespec="seconds")
        gate.journal.record(replace(one, tries=tries, until=when), f"try {tries} failed: {why}")


def give_back(claim: Claim, gate: Gate, why: str) -> str:
    """Back into the drop folder, and its name there; what was under way is journalled as failed, and XNAT is asked for
    it at the next try."""
    for one in under_way(claim.id, gate):
        gate.journal.record(replace(one, state=State.FAILED), f"{GIVEN_BACK}: {why}")
    return claim.release().name


def bury(claim: Claim, gate: Gate, why: str, tries: int) -> Passage:
    """Into failed/, from where a person can have it tried again. Written down first, so that a crash in the middle
    leaves nothing under way. Raises KeepingFailed, DropFolderError."""
    claim = claim.seen_again()
    files = [path for path, _, _ in sorted(claim.content.files) if (claim.path / path).exists()]
    known = under_way(claim.id, gate) or [Entry(arrival=claim.id, state=State.CLAIMED, files=len(files))]
    for one in known:
        gone = replace(one, state=State.FAILED, tries=tries, until="")
        gate.journal.record(gone, f"laid aside after try {tries}: {why}")
    try:
        where = _laid_aside(claim, files, why, tries, gate)
    except KeepingFailed:
        for one in known:
            gate.journal.record(replace(one, tries=tries), "could not be laid aside")
        raise
    claim.finish()
    return Passage(
        what="folder",
        files=len(files),
        state=State.FAILED,
        where=where,
        why=f"tried {tries} times: {why}; see that it can be read and delivered, then: xnat-gate retry",
        nameless=f"tried {tries} times: {why}",
        came_as=claim.name,
    )


def _laid_aside(claim: Claim, files: Sequence[str], why: str, tries: int, gate: Gate) -> str:
    reason = {"id": "FAILED", "message": f"It was tried {tries} times: {why}"}
    names = [f"{claim.path.name}/{file}" for file in files]
    return str(gate.failed.keep(claim.path.parent, names, reason, arrival=claim.id)) if names else "nowhere"
