"""What the Container Service hands to a job becomes one verb with one argument each."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from xnat_gate.cli.doors import parser

ENTRYPOINT = Path(__file__).parents[2] / "containers" / "gate" / "entrypoint.py"
HOSTILE = [
    "--protocol=/etc/passwd",
    "-h",
    "a b'; rm -rf /",
    "$(reboot)",
    "=",
    "#not-a-key",
    "ä\n--to=X",
]


def options(monkeypatch: pytest.MonkeyPatch, job: str, **given: str) -> Any:
    for name, value in given.items():
        monkeypatch.setenv(f"GATE_{name}", value)
    line = runpy.run_path(str(ENTRYPOINT))["arguments"](job, "/scratch")
    return parser().parse_args(line)


def test_check_session_becomes_the_session_verb_over_the_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = {"MOUNTED": "/input", "REPORT": "/output"}
    read = options(monkeypatch, "check-session", SESSION="XNAT_E00001", ON_VIOLATION="quarantine", **mounts)
    assert (read.verb, read.session, read.on_violation) == ("session", "XNAT_E00001", "quarantine")
    assert (read.mounted, read.report) == (Path("/input"), Path("/output"))


def test_check_prearchive_becomes_the_prearchive_verb_and_keeps_rejected_objects_in_xnat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = options(monkeypatch, "check-prearchive", PROJECT="HOSPITAL", ROW="#row#", MANIFEST="")
    assert (read.verb, read.project, read.row, read.manifest) == ("prearchive", "HOSPITAL", None, "")
    assert read.keep_rejected == "xnat"
    read = options(monkeypatch, "check-prearchive", ROW="/prearchive/projects/P/1/F", MANIFEST="ab12")
    assert (read.row, read.manifest) == ("/prearchive/projects/P/1/F", "ab12")


def test_move_session_becomes_the_move_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(
        monkeypatch, "move-session", SESSION="XNAT_E1", DESTINATION="HOSPITAL", REASON="looked at it"
    )
    assert (read.verb, read.session, read.to, read.reason) == ("move", "XNAT_E1", "HOSPITAL", "looked at it")


@pytest.mark.parametrize(("action", "expected"), [("archive", ("NEW-1", False)), ("delete", (None, True))])
def test_resolve_conflict_becomes_the_decision_that_was_made(
    monkeypatch: pytest.MonkeyPatch, action: str, expected: tuple[str | None, bool]
) -> None:
    read = options(
        monkeypatch,
        "resolve-conflict",
        PROJECT="HOSPITAL",
        ROW="CORK-1",
        ACTION=action,
        NEW_SESSION_ID="NEW-1",
    )
    assert (read.verb, read.resolve) == ("prearchive", "CORK-1")
    assert (read.session, read.delete) == expected


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_that_people_type_can_become_an_option(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    read = options(monkeypatch, "move-session", SESSION="XNAT_E1", DESTINATION=text, REASON=text)
    assert {read.to, read.reason} == {text.strip()}
    assert read.session == "XNAT_E1"
    assert read.protocol is None


@pytest.mark.parametrize("text", HOSTILE)
def test_an_id_that_looks_like_an_option_is_an_id(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert options(monkeypatch, "check-session", SESSION=text).session == text.strip()


def test_two_hyphens_alone_are_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch, "check-prearchive", PROJECT="HOSPITAL", ROW="--", MANIFEST="--")
    assert (read.row, read.manifest) == (None, "")


@pytest.mark.parametrize("words", [[], ["make-coffee"], ["check-session", "--help"]])
def test_a_job_that_is_none_is_told_which_there_are(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(ENTRYPOINT), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "name one of check-prearchive" in done.stderr
