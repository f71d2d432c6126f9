"""From a claim to the prearchive: send, and believe nothing before XNAT has shown every object again.

Laws: an original is removed only after XNAT has answered for it by identity and content; after an unknown outcome,
and after a crash, XNAT is asked before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from xnat_gate.core.archive import ArchivedSession, ArchiveTroubled, Conflict, OutcomeUnknown, PrearchiveRow
from xnat_gate.core.labels import Labels
from xnat_gate.core.protocol.model import RepeatPolicy
from xnat_gate.core.study import Instance
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.roads.contents import Contents, read_whole
from xnat_gate.roads.gate import Gate


@dataclass(frozen=True, kw_only=True)
class Consignment:
    """What is to be delivered: files below `folder`, one per object, under these labels."""

    folder: Path
    study_uid: str
    labels: Labels
    instances: tuple[Instance, ...]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Where XNAT holds it. `shown`: the files XNAT showed again as they are; `missing`: those it did not; `rows`: the
    waiting sessions in which they are, each with all that was seen there (None: it changed meanwhile)."""

    uri: str
    archived: bool
    shown: tuple[str, ...]
    missing: tuple[str, ...]
    rows: tuple[tuple[PrearchiveRow, Contents | None], ...] = ()


@dataclass(kw_only=True)
class _Comparison:
    """Files below `folder` that have yet to be shown again, by SOPInstanceUID."""

    folder: Path
    open: dict[str, Instance]
    met: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, goods: Consignment) -> _Comparison:
        return cls(folder=goods.folder, open={one.sop_instance_uid: one for one in goods.instances})

    def shown(self, other: Instance, content: BinaryIO) -> None:
        """Take off the list what is the same: the same bytes, or the same data set in a rewritten file."""
        self.met.add(other.sop_instance_uid)
        one = self.open.get(other.sop_instance_uid)
        if one is not None:
            path = self.folder / one.file
            if dicom_files.digest(path) == other.digest or dicom_files.same_object(path, content):
                del self.open[other.sop_instance_uid]


def _nothing(_: PrearchiveRow) -> None:
    """Nobody has anything to say."""


def deliver(
    goods: Consignment,
    gate: Gate,
    *,
    sent_before: bool,
    arrived: Callable[[PrearchiveRow], None] = _nothing,
) -> Receipt:
    """Send, unless XNAT has it from a delivery that was broken off (`sent_before`). `arrived` is told of each row that
    holds it, before the long comparison: others may look at it from then on.

    Raises any ArchiveError; Conflict when a waiting session holds something else under one of these identities, which
    would be overwritten.
    """
    if gate.protocol.duplicates.same_bytes is RepeatPolicy.DROP:
        for session in _joined(goods, gate):
            if not (receipt := _in_archive(goods, gate, session)).missing:
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
    waiting = _rows(goods, gate)
    to_send = goods
    for row in waiting:
        to_send = _without_what_waits(to_send, row, gate)
    try:
        uris = _send(to_send, gate) if to_send.instances else ()
    except OutcomeUnknown:
        if (receipt := _found(goods, gate, arrived)) is not None:
            return receipt
        raise
    return _in_rows(goods, gate, list(dict.fromkeys([*uris, *(row.uri for row in waiting)])), arrived)


def shown_at(goods: Consignment, uri: str, gate: Gate) -> Receipt:
    """Which of these files XNAT has, after a delivery that was confirmed at this place."""
    if gate.archive.row(uri) is not None:
        return _in_rows(goods, gate, [uri])
    for session in gate.archive.sessions_of_study(goods.labels.project, goods.study_uid):
        receipt = _in_archive(goods, gate, session)
        if receipt.shown:
            return receipt
    return Receipt(uri=uri, archived=False, shown=(), missing=tuple(one.file for one in goods.instances))


