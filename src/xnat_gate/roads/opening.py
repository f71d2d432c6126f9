"""The beginning of an arrival's road: what has come, judged in the light of what XNAT and the journal know of it.

Laws: it is judged when its turn has come, and not before, since the one before it may have brought what it refers to;
what was written down against a study stands for every part of it that is read again by the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from xnat_gate.core import likeness, media
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Beside, Outcome, Verdict, judge_together, labels_of
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.routing import hospital_of
from xnat_gate.core.states import State
from xnat_gate.core.study import Instance, Reading, Study, group
from xnat_gate.core.waiting import awaiting, standing, stands, without
from xnat_gate.edge import dicom_files
from xnat_gate.edge.drop_folder import Claim
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.copies import Prints, UnderWay, likenesses, prints_of
from xnat_gate.roads.earlier_tries import earlier_try
from xnat_gate.roads.elsewhere import held_elsewhere
from xnat_gate.roads.gate import Gate, objections
from xnat_gate.roads.homes import home_of, outside
from xnat_gate.roads.unpacking import Unpacked, unpack_all

DECIDED = (
    State.DELIVERING,
    State.DELIVERED,
    State.ARCHIVED,
    State.QUARANTINED,
    State.REJECTED,
    State.HELD,
)
"""What was written down in one of these states before a crash stands."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a claim holds; `zips`: what was unpacked first."""

    claim: Claim
    reading: Reading
    studies: tuple[Study, ...]
    zips: Unpacked
    protocol: Protocol
    final: bool = False

    @property
    def turns(self) -> frozenset[str]:
        """What nobody else may have in hand meanwhile: the studies, and the sessions they become."""
        labels = [labels_of(study, self.protocol) for study in self.studies]
        sessions = {f"session {one.session}" for one in labels if one}
        return frozenset({f"study {study.uid}" for study in self.studies} | sessions)


