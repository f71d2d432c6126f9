"""xnatpy, a client that knows nothing of the sandbox, with its full model made from the sandbox's schemas."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import xnat
from xnat.exceptions import XNATLoginFailedError, XNATResponseError

from tests.sandbox.client import Client
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.server import Sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[xnat.session.XNATSession]:
    with xnat.connect(
        sandbox.url, user="owner", password="owner", logger=logging.getLogger("outsider")
    ) as connected:
        yield connected


def test_a_wrong_password_is_a_failed_login(sandbox: Sandbox) -> None:
    with pytest.raises(XNATLoginFailedError, match="Authentication failed"):
        xnat.connect(sandbox.url, user="owner", password="no", logger=logging.getLogger("outsider"))


def test_the_tree_from_project_to_file_is_walked(
    session: xnat.session.XNATSession, owner: Client, study: bytes, tmp_path: Path
) -> None:
    owner.archived(study)
    experiment = session.projects["HOSPITAL"].subjects["S1"].experiments["E1"]
    assert type(experiment).__name__ == "CtSessionData"
    assert str(experiment.date) == "2020-01-02"
    assert [scan.id for scan in experiment.scans] == ["2", "11", "12", "13"]
    scan = experiment.scans["11"]
    assert (type(scan).__name__, scan.series_description) == ("RtImageScanData", "Phantom RTSTRUCT")
    file = scan.resources["DICOM"].files[0]
    file.download(str(tmp_path / "one.dcm"), verbose=False)
    content = (tmp_path / "one.dcm").read_bytes()
    assert hashlib.md5(content).hexdigest() == file.digest
    assert int(file.size) == len(content)
    assert len(experiment.scans["2"].files) == 3
    experiment.download(str(tmp_path / "all.zip"), verbose=False)


def test_objects_are_created_shared_and_given_files(
    session: xnat.session.XNATSession, tmp_path: Path
) -> None:
    classes = session.classes
    classes.ProjectData(parent=session, id_="TRIAL", name="Trial")
    session.clearcache()
    subject = classes.SubjectData(parent=session.projects["TRIAL"], label="S1")
    experiment = classes.CtSessionData(parent=subject, label="E1")
    scan = classes.CtScanData(parent=experiment, id="7", type="Thorax")
    resource = scan.create_resource("NOTES")
    (tmp_path / "note.txt").write_text("a note")
    resource.upload(str(tmp_path / "note.txt"), "note.txt")
    experiment.fields["gate"] = "held"
    session.clearcache()
    again = session.projects["TRIAL"].subjects["S1"].experiments["E1"]
    assert again.scans["7"].resources["NOTES"].files["note.txt"].size == "6"
    assert again.fields["gate"] == "held"
    with pytest.raises(XNATResponseError):  # XNAT answers an HTML page, which this client cannot stand
        again.share("HOSPITAL", "FROM_TRIAL")
    session.clearcache()
    assert "FROM_TRIAL" in session.projects["HOSPITAL"].experiments


def test_a_waiting_session_is_imported_listed_read_and_archived(
    session: xnat.session.XNATSession, study: bytes, tmp_path: Path
) -> None:
    (tmp_path / "study.zip").write_bytes(study)
    with (tmp_path / "study.zip").open("rb") as bundle:
        waiting = session.services.import_(
            data=bundle, project="HOSPITAL", subject="S1", experiment="E1", content_type="application/zip",
            destination="/prearchive/projects/HOSPITAL", import_handler="DICOM-zip",
        )  # fmt: skip
    assert waiting.status == "READY"
    assert [found.uri for found in session.prearchive.sessions(project="HOSPITAL")] == [waiting.uri]
    assert [scan.id for scan in waiting.scans] == ["2", "11", "12", "13"]
    assert len(waiting.scans[0].files) == 3
    archived = waiting.archive()
    assert archived.label == "E1"
    assert session.prearchive.sessions() == []


def test_a_waiting_session_is_moved_and_deleted_by_the_batch_services(
    sandbox: Sandbox, session: xnat.session.XNATSession, owner: Client, study: bytes
) -> None:
    owner.put("/data/projects/TRIAL")
    uri = owner.waiting(study)
    session.prearchive.sessions()[0].move("TRIAL")
    sandbox.settle()
    assert (owner.row(uri.replace("HOSPITAL", "TRIAL")) or {})["status"] == "READY"
    session.prearchive.caching = False
    session.prearchive.clearcache()
    session.prearchive.find(project="TRIAL")[0].delete()
    sandbox.settle()
    assert owner.rows("/data/prearchive") == []


def test_an_alias_token_connects_dumps_and_refreshes(sandbox: Sandbox, owner: Client, study: bytes) -> None:
    uri = owner.archived(study)
    token = owner.get("/data/services/tokens/issue").json()
    with xnat.connect(
        sandbox.url, user=token["alias"], password=token["secret"], logger=logging.getLogger("outsider")
    ) as alias:
        assert alias.logged_in_user == "owner"
        experiment = alias.projects["HOSPITAL"].experiments["E1"]
        (row,) = experiment.scans["2"].dicom_dump(fields=["Modality"])
        assert (row["tag1"], row["value"]) == ("(0008,0060)", "CT")
        alias.services.refresh_catalog(experiment, checksum=True)
    assert len(owner.rows(f"{uri}/scans/ALL/files")) == 6


def test_an_expired_session_and_a_login_page_are_errors_to_the_client(
    sandbox: Sandbox, session: xnat.session.XNATSession
) -> None:
    for kind, what in ((Kind.LOGIN_PAGE, "Invalid content"), (Kind.EXPIRED_SESSION, "status 401")):
        with (
            sandbox.faults.add(Fault(kind=kind, path="/data/projects", times=1)),
            pytest.raises(XNATResponseError, match=what),
        ):
            session.get("/data/projects")