def _without_what_waits(goods: Consignment, row: PrearchiveRow, gate: Gate) -> Consignment:
    """What is not in this waiting session yet: an object that is there as it is would be kept twice. Raises Conflict
    when one is there with other contents."""
    comparison = _Comparison.of(goods)
    _compared(gate.archive.stream(row), comparison, gate)
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
        for one in gate.archive.sessions_of_study(goods.labels.project, goods.study_uid)
        if one.session == goods.labels.session and one.subject.casefold() == goods.labels.subject.casefold()
    ]


def _without_overlap(goods: Consignment, session: ArchivedSession, gate: Gate) -> tuple[Instance, ...]:
    """Empty, too, when something of it is there with other contents."""
    uids = {one.sop_instance_uid for one in goods.instances}
    listed = gate.archive.session_catalogue(session)
    if listed is not None and all(entry.uid for entry in listed):
        uids &= {entry.uid for entry in listed}
        if not uids or len(uids) == len(goods.instances):
            return goods.instances if not uids else ()
    comparison = _Comparison.of(goods)
    _compared(gate.archive.stream_session(session), comparison, gate)
    if comparison.met & comparison.open.keys():
        return ()
    return tuple(one for one in goods.instances if one.sop_instance_uid not in comparison.met)


def _rows(goods: Consignment, gate: Gate) -> list[PrearchiveRow]:
    return [
        row
        for row in gate.archive.rows(goods.labels.project)
        if row.study_uid == goods.study_uid and row.session == goods.labels.session
    ]


def _found(goods: Consignment, gate: Gate, arrived: Callable[[PrearchiveRow], None]) -> Receipt | None:
    """A broken delivery that was whole after all, in the prearchive or already beyond it."""
    rows = _rows(goods, gate)
    if rows:
        receipt = _in_rows(goods, gate, [row.uri for row in rows], arrived)
        return receipt if not receipt.missing else None
    for session in gate.archive.sessions_of_study(goods.labels.project, goods.study_uid):
        receipt = _in_archive(goods, gate, session)
        if not receipt.missing:
            return receipt
    return None


def _in_rows(
    goods: Consignment, gate: Gate, uris: Sequence[str], arrived: Callable[[PrearchiveRow], None] = _nothing
) -> Receipt:
    comparison, rows = _Comparison.of(goods), []
    for found in filter(None, map(gate.archive.row, uris)):
        arrived(found)
    for uri in uris:
        row = gate.archive.row(uri)
        if row is None:
            continue
        seen = _compared(gate.archive.stream(row), comparison, gate)
        rows.append((row, seen if gate.archive.row(uri) == row else None))
    return _receipt(goods, uris[0], comparison, archived=False, rows=tuple(rows))


def _in_archive(goods: Consignment, gate: Gate, session: ArchivedSession) -> Receipt:
    comparison = _Comparison.of(goods)
    _compared(gate.archive.stream_session(session), comparison, gate)
    return _receipt(goods, f"/archive/experiments/{session.id}", comparison, archived=True)


def _receipt(
    goods: Consignment,
    uri: str,
    comparison: _Comparison,
    *,
    archived: bool,
    rows: tuple[tuple[PrearchiveRow, Contents | None], ...] = (),
) -> Receipt:
    open_ = comparison.open
    return Receipt(
        uri=uri,
        archived=archived,
        shown=tuple(one.file for one in goods.instances if one.sop_instance_uid not in open_),
        missing=tuple(one.file for one in goods.instances if one.sop_instance_uid in open_),
        rows=rows,
    )


def _compared(pieces: Iterable[bytes], comparison: _Comparison, gate: Gate) -> Contents:
    """What XNAT sends, held against what was sent to it. Raises ArchiveTroubled when it cannot be read."""
    try:
        return read_whole(pieces, gate.wanted, gate.scratch, comparison.shown)
    except bundles.BundleBroken as error:
        raise ArchiveTroubled(f"{error}; it is asked again at the next try") from error
