"""The road of an arrival that has been judged: deliver to the prearchive or keep; every file ends in exactly one place.

Order: deliver, clear away what XNAT has answered for, then keep what was rejected; a study that cannot go on waits in
held/, and the others of its arrival go on without it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from xnat_gate.core.archive import ArchiveRefused
from xnat_gate.core.judge import Outcome, Verdict
from xnat_gate.core.labels import Labels
from xnat_gate.core.report import contents, reason_document
from xnat_gate.core.states import State
from xnat_gate.core.study import Unreadable
from xnat_gate.edge.drop_folder import Claim
from xnat_gate.edge.journal import Entry
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.roads.copies import remember
from xnat_gate.roads.delivery import deliver
from xnat_gate.roads.earlier_tries import earlier_try
from xnat_gate.roads.gate import (
    Gate,
    Passage,
    entry,
    objections,
    passage,
    place,
    recorded,
    rejections,
)
from xnat_gate.roads.leftovers import below_claim, set_aside_the_rest
from xnat_gate.roads.manifests import leave, warn
from xnat_gate.roads.opening import Opened
from xnat_gate.roads.receipts import Consignment, Receipt, sent_to, shown_at

_WITH_XNAT = (State.DELIVERED, State.ARCHIVED, State.QUARANTINED)
"""A claim with such an entry was confirmed by XNAT: what is left of it was on its way out."""


def arrive(opened: Opened, gate: Gate) -> Iterator[Passage]:
    """Take all that does not wait to its end, telling of each study as it goes.

    Raises ArchiveUnavailable or LoginRefused (try later), KeepingFailed or JournalError (the machine is in trouble),
    with every file that is not delivered or kept still in the claim.
    """
    claim = opened.claim
    for verdict in opened.verdicts:
        for told in _pass(verdict, claim, gate):
            if told.state in _WITH_XNAT:
                remember(verdict.accepted, opened.prints, gate)
            yield told
    if opened.goes_on:
        yield from set_aside_the_rest(opened, gate)
        claim.remove_files(opened.zips.opened)
        claim.finish()


def _pass(verdict: Verdict, claim: Claim, gate: Gate) -> Iterator[Passage]:
    """A decision that was written down before a crash stands: what is left of such a study may look like another."""
    before = gate.journal.entry(claim.id, verdict.study.uid)
    state = before.state if before else None
    if before is not None and before.state in _WITH_XNAT:
        yield from _finish_delivered(verdict, before, claim, gate)
        return
    tried = None
    if state not in (State.REJECTED, State.HELD):
        tried = earlier_try(verdict.study.uid, claim.id, before, gate)
    if tried is not None and (receipt := _sent_before(verdict, tried, claim, gate)) is not None:
        yield from _as_it_is_there(verdict, receipt, claim, gate)
    elif state is State.REJECTED or (state is not State.HELD and verdict.outcome is Outcome.REJECT):
        yield _reject(verdict, claim, gate)
    elif state is State.HELD or not verdict.deliverable or verdict.labels is None:
        yield _hold(verdict, claim, gate)
    else:
        yield from _deliver(verdict, verdict.labels, claim, gate, tried)


def _sent_before(verdict: Verdict, tried: Entry, claim: Claim, gate: Gate) -> Receipt | None:
    """What an earlier try has sent of a study that would not be sent now, because the protocol has changed since."""
    stays = verdict.outcome is Outcome.REJECT or not verdict.deliverable
    if not stays or verdict.labels is None or not tried.project:
        return None
    labels = Labels(tried.project, verdict.labels.subject, tried.session or verdict.labels.session)
    goods = Consignment(
        folder=claim.path, study_uid=verdict.study.uid, labels=labels, instances=verdict.study.instances
    )
    receipt = sent_to(goods, labels, gate)
    return receipt if receipt is not None and receipt.shown else None


def _as_it_is_there(verdict: Verdict, receipt: Receipt, claim: Claim, gate: Gate) -> Iterator[Passage]:
    """It is in XNAT's hands already: there it is looked at again, by the protocol in force."""
    sent = replace(verdict, rejected=(), project=receipt.labels.project, labels=receipt.labels)
    if receipt.missing:
        why = (
            f"{len(receipt.shown)} of {len(verdict.study.instances)} objects were sent to {receipt.labels.project} "
            "before the protocol changed, and are there; by the one in force they would not have been sent"
        )
        yield _hold(sent, claim, gate, why, uri=receipt.uri)
    else:
        yield from _clear_away(sent, receipt, claim, gate)


def _finish_delivered(verdict: Verdict, before: Entry, claim: Claim, gate: Gate) -> Iterator[Passage]:
    """Killed while originals were cleared: what XNAT has goes, what it has not had been rejected."""
    labels = Labels(before.project, verdict.labels.subject if verdict.labels else "", before.session)
    goods = Consignment(
        folder=claim.path, study_uid=verdict.study.uid, labels=labels, instances=verdict.study.instances
    )
    receipt = shown_at(goods, before.xnat_uri, gate)
    claim.remove_files(receipt.shown)
    yield passage(verdict, before.state, f"{before.project} / {before.session}", uri=before.xnat_uri)
    if receipt.missing:
        left = replace(
            verdict,
            rejected=tuple(one for one in verdict.study.instances if one.file in receipt.missing),
        )
        yield from rejections(left, _keep_rejected(left, claim, gate))


