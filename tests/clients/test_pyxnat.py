"""pyxnat, which knows XNAT by CSV listings and XML paths, in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.bundles import SCANS, Bundles, contents
from tests.clients.talk import ClientError, Talk
from tests.sandbox.client import Client
from xnat_gate.sandbox.server import Sandbox

pytestmark = pytest.mark.xdist_group("pyxnat")
VISIT = {"subject": "S1", "experiment": "E1"}


@pytest.fixture(scope="module")
def user(talk_to: Callable[[str], Talk]) -> Talk:
    """A script of the project owner."""
    return talk_to("pyxnat")


@pytest.fixture
def archived(owner: Client, bundles: Bundles, project: str) -> str:
    """The project, with the planning study archived as S1 / E1."""
    owner.archived(bundles.study_zip.read_bytes(), project, "S1", "E1")
    return project


@pytest.fixture
def waiting(owner: Client, bundles: Bundles, project: str) -> list[str]:
    """Project, timestamp and folder of the planning study in the prearchive."""
    uri = owner.waiting(bundles.study_zip.read_bytes(), project, "S1", "E1")
    return uri.split("/")[-3:]


def test_what_is_archived_is_listed_from_project_to_file(user: Talk, archived: str) -> None:
    assert {"HOSPITAL", archived} <= set(user("projects"))
    assert user("subjects", project=archived) == ["S1"]
    assert user("experiments", project=archived) == ["E1"]
    visit = {"project": archived, **VISIT}
    assert user("scans", **visit) == list(SCANS)
    assert user("resources", **visit, scan="2") == ["DICOM"]
    assert user("files", **visit, scan="2", resource="DICOM") == SCANS["2"]
    assert user("datatype", **visit) == "xnat:ctSessionData"


def test_an_empty_project_is_an_empty_listing(user: Talk, project: str) -> None:
    assert user("subjects", project=project) == []
    assert user("experiments", project=project) == []


def test_what_is_not_there_does_not_exist(user: Talk, project: str) -> None:
    assert user("exists", project=project) is True
    assert user("exists", project="NOWHERE") is False
    assert user("exists", project=project, subject="NOBODY") is False


def test_a_table_of_experiments_has_the_columns_asked_for(user: Talk, archived: str) -> None:
    (row,) = user("table", project=archived)
    assert {key: row[key] for key in ("label", "date", "xsiType", "subject_label")} == {
        "label": "E1", "date": "2020-01-02", "xsiType": "xnat:ctSessionData", "subject_label": "S1"
    }  # fmt: skip


def test_subject_session_and_scan_are_created_together(user: Talk, project: str, owner: Client) -> None:
    user("create", project=project, **VISIT, scan="7")
    (scan,) = owner.rows(f"/data/projects/{project}/subjects/S1/experiments/E1/scans")
    assert (scan["ID"], scan["xsiType"]) == ("7", "xnat:ctScanData")


def test_an_attribute_is_set_and_read_by_its_xml_path(user: Talk, archived: str) -> None:
    assert user("set_date", project=archived, **VISIT, date="2024-02-29") == "2024-02-29"


def test_a_file_goes_up_and_comes_down(user: Talk, archived: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 100
    (tmp_path / "up.bin").write_bytes(content)
    visit = {"project": archived, **VISIT, "name": "up.bin"}
    seen = user("put_file", **visit, path=tmp_path / "up.bin")
    assert seen == {"size": len(content), "format": "TXT", "content": "NOTE"}
    user("get_file", **visit, path=tmp_path / "down.bin")
    assert (tmp_path / "down.bin").read_bytes() == content


def test_a_zip_is_unpacked_into_a_resource(user: Talk, archived: str, tmp_path: Path) -> None:
    (tmp_path / "notes" / "sub").mkdir(parents=True)
    (tmp_path / "notes" / "a.txt").write_text("a")
    (tmp_path / "notes" / "sub" / "b.txt").write_text("b")
    shutil.make_archive(str(tmp_path / "notes"), "zip", tmp_path / "notes")
    assert user("put_zip", project=archived, **VISIT, path=tmp_path / "notes.zip") == ["a.txt", "sub/b.txt"]


def test_the_scans_of_a_session_are_downloaded_byte_by_byte(
    user: Talk, archived: str, bundles: Bundles, tmp_path: Path
) -> None:
    user("download", project=archived, **VISIT, folder=tmp_path)
    for zipped in tmp_path.glob("*.zip"):
        zipped.unlink()
    assert contents(tmp_path) == contents(bundles.study)


def test_a_session_is_shared_though_the_html_answer_makes_the_client_raise(
    user: Talk, archived: str, new_project: Callable[[], str]
) -> None:
    target = new_project()
    with pytest.raises(ClientError):
        user("share", project=archived, **VISIT, target=target)
    assert user("shares", project=archived, **VISIT) == sorted([archived, target])
    assert user("experiments", project=target) == ["E1"]


def test_a_session_is_deleted(user: Talk, archived: str) -> None:
    assert user("delete", project=archived, **VISIT) is False
    assert user("experiments", project=archived) == []


def test_the_users_of_a_project_have_their_roles(user: Talk) -> None:
    assert user("users", project="HOSPITAL") == {"owners": ["owner"], "members": ["member"], "role": "owner"}


def test_the_prearchive_code_is_set_and_read(user: Talk, project: str) -> None:
    assert user("prearchive_code", project=project, code="5") == "5"


def test_a_waiting_session_is_listed_and_read(user: Talk, waiting: list[str]) -> None:
    assert waiting in user("waiting")
    assert user("waiting_status", triple=waiting) == "READY"
    seen = user("waiting_scans", triple=waiting)
    assert {scan: sorted(found["DICOM"]) for scan, found in seen.items()} == SCANS


def test_a_waiting_session_is_built_again(user: Talk, waiting: list[str]) -> None:
    user("rebuild", triple=waiting)
    assert user("waiting_status", triple=waiting) == "READY"


def test_a_waiting_session_is_deleted(user: Talk, waiting: list[str], sandbox: Sandbox) -> None:
    user("delete_waiting", triple=waiting)
    sandbox.settle()
    assert waiting not in user("waiting")