@dataclass(frozen=True, kw_only=True)
class Waits:
    """The verdict on a study with the objects of it that wait, and until when."""

    verdict: Verdict
    objects: tuple[Instance, ...]
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Opened:
    """`claim` holds what goes on: `reading` and `verdicts`; and what `waits`, until that has become a claim of its
    own."""

    claim: Claim
    reading: Reading
    verdicts: tuple[Verdict, ...]
    zips: Unpacked
    prints: Prints
    waits: tuple[Waits, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether something is there that need not wait, or nothing at all."""
        seen = self.reading
        more = self.verdicts or seen.not_dicom or seen.unreadable or seen.directories or self.zips.all
        return bool(more) or not self.waits


def read(claim: Claim, gate: Gate, *, final: bool = False) -> Seen:
    """Open what is packed and read what is there. `final`: nothing waits any longer. Raises OSError."""
    unpacked = unpack_all(claim, gate)
    reading = unpacked.without_zips(dicom_files.read_folder(unpacked.claim.path, gate.wanted))
    return Seen(
        claim=unpacked.claim,
        reading=reading,
        studies=group(reading),
        zips=unpacked,
        protocol=gate.protocol,
        final=final,
    )


def judged(seen: Seen, gate: Gate, under_way: UnderWay) -> Opened:
    """A verdict on each study, as far as it need not wait. Raises ArchiveError, JournalError."""
    prints = prints_of(seen.reading, seen.claim.path)
    alike = under_way.and_of_others(seen.claim.id, prints.values(), gate)
    copies = likenesses(seen.studies, prints, alike, gate)
    before = {study.uid: gate.journal.entry(seen.claim.id, study.uid) for study in seen.studies}
    known = _known(seen, copies, before, gate)
    whole = _judged_whole(seen, known, before, gate)
    waits = {one.verdict.study.uid: one for one in _waiting(whole, before, seen.final, gate)}
    verdicts = whole
    if waits:
        beside = _beside(known, whole, waits, gate.protocol)
        verdicts = judge_together(_going(seen.studies, waits), gate.protocol, beside)
    return Opened(
        claim=seen.claim,
        reading=seen.reading,
        verdicts=verdicts,
        zips=seen.zips,
        prints=prints,
        waits=tuple(waits.values()),
    )


def _known(
    seen: Seen, copies: Mapping[str, tuple[Finding, ...]], before: Mapping[str, Entry | None], gate: Gate
) -> dict[str, Beside]:
    """What XNAT, the journal and the index of the medium know of each study."""
    parts = media.findings(seen.reading)
    asked = (*likeness.ASKED, *((media.ID,) if seen.reading.directories else ()))

    def known(study: Study) -> Beside:
        own = before[study.uid]
        others = _in_hand(None, _elsewhere_in_hand(study.uid, seen.claim.id, gate))
        home = home_of(study, next(_in_hand(own, ()), None), others, gate)
        indexed = (parts[study.uid],) if study.uid in parts else ()
        return Beside(
            elsewhere=_elsewhere(study, home, gate),
            carried=(*copies[study.uid], *indexed, *_outside(study, seen.claim.id, own, gate)),
            also_asked=asked,
            home=home,
        )

    return {study.uid: known(study) for study in seen.studies}


def _outside(study: Study, arrival: str, own: Entry | None, gate: Gate) -> tuple[Finding, ...]:
    """Found here, since whoever looks at it in XNAT need not have this journal. What this very arrival has sent, or the
    try before it, is no other part of the study."""
    tried = earlier_try(study.uid, arrival, own, gate)
    return objections(outside(study.uid, [one for one in (own, tried) if one is not None], gate))


def _elsewhere(study: Study, home: str | None, gate: Gate) -> dict[str, str]:
    labels = labels_of(study, gate.protocol, home=home)
    return held_elsewhere(study, labels, gate.protocol.projects, gate.archive, gate.scratch)


def _judged_whole(
    seen: Seen, known: dict[str, Beside], before: Mapping[str, Entry | None], gate: Gate
) -> tuple[Verdict, ...]:
    """With what was written down against a study when more of it was here; `known` learns it, too."""
    verdicts = judge_together(seen.studies, gate.protocol, lambda study: known[study.uid])
    learnt = False
    for verdict in verdicts:
        uid = verdict.study.uid
        met = {(one.id, one.effect) for one in verdict.findings}
        stood = _stood(before[uid], _elsewhere_in_hand(uid, seen.claim.id, gate), gate)
        if lasting := tuple(one for one in stood if (one.id, one.effect) not in met):
            known[uid] = replace(known[uid], carried=(*known[uid].carried, *lasting))
            learnt = True
    return judge_together(seen.studies, gate.protocol, lambda study: known[study.uid]) if learnt else verdicts


_IN_HAND = (State.JUDGED, State.WAITING, State.DELIVERING, State.FAILED)
"""States of a study, or of a part of it, that has been judged and is not at its end."""


def _elsewhere_in_hand(study_uid: str, claim_id: str, gate: Gate) -> Iterator[Entry]:
    """Other parts of the study that wait, were given back or were laid aside, since any of it came to an end."""
    for one in gate.journal.of_study(study_uid) if study_uid else ():
        if one.arrival != claim_id:
            if one.state not in _IN_HAND:
                return
            yield one


def _in_hand(before: Entry | None, others: Iterable[Entry]) -> Iterator[Entry]:
    """This part of the study, and the others."""
    for one in (*((before,) if before else ()), *others):
        if one.state in _IN_HAND:
            yield one


def _stood(before: Entry | None, others: Iterable[Entry], gate: Gate) -> Iterator[Finding]:
    """What this protocol had against the study when more of it was here: of another piece only what sends to
    QUARANTINE, since a person may have mended what held it."""
    told: set[tuple[str, str]] = set()
    for entry in _in_hand(before, others):
        if entry.protocol_sha256 != gate.protocol.sha256:
            continue
        for reason in entry.reasons:
            counts = entry is before or reason.effect == Effect.QUARANTINE
            if counts and stands(reason.effect, reason.id) and (reason.id, reason.effect) not in told:
                told.add((reason.id, reason.effect))
                yield Finding(
                    id=reason.id,
                    severity=Severity.ERROR,
                    effect=Effect(reason.effect),
                    message=reason.message,
                    remedy="Look at the part of the study that came in another piece.",
                )


def _going(studies: Sequence[Study], waits: Mapping[str, Waits]) -> list[Study]:
    rest = (without(study, waits[study.uid].objects) if study.uid in waits else study for study in studies)
    return [study for study in rest if study.instances]


def _beside(
    known: Mapping[str, Beside], whole: Sequence[Verdict], waits: Mapping[str, Waits], protocol: Protocol
) -> Callable[[Study], Beside]:
    """What stands against the whole study stands against the part that goes on, which goes where the whole belongs."""
    parted = {one.study.uid: one for one in whole if one.study.uid in waits}

    def beside(study: Study) -> Beside:
        plain = known[study.uid]
        if study.uid not in parted:
            return plain
        one = parted[study.uid]
        lasting = standing(one, waits[study.uid].objects)
        return replace(
            plain,
            carried=(*plain.carried, *(finding for finding in lasting if finding not in plain.carried)),
            home=plain.home or (hospital_of(protocol, one.study) if protocol.routes else None),
        )

    return beside


def _waiting(
    verdicts: Sequence[Verdict], before: Mapping[str, Entry | None], final: bool, gate: Gate
) -> Iterator[Waits]:
    for verdict in verdicts:
        objects = awaiting(verdict, gate.protocol)
        until = _until(before[verdict.study.uid], gate, final) if objects else None
        if until is not None and until > gate.now():
            yield Waits(verdict=verdict, objects=objects, until=until)


def _until(before: Entry | None, gate: Gate, final: bool) -> datetime | None:
    """None where nothing waits, because it was decided so before, or nobody will be there."""
    decided = before is not None and (
        before.state in DECIDED or (before.state is State.JUDGED and before.outcome == Outcome.REJECT)
    )
    if final or decided:
        return None
    if before is not None and before.until and before.state is State.WAITING:
        if before.protocol_sha256 == gate.protocol.sha256:
            return datetime.fromisoformat(before.until)
        return datetime.fromisoformat(before.created) + gate.protocol.rt.wait_for_images
    return gate.now() + gate.protocol.rt.wait_for_images
