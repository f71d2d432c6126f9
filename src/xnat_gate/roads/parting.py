"""What waits of an arrival becomes an arrival of its own, one for each study, and is written down.

Laws: what was judged of the rest is written down before anything is moved; until when something waits is written down
once, when it begins to, and never put off.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from xnat_gate.core.report import contents
from xnat_gate.core.routing import hospital_of
from xnat_gate.core.states import State
from xnat_gate.core.waiting import missing, standing, without
from xnat_gate.edge.drop_folder import Claim, split
from xnat_gate.edge.journal import Entry, Reason
from xnat_gate.roads.gate import Gate, Passage, entry, passage, stamped
from xnat_gate.roads.opening import Opened, Waits
from xnat_gate.roads.remembering import remember


@dataclass(frozen=True, kw_only=True)
class Stayed:
    """What waits, in a claim that holds nothing else."""

    claim: Claim
    waits: Waits

    @property
    def line(self) -> Passage:
        """What is told of it."""
        verdict = self.waits.verdict
        count = missing(verdict, self.waits.objects)
        refers = "1 object" if count == 1 else f"{count} objects"
        until = self.waits.until.astimezone().strftime("%Y-%m-%d %H:%M")
        why = f"it refers to {refers} that did not come yet; it waits for them until {until}"
        part = replace(verdict, study=replace(verdict.study, instances=self.waits.objects))
        told = passage(part, State.WAITING, "the waiting room", why)
        return replace(told, what=contents(part), came_as=self.claim.name)


def parted(opened: Opened, gate: Gate) -> tuple[Opened, tuple[Stayed, ...]]:
    """The claim with what goes on, and those that wait. Raises JournalError, DropFolderUnavailable."""
    remember(opened.verdicts, opened.claim.id, gate)
    if opened.goes_on:
        gate.journal.judged(opened.claim.id, [stamped(gate, one) for one in _judged(opened, gate)])
    stayed: list[Stayed] = []
    claim = opened.claim
    for number, waits in enumerate(opened.waits, start=1):
        own = claim
        if opened.goes_on or number < len(opened.waits):
            claim, own = split(claim, [one.file for one in waits.objects], _id_beside(claim))
        gate.journal.judged(own.id, _entries(waits, own, gate), "waits for what it refers to")
        stayed.append(Stayed(claim=own, waits=waits))
    return replace(opened, claim=claim), tuple(stayed)


def _id_beside(claim: Claim) -> str:
    return f"{claim.id.partition('~')[0]}~{secrets.token_hex(4)}"


def _judged(opened: Opened, gate: Gate) -> list[Entry]:
    """Those on which nothing had been decided before."""
    return [
        entry(opened.claim.id, verdict, State.JUDGED)
        for verdict in opened.verdicts
        if (before := gate.journal.entry(opened.claim.id, verdict.study.uid)) is None
        or before.state in (State.SETTLING, State.CLAIMED, State.WAITING)
    ]


def _entries(waits: Waits, claim: Claim, gate: Gate) -> Sequence[Entry]:
    """One line, and none where it stands already."""
    verdict = waits.verdict
    before = gate.journal.entry(claim.id, verdict.study.uid)
    if before is not None and before.state is State.WAITING:
        return []
    reasons = tuple(
        Reason(id=one.id, effect=one.effect.value, message=one.nameless)
        for one in standing(verdict, waits.objects)
    )
    one = replace(
        entry(claim.id, verdict, State.WAITING),
        project=_project(waits, gate),
        until=waits.until.isoformat(timespec="seconds"),
        files=len(waits.objects),
        rejected=0,
        reasons=reasons,
    )
    return [stamped(gate, one)]


def _project(waits: Waits, gate: Gate) -> str:
    """Where the study belongs with the objects that wait, of which the verdict as it is now would reject some."""
    verdict, protocol = waits.verdict, gate.protocol
    if verdict.home or verdict.project == protocol.quarantine_project:
        return verdict.project
    waiting = {id(one) for one in waits.objects}
    gone = [one for one in verdict.rejected if id(one) not in waiting]
    return hospital_of(protocol, without(verdict.study, gone))
