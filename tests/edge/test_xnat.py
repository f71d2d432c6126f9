"""The edge to XNAT, against the sandbox over real HTTP, and against servers that misbehave."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.edge.misbehaving import Misbehaving
from xnat_gate.core.archive import (
    ArchiveRefused,
    ArchiveTroubled,
    ArchiveUnavailable,
    Conflict,
    LoginRefused,
    NotAllowed,
    NotThere,
    OutcomeUnknown,
)
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.edge.xnat.paths import data, under
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series
from xnat_gate.sandbox.server import Sandbox

CORK = Patient("PHANTOM^CORK", "CORK-1")


def account(sandbox: Sandbox, user: str = "admin", password: str | None = None) -> Account:
    return Account(host=sandbox.url, user=user, password=password or user)


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(account(sandbox)) as gateway:
        yield gateway


def bundle_of(folder: Path) -> io.BytesIO:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as bundle:
        for path in sorted(folder.glob("*.dcm")):
            bundle.write(path, path.name)
    body.seek(0)
    return body


def received(
    xnat: Xnat, folder: Path, session: str = "CORK-1", project: str = "HOSPITAL", **more: int
) -> str:
    ct_series(folder, CORK, **more)
    (uri,) = xnat.receive(bundle_of(folder), project=project, subject="PHANTOM_CORK", session=session)
    return uri


def test_what_is_received_waits_ready_under_its_labels(xnat: Xnat, tmp_path: Path) -> None:
    uri = received(xnat, tmp_path / "ct")
    row = xnat.row(uri)
    assert row is not None
    assert (row.project, row.subject, row.session, row.status) == (
        "HOSPITAL",
        "PHANTOM_CORK",
        "CORK-1",
        "READY",
    )
    assert xnat.rows("HOSPITAL") == (row,)
    assert not row.frozen_auto_archive


def test_a_row_that_is_gone_is_none_and_not_an_error(xnat: Xnat, tmp_path: Path) -> None:
    uri = received(xnat, tmp_path / "ct")
    row = xnat.row(uri)
    assert row is not None
    xnat.delete(row)
    assert xnat.row(uri) is None
    assert xnat.rows("HOSPITAL") == ()


def test_a_waiting_session_is_streamed_as_it_was_sent(xnat: Xnat, tmp_path: Path) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    target = io.BytesIO()
    target.writelines(xnat.stream(row))
    with zipfile.ZipFile(target) as bundle:
        held = sorted(bundle.read(name) for name in bundle.namelist() if name.endswith(".dcm"))
    assert held == sorted(path.read_bytes() for path in (tmp_path / "ct").glob("*.dcm"))


def test_scans_carry_the_series_they_were_made_from(xnat: Xnat, tmp_path: Path) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    (scan,) = xnat.scans(row)
    assert scan.series_uid == ct_series(None, CORK)[0].SeriesInstanceUID
    xnat.remove_scan(row, scan)
    assert xnat.scans(row) == ()


def test_a_move_answers_with_the_row_in_its_new_project(xnat: Xnat, tmp_path: Path) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    moved = xnat.move(row, "QUARANTINE")
    assert moved.project == "QUARANTINE"
    assert xnat.row(row.uri) is None
    assert xnat.rows("QUARANTINE") == (moved,)


def test_a_session_is_archived_under_the_labels_that_were_asked_for(xnat: Xnat, tmp_path: Path) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    archived = xnat.archive(row, subject="SUBJECT", session="SESSION")
    assert (archived.project, archived.subject, archived.session) == ("HOSPITAL", "SUBJECT", "SESSION")
    assert archived.study_uid == row.study_uid
    assert xnat.count_files(archived) == 5
    assert xnat.session("HOSPITAL", "session") == archived
    assert xnat.sessions_of_study("HOSPITAL", row.study_uid) == (archived,)


def test_a_conflict_that_xnat_tells_as_500_is_a_conflict_with_its_own_words(
    xnat: Xnat, tmp_path: Path
) -> None:
    first = xnat.row(received(xnat, tmp_path / "a", study=1))
    assert first is not None
    xnat.archive(first, subject="S", session="L")
    second = xnat.row(received(xnat, tmp_path / "b", study=2))
    assert second is not None
    with pytest.raises(Conflict, match="session UID"):
        xnat.archive(second, subject="S", session="L")


def test_objections_are_asked_without_acting(xnat: Xnat, tmp_path: Path) -> None:
    first = xnat.row(received(xnat, tmp_path / "a", study=1))
    assert first is not None
    xnat.archive(first, subject="S", session="L")
    second = xnat.row(received(xnat, tmp_path / "b", study=2))
    assert second is not None
    told = xnat.objections(second, subject="S", session="L")
    assert {one.kind for one in told} & {"FAIL", "CONFLICT"}
    assert xnat.row(second.uri) == second
    assert not [o for o in xnat.objections(second, subject="S", session="NEW") if o.kind != "WARN"]


def test_a_note_beside_a_session_is_replaced_and_taken_back(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    for text in ("one", "two", "two"):
        xnat.annotate(row, "reason.json", text)
    path = f"{sandbox.url}/data{row.uri}/resources/GATE/files/reason.json"
    assert requests.get(path, auth=("admin", "admin"), timeout=10).text == "two"
    xnat.clear_annotation(row)
    xnat.clear_annotation(row)
    assert requests.get(path, auth=("admin", "admin"), timeout=10).text != "two"


def test_the_protocol_in_force_comes_from_the_config_service(xnat: Xnat, sandbox: Sandbox) -> None:
    assert "protocol: 1" in (xnat.protocol_text() or "")
    url = f"{sandbox.url}/data/config/xnat-gate/protocol.yaml"
    assert requests.delete(url, auth=("admin", "admin"), timeout=10).status_code == 200
    assert xnat.protocol_text() is None


def test_the_history_of_the_protocol_is_told_from_the_first_version_on(xnat: Xnat, sandbox: Sandbox) -> None:
    xnat.push_protocol("second: 2 # \u00e4\r\n")
    url = f"{sandbox.url}/data/config/xnat-gate/protocol.yaml"
    requests.delete(url, auth=("admin", "admin"), timeout=10).raise_for_status()
    first, second, off = xnat.protocol_versions()
    assert [one.number for one in (first, second, off)] == [1, 2, 3]
    assert "protocol: 1" in first.text
    assert (second.text, second.user, second.enabled) == ("second: 2 # \u00e4\r\n", "admin", True)
    assert (off.text, off.enabled) == (second.text, False)
    assert second.at.startswith("20")


def test_the_newest_version_of_the_protocol_is_told_with_its_number_and_whether_it_is_on(
    xnat: Xnat, sandbox: Sandbox
) -> None:
    url = f"{sandbox.url}/data/config/xnat-gate/protocol.yaml"
    first = xnat.protocol_newest()
    assert first is not None
    assert (first.number, first.text, first.enabled) == (1, xnat.protocol_text(), True)
    requests.delete(url, auth=("admin", "admin"), timeout=10)
    off = xnat.protocol_newest(within=5.0)
    assert off is not None
    assert (off.number, off.text, off.enabled) == (2, first.text, False)
    assert xnat.protocol_versions()[-1] == off


def test_an_xnat_that_never_held_a_protocol_has_no_newest_one(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "empty") as empty, connected(account(empty, "admin")) as xnat:
        assert xnat.protocol_newest() is None
        assert xnat.protocol_versions() == ()


def test_a_project_that_archives_by_itself_is_known(xnat: Xnat, sandbox: Sandbox) -> None:
    assert not xnat.auto_archives("HOSPITAL")
    requests.put(
        f"{sandbox.url}/data/projects/HOSPITAL/prearchive_code/4", auth=("admin", "admin"), timeout=10
    ).raise_for_status()
    assert xnat.auto_archives("HOSPITAL")


def test_files_for_a_project_that_is_not_there_are_refused(xnat: Xnat, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused):
        received(xnat, tmp_path / "ct", project="NOWHERE")


def test_what_an_account_may_not_see_is_not_there(sandbox: Sandbox) -> None:
    with connected(account(sandbox, "member")) as member, pytest.raises((NotThere, NotAllowed)):
        member.rows("QUARANTINE")


def test_a_wrong_password_is_told_apart_from_an_outage_and_never_repeated(sandbox: Sandbox) -> None:
    with pytest.raises(LoginRefused) as told, connected(account(sandbox, "admin", "wrong-secret")):
        pass
    assert "wrong-secret" not in str(told.value)
    assert "wrong-secret" not in repr(account(sandbox, "admin", "wrong-secret"))
    with (
        pytest.raises(ArchiveUnavailable),
        connected(Account(host="http://127.0.0.1:1", user="a", password="b")),
    ):
        pass


def test_an_expired_login_is_renewed_once(sandbox: Sandbox, xnat: Xnat) -> None:
    cookies = xnat._connection._http.cookies
    requests.delete(f"{sandbox.url}/data/JSESSION", cookies=cookies, timeout=10)
    cookies.clear()
    assert xnat.rows("HOSPITAL") == ()


def test_reading_is_repeated_when_xnat_is_not_ready_and_changing_is_not(xnat: Xnat, sandbox: Sandbox) -> None:
    reading = Fault(kind=Kind.STATUS, method="GET", path="/data/prearchive/*", code=503, times=2)
    with sandbox.faults.add(reading) as fault:
        assert xnat.rows("HOSPITAL") == ()
        assert fault.fired == 2
    changing = Fault(kind=Kind.STATUS, method="POST", path="/data/services/*", code=503)
    with sandbox.faults.add(changing) as fault, pytest.raises(OutcomeUnknown):
        xnat.receive(io.BytesIO(b"zip"), project="HOSPITAL", subject="S", session="L")
    assert fault.fired == 1


def test_no_log_at_any_level_holds_the_password(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "pass-word-of-somebody"
    with pytest.raises(LoginRefused), connected(account(sandbox, "admin", secret)):
        pass
    assert caplog.text
    assert secret not in caplog.text


@pytest.mark.parametrize("label", ["a/b", "a?b", "a#b", "..", "a b", "ä", "%2e"])
def test_a_label_never_becomes_a_path(label: str) -> None:
    path = data("projects", label)
    assert path.startswith("/data/projects/")
    assert path.count("/") == 3
    assert "?" not in path
    assert "#" not in path
    assert under("/data/prearchive/x", label).startswith("/data/prearchive/x/")


PAGE = b"<!DOCTYPE html><html><body><h3>Because of &lt;this&gt;</h3></body></html>"


def test_a_login_page_with_200_is_no_data() -> None:
    with Misbehaving(200, PAGE) as connection, pytest.raises(ArchiveUnavailable, match="web page"):
        connection.call("GET", "/data/projects")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, NotAllowed),
        (404, NotThere),
        (409, Conflict),
        (500, ArchiveTroubled),
        (507, ArchiveTroubled),
        (503, ArchiveUnavailable),
    ],
)
def test_every_refusal_is_named_by_its_reaction_and_carries_xnats_words(
    status: int, kind: type[Exception]
) -> None:
    with Misbehaving(status, PAGE) as connection, pytest.raises(kind, match=f"{status}: Because of <this>"):
        connection.call("POST", "/data/services/x")


def test_a_change_whose_answer_breaks_off_has_an_unknown_outcome_and_is_not_repeated() -> None:
    server = Misbehaving(200, b"half", "text/plain", cut=True)
    with server as connection, pytest.raises(OutcomeUnknown):
        connection.call("POST", "/data/services/x")
    assert server.asked == ["POST /data/services/x"]


def test_a_redirect_to_a_login_page_is_no_success() -> None:
    with Misbehaving(302, b"", "text/plain") as connection, pytest.raises(ArchiveUnavailable):
        connection.call("GET", "/data/projects")


def test_an_answer_that_is_no_table_is_not_believed() -> None:
    with (
        Misbehaving(200, b"{}", "application/json") as connection,
        pytest.raises(ArchiveUnavailable, match="table"),
    ):
        Xnat(connection).rows("HOSPITAL")
