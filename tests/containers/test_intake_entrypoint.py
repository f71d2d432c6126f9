"""The environment of the intake container becomes one call of `xnat-gate import` or `xnat-gate receive`."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from xnat_gate.cli.doors import parser

ENTRYPOINT = Path(__file__).parents[2] / "containers" / "intake" / "entrypoint.py"


def options(monkeypatch: pytest.MonkeyPatch, **given: str) -> Any:
    for name, value in given.items():
        monkeypatch.setenv(f"GATE_{name}", value)
    return parser().parse_args(runpy.run_path(str(ENTRYPOINT))["arguments"]())


def test_without_settings_it_watches_the_mounted_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch)
    assert (read.verb, read.drop, read.state) == ("import", Path("/data/drop"), Path("/data/state"))
    assert (read.protocol, read.quiet_period, read.once) == (None, 5.0, False)


def test_every_variable_becomes_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch, DROP="/in", STATE="/state", PROTOCOL="/mine.yaml", QUIET_PERIOD="2m")
    assert (read.drop, read.state, read.protocol) == (Path("/in"), Path("/state"), Path("/mine.yaml"))
    assert read.quiet_period == 120


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch, DROP="", STATE=" ", PROTOCOL="", QUIET_PERIOD="")
    assert (read.drop, read.state, read.protocol) == (Path("/data/drop"), Path("/data/state"), None)


@pytest.mark.parametrize("text", ["--once", "-h", "--state=/elsewhere"])
def test_no_text_can_become_an_option(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    read = options(monkeypatch, DROP=text, PROTOCOL=text)
    assert (read.drop, read.protocol, read.once) == (Path(text), Path(text), False)
    assert read.state == Path("/data/state")


def test_the_receiver_is_chosen_by_name_and_has_the_same_drop_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch, SERVICE="receive")
    assert (read.verb, read.drop, read.port, read.ae_title) == ("receive", Path("/data/drop"), 8104, "XNAT")
    read = options(monkeypatch, SERVICE="receive", DROP="--port=1", STATE="-h")
    assert (read.drop, read.state, read.port) == (Path("--port=1"), Path("-h"), 8104)


def test_a_service_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="set it to import or to receive"):
        options(monkeypatch, SERVICE="both")


def test_it_ends_well_when_it_is_told_to_while_xnat_is_away(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    account = {"XNAT_HOST": "http://127.0.0.1:1", "XNAT_USER": "a", "XNAT_PASS": "b"}
    folders = {"GATE_DROP": str(tmp_path / "drop"), "GATE_STATE": str(tmp_path / "state")}
    with subprocess.Popen(
        [sys.executable, str(ENTRYPOINT)],
        env={**os.environ, **account, **folders},
        stderr=subprocess.PIPE,
        text=True,
    ) as intake:
        assert intake.stderr is not None
        assert "nothing is lost, trying again" in intake.stderr.readline()
        intake.send_signal(signal.SIGTERM)
        assert intake.wait(30) == 0
