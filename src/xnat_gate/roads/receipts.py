"""What XNAT shows again of what was sent to it, held against the files that were sent.

Law: an object counts as shown by identity and content, and never because XNAT said that it took it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from xnat_gate.core.archive import ArchivedSession, ArchiveTroubled, PrearchiveRow
from xnat_gate.core.labels import Labels
from xnat_gate.core.study import Instance
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.roads.contents import Contents, read_whole
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.homes import seen_whole


@dataclass(frozen=True, kw_only=True)
class Consignment:
    """What is to be delivered: files below `folder`, one per object, under these labels."""

    folder: Path
    study_uid: str
    labels: Labels
    instances: tuple[Instance, ...]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Where XNAT holds it, and under which labels. `shown`: the files XNAT showed again as they are; `missing`: those
    it did not; `rows`: the waiting sessions in which they are, each with all that was seen there (None: it changed
    meanwhile)."""

    uri: str
    labels: Labels
    archived: bool
    shown: tuple[str, ...]
    missing: tuple[str, ...]
    rows: tuple[tuple[PrearchiveRow, Contents | None], ...] = ()


@dataclass(kw_only=True)
class Comparison:
    """Files below `folder` that have yet to be shown again, by SOPInstanceUID."""

    folder: Path
    open: dict[str, Instance]
    met: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, goods: Consignment) -> Comparison:
        return cls(folder=goods.folder, open={one.sop_instance_uid: one for one in goods.instances})

    def shown(self, other: Instance, content: BinaryIO) -> None:
        """Take off the list what is the same: the same bytes, or the same data set in a rewritten file."""
        self.met.add(other.sop_instance_uid)
        one = self.open.get(other.sop_instance_uid)
        if one is not None:
            path = self.folder / one.file
            if dicom_files.digest(path) == other.digest or dicom_files.same_object(path, content):
                del self.open[other.sop_instance_uid]


def nothing(_: PrearchiveRow) -> None:
    """Nobody has anything to say."""


def shown_at(goods: Consignment, uri: str, gate: Gate) -> Receipt:
    """Which of these files XNAT has, after a delivery that was confirmed at this place."""
    if gate.archive.row(uri) is not None:
        return in_rows(goods, gate, [uri])
    for project in dict.fromkeys((goods.labels.project, *gate.protocol.projects)):
        receipt = _shown_in(project, goods, gate)
        if receipt is not None:
            return receipt
    missing = tuple(one.file for one in goods.instances)
    return Receipt(uri=uri, labels=goods.labels, archived=False, shown=(), missing=missing)


def sent_to(goods: Consignment, labels: Labels, gate: Gate) -> Receipt | None:
    """What an earlier try has sent under other labels than the goods have now; None where that is nothing. Raises
    NotAllowed where the project cannot be looked into."""
    return _shown_in(labels.project, replace(goods, labels=labels), gate)


def _shown_in(project: str, goods: Consignment, gate: Gate) -> Receipt | None:
    """The first place there that holds something of it. Only the lists may come to nothing where XNAT says that there
    is no such thing: what they name is asked for in earnest. Rows come first, since they become sessions."""
    there = replace(goods, labels=replace(goods.labels, project=project))
    rows: list[PrearchiveRow] = []
    with seen_whole(project, gate):
        rows = rows_of(there, gate)
    if rows and (receipt := in_rows(there, gate, [row.uri for row in rows])).shown:
        return receipt
    sessions: Sequence[ArchivedSession] = ()
    with seen_whole(project, gate):
        sessions = gate.archive.sessions_of_study(project, goods.study_uid)
    receipts = (in_archive(there, gate, session) for session in _own(project, sessions, gate))
    return next((one for one in receipts if one.shown), None)


def own_sessions(project: str, study_uid: str, gate: Gate) -> Iterator[ArchivedSession]:
    """Sessions of the study that belong to the project; what is only shown there is nobody's to count on."""
    return _own(project, gate.archive.sessions_of_study(project, study_uid), gate)


def _own(project: str, sessions: Iterable[ArchivedSession], gate: Gate) -> Iterator[ArchivedSession]:
    return (one for one in sessions if gate.archive.project_of(one) == project)


def rows_of(goods: Consignment, gate: Gate) -> list[PrearchiveRow]:
    """What waits of the session that the goods are to be."""
    return [
        row
        for row in gate.archive.rows(goods.labels.project)
        if row.study_uid == goods.study_uid and row.session == goods.labels.session
    ]


def in_rows(
    goods: Consignment, gate: Gate, uris: Sequence[str], arrived: Callable[[PrearchiveRow], None] = nothing
) -> Receipt:
    """Held against these rows; `arrived` as in `deliver`."""
    comparison, rows = Comparison.of(goods), []
    for found in filter(None, map(gate.archive.row, uris)):
        arrived(found)
    for uri in uris:
        row = gate.archive.row(uri)
        if row is None:
            continue
        seen = compared(gate.archive.stream(row), comparison, gate)
        rows.append((row, seen if gate.archive.row(uri) == row else None))
    return _receipt(goods, uris[0], comparison, archived=False, rows=tuple(rows))


def in_archive(goods: Consignment, gate: Gate, session: ArchivedSession) -> Receipt:
    """Held against an archived session."""
    comparison = Comparison.of(goods)
    compared(gate.archive.stream_session(session), comparison, gate)
    return _receipt(goods, f"/archive/experiments/{session.id}", comparison, archived=True)


def _receipt(
    goods: Consignment,
    uri: str,
    comparison: Comparison,
    *,
    archived: bool,
    rows: tuple[tuple[PrearchiveRow, Contents | None], ...] = (),
) -> Receipt:
    open_ = comparison.open
    return Receipt(
        uri=uri,
        labels=goods.labels,
        archived=archived,
        shown=tuple(one.file for one in goods.instances if one.sop_instance_uid not in open_),
        missing=tuple(one.file for one in goods.instances if one.sop_instance_uid in open_),
        rows=rows,
    )


def compared(pieces: Iterable[bytes], comparison: Comparison, gate: Gate) -> Contents:
    """What XNAT sends, held against what was sent to it. Raises ArchiveTroubled when it cannot be read."""
    try:
        return read_whole(pieces, gate.wanted, gate.scratch, comparison.shown)
    except bundles.BundleBroken as error:
        raise ArchiveTroubled(f"{error}; it is asked again at the next try") from error
