"""xnatpy with its full model, in a process of its own, as a user's script runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.bundles import SCANS, Bundles, contents
from tests.clients.talk import ClientError, Talk
from tests.sandbox.client import Client
from xnat_gate.sandbox.server import Sandbox

pytestmark = pytest.mark.xdist_group("xnatpy")


@pytest.fixture(scope="module")
def user(talk_to: Callable[[str], Talk]) -> Talk:
    """A script of the project owner, connected once."""
    return talk_to("xnatpy")


@pytest.fixture
def waiting(user: Talk, bundles: Bundles, project: str) -> str:
    """The project, with the planning study in its prearchive as S1 / E1."""
    user(
        "import_zip", path=bundles.study_zip, project=project, subject="S1", experiment="E1",
        destination=f"/prearchive/projects/{project}",
    )  # fmt: skip
    return project


@pytest.fixture
def archived(user: Talk, waiting: str) -> str:
    """The project, with the planning study archived as S1 / E1."""
    user("archive", project=waiting)
    return waiting


def test_the_site_is_entered_with_version_user_and_model(user: Talk, project: str) -> None:
    seen = user("site")
    assert (seen["version"], seen["user"]) == ("1.9.1", "owner")
    assert {"CtSessionData", "MrSessionData", "PetSessionData", "RtSessionData"} <= set(seen["model"])
    assert {"HOSPITAL", project} <= set(seen["projects"])
    assert "QUARANTINE" not in seen["projects"]


def test_a_wrong_password_is_a_failed_login(user: Talk) -> None:
    with pytest.raises(ClientError) as refused:
        user("connect_with", password="wrong")
    assert "XNATLoginFailedError" in refused.value.kinds


def test_an_alias_token_opens_a_session_of_its_owner(user: Talk) -> None:
    assert user("connect_by_token") == "owner"


def test_project_subject_session_and_scan_are_created_and_walked(user: Talk) -> None:
    user("create", project="NEW", subject="S1", experiment="E1", scan="7")
    assert user("walk", project="NEW") == {
        "name": "NEW by name",
        "subjects": {
            "S1": {"E1": {"type": "CtSessionData", "scans": {"7": {"type": "CtScanData", "files": []}}}}
        },
    }


def test_a_zip_imported_by_its_path_waits_in_the_prearchive(user: Talk, waiting: str) -> None:
    (seen,) = user("waiting", project=waiting)
    assert (seen["subject"], seen["label"], seen["status"]) == ("S1", "E1", "READY")
    assert (seen["project"], seen["day"]) == (waiting, "2020-01-02")
    assert seen["uri"].startswith(f"/data/prearchive/projects/{waiting}/")


def test_a_folder_is_imported_as_its_zip_is(user: Talk, bundles: Bundles, project: str) -> None:
    user(
        "import_folder", folder=bundles.other, project=project, subject="S2", experiment="E2",
        destination=f"/prearchive/projects/{project}",
    )  # fmt: skip
    assert [row["label"] for row in user("waiting", project=project)] == ["E2"]


def test_a_zip_is_imported_straight_into_the_archive(
    user: Talk, bundles: Bundles, project: str, owner: Client
) -> None:
    uri = user(
        "import_zip", path=bundles.study_zip, project=project, subject="S1", experiment="E1",
        destination=f"/archive/projects/{project}/subjects/S1/experiments/E1",
    )  # fmt: skip
    assert uri.endswith("experiments/E1")
    scans = user("walk", project=project)["subjects"]["S1"]["E1"]["scans"]
    assert {scan: seen["files"] for scan, seen in scans.items()} == SCANS
    assert owner.rows(f"/data/prearchive/projects/{project}") == []


def test_scans_resources_and_files_of_a_waiting_session_are_read(
    user: Talk, waiting: str, bundles: Bundles
) -> None:
    seen = user("waiting_scans", project=waiting)
    assert {scan: each["files"] for scan, each in seen.items()} == SCANS
    assert {each["resources"][0] for each in seen.values()} == {"DICOM"}
    assert seen["11"]["description"] == "Phantom RTSTRUCT"
    sent = contents(bundles.study)
    assert {scan: each["bytes"] for scan, each in seen.items()} == {
        scan: sum(len(sent[name]) for name in names) for scan, names in SCANS.items()
    }


def test_a_header_of_a_waiting_session_is_dumped(user: Talk, waiting: str) -> None:
    assert user("dump_header", project=waiting, scan="11", keyword="Modality") == ["RTSTRUCT"]


def test_a_waiting_session_is_downloaded_byte_by_byte(
    user: Talk, waiting: str, bundles: Bundles, tmp_path: Path
) -> None:
    user("download_waiting", project=waiting, path=tmp_path / "session.zip")
    assert contents(tmp_path / "session.zip") == contents(bundles.study)
    user("download_waiting", project=waiting, path=tmp_path / "scan.zip", scan="2")
    assert sorted(contents(tmp_path / "scan.zip")) == SCANS["2"]


def test_a_waiting_session_is_rebuilt_by_the_queue(user: Talk, waiting: str, sandbox: Sandbox) -> None:
    with sandbox.hold("queue"):
        assert user("rebuild", project=waiting) == 200
        assert [row["status"] for row in user("waiting", project=waiting)] == ["QUEUED_BUILDING"]
    sandbox.settle()
    assert [row["status"] for row in user("waiting", project=waiting)] == ["READY"]


def test_a_listing_whose_cache_is_not_cleared_goes_on_saying_ready(
    user: Talk, waiting: str, sandbox: Sandbox, owner: Client
) -> None:
    assert user("statuses", project=waiting, cleared=True) == ["READY"]
    (row,) = owner.rows(f"/data/prearchive/projects/{waiting}")
    with sandbox.hold("queue"):
        owner.post("/data/services/prearchive/rebuild", params={"src": row["url"]})
        assert user("statuses", project=waiting, cleared=False) == ["READY"]
        assert user("statuses", project=waiting, cleared=True) == ["QUEUED_BUILDING"]
    sandbox.settle()


def test_a_waiting_session_is_moved_to_another_project_and_found_there(
    user: Talk, waiting: str, sandbox: Sandbox, new_project: Callable[[], str]
) -> None:
    (before,) = user("waiting", project=waiting)
    target = new_project()
    assert user("move", project=waiting, target=target) == 200
    sandbox.settle()
    assert user("waiting", project=waiting) == []
    (after,) = user("waiting", project=target)
    assert after["status"] == "READY"
    assert after["uri"] == before["uri"].replace(waiting, target)


def test_a_waiting_session_is_deleted(user: Talk, waiting: str, sandbox: Sandbox) -> None:
    assert user("delete_waiting", project=waiting) == 200
    sandbox.settle()
    assert user("waiting", project=waiting) == []


def test_a_waiting_session_is_archived_under_the_names_asked_for(user: Talk, waiting: str) -> None:
    assert user("archive", project=waiting, subject="S7", experiment="E7") == f"{waiting}/S7/E7"
    assert user("waiting", project=waiting) == []
    assert list(user("walk", project=waiting)["subjects"]) == ["S7"]


def test_archiving_the_same_files_again_is_a_conflict_until_overwritten(
    user: Talk, archived: str, bundles: Bundles, owner: Client
) -> None:
    user(
        "import_zip", path=bundles.study_zip, project=archived, subject="S1", experiment="E1",
        destination=f"/prearchive/projects/{archived}",
    )  # fmt: skip
    with pytest.raises(ClientError, match="500") as refused:
        user("archive", project=archived)
    assert "XNATResponseError" in refused.value.kinds
    assert [row["status"] for row in user("waiting", project=archived)] == ["CONFLICT"]
    assert user("archive", project=archived, overwrite="delete") == f"{archived}/S1/E1"
    assert len(owner.rows(f"/data/projects/{archived}/experiments/E1/scans")) == len(SCANS)


def test_an_archived_session_is_downloaded_byte_by_byte(
    user: Talk, archived: str, bundles: Bundles, tmp_path: Path
) -> None:
    user("download", project=archived, experiment="E1", folder=tmp_path / "all")
    assert contents(tmp_path / "all") == contents(bundles.study)
    user("download_scan", project=archived, experiment="E1", scan="2", path=tmp_path / "scan.zip")
    assert sorted(contents(tmp_path / "scan.zip")) == SCANS["2"]


def test_a_file_goes_up_and_comes_down_with_size_and_digest(
    user: Talk, archived: str, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 1000
    (tmp_path / "up.bin").write_bytes(content)
    given = {"project": archived, "experiment": "E1", "resource": "NOTES", "name": "up.bin"}
    user("upload", **given, path=tmp_path / "up.bin", overwrite=False)
    seen = user("download_file", **given, path=tmp_path / "down.bin")
    assert (tmp_path / "down.bin").read_bytes() == content
    assert seen["size"] == str(len(content))


def test_an_upload_without_overwrite_keeps_the_old_file(user: Talk, archived: str, tmp_path: Path) -> None:
    given = {"project": archived, "experiment": "E1", "resource": "NOTES", "name": "note.txt"}
    for number, overwrite in enumerate((False, False, True), start=1):
        (tmp_path / f"{number}.txt").write_text(f"note {number}")
        user("upload", **given, path=tmp_path / f"{number}.txt", overwrite=overwrite)
        user("download_file", **given, path=tmp_path / "down.txt")
        assert (tmp_path / "down.txt").read_text() == ("note 3" if overwrite else "note 1")


@pytest.mark.parametrize("method", ["per_file", "tar_memory", "tgz_file"])
def test_a_folder_is_uploaded_and_unpacked(user: Talk, archived: str, tmp_path: Path, method: str) -> None:
    (tmp_path / "notes" / "sub").mkdir(parents=True)
    (tmp_path / "notes" / "a.txt").write_text("a")
    (tmp_path / "notes" / "sub" / "b.txt").write_text("b")
    names = user(
        "upload_folder", project=archived, experiment="E1", resource="FOLDER", folder=tmp_path / "notes",
        method=method,
    )  # fmt: skip
    assert names == ["a.txt", "sub/b.txt"]


def test_a_resource_that_is_there_already_is_not_created_again(user: Talk, archived: str) -> None:
    assert user("create_resource", project=archived, experiment="E1", resource="NOTES") == "NOTES"
    with pytest.raises(ClientError, match="409"):
        user("create_resource", project=archived, experiment="E1", resource="NOTES")


def test_a_custom_field_is_kept(user: Talk, archived: str) -> None:
    assert user("set_field", project=archived, experiment="E1", name="gate", value="held back") == "held back"


def test_a_session_is_renamed(user: Talk, archived: str) -> None:
    assert user("rename", project=archived, experiment="E1", label="E1_RENAMED") == "E1_RENAMED"
    assert user("labels", project=archived) == ["E1_RENAMED"]


def test_a_session_is_shared_though_the_html_answer_makes_the_client_raise(
    user: Talk, archived: str, new_project: Callable[[], str]
) -> None:
    target = new_project()
    with pytest.raises(ClientError) as complaint:
        user("share", project=archived, experiment="E1", target=target, label="SHARED")
    assert "XNATResponseError" in complaint.value.kinds
    assert user("labels", project=target) == ["SHARED"]
    assert user("labels", project=archived) == ["E1"]


def test_the_catalogue_of_a_resource_is_refreshed(user: Talk, archived: str) -> None:
    user("create_resource", project=archived, experiment="E1", resource="NOTES")
    user("refresh_catalogue", project=archived, experiment="E1", resource="NOTES")


def test_an_archived_session_is_deleted(user: Talk, archived: str) -> None:
    user("delete", project=archived, experiment="E1")
    assert user("labels", project=archived) == []
