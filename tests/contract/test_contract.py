"""What the gate relies on an XNAT to do, whichever XNAT it is: run against the sandbox, and a real one when named."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path

import pytest
import requests

from tests.contract.conftest import Target
from xnat_gate.core.archive import Conflict, NotAllowed, NotThere, PrearchiveRow
from xnat_gate.edge.xnat import Xnat
from xnat_gate.sandbox.phantoms import Patient, ct_series

STUDIES = itertools.count(101)


def waiting(
    xnat: Xnat, target: Target, folder: Path, *, session: str, project: str = "", study: int = 0
) -> PrearchiveRow:
    """A small CT study in the prearchive of the intake project."""
    ct_series(folder, Patient("XGT^PHANTOM", "XGT"), study=study or next(STUDIES), slices=3)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as bundle:
        for path in sorted(folder.glob("*.dcm")):
            bundle.write(path, path.name)
    body.seek(0)
    (uri,) = xnat.receive(body, project=project or target.intake, subject="XGT_SUBJECT", session=session)
    row = xnat.row(uri)
    assert row is not None
    return row


def test_import_answers_with_a_row_that_is_ready_under_the_labels_asked_for(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    row = waiting(xnat, target, tmp_path, session="IMPORTED")
    assert (row.project, row.subject, row.session, row.status) == (
        target.intake, "XGT_SUBJECT", "IMPORTED", "READY",
    )  # fmt: skip
    assert not row.frozen_auto_archive
    xnat.delete(row)


def test_list_shows_every_waiting_row_of_the_project_and_of_no_other(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    rows = [waiting(xnat, target, tmp_path / name, session=name) for name in ("LIST1", "LIST2")]
    assert {row.uri for row in rows} <= {row.uri for row in xnat.rows(target.intake)}
    assert {row.project for row in xnat.rows(target.intake)} == {target.intake}
    for row in rows:
        xnat.delete(row)


def test_a_waiting_session_is_handed_back_with_the_bytes_that_were_sent(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    row = waiting(xnat, target, tmp_path, session="BYTES")
    fetched = io.BytesIO()
    fetched.writelines(xnat.stream(row))
    with zipfile.ZipFile(fetched) as bundle:
        held = sorted(bundle.read(name) for name in bundle.namelist() if name.endswith(".dcm"))
    assert held == sorted(path.read_bytes() for path in tmp_path.glob("*.dcm"))
    xnat.delete(row)


def test_wait_a_row_without_destination_is_receiving_until_it_is_built(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    ct_series(tmp_path, Patient("XGT^PHANTOM", "XGT"), study=next(STUDIES), slices=2)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as bundle:
        for path in sorted(tmp_path.glob("*.dcm")):
            bundle.write(path, path.name)
    query = {"import-handler": "DICOM-zip", "inbody": "true", "project": target.intake, "session": "WAIT"}
    answer = target.ask(
        "POST", "/data/services/import", params=query, data=body.getvalue(),
        headers={"Content-Type": "application/zip"},
    )  # fmt: skip
    uri = answer.text.strip().removeprefix("/data")
    row = xnat.row(uri)
    assert row is not None
    assert row.status == "RECEIVING"
    assert target.ask("POST", f"/data{uri}?action=build").status_code == 200
    row = xnat.row(uri)
    assert row is not None
    assert row.status == "READY"
    xnat.delete(row)


def test_archive_takes_the_row_away_and_shows_the_session_with_all_its_files(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    row = waiting(xnat, target, tmp_path, session="ARCHIVED")
    session = xnat.archive(row, subject="XGT_SUBJECT", session="ARCHIVED")
    assert xnat.row(row.uri) is None
    assert (session.project, session.subject, session.session) == (target.intake, "XGT_SUBJECT", "ARCHIVED")
    assert session.study_uid == row.study_uid
    assert xnat.count_files(session) == 3
    assert xnat.sessions_of_study(target.intake, row.study_uid) == (session,)


def test_an_archived_session_is_handed_back_with_the_bytes_that_were_sent(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    row = waiting(xnat, target, tmp_path, session="WHOLE")
    fetched = io.BytesIO()
    session = xnat.archive(row, subject="XGT_SUBJECT", session="WHOLE")
    fetched.writelines(xnat.stream_session(session))
    with zipfile.ZipFile(fetched) as bundle:
        held = sorted(bundle.read(name) for name in bundle.namelist() if name.endswith(".dcm"))
    assert held == sorted(path.read_bytes() for path in tmp_path.glob("*.dcm"))


def test_conflict_another_study_of_the_label_is_refused_and_the_row_says_so(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    first = waiting(xnat, target, tmp_path / "a", session="CLASH")
    xnat.archive(first, subject="XGT_SUBJECT", session="CLASH")
    second = waiting(xnat, target, tmp_path / "b", session="CLASH")
    told = xnat.objections(second, subject="XGT_SUBJECT", session="CLASH")
    assert {one.kind for one in told} & {"FAIL", "CONFLICT"}
    with pytest.raises(Conflict):
        xnat.archive(second, subject="XGT_SUBJECT", session="CLASH")
    row = xnat.row(second.uri)
    assert row is not None
    assert row.status == "CONFLICT"
    renamed = xnat.archive(row, subject="XGT_SUBJECT", session="CLASH_2")
    assert renamed.session == "CLASH_2"


def test_rename_is_done_by_archiving_under_another_label(xnat: Xnat, target: Target, tmp_path: Path) -> None:
    row = waiting(xnat, target, tmp_path, session="BEFORE")
    assert xnat.archive(row, subject="OTHER_SUBJECT", session="AFTER").session == "AFTER"
    assert xnat.session(target.intake, "BEFORE") is None
    found = xnat.session(target.intake, "AFTER")
    assert found is not None
    assert found.subject == "OTHER_SUBJECT"


def test_move_takes_a_waiting_session_to_the_other_project(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    row = waiting(xnat, target, tmp_path, session="MOVED")
    moved = xnat.move(row, target.quarantine)
    assert (moved.project, moved.session, moved.study_uid) == (target.quarantine, "MOVED", row.study_uid)
    assert xnat.row(row.uri) is None
    xnat.delete(moved)


def test_delete_takes_a_waiting_session_away(xnat: Xnat, target: Target, tmp_path: Path) -> None:
    row = waiting(xnat, target, tmp_path, session="DELETED")
    xnat.delete(row)
    assert xnat.row(row.uri) is None
    xnat.delete(row)


def test_a_scan_can_be_taken_out_of_a_waiting_session(xnat: Xnat, target: Target, tmp_path: Path) -> None:
    study = next(STUDIES)
    ct_series(tmp_path, Patient("XGT^PHANTOM", "XGT"), study=study, series=2, number=9, slices=2)
    row = waiting(xnat, target, tmp_path, session="SCANS", study=study)
    first, second = xnat.scans(row)
    xnat.remove_scan(row, second)
    assert xnat.scans(row) == (first,)
    xnat.delete(row)


def test_the_status_and_the_reason_can_be_left_beside_a_waiting_session(
    xnat: Xnat, target: Target, tmp_path: Path
) -> None:
    row = waiting(xnat, target, tmp_path, session="MARKED")
    xnat.annotate(row, "reason.json", "{}\n")
    xnat.mark(row, "ERROR")
    now = xnat.row(row.uri)
    assert now is not None
    assert now.status == "ERROR"
    path = f"/data{row.uri}/resources/GATE/files/reason.json"
    assert target.ask("GET", path).text == "{}\n"
    xnat.clear_annotation(now)
    assert target.ask("GET", path).text != "{}\n"
    assert xnat.archive(now, subject="XGT_SUBJECT", session="MARKED").session == "MARKED"


def test_rights_a_stranger_is_asked_to_log_in_and_sees_nothing(target: Target) -> None:
    answer = requests.get(
        f"{target.account.host}/data/projects/{target.intake}", timeout=60, allow_redirects=False
    )
    assert answer.status_code == 401


def test_rights_what_is_not_there_is_told_as_such(xnat: Xnat) -> None:
    with pytest.raises((NotThere, NotAllowed)):
        xnat.rows("XGT_NOBODY_HAS_THIS")


def test_a_new_prearchive_code_is_read_back(xnat: Xnat, target: Target) -> None:
    assert not xnat.auto_archives(target.quarantine)
    target.ask("PUT", f"/data/projects/{target.quarantine}/prearchive_code/4").raise_for_status()
    assert xnat.auto_archives(target.quarantine)
    target.ask("PUT", f"/data/projects/{target.quarantine}/prearchive_code/0").raise_for_status()


def test_config_keeps_versions_and_a_deleted_one_is_not_there(target: Target) -> None:
    base = f"/data/projects/{target.intake}/config/xnat-gate-test/protocol.yaml"
    for text, status in (("a: 1\n", 201), ("a: 2\n", 200)):
        answer = target.ask("PUT", f"{base}?inbody=true", data=text, headers={"Content-Type": "text/plain"})
        assert answer.status_code == status
        assert target.ask("GET", f"{base}?contents=true").text == text
    (row,) = target.ask("GET", f"{base}?format=json").json()["ResultSet"]["Result"]
    assert (row["version"], row["status"]) == ("2", "enabled")
    assert target.ask("GET", f"{base}?contents=true&version=1").text == "a: 1\n"
    assert target.ask("DELETE", base).status_code == 200
    assert target.ask("GET", f"{base}?contents=true").status_code == 404
