"""The second port: archived sessions, the people who may move them, and the work that is open on them.

Laws: as those of `core.archive`, whose errors every verb here may raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol as Port

from xnat_gate.core.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An archived session. `id` is the accession id, `label` its name in `project`; `subject` the label of its subject
    there (empty when XNAT lists none), `subject_id` the subject's accession id."""

    id: str
    label: str
    project: str
    subject: str
    subject_id: str
    data_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An archived session as the list of its project shows it. `inserted`: when XNAT stored it, in its own words."""

    id: str
    label: str
    inserted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A workflow on a session. `number` is XNAT's; `mark` tells apart what was announced in one second."""

    number: int
    pipeline: str
    user: str
    status: str
    launched: str
    mark: str = ""

    @property
    def open(self) -> bool:
        """XNAT takes everything for open that does not say Complete or Failed."""
        return not self.status.startswith(("Complete", "Failed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The project that owns a subject, and the subject's label there."""

    project: str
    label: str


class Sessions(Port):
    """What moving and checking an archived session asks of XNAT."""

    def find_session(self, session_id: str) -> Session:
        """By accession id. Raises NotThere."""

    def standing(self) -> Standing:
        """Of the account that asks."""

    def sees_project(self, project: str) -> bool:
        """Whether there is such a project and the account sees it."""

    def session_of_label(self, project: str, label: str) -> str:
        """Accession id of what carries this label in the project, its own or shared into it; empty when it is free."""

    def subjects(self, project: str) -> Mapping[str, str]:
        """Accession id to label of every subject of the project, its own or shared into it."""

    def home_of(self, subject_id: str) -> Home:
        """Where the subject belongs. Raises NotThere."""

    def share_subject(self, subject_id: str, home: Home, project: str) -> None:
        """List a subject in another project, too."""

    def give_subject(self, session: Session, subject_id: str) -> None:
        """Link the session to another subject."""

    def shares(self, session: Session) -> tuple[str, ...]:
        """The other projects that the session is shared into."""

    def take_back_share(self, session: Session, project: str) -> None:
        """The session is no longer shown in this project."""

    def move_session(self, session: Session, project: str, reason: str) -> None:
        """Make another project the primary one, with all assessors; the subject stays. What came of it is to be read
        afterwards."""

    def scan_files(self, session_id: str) -> tuple[str, ...]:
        """The names of the scan files that XNAT lists, without folders."""

    def all_files(self, session_id: str) -> int:
        """How many files XNAT counts in all resources of the session and of its scans."""

    def put_file(self, session_id: str, name: str, text: str) -> None:
        """Keep a text in the session's resource GATE; replaces an earlier one."""

    def announce(self, session: Session, mark: str, reason: str) -> Work:
        """Open a workflow of ours on the session; others can see it before anything is done. Its number is 0 as long
        as XNAT has not been asked for it."""

    def announced(self, session: Session) -> tuple[Work, ...]:
        """All workflows of ours on the session, in the order of their numbers."""

    def conclude(self, session: Session, work: Work, *, done: bool, comment: str) -> None:
        """Close a workflow of ours."""

    def foreign_work(self, session: Session, seconds: float, own: str = "") -> tuple[str, ...]:
        """Names of what others still do on the session, after having waited so long for it to end. `own`: the number
        of the workflow that this job itself runs under."""
