"""The one port: what a road asks of an archive, and the ways an archive says no.

Laws: every answer is a value of this module; a refusal is named by the reaction that it wants; after an unknown
outcome the caller reads the state again and never assumes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, BinaryIO
from typing import Protocol as Port

from xnat_gate.core.standing import Standing


class ArchiveError(Exception):
    """The archive did not do what was asked. `str()` is one sentence for a person, without secrets."""


class ArchiveUnavailable(ArchiveError):
    """No answer that could be believed: try later, the study stays where it is."""


class OutcomeUnknown(ArchiveUnavailable):
    """The request may or may not have been carried out: read the state again before anything is repeated."""


class ArchiveTroubled(ArchiveError):
    """The archive broke down over this one request (its disk full, its own error): try later, go on with others."""


class LoginRefused(ArchiveError):
    """Wrong account or password, or the account has expired: a person mends the settings."""


class ArchiveRefused(ArchiveError):
    """The archive looked and said no; repeating the same request would be refused again."""


class NotAllowed(ArchiveRefused):
    """The account lacks a right: a person grants it."""


class NotThere(ArchiveRefused):
    """Nothing of that name, or nothing that this account may see."""


class Busy(ArchiveRefused):
    """Somebody else is working on it: leave it for the next look."""


class Conflict(ArchiveRefused):
    """It would collide with what the archive already holds: a person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrearchiveRow:
    """One session that waits in the prearchive. `uri` is /prearchive/projects/P/TS/F, as XNAT lists it.

    `session` and `subject` are labels; `study_uid` is XNAT's `tag`; `changed` its `lastmod`, verbatim, to be
    compared and nothing else; `frozen_auto_archive`: XNAT will archive the row by itself at the next commit.
    """

    project: str
    timestamp: str
    folder: str
    subject: str
    session: str
    study_uid: str
    status: str
    uri: str
    changed: str
    frozen_auto_archive: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of a waiting session: XNAT's scan id, and the SeriesInstanceUID it was made from."""

    id: str
    series_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A scan file as the archive lists it. `name` is the file's own, without folders; `size` in bytes; `uid` (its
    SOPInstanceUID) and `md5` (hex) are empty where the archive does not tell them."""

    name: str
    size: int
    uid: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """A row of validate-archive. `kind` is FAIL, CONFLICT or WARN."""

    code: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class ArchivedSession:
    """A session of the permanent archive; `id` is XNAT's accession id, `patient_id` the PatientID it was built from
    (empty where XNAT does not tell)."""

    id: str
    project: str
    subject: str
    session: str
    study_uid: str
    patient_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolVersion:
    """One version of the protocol as XNAT keeps it: its number, who stored it and when (XNAT's own words); not
    `enabled`: somebody switched it off."""

    number: int
    text: str
    user: str
    at: str
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LateScan:
    """A scan that is added to an archived session by itself. `id` is free in that session; `xsi_type` is XNAT's type
    for scans of this modality."""

    id: str
    xsi_type: str
    series_uid: str
    modality: str
    description: str


class Archive(Port):
    """An XNAT, real or sandbox. Every verb may raise any ArchiveError; what is listed is what it adds to that."""

    def rows(self, project: str) -> tuple[PrearchiveRow, ...]:
        """What waits in this project's prearchive, in the order of arrival."""

    def row(self, uri: str) -> PrearchiveRow | None:
        """The row as it is now; None when it is gone."""

    def receive(self, bundle: IO[bytes], *, project: str, subject: str, session: str) -> tuple[str, ...]:
        """Put a zip of DICOM files into the prearchive under these labels; the URIs of the rows it became."""

    def stream(self, row: PrearchiveRow) -> Iterator[bytes]:
        """A zip of all that XNAT holds of this row, piece by piece as it comes; nothing is asked for before the first
        piece is."""

    def catalogue(self, row: PrearchiveRow) -> tuple[Entry, ...] | None:
        """Every scan file that XNAT lists of this row; None when it lists them in no way that can be followed."""

    def laid_beside(self, row: PrearchiveRow) -> tuple[str, ...]:
        """The names of resources that somebody put beside the scans of a waiting session, the gate's own left out."""

    def scans(self, row: PrearchiveRow) -> tuple[Scan, ...]:
        """The scans of a row that has been built."""

    def remove_scan(self, row: PrearchiveRow, scan: Scan) -> None:
        """Take one scan out of a waiting session."""

    def move(self, row: PrearchiveRow, project: str) -> PrearchiveRow:
        """Move a waiting session to another project's prearchive; the row as it is there."""

    def delete(self, row: PrearchiveRow) -> None:
        """Delete a waiting session."""

    def mark(self, row: PrearchiveRow, status: str) -> None:
        """Show this status in the prearchive list."""

    def annotate(self, row: PrearchiveRow, name: str, text: str) -> None:
        """Keep a text beside the waiting session, where its page shows it; replaces an earlier one."""

    def annotation(self, row: PrearchiveRow, name: str) -> str:
        """What `annotate` left under this name; empty when there is none."""

    def clear_annotation(self, row: PrearchiveRow) -> None:
        """Take back all that `annotate` left; nothing happens when there is none."""

    def objections(self, row: PrearchiveRow, *, subject: str, session: str) -> tuple[Objection, ...]:
        """Ask, without acting, what archiving under these labels would run into (validate-archive)."""

    def archive(self, row: PrearchiveRow, *, subject: str, session: str) -> ArchivedSession:
        """Archive a waiting session under these labels; raises Conflict with XNAT's own reason."""

    def session(self, project: str, label: str) -> ArchivedSession | None:
        """The session of this label in the project's permanent archive."""

    def sessions_of_study(self, project: str, study_uid: str) -> Sequence[ArchivedSession]:
        """The project's archived sessions that carry this StudyInstanceUID, those shared into it included."""

    def project_of(self, session: ArchivedSession) -> str:
        """The project that the session belongs to, wherever else it is shown. Raises NotThere."""

    def sessions_of_subject(self, project: str, subject: str) -> Sequence[ArchivedSession]:
        """The project's archived sessions of the subject of this label."""

    def stream_session(self, session: ArchivedSession) -> Iterator[bytes]:
        """As `stream`, of all scan files of an archived session."""

    def session_catalogue(self, session: ArchivedSession) -> tuple[Entry, ...] | None:
        """As `catalogue`, of an archived session."""

    def scans_of_session(self, session: ArchivedSession) -> tuple[Scan, ...]:
        """The scans of an archived session."""

    def add_scan(self, session: ArchivedSession, scan: LateScan) -> None:
        """Make a scan in an archived session. Raises Busy when somebody has just made another one under this id."""

    def add_file(self, session: ArchivedSession, scan_id: str, name: str, content: BinaryIO) -> None:
        """Put a DICOM file into a scan of an archived session; on return XNAT has shown it again byte for byte. Raises
        Conflict when another file of that name is there."""

    def count_files(self, session: ArchivedSession) -> int:
        """How many scan files the archived session holds."""

    def standing(self) -> Standing:
        """Who this account is: nothing is hidden from an administrator."""

    def auto_archives(self, project: str) -> bool:
        """Whether the project archives by itself (prearchive code 4 or 5), going round the gate."""

    def protocol_text(self) -> str | None:
        """The protocol in force, from the config service; None when there is none."""

    def protocol_newest(self, within: float | None = None) -> ProtocolVersion | None:
        """The newest version in the config service, be it in force or switched off; None when it never held one.
        `within`: seconds after which no answer is none."""

    def protocol_versions(self) -> Sequence[ProtocolVersion]:
        """All that the config service ever held as the protocol, the oldest first; none when it never held one."""
