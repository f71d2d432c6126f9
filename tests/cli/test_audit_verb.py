"""`xnat-gate audit`: the record is shown to be whole, or not, and given to other programs."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.edge.journal import Journal

EVENTS = ("started", "association", "stopped")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    with Journal(tmp_path / "journal.sqlite3", actor="receiver") as journal:
        for event in EVENTS:
            journal.note(event, facts={"event": event})
    return tmp_path


def tampered(state: Path, statement: str) -> None:
    connection = sqlite3.connect(state / "journal.sqlite3", isolation_level=None)
    for trigger in ("audit_does_not_change", "audit_does_not_go"):
        connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    connection.execute(statement)
    connection.close()


def verified(state: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str]]:
    code = main(["audit", "verify", "--state", str(state), *options])
    return code, capsys.readouterr().out.splitlines()


def head_of(state: Path) -> str:
    with Journal(state / "journal.sqlite3") as journal:
        return journal.verify().head


def test_a_whole_record_is_told_with_its_length_and_head(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(state, capsys) == (Exit.PASSED, [f"3 lines, head {head_of(state)}, whole"])


def test_every_fault_is_told_and_is_exit_code_1(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tampered(state, "UPDATE audit SET event = 'other' WHERE number IN (1, 3)")
    code, lines = verified(state, capsys)
    assert code == Exit.STOPPED
    assert [line.split(":")[0] for line in lines[:-1]] == ["line 1", "line 3"]
    assert lines[-1].endswith("NOT WHOLE")


def test_a_head_that_was_written_down_shows_what_was_cut_off(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = head_of(state)
    with Journal(state / "journal.sqlite3") as journal:
        journal.note("started")
    assert verified(state, capsys, "--head", head.upper())[0] == Exit.PASSED
    tampered(state, "DELETE FROM audit WHERE number > 2")
    assert verified(state, capsys)[0] == Exit.PASSED
    code, (fault, end) = verified(state, capsys, "--head", head)
    assert code == Exit.STOPPED
    assert fault.startswith(f"head {head} is not in the record: lines were cut off")
    assert end.startswith("2 lines, ")
    assert end.endswith("NOT WHOLE")


def test_the_head_of_a_record_without_lines_is_followed_by_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal(tmp_path / "journal.sqlite3") as journal:
        empty = head_of(tmp_path)
        assert verified(tmp_path, capsys, "--head", empty) == (Exit.PASSED, [f"0 lines, head {empty}, whole"])
        journal.note("started")
    assert verified(tmp_path, capsys, "--head", empty)[0] == Exit.PASSED


def test_a_head_that_is_no_digest_is_a_wrong_call(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", "--state", str(state), "--head", "abc"]) == Exit.WRONG
    assert "copy all of them" in capsys.readouterr().err


def test_an_export_is_one_line_of_json_for_each_line_of_the_record(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "export", "--state", str(state)]) == Exit.PASSED
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["number"], row["actor"], row["event"], row["facts"]) for row in rows] == [
        (number, "receiver", event, {"event": event}) for number, event in enumerate(EVENTS, start=1)
    ]
    assert [row["previous"] for row in rows] == ["0" * 64, rows[0]["digest"], rows[1]["digest"]]


def test_a_line_spoilt_by_tampering_is_exported_as_it_is(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tampered(state, "UPDATE audit SET facts = '{' WHERE number = 2")
    main(["audit", "export", "--state", str(state)])
    assert json.loads(capsys.readouterr().out.splitlines()[1])["facts"] == "{"


@pytest.mark.parametrize("task", ["verify", "export"])
def test_a_state_folder_without_a_journal_is_a_wrong_call_and_gets_none(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", task, "--state", str(tmp_path)]) == Exit.WRONG
    assert "--state" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
