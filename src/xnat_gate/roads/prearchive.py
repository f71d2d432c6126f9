"""The road through the prearchive: what waits there is judged over what XNAT really holds, and disposed of.

Laws: a row that is still arriving, or that somebody touched while it was looked at, is left for the next look; one
row in trouble never keeps the others waiting.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from xnat_gate.core.archive import ArchiveRefused, ArchiveTroubled, Busy, NotThere, PrearchiveRow
from xnat_gate.core.checks.check import Companion
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Verdict, judge
from xnat_gate.core.labels import Labels, is_label
from xnat_gate.core.states import State
from xnat_gate.core.study import Reading, Study, group
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.roads.disposal import dispose
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.holding import CONFLICT, ERROR, READY, hold_unjudged
from xnat_gate.roads.looked import Looked, journalled, unjudged
from xnat_gate.roads.rejecting import delete

RESOLVE = (
    "Look at both studies; then archive this one with --resolve, under the session ID that it is to have."
)

RESTING = (READY, CONFLICT, ERROR)
"""Statuses in which nobody is working on a row."""


def look_at_all(project: str, gate: Gate) -> Iterator[Passage]:
    """Every row of one project's prearchive. Raises ArchiveUnavailable, NotThere."""
    for row in gate.archive.rows(project):
        gate.tell(f"looking at {row.session} in the prearchive of {project}")
        yield from look(row, gate)


def look(row: PrearchiveRow, gate: Gate, session: str | None = None) -> Iterator[Passage]:
    """Judge one row and dispose of it; `session`: the label that a person chose for it."""
    if row.status not in RESTING:
        yield _left(row, f"still {row.status} in XNAT; it is looked at again next time")
        return
    try:
        yield from _look(row, gate, session)
    except (ArchiveTroubled, Busy, NotThere) as error:
        yield _left(row, str(error))
    except ArchiveRefused as error:
        yield hold_unjudged(row, gate, str(error))
    except bundles.BundleBroken as error:
        yield _left(row, f"{error}; it is looked at again next time")


def _look(row: PrearchiveRow, gate: Gate, session: str | None) -> Iterator[Passage]:
    with bundles.scratch(gate.scratch) as file:
        gate.archive.fetch(row, file)
        with bundles.opened(file) as bundle:
            seen = _judge_bundle(row, bundle, gate, session)
            if gate.archive.row(row.uri) != row:
                yield _left(row, "it changed while it was looked at; it is looked at again next time")
            elif isinstance(seen, str):
                yield hold_unjudged(row, gate, seen)
            else:
                looked = Looked(row=row, verdict=seen, bundle=bundle, chosen=session is not None)
                yield from dispose(looked, gate)


def _judge_bundle(
    row: PrearchiveRow, bundle: zipfile.ZipFile, gate: Gate, session: str | None
) -> Verdict | str:
    """A verdict, or why there can be none."""
    reading = dicom_files.read_bundle(bundle, gate.wanted)
    problem = _unjudgeable(reading, group(reading))
    if problem:
        return problem
    (study,) = group(reading)
    if session:
        return judge(study, gate.protocol, session=session)
    return judge(study, gate.protocol, _companions(row, gate), carried=_carried(row, gate))


ONLY_ON_ARRIVAL = ("RT014",)
"""Checks that look at other studies of the arrival, of which the prearchive knows nothing any more."""


def _carried(row: PrearchiveRow, gate: Gate) -> Iterator[Finding]:
    """What stood against this session when it arrived and cannot be asked again; a person lifts it by --resolve."""
    for reason in journalled(row, gate).reasons:
        if reason.id in ONLY_ON_ARRIVAL and reason.effect == Effect.HOLD:
            yield Finding(
                id=reason.id,
                severity=Severity.ERROR,
                effect=Effect.HOLD,
                message=reason.message,
                remedy=RESOLVE,
            )


def _unjudgeable(reading: Reading, studies: tuple[Study, ...]) -> str:
    unknown = [item for item in reading.unreadable if not item.study_uid]
    if unknown:
        return f"RT001: {len(unknown)} file(s) of this session cannot be read"
    if not studies:
        return "no DICOM object was found in this session"
    if len(studies) > 1:
        return f"RT007: this session holds {len(studies)} studies"
    return ""


def _companions(row: PrearchiveRow, gate: Gate) -> Iterator[Companion]:
    """Other studies that wait to become the same session."""
    for other in gate.archive.rows(row.project):
        if other.session == row.session and other.study_uid != row.study_uid:
            labels = Labels(gate.protocol.hospital, other.subject, other.session)
            yield Companion(study_uid=other.study_uid, labels=labels)


def _left(row: PrearchiveRow, why: str) -> Passage:
    return unjudged(row, State.DELIVERED, why)


# --- a person's decision ----------------------------------------------------------------------------------------


class NoSuchRow(Exception):
    """No waiting session of that name, or more than one."""


def _meets(name: str, row: PrearchiveRow) -> bool:
    """A person names a row by its URI, by the end of it, or by its session label."""
    tail = name.strip("/").removeprefix("data/")
    return f"/{row.uri.strip('/')}".endswith(f"/{tail}") or row.session == name


def find(project: str, name: str, gate: Gate) -> PrearchiveRow:
    """The one row that a person means. Raises NoSuchRow with what there is to choose from."""
    rows = gate.archive.rows(project)
    found = [row for row in rows if _meets(name, row)]
    if len(found) == 1:
        return found[0]
    choice = ", ".join(row.uri for row in (found or rows)) or "nothing"
    what = "more than one waiting session is" if found else "no waiting session is"
    raise NoSuchRow(f"{what} called {name} in the prearchive of {project}; there is: {choice}")


def resolve(row: PrearchiveRow, session: str, gate: Gate) -> Iterator[Passage]:
    """Archive a waiting row under a new session label; everything else is asked again. Raises ValueError when XNAT
    would not keep the label as it is."""
    if not is_label(session):
        raise ValueError(
            f"{session!r} cannot be a session ID: use letters, digits, hyphen and underscore only"
        )
    yield from look(row, gate, session)


def delete_row(row: PrearchiveRow, gate: Gate) -> Passage:
    """Delete a waiting row; all that XNAT holds of it is kept in rejected/ first. Raises Busy."""
    if row.status not in RESTING:
        raise Busy(f"{row.uri} is {row.status} in XNAT; try again when it rests")
    with bundles.scratch(gate.scratch) as file:
        gate.archive.fetch(row, file)
        with bundles.opened(file) as bundle:
            return delete(row, bundle, gate)
