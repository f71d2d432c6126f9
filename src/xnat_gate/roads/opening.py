"""The beginning of an arrival's road: what has come, judged in the light of what XNAT holds, and what of it waits.

Law: what waits becomes an arrival of its own, so that the rest comes to its end without it; until when it waits is
written down once and never put off.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from xnat_gate.core import likeness, media
from xnat_gate.core.judge import Beside, Verdict, judge_together, labels_of
from xnat_gate.core.report import contents
from xnat_gate.core.states import State
from xnat_gate.core.study import Instance, Reading, Study, group
from xnat_gate.core.waiting import awaiting, missing, standing, without
from xnat_gate.edge import dicom_files
from xnat_gate.edge.drop_folder import Claim, split
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.copies import Prints, likenesses, prints_of
from xnat_gate.roads.elsewhere import held_elsewhere
from xnat_gate.roads.gate import Gate, Passage, entry, passage, stamped
from xnat_gate.roads.unpacking import Unpacked, unpack_all

_DECIDED = (State.DELIVERED, State.ARCHIVED, State.QUARANTINED, State.REJECTED, State.HELD)
"""What was written down in one of these states before a crash stands."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """The verdict on a study with the objects of it that wait, and until when."""

    verdict: Verdict
    objects: tuple[Instance, ...]
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Opened:
    """`claim` holds what goes on: `reading` and `verdicts`. `stays`: the claim that waits, for `waits`; it may be the
    same one, when nothing else is left. `prints`: of all that was read;
    `zips`: what was unpacked first."""

    claim: Claim
    reading: Reading
    verdicts: tuple[Verdict, ...]
    prints: Prints
    zips: Unpacked
    waits: tuple[Waits, ...] = ()
    stays: Claim | None = None

    @property
    def goes_on(self) -> bool:
        """Whether something is there that need not wait."""
        seen = self.reading
        return bool(self.verdicts or seen.not_dicom or seen.unreadable or seen.directories or self.zips.all)

    @property
    def until(self) -> datetime | None:
        """When the first of what waits has waited long enough."""
        return min((one.until for one in self.waits), default=None)

    @property
    def turns(self) -> frozenset[str]:
        """What nobody else may have in hand meanwhile: the studies, and the sessions they become."""
        verdicts = (*self.verdicts, *(one.verdict for one in self.waits))
        sessions = {f"session {one.labels.session}" for one in verdicts if one.labels}
        return frozenset({f"study {one.study.uid}" for one in verdicts} | sessions)


def read(claim: Claim, gate: Gate, *, final: bool = False) -> Opened:
    """Read and judge a claim; nothing is changed yet. `final`: nothing waits any longer. Raises ArchiveError,
    OSError."""
    unpacked = unpack_all(claim, gate)
    claim = unpacked.claim
    reading = unpacked.without_zips(dicom_files.read_folder(claim.path, gate.wanted))
    studies = group(reading)
    prints = prints_of(reading, claim.path)
    known = _known(studies, reading, prints, gate)
    whole = judge_together(studies, gate.protocol, lambda study: known[study.uid])
    waits = {one.verdict.study.uid: one for one in _waiting(whole, claim, gate, final)}
    if not waits:
        return Opened(claim=claim, reading=reading, verdicts=whole, prints=prints, zips=unpacked)
    going = _going(studies, waits)
    verdicts = judge_together(going, gate.protocol, _beside(known, waits))
    return Opened(
        claim=claim,
        reading=reading,
        verdicts=verdicts,
        prints=prints,
        zips=unpacked,
        waits=tuple(waits.values()),
    )


def _known(studies: Sequence[Study], reading: Reading, prints: Prints, gate: Gate) -> dict[str, Beside]:
    """What XNAT, the journal and the index of the medium know of each study."""
    copies, parts = likenesses(studies, prints, gate), media.findings(reading)
    asked = (*likeness.ASKED, *((media.ID,) if reading.directories else ()))
    return {
        study.uid: Beside(
            elsewhere=_elsewhere(study, gate),
            carried=(*copies[study.uid], *((parts[study.uid],) if study.uid in parts else ())),
            also_asked=asked,
        )
        for study in studies
    }


def _elsewhere(study: Study, gate: Gate) -> frozenset[str]:
    labels = labels_of(study, gate.protocol)
    return held_elsewhere(study, labels, gate.protocol.quarantine_project, gate.archive, gate.scratch)


def _going(studies: Sequence[Study], waits: Mapping[str, Waits]) -> list[Study]:
    rest = (without(study, waits[study.uid].objects) if study.uid in waits else study for study in studies)
    return [study for study in rest if study.instances]


def _beside(known: Mapping[str, Beside], waits: Mapping[str, Waits]) -> Callable[[Study], Beside]:
    def beside(study: Study) -> Beside:
        one, plain = waits.get(study.uid), known[study.uid]
        if one is None:
            return plain
        also = (finding for finding in standing(one.verdict, one.objects) if finding not in plain.carried)
        return replace(plain, carried=(*plain.carried, *also))

    return beside


def _waiting(verdicts: Sequence[Verdict], claim: Claim, gate: Gate, final: bool) -> Sequence[Waits]:
    found = []
    for verdict in verdicts:
        objects = awaiting(verdict, gate.protocol)
        until = _until(gate.journal.entry(claim.id, verdict.study.uid), gate, final) if objects else None
        if until is not None and until > gate.now():
            found.append(Waits(verdict=verdict, objects=objects, until=until))
    return found


def _until(before: Entry | None, gate: Gate, final: bool) -> datetime | None:
    if before is not None and before.state in _DECIDED:
        return None
    if final:
        return None
    if before is not None and before.until and before.state is State.WAITING:
        return datetime.fromisoformat(before.until)
    return gate.now() + gate.protocol.rt.wait_for_images


# --- writing it down --------------------------------------------------------------------------------------------


def parted(opened: Opened, gate: Gate) -> Opened:
    """Take what waits out of the claim, and write down what was judged. Raises JournalError, DropFolderUnavailable."""
    if not opened.waits:
        gate.journal.judged(opened.claim.id, [stamped(gate, one) for one in _judged(opened, gate)])
        return opened
    rest, stays = opened.claim, opened.claim
    if opened.goes_on:
        files = [one.file for waits in opened.waits for one in waits.objects]
        rest, stays = split(
            opened.claim, files, f"{opened.claim.id.partition('~')[0]}~{secrets.token_hex(2)}"
        )
    waiting = [stamped(gate, one) for one in _waiting_entries(opened.waits, stays, gate)]
    gate.journal.judged(stays.id, waiting, "waits for what it refers to")
    if rest is not stays:
        gate.journal.judged(rest.id, [stamped(gate, one) for one in _judged(opened, gate)])
    return replace(opened, claim=rest, stays=stays)


def _judged(opened: Opened, gate: Gate) -> list[Entry]:
    """Those on which nothing had been written down before."""
    return [
        entry(opened.claim.id, verdict, State.JUDGED)
        for verdict in opened.verdicts
        if (before := gate.journal.entry(opened.claim.id, verdict.study.uid)) is None
        or before.state in (State.SETTLING, State.CLAIMED, State.WAITING)
    ]


def _waiting_entries(waits: Sequence[Waits], stays: Claim, gate: Gate) -> list[Entry]:
    """One line for each study, and none where it stands already."""
    return [
        replace(
            entry(stays.id, one.verdict, State.WAITING),
            until=one.until.isoformat(timespec="seconds"),
            files=len(one.objects),
            rejected=0,
        )
        for one in waits
        if (before := gate.journal.entry(stays.id, one.verdict.study.uid)) is None
        or before.state is not State.WAITING
    ]


def waiting_passages(opened: Opened) -> list[Passage]:
    """A line for each study of which something waits."""
    return [_passage(one) for one in opened.waits]


def _passage(waits: Waits) -> Passage:
    count = missing(waits.verdict, waits.objects)
    refers = "1 object" if count == 1 else f"{count} objects"
    until = waits.until.astimezone().strftime("%Y-%m-%d %H:%M")
    why = f"it refers to {refers} that did not come yet; it waits for them until {until}"
    study = replace(waits.verdict.study, instances=waits.objects)
    verdict = replace(waits.verdict, study=study)
    return replace(passage(verdict, State.WAITING, "beside the drop folder", why), what=contents(verdict))