def _deliver(
    verdict: Verdict, labels: Labels, claim: Claim, gate: Gate, tried: Entry | None
) -> Iterator[Passage]:
    goods = Consignment(
        folder=claim.path, study_uid=verdict.study.uid, labels=labels, instances=verdict.accepted
    )
    receipt = _sent_elsewhere(goods, tried, gate)
    try:
        receipt = receipt or _sent(goods, verdict, tried, claim, gate)
    except ArchiveRefused as error:
        yield _hold(verdict, claim, gate, str(error))
        return
    verdict = replace(verdict, project=receipt.labels.project, labels=receipt.labels)
    if receipt.missing:
        yield _hold(verdict, claim, gate, _unlike(receipt, goods), uri=receipt.uri)
        return
    yield from _clear_away(verdict, receipt, claim, gate)


def _sent_elsewhere(goods: Consignment, tried: Entry | None, gate: Gate) -> Receipt | None:
    """What an earlier try has sent to another place than this verdict would, because the protocol has changed since.
    Nothing is written down before, since the journal alone knows of that place; where XNAT does not let it be looked
    for, all is as it was, and tried again later."""
    if tried is None or not tried.project:
        return None
    labels = Labels(tried.project, goods.labels.subject, tried.session or goods.labels.session)
    if labels == goods.labels:
        return None
    return sent_to(goods, labels, gate)


def _sent(goods: Consignment, verdict: Verdict, tried: Entry | None, claim: Claim, gate: Gate) -> Receipt:
    recorded(gate, entry(claim.id, verdict, State.DELIVERING))
    gate.tell(f"delivering {contents(verdict)} to {goods.labels.project}")
    return deliver(goods, gate, sent_before=tried is not None, arrived=lambda row: warn(verdict, row, gate))


def _unlike(receipt: Receipt, goods: Consignment) -> str:
    if receipt.labels != goods.labels:
        return (
            f"{len(receipt.shown)} of {len(goods.instances)} objects were sent to {receipt.labels.project} before the "
            "protocol changed, and are there; the originals are kept: have the rest follow them, or take those out"
        )
    return (
        f"XNAT took the files but does not show {len(receipt.missing)} of {len(goods.instances)} as they were sent "
        "(an anonymisation script, or another file under the same identity?); the originals are kept"
    )


def _clear_away(verdict: Verdict, receipt: Receipt, claim: Claim, gate: Gate) -> Iterator[Passage]:
    """XNAT has answered for every object: whoever looks next is told, the originals go, what was rejected is kept."""
    state = _state(receipt, verdict, gate)
    manifests = {row.uri: leave(verdict, row, seen, gate) for row, seen in receipt.rows}
    recorded(gate, entry(claim.id, verdict, state, uri=receipt.uri))
    gone = {id(one) for one in verdict.rejected}
    claim.remove_files(one.file for one in verdict.study.instances if id(one) not in gone)
    delivered = passage(verdict, state, place(verdict), uri=receipt.uri)
    yield replace(delivered, manifest=manifests.get(receipt.uri, ""))
    if verdict.rejected:
        yield from rejections(verdict, _keep_rejected(verdict, claim, gate))


def _state(receipt: Receipt, verdict: Verdict, gate: Gate) -> State:
    if not receipt.archived:
        return State.DELIVERED
    quarantined = verdict.project == gate.protocol.quarantine_project
    return State.QUARANTINED if quarantined else State.ARCHIVED


@contextlib.contextmanager
def _intending(one: Entry, gate: Gate) -> Iterator[None]:
    """Written down first, so that a crash in the middle is finished as it was meant; a failure is written down, too."""
    recorded(gate, one)
    try:
        yield
    except KeepingFailed as error:
        recorded(gate, replace(one, state=State.JUDGED), str(error))
        raise


def _reject(verdict: Verdict, claim: Claim, gate: Gate) -> Passage:
    """Nothing of the study is left; its damaged files go with it."""
    all_of_it = replace(verdict, rejected=verdict.study.instances)
    with _intending(entry(claim.id, verdict, State.REJECTED), gate):
        where = _keep_rejected(all_of_it, claim, gate, verdict.study.damaged)
    return passage(verdict, State.REJECTED, where)


def _keep_rejected(verdict: Verdict, claim: Claim, gate: Gate, damaged: Sequence[Unreadable] = ()) -> str:
    files = below_claim(claim, [one.file for one in verdict.rejected] + [one.file for one in damaged])
    return str(
        gate.own_shelf.keep(
            claim.path.parent, files, reason_document(gate.protocol, verdict), arrival=claim.id
        )
    )


def _hold(verdict: Verdict, claim: Claim, gate: Gate, message: str = "", uri: str = "") -> Passage:
    """The whole study waits in held/, its damaged files with it."""
    files = [one.file for one in verdict.study.instances] + [one.file for one in verdict.study.damaged]
    also = objections(message)
    reason = reason_document(gate.protocol, verdict, *also)
    with _intending(entry(claim.id, verdict, State.HELD, uri=uri, also=also), gate):
        where = gate.held.keep(claim.path.parent, below_claim(claim, files), reason, arrival=claim.id)
    return passage(verdict, State.HELD, str(where), message, uri=uri)
