"""What the joining of late objects relies on, whichever XNAT it is: scans and files that are added one by one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.contract.conftest import Target
from tests.contract.test_contract import STUDIES
from xnat_gate.core.archive import ArchivedSession, Conflict, LateScan, PrearchiveRow, Scan
from xnat_gate.edge.xnat import Xnat
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtstruct, save

PATIENT = Patient("XGT^PHANTOM", "XGT")
LATE = LateScan(
    id="40", xsi_type="xnat:rtImageScanData", series_uid="1.2.826.0.1.3680043.8.498.40", modality="RTSTRUCT",
    description="late & <good>",
)  # fmt: skip


def sent(xnat: Xnat, target: Target, folder: Path, objects: Sequence[Dataset], session: str) -> PrearchiveRow:
    """These objects in the prearchive of the intake project."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as bundle:
        for one in objects:
            path = folder / f"{one.SOPInstanceUID}.dcm"
            save(one, path)
            bundle.write(path, path.name)
    body.seek(0)
    (uri,) = xnat.receive(body, project=target.intake, subject="XGT_SUBJECT", session=session)
    row = xnat.row(uri)
    assert row is not None
    return row


def archived(xnat: Xnat, target: Target, folder: Path, session: str) -> tuple[ArchivedSession, list[Dataset]]:
    """A small CT study in the archive, and its images."""
    images = ct_series(None, PATIENT, study=next(STUDIES), slices=2)
    row = sent(xnat, target, folder, images, session)
    return xnat.archive(row, subject="XGT_SUBJECT", session=session), images


def test_rt_alone_becomes_a_row_of_its_own_type_that_is_not_merged_with_its_images(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    """A structure set of a number that is taken, too: XNAT would find it another one."""
    session, images = archived(xnat, target, tmp_path, "LATE_RT")
    row = sent(xnat, target, tmp_path, [rtstruct(None, images, number=2)], "LATE_RT")
    assert row.status == "READY"
    (scan,) = xnat.scans(row)
    assert scan.series_uid
    told = xnat.objections(row, subject="XGT_SUBJECT", session="LATE_RT")
    assert {(one.code, one.kind) for one in told if "modality" in one.message} == {("19", "FAIL")}
    assert {"1", "17"} <= {one.code for one in told}
    with pytest.raises(Conflict, match="modality"):
        xnat.archive(row, subject="XGT_SUBJECT", session="LATE_RT")
    assert xnat.count_files(session) == 2
    now = xnat.row(row.uri)
    assert now is not None
    assert now.status == "CONFLICT"
    xnat.delete(now)


def test_a_scan_is_added_with_its_series_and_shown_in_the_list(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session, _ = archived(xnat, target, tmp_path, "LATE_SCAN")
    before = xnat.scans_of_session(session)
    xnat.add_scan(session, LATE)
    xnat.add_scan(session, LATE)
    assert set(xnat.scans_of_session(session)) == {*before, Scan(LATE.id, LATE.series_uid)}
    columns = "ID,UID,xsiType,type,quality,modality,series_description"
    path = f"/data/experiments/{session.id}/scans"
    rows = target.ask("GET", path, params={"format": "json", "columns": columns}).json()["ResultSet"][
        "Result"
    ]
    (made,) = (row for row in rows if row["ID"] == LATE.id)
    assert (made["xsiType"], made["modality"], made["quality"]) == (LATE.xsi_type, "RTSTRUCT", "usable")
    assert made["series_description"].startswith("late")


def test_a_scan_of_another_type_under_a_number_that_is_taken_is_refused(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session, _ = archived(xnat, target, tmp_path, "LATE_TYPE")
    (taken,) = xnat.scans_of_session(session)
    path = f"/data/experiments/{session.id}/scans/{taken.id}"
    assert target.ask("PUT", path, params={"xsiType": LATE.xsi_type}).status_code == 409
    assert xnat.scans_of_session(session) == (taken,)


def test_a_file_that_is_added_is_handed_back_and_one_of_its_name_is_not_stored(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session, _ = archived(xnat, target, tmp_path, "LATE_FILE")
    xnat.add_scan(session, LATE)
    xnat.add_file(session, LATE.id, "late.dcm", io.BytesIO(b"an object"))
    xnat.add_file(session, LATE.id, "late.dcm", io.BytesIO(b"an object"))
    with pytest.raises(Conflict):
        xnat.add_file(session, LATE.id, "late.dcm", io.BytesIO(b"another"))
    path = f"/data/experiments/{session.id}/scans/{LATE.id}/resources/DICOM/files/late.dcm"
    assert target.ask("GET", path).content == b"an object"
    again = target.ask("PUT", path, params={"inbody": "true"}, data=b"another")
    assert (again.status_code, again.json()) == (200, {"duplicates": ["late.dcm"]})
    assert xnat.count_files(session) == 3


def test_the_list_of_sessions_tells_the_subject_and_finds_it_whatever_its_case(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    session, images = archived(xnat, target, tmp_path, "LATE_LIST")
    assert session.subject == "XGT_SUBJECT"
    assert session.study_uid == images[0].StudyInstanceUID
    assert session in xnat.sessions_of_subject(target.intake, "xgt_subject")
    assert xnat.sessions_of_subject(target.quarantine, "XGT_SUBJECT") == ()
