"""From a claim to the prearchive: send, and believe nothing before XNAT has shown every object again.

Laws: an original is removed only after XNAT has answered for it by identity and content; after an unknown outcome,
and after a crash, XNAT is asked before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from xnat_gate.core.archive import (
    ArchivedSession,
    Conflict,
    NotAllowed,
    NotThere,
    OutcomeUnknown,
    PrearchiveRow,
)
from xnat_gate.core.protocol.model import RepeatPolicy
from xnat_gate.core.study import Instance
from xnat_gate.edge import bundles
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.receipts import (
    Comparison,
    Consignment,
    Receipt,
    compared,
    in_archive,
    in_rows,
    nothing,
    own_sessions,
    rows_of,
)


def deliver(
    goods: Consignment,
    gate: Gate,
    *,
    sent_before: bool,
    arrived: Callable[[PrearchiveRow], None] = nothing,
) -> Receipt:
    """Send, unless XNAT has it from a delivery that was broken off (`sent_before`). `arrived` is told of each row that
    holds it, before the long comparison: others may look at it from then on.

    Raises any ArchiveError; Conflict when a waiting session holds something else under one of these identities, which
    would be overwritten.
    """
    if gate.protocol.duplicates.same_bytes is RepeatPolicy.DROP:
        for copy, session in _copies(goods, gate):
            if not (receipt := in_archive(copy, gate, session)).missing:
                return receipt
    rest = without_what_is_archived(goods, gate)
    receipt = _deliver(rest, gate, sent_before=sent_before, arrived=arrived)
    left = {one.file for one in rest.instances}
    there = tuple(one.file for one in goods.instances if one.file not in left)
    return replace(receipt, shown=(*receipt.shown, *there))


def _deliver(
    goods: Consignment, gate: Gate, *, sent_before: bool, arrived: Callable[[PrearchiveRow], None]
) -> Receipt:
    if sent_before and (receipt := _found(goods, gate, arrived)) is not None:
        return receipt
    waiting = rows_of(goods, gate)
    to_send = goods
    for row in waiting:
        to_send = _without_what_waits(to_send, row, gate)
    try:
        uris = _send(to_send, gate) if to_send.instances else ()
    except OutcomeUnknown:
        if (receipt := _found(goods, gate, arrived)) is not None:
            return receipt
        raise
    return in_rows(goods, gate, list(dict.fromkeys([*uris, *(row.uri for row in waiting)])), arrived)


def _without_what_waits(goods: Consignment, row: PrearchiveRow, gate: Gate) -> Consignment:
    """What is not in this waiting session yet: an object that is there as it is would be kept twice. Raises Conflict
    when one is there with other contents."""
    comparison = Comparison.of(goods)
    compared(gate.archive.stream(row), comparison, gate)
    other = comparison.met & comparison.open.keys()
    if other:
        raise Conflict(
            f"{len(other)} of {len(goods.instances)} objects wait in the prearchive already, with other contents"
        )
    rest = tuple(one for one in goods.instances if one.sop_instance_uid not in comparison.met)
    return replace(goods, instances=rest)


def _send(goods: Consignment, gate: Gate) -> Sequence[str]:
    files = ((bundles.entry_name(one.sop_instance_uid), goods.folder / one.file) for one in goods.instances)
    labels = goods.labels
    with bundles.scratch(gate.scratch) as file:
        bundles.pack(files, file)
        return gate.archive.receive(
            file, project=labels.project, subject=labels.subject, session=labels.session
        )


def without_what_is_archived(goods: Consignment, gate: Gate) -> Consignment:
    """A late rest of a study without its overlap with the session that it is going to join: what is there as it is.
    The whole of it, where nothing would be left or an object is there with other contents: that is no late rest, and
    the look at what waits tells so."""
    for session in _joined(goods, gate):
        rest = _without_overlap(goods, session, gate)
        return replace(goods, instances=rest) if rest else goods
    return goods


def _joined(goods: Consignment, gate: Gate) -> list[ArchivedSession]:
    """The archived session that the goods would become a part of; none or one."""
    return [
        one
        for one in own_sessions(goods.labels.project, goods.study_uid, gate)
        if one.session == goods.labels.session and one.subject.casefold() == goods.labels.subject.casefold()
    ]


def _copies(goods: Consignment, gate: Gate) -> Iterator[tuple[Consignment, ArchivedSession]]:
    """The session that the goods would become a part of, and those of the same labels in the other hospital projects;
    with the goods as they would lie there."""
    own, hospitals = goods.labels.project, gate.protocol.hospitals
    for project in dict.fromkeys((own, *(hospitals if own in hospitals else ()))):
        there = replace(goods, labels=replace(goods.labels, project=project))
        try:
            found = _joined(there, gate)
        except (NotThere, NotAllowed):
            if project == own:
                raise
            continue  # it is sent, then, and whoever looks at it tells that this project cannot be seen
        yield from ((there, session) for session in found)


def _without_overlap(goods: Consignment, session: ArchivedSession, gate: Gate) -> tuple[Instance, ...]:
    """Empty, too, when something of it is there with other contents."""
    uids = {one.sop_instance_uid for one in goods.instances}
    listed = gate.archive.session_catalogue(session)
    if listed is not None and all(entry.uid for entry in listed):
        uids &= {entry.uid for entry in listed}
        if not uids or len(uids) == len(goods.instances):
            return goods.instances if not uids else ()
    comparison = Comparison.of(goods)
    compared(gate.archive.stream_session(session), comparison, gate)
    if comparison.met & comparison.open.keys():
        return ()
    return tuple(one for one in goods.instances if one.sop_instance_uid not in comparison.met)


def _found(goods: Consignment, gate: Gate, arrived: Callable[[PrearchiveRow], None]) -> Receipt | None:
    """A broken delivery that was whole after all, in the prearchive or already beyond it."""
    rows = rows_of(goods, gate)
    if rows:
        receipt = in_rows(goods, gate, [row.uri for row in rows], arrived)
        return receipt if not receipt.missing else None
    for session in own_sessions(goods.labels.project, goods.study_uid, gate):
        receipt = in_archive(goods, gate, session)
        if not receipt.missing:
            return receipt
    return None
