"""Answers that look like success and are none, and steps that are looked after because XNAT does not tell."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.edge.misbehaving import Misbehaving
from tests.edge.test_xnat import account, bundle_of, received
from xnat_gate.core.archive import (
    ArchiveRefused,
    ArchiveUnavailable,
    Busy,
    NotAllowed,
    OutcomeUnknown,
    PrearchiveRow,
)
from xnat_gate.edge.bundles import entry_name
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series
from xnat_gate.sandbox.server import Sandbox

CORK = Patient("PHANTOM^CORK", "CORK-1")
ROW = PrearchiveRow(
    project="HOSPITAL",
    timestamp="20260101_000000000",
    folder="CORK-1",
    subject="PHANTOM_CORK",
    session="CORK-1",
    study_uid="1.2.3",
    status="READY",
    uri="/prearchive/projects/HOSPITAL/20260101_000000000/CORK-1",
    changed="2026-01-01 00:00:00.0",
)


def table_of(project: str, status: str = "READY") -> bytes:
    """XNAT's table with one row."""
    cells = {
        "project": project, "timestamp": ROW.timestamp, "folderName": ROW.folder, "subject": ROW.subject,
        "name": ROW.session, "tag": ROW.study_uid, "status": status, "url": ROW.uri, "lastmod": ROW.changed,
    }  # fmt: skip
    return json.dumps({"ResultSet": {"Result": [cells]}}).encode()


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(account(sandbox)) as gateway:
        yield gateway


def test_an_import_that_kept_nothing_is_refused() -> None:
    with (
        Misbehaving(200, b"", "text/plain") as connection,
        pytest.raises(ArchiveRefused, match="none of them"),
    ):
        Xnat(connection).receive(io.BytesIO(b"zip"), project="HOSPITAL", subject="S", session="L")


def test_an_import_into_another_project_is_refused() -> None:
    stray = b"/data/prearchive/projects/Unassigned/20260101_000000000/L\r\n"
    with (
        Misbehaving(200, stray, "text/plain") as connection,
        pytest.raises(ArchiveRefused, match="somewhere else"),
    ):
        Xnat(connection).receive(io.BytesIO(b"zip"), project="HOSPITAL", subject="S", session="L")


def history_of(*versions: tuple[str, str]) -> Misbehaving:
    """What an XNAT answers that lists these versions (number and status) of the protocol."""
    rows = [
        {"version": number, "contents": "p: 1", "user": "admin", "create_date": "", "status": status}
        for number, status in versions
    ]
    return Misbehaving(200, json.dumps({"ResultSet": {"Result": rows}}).encode(), "application/json")


def test_versions_of_the_protocol_are_put_in_order_by_their_numbers() -> None:
    with history_of(("10", "disabled"), ("2", "enabled"), ("1", "enabled")) as connection:
        versions = Xnat(connection).protocol_versions()
    assert [(one.number, one.enabled) for one in versions] == [(1, True), (2, True), (10, False)]
    with (
        history_of(("newest", "enabled")) as connection,
        pytest.raises(ArchiveUnavailable, match="numbers a version"),
    ):
        Xnat(connection).protocol_versions()


def test_a_history_without_rows_is_not_taken_for_no_protocol() -> None:
    """XNAT answers 404 where it never held one."""
    with history_of() as connection, pytest.raises(ArchiveUnavailable, match="an empty table"):
        Xnat(connection).protocol_versions()


def test_a_protocol_without_a_charset_is_utf_8() -> None:
    with Misbehaving(200, "name: Köln".encode(), "text/plain") as connection:
        assert Xnat(connection).protocol_text() == "name: Köln"


def test_a_move_that_answers_nothing_was_locked() -> None:
    with Misbehaving(200, b"", "text/plain") as connection, pytest.raises(Busy, match="was not moved"):
        Xnat(connection).move(ROW, "QUARANTINE")


@pytest.mark.parametrize("project", ["HOSPITAL", "QUARANTINE"])
def test_a_move_is_not_believed_while_the_row_is_seen_at_its_old_place(project: str) -> None:
    class Moved(Xnat):
        """XNAT's answer to the move is the URI; to every look after it, a row."""

        def row(self, uri: str) -> PrearchiveRow | None:
            found = Misbehaving(200, table_of(project), "application/json")
            with found as connection:
                return Xnat(connection).row(uri)

    uri = ROW.uri.replace("HOSPITAL", "QUARANTINE").encode()
    with Misbehaving(301, uri, "text/plain") as connection, pytest.raises(OutcomeUnknown):
        Moved(connection).move(ROW, "QUARANTINE")


def test_a_move_whose_answer_was_lost_is_looked_for(xnat: Xnat, sandbox: Sandbox, tmp_path: Path) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    with sandbox.faults.add(Fault(kind=Kind.CUT, method="POST", path="/data/prearchive/*", times=1)) as fault:
        assert xnat.move(row, "QUARANTINE").project == "QUARANTINE"
        assert fault.fired == 1


