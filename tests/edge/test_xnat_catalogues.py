"""XNAT's lists of files, and the shelf in XNAT: what is told is followed whole or not at all."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.misbehaving import Misbehaving
from tests.edge.test_xnat import CORK, account, received
from tests.edge.test_xnat_answers import ROW
from xnat_gate.core.archive import ArchivedSession, ArchiveUnavailable, OutcomeUnknown, PrearchiveRow
from xnat_gate.core.keeping import KeepingFailed
from xnat_gate.edge.xnat import Account, Xnat, catalogues, connected
from xnat_gate.edge.xnat.keeping import XnatShelf
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import ct_series
from xnat_gate.sandbox.server import Sandbox

SESSION = ArchivedSession(id="X_E1", project="P", subject="S", session="L", study_uid="1.2")


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(account(sandbox)) as connection:
        yield connection


def waiting(xnat: Xnat, folder: Path) -> PrearchiveRow:
    row = xnat.row(received(xnat, folder))
    assert row is not None
    return row


def test_a_waiting_session_is_listed_by_names_and_sizes_alone(xnat: Xnat, tmp_path: Path) -> None:
    listed = xnat.catalogue(waiting(xnat, tmp_path / "ct"))
    assert listed is not None
    sent = {path.stat().st_size for path in (tmp_path / "ct").iterdir()}
    assert len(listed) == 5
    assert {entry.size for entry in listed} == sent
    assert {(entry.uid, entry.md5) for entry in listed} == {("", "")}


def test_an_archived_session_is_listed_with_uids_and_digests(xnat: Xnat, tmp_path: Path) -> None:
    session = xnat.archive(waiting(xnat, tmp_path / "ct"), subject="S", session="L")
    listed = xnat.session_catalogue(session)
    assert listed is not None
    assert sorted(entry.uid for entry in listed) == sorted(
        one.SOPInstanceUID for one in ct_series(None, CORK)
    )
    assert all(len(entry.md5) == 32 and entry.size for entry in listed)


def test_a_file_that_no_catalogue_knows_makes_the_list_none(
    xnat: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = xnat.archive(waiting(xnat, tmp_path / "ct"), subject="S", session="L")
    whole = catalogues._catalogued
    monkeypatch.setattr(catalogues, "_catalogued", lambda *given: list(whole(*given))[1:])
    assert xnat.session_catalogue(session) is None


def test_an_entry_that_is_not_among_the_files_makes_the_list_none(
    xnat: Xnat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = xnat.archive(waiting(xnat, tmp_path / "ct"), subject="S", session="L")
    monkeypatch.setattr(catalogues, "_by_resource", lambda listed: {_resource(listed): {"other.dcm": 1}})
    assert xnat.session_catalogue(session) is None


def _resource(listed: list[dict[str, str]]) -> str:
    return listed[0]["URI"].partition("/files/")[0]


def test_a_catalogue_that_cannot_be_had_makes_the_list_none(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    session = xnat.archive(waiting(xnat, tmp_path / "ct"), subject="S", session="L")
    refuses = Fault(kind=Kind.STATUS, method="GET", path="/data/experiments/*/resources/DICOM", code=404)
    with sandbox.faults.add(refuses) as fault:
        assert xnat.session_catalogue(session) is None
    assert fault.fired == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"ResultSet": {"Result": [{}]}}',
        b'{"ResultSet": {"Result": [{"category": "scans", "cat_id": "1", "label": "DICOM"}]}}',
        b'{"ResultSet": {"Result": [{"URI": "/data/elsewhere", "Size": "1"}]}}',
        b'{"ResultSet": {"Result": [{"URI": "/data/e/resources/1/files/a", "Size": "?"}]}}',
        b'{"ResultSet": {"Result": [{"URI": "/data/e/resources/1/files/a", "Size": "1"}]}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 404, 500])
def test_an_answer_that_cannot_be_followed_makes_the_list_none(status: int, body: bytes) -> None:
    with Misbehaving(status, body, "application/json") as connection:
        assert Xnat(connection).catalogue(ROW) is None
        assert Xnat(connection).session_catalogue(SESSION) is None


def test_a_download_that_ends_too_early_is_an_outage() -> None:
    with (
        Misbehaving(200, b"PK\x03\x04" * 100, "application/zip", cut=True) as connection,
        pytest.raises(ArchiveUnavailable, match="broke off"),
    ):
        list(Xnat(connection).stream(ROW))


# --- the shelf --------------------------------------------------------------------------------------------------

PUT = "/data/projects/QUARANTINE/resources/REJECTED/files/*"


def shelf(xnat: Xnat, tmp_path: Path) -> XnatShelf:
    return xnat.shelf("QUARANTINE", tmp_path / "scratch")


def keep(where: XnatShelf, **files: bytes) -> str:
    members = ((f"S/SCANS/1/{name}.dcm", io.BytesIO(content)) for name, content in files.items())
    return where.keep_members(members, {"id": "RT001"}, arrival="prearchive-2026/../x")


def stored(xnat: Xnat, place: str) -> zipfile.ZipFile:
    project, resource, name = place.split(" / ")
    answer = xnat._connection.call("GET", f"/data/projects/{project}/resources/{resource}/files/{name}")
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_what_is_kept_lies_in_the_project_with_its_reason(xnat: Xnat, tmp_path: Path) -> None:
    with stored(xnat, keep(shelf(xnat, tmp_path), a=b"one", b=b"two")) as bundle:
        document = json.loads(bundle.read("reason.json"))
        assert document["reason"] == {"id": "RT001"}
        assert document["arrival"] == "prearchive-2026/../x"
        assert [one["came_as"] for one in document["files"]] == ["S/SCANS/1/a.dcm", "S/SCANS/1/b.dcm"]
        assert [bundle.read(one["stored"]) for one in document["files"]] == [b"one", b"two"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_is_kept_twice_lies_there_twice(xnat: Xnat, tmp_path: Path) -> None:
    places = {keep(shelf(xnat, tmp_path), a=b"same") for _ in range(3)}
    assert len(places) == 3
    for place in places:
        stored(xnat, place).close()


def test_names_that_lead_elsewhere_stay_in_the_zip(xnat: Xnat, tmp_path: Path) -> None:
    members = [
        ("../../etc/passwd", io.BytesIO(b"x")),
        ("..", io.BytesIO(b"y")),
        ("a/\n\0ü", io.BytesIO(b"z")),
    ]
    place = shelf(xnat, tmp_path).keep_members(members, {}, arrival="a")
    with stored(xnat, place) as bundle:
        assert bundle.namelist() == ["00001-passwd", "00002-..", "00003-___", "reason.json"]


def test_an_xnat_that_stores_nothing_and_says_200_has_kept_nothing(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    """As it does for who may read the project and not edit it."""
    reader = "/data/projects/QUARANTINE/users/Collaborators/collaborator"
    xnat._connection.call("PUT", reader)
    theirs = Account(host=sandbox.url, user="collaborator", password="collaborator")
    with connected(theirs) as other, pytest.raises(KeepingFailed, match="may this account edit"):
        keep(shelf(other, tmp_path), a=b"one")


def test_an_xnat_that_refuses_has_kept_nothing(xnat: Xnat, sandbox: Sandbox, tmp_path: Path) -> None:
    refuses = Fault(kind=Kind.STATUS, method="PUT", path=PUT, code=403)
    with sandbox.faults.add(refuses), pytest.raises(KeepingFailed, match="cannot be kept in QUARANTINE"):
        keep(shelf(xnat, tmp_path), a=b"one")


def test_an_answer_that_gets_lost_after_the_work_is_looked_after(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    with sandbox.faults.add(Fault(kind=Kind.CUT, method="PUT", path=PUT, times=1)) as fault:
        place = keep(shelf(xnat, tmp_path), a=b"one")
    assert fault.fired == 1
    stored(xnat, place).close()


def test_an_answer_that_gets_lost_before_the_work_is_an_unknown_outcome(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    cut = Fault(kind=Kind.CUT_BEFORE, method="PUT", path=PUT, times=1)
    with sandbox.faults.add(cut), pytest.raises(OutcomeUnknown):
        keep(shelf(xnat, tmp_path), a=b"one")


def test_what_is_shown_again_otherwise_was_not_kept(tmp_path: Path) -> None:
    with (
        Misbehaving(200, b"something else", "application/zip") as connection,
        pytest.raises(KeepingFailed, match="does not show them again"),
    ):
        keep(XnatShelf(connection, "QUARANTINE", tmp_path), a=b"one")


def test_a_request_without_files_is_refused_before_xnat_is_asked(tmp_path: Path) -> None:
    server = Misbehaving()
    with server as connection, pytest.raises(KeepingFailed, match="nothing to keep"):
        keep(XnatShelf(connection, "QUARANTINE", tmp_path))
    assert server.asked == []


def test_what_the_members_raise_leaves_nothing_behind(xnat: Xnat, tmp_path: Path) -> None:
    def breaking_off() -> Iterator[tuple[str, io.BytesIO]]:
        yield "a", io.BytesIO(b"x")
        raise ArchiveUnavailable("gone")

    with pytest.raises(ArchiveUnavailable, match="gone"):
        shelf(xnat, tmp_path).keep_members(breaking_off(), {}, arrival="a")
    assert list((tmp_path / "scratch").iterdir()) == []
