"""The road through the prearchive: what waits there is judged over what XNAT really holds, and disposed of.

Laws: every object that XNAT holds of a session is known before it is judged, and nothing is concluded from a part; a
row that is still arriving, or that somebody touched while it was looked at, is left for the next look; one row in
trouble never keeps the others waiting; what waits in a hospital project was put there, and no route is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from xnat_gate.core.archive import ArchiveRefused, ArchiveTroubled, Busy, NotThere, PrearchiveRow
from xnat_gate.core.checks.check import Companion
from xnat_gate.core.finding import Finding
from xnat_gate.core.judge import Verdict, judge, labels_of
from xnat_gate.core.labels import Labels, is_label
from xnat_gate.core.manifest import NAME as MANIFEST
from xnat_gate.core.manifest import Manifest, gap
from xnat_gate.core.states import State
from xnat_gate.core.study import Study, group
from xnat_gate.edge import bundles
from xnat_gate.roads.contents import Contents, of_manifest, read_whole
from xnat_gate.roads.disposal import dispose
from xnat_gate.roads.elsewhere import held_elsewhere
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.holding import CONFLICT, ERROR, READY, hold_unjudged
from xnat_gate.roads.looked import Looked, unjudged, untouched
from xnat_gate.roads.manifests import believed, carried
from xnat_gate.roads.rejecting import delete

RESTING = (READY, CONFLICT, ERROR)
"""Statuses in which nobody is working on a row."""


def look_at_all(project: str, gate: Gate) -> Iterator[Passage]:
    """Every row of one project's prearchive. Raises ArchiveUnavailable, NotThere."""
    for row in gate.archive.rows(project):
        gate.tell(f"looking at {row.session} in the prearchive of {project}")
        yield from look(row, gate)


def look(
    row: PrearchiveRow, gate: Gate, session: str | None = None, *, manifest_sha256: str = ""
) -> Iterator[Passage]:
    """Judge one row and dispose of it; `session`: the label that a person chose for it; `manifest_sha256`: of the
    manifest that the importer left beside it, by which it is believed."""
    if row.status not in RESTING:
        yield _left(row, f"still {row.status} in XNAT; it is looked at again next time")
        return
    try:
        yield from _look(row, gate, session, manifest_sha256)
    except (ArchiveTroubled, Busy, NotThere) as error:
        yield _left(row, str(error))
    except ArchiveRefused as error:
        yield _refused(row, gate, str(error))
    except bundles.BundleBroken as error:
        yield _left(row, f"{error}; it is looked at again next time")
    except OSError as error:
        yield _left(
            row, f"this machine could not hold what it reads ({error.strerror or 'input/output error'})"
        )


def _look(row: PrearchiveRow, gate: Gate, session: str | None, manifest_sha256: str) -> Iterator[Passage]:
    if row.project not in gate.protocol.projects:
        yield hold_unjudged(row, gate, _no_project(row))
        return
    text = gate.archive.annotation(row, MANIFEST)
    held = _contents(row, believed(text, manifest_sha256), gate)
    stands_against = () if session else carried(row, text, gate)
    seen = _judged(row, held, gate, session, stands_against)
    untouched(row, gate)
    if isinstance(seen, str):
        yield hold_unjudged(row, gate, seen)
    else:
        yield from dispose(Looked(row=row, verdict=seen, held=held, chosen=session is not None), gate)


def _no_project(row: PrearchiveRow) -> str:
    """Nobody knows whether it came into a hospital project or into QUARANTINE, so it is let into neither."""
    return (
        f"the protocol in force says nothing of project {row.project}: move this session to a project of the protocol "
        f"in XNAT's prearchive, or name {row.project} in the protocol again"
    )


def _contents(row: PrearchiveRow, manifest: Manifest | None, gate: Gate) -> Contents:
    """What the session holds: by a manifest that is proven, else read whole."""
    listed = gate.archive.catalogue(row)
    if manifest is not None:
        missing = gap(manifest, row, listed, gate.wanted)
        if not missing:
            return of_manifest(manifest, listed)
        gate.tell(f"reading {row.session} whole: {missing}")
    return replace(read_whole(gate.archive.stream(row), gate.wanted, gate.scratch), listed=listed)


def _judged(
    row: PrearchiveRow, held: Contents, gate: Gate, session: str | None, stands_against: Iterable[Finding]
) -> Verdict | str:
    """A verdict, or why there can be none."""
    studies = group(held.reading)
    problem = _unjudgeable(held, studies) or held.shortfall
    if problem:
        return problem
    (study,) = studies
    protocol = gate.protocol
    home = row.project if row.project in protocol.hospitals else None
    labels = labels_of(study, protocol, session, home)
    elsewhere = held_elsewhere(study, labels, protocol.projects, gate.archive, gate.scratch, itself=row.uri)
    if session:
        return judge(study, protocol, session=session, home=home, elsewhere=elsewhere)
    beside = _companions(row, labels, gate)
    return judge(study, protocol, beside, home=home, carried=stands_against, elsewhere=elsewhere)


def _unjudgeable(held: Contents, studies: tuple[Study, ...]) -> str:
    unknown = [item for item in held.reading.unreadable if not item.study_uid]
    if unknown:
        return f"RT001: {len(unknown)} file(s) of this session cannot be read"
    if held.strangers:
        return f"{len(held.strangers)} file(s) among the scans of this session are no DICOM, and cannot be judged"
    if not studies:
        return "no DICOM object was found in this session"
    if len(studies) > 1:
        return f"RT007: this session holds {len(studies)} studies"
    return ""


def _companions(row: PrearchiveRow, labels: Labels | None, gate: Gate) -> Iterator[Companion]:
    """Other studies that wait to become the same session: what waits together stays in one project. `labels`: those of
    this row's study."""
    project = labels.project if labels else row.project
    for other in gate.archive.rows(row.project):
        if other.session == row.session and other.study_uid != row.study_uid:
            beside = Labels(project, other.subject, other.session)
            yield Companion(study_uid=other.study_uid, labels=beside)


def _refused(row: PrearchiveRow, gate: Gate, why: str) -> Passage:
    """Held for a person, unless somebody has it in hand by now: then it is not touched."""
    now = gate.archive.row(row.uri)
    if now is None or now.status not in RESTING:
        return _left(row, f"{why}; it is looked at again next time")
    return hold_unjudged(now, gate, why)


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
    return delete(row, gate)
