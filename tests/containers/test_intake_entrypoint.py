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
from xnat_gate.edge.health import Disks, Health, Meters

ENTRYPOINT = Path(__file__).parents[2] / "containers" / "intake" / "entrypoint.py"


def options(monkeypatch: pytest.MonkeyPatch, **given: str) -> Any:
    for name, value in given.items():
        monkeypatch.setenv(f"GATE_{name}", value)
    return parser().parse_args(runpy.run_path(str(ENTRYPOINT))["arguments"]())


def test_without_settings_it_watches_the_mounted_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch)
    assert (read.verb, read.drop, read.state) == ("import", Path("/data/drop"), Path("/data/state"))
    assert (read.protocol, read.quiet_period, read.once) == (None, 5.0, False)
    assert (read.health_port, read.health_bind) == (8105, "0.0.0.0")


def test_every_variable_becomes_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    read = options(monkeypatch, DROP="/in", STATE="/state", PROTOCOL="/mine.yaml", QUIET_PERIOD="2m")
    assert (read.drop, read.state, read.protocol) == (Path("/in"), Path("/state"), Path("/mine.yaml"))
    assert read.quiet_period == 120
    read = options(monkeypatch, WORKERS="2", TRIES="3", LOG="json", HEALTH_PORT="0", HEALTH_BIND="::1")
    assert (read.workers, read.tries, read.log) == (2, 3, "json")
    assert (read.health_port, read.health_bind) == (0, "::1")


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
    assert (read.state, read.health_port, read.health_bind) == (Path("/data/state"), 8105, "0.0.0.0")
    read = options(monkeypatch, SERVICE="receive", HEALTH_PORT="off", HEALTH_BIND=" 127.0.0.1")
    assert (read.health_port, read.health_bind) == (None, "127.0.0.1")
    read = options(monkeypatch, SERVICE="receive", DROP="--port=1", STATE="-h")
    assert (read.drop, read.state, read.port) == (Path("--port=1"), Path("-h"), 8104)


def test_a_service_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="set it to import or to receive"):
        options(monkeypatch, SERVICE="both")


def test_it_ends_well_when_it_is_told_to_while_xnat_is_away(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    account = {"XNAT_HOST": "http://127.0.0.1:1", "XNAT_USER": "a", "XNAT_PASS": "b"}
    folders = {"GATE_DROP": str(tmp_path / "drop"), "GATE_STATE": str(tmp_path / "state")}
    folders["GATE_HEALTH_PORT"] = "0"
    with subprocess.Popen(
        [sys.executable, str(ENTRYPOINT)],
        env={**os.environ, **account, **folders},
        stderr=subprocess.PIPE,
        text=True,
    ) as intake:
        assert intake.stderr is not None
        assert any("nothing is lost, trying again" in line for line in intake.stderr)
        intake.send_signal(signal.SIGTERM)
        assert intake.wait(30) == 0


def asked(port: object, **more: str) -> subprocess.CompletedProcess[str]:
    """The HEALTHCHECK of the image; a proxy in the environment is none of its business."""
    environment = {**os.environ, "http_proxy": "http://127.0.0.1:1", "GATE_HEALTH_PORT": str(port), **more}
    command = [sys.executable, str(ENTRYPOINT), "healthcheck"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_the_healthcheck_says_what_the_service_says() -> None:
    wrong: dict[str, str] = {}
    meters = Meters("receiver", "0", Disks(Path("/")))
    with Health("0.0.0.0", 0, lambda: wrong, dict, meters) as health:
        port = health.address[1]
        well = asked(port)
        wrong["listening"] = "start the receiver anew"
        unwell = asked(port)
    gone = asked(port)
    assert (well.returncode, well.stderr) == (0, "")
    assert (unwell.returncode, "start the receiver anew" in unwell.stderr) == (1, True)
    assert (gone.returncode, "does not answer" in gone.stderr) == (1, True)


@pytest.mark.parametrize(("port", "code"), [("off", 0), ("many", 1)])
def test_the_healthcheck_of_a_service_that_answers_nobody_is_content(port: str, code: int) -> None:
    assert asked(port).returncode == code