def test_a_deletion_is_not_believed_while_the_row_is_seen() -> None:
    server = Misbehaving(200, table_of("HOSPITAL"), "application/json")
    with server as connection, pytest.raises(ArchiveRefused, match="still there"):
        Xnat(connection).delete(ROW)


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.CUT_BEFORE])
def test_a_deletion_whose_answer_was_lost_counts_when_it_was_done(
    kind: Kind, xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    with sandbox.faults.add(Fault(kind=kind, method="DELETE", path="/data/prearchive/*", times=1)) as fault:
        if kind is Kind.CUT:
            xnat.delete(row)
        else:
            with pytest.raises(OutcomeUnknown):
                xnat.delete(row)
        assert fault.fired == 1
    assert (xnat.row(row.uri) is None) == (kind is Kind.CUT)


def test_a_reason_that_xnat_does_not_show_was_not_taken() -> None:
    with (
        Misbehaving(200, b'{"ResultSet": {"Result": [{"Name": "reason.json"}]}}', "text/plain") as connection,
        pytest.raises(NotAllowed, match="does not show it"),
    ):
        Xnat(connection).annotate(ROW, "reason.json", "a new one")


def test_a_status_that_a_row_has_already_is_not_set_again() -> None:
    server = Misbehaving(200, b"", "text/plain")
    with server as connection:
        Xnat(connection).mark(ROW, "READY")
    assert server.asked == []


def test_what_is_locked_is_busy_whatever_the_status() -> None:
    page = b"<html><h3>Session processing may already be in progress: document locked</h3></html>"
    for status in (403, 409, 500):
        with Misbehaving(status, page) as connection, pytest.raises(Busy):
            connection.call("POST", "/data/services/x")


def test_a_login_page_is_no_zip() -> None:
    with (
        Misbehaving(200, b"<!DOCTYPE html><html></html>") as connection,
        pytest.raises(ArchiveUnavailable, match="web page"),
    ):
        b"".join(Xnat(connection).stream(ROW))


def test_a_login_that_expires_before_a_delivery_sends_all_of_it_again(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    ct_series(tmp_path / "ct", CORK)
    http = xnat._connection._http
    requests.delete(f"{sandbox.url}/data/JSESSION", cookies=http.cookies, timeout=10)
    http.cookies.clear()
    http.auth = None
    (uri,) = xnat.receive(bundle_of(tmp_path / "ct"), project="HOSPITAL", subject="S", session="L")
    row = xnat.row(uri)
    assert row is not None
    (scan,) = xnat.scans(row)
    assert scan.series_uid


def test_an_xnat_that_is_not_ready_to_let_anybody_in_is_an_outage_and_no_wrong_password(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL + 1)
    for path in ("/data/*", "*"):
        with (
            sandbox.faults.add(Fault(kind=Kind.STATUS, path=path, code=503)),
            pytest.raises(ArchiveUnavailable),
            connected(account(sandbox)),
        ):
            pass


def test_nobody_at_the_other_end_means_that_nothing_was_done() -> None:
    server = Misbehaving()
    with server as connection:
        connection.account = Account(host="http://127.0.0.1:1", user="u", password="p")
        with pytest.raises(ArchiveUnavailable) as told:
            connection.call("POST", "/data/services/x")
    assert not isinstance(told.value, OutcomeUnknown)


def test_an_error_that_archiving_leaves_on_the_row_is_a_refusal_with_xnats_words(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path
) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    xnat.mark(row, "ERROR")
    breaks = Fault(kind=Kind.STATUS, method="POST", path="/data/services/archive", code=500, body="why")
    with sandbox.faults.add(breaks), pytest.raises(ArchiveRefused):
        xnat.archive(row, subject="S", session="L")


def test_a_session_that_vanishes_right_after_archiving_is_an_unknown_outcome(
    xnat: Xnat, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = xnat.row(received(xnat, tmp_path / "ct"))
    assert row is not None
    whole = Xnat._settled

    def deleted_meanwhile(gateway: Xnat, row: PrearchiveRow, session: str) -> object:
        requests.delete(
            f"{sandbox.url}/data/projects/HOSPITAL/experiments/{session}?removeFiles=true",
            auth=("admin", "admin"),
            timeout=10,
        ).raise_for_status()
        return whole(gateway, row, session)

    monkeypatch.setattr(Xnat, "_settled", deleted_meanwhile)
    with pytest.raises(OutcomeUnknown, match="has left the prearchive"):
        xnat.archive(row, subject="S", session="L")


@pytest.mark.parametrize("uid", ["../../etc/passwd", "1.2/3", "PHANTOM^CORK", "", "1" * 65])
def test_an_identity_that_is_no_uid_never_becomes_a_file_name(uid: str) -> None:
    name = entry_name(uid)
    assert name == entry_name(uid)
    assert set(name.removesuffix(".dcm")) <= set("0123456789abcdef")
    assert len(name) == 68
    assert entry_name("1.2.3") == "1.2.3.dcm"
