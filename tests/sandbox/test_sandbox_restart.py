"""State and files outlive the sandbox, stopped or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.sandbox.client import Client
from xnat_gate.sandbox.server import Sandbox

SERVE = """
import sys
from pathlib import Path
from xnat_gate.sandbox.server import Sandbox
sandbox = Sandbox.start(Path(sys.argv[1]))
print(sandbox.url, flush=True)
sandbox.wait()
"""


def test_a_stopped_sandbox_comes_back_with_everything(
    tmp_path: Path, study: bytes, other_study: bytes
) -> None:
    state = tmp_path / "again"
    with (
        Sandbox.start(state, protocol="protocol: 1\n") as first,
        closing(Client(first.url, "owner")) as owner,
    ):
        archived = owner.archived(study)
        waiting = owner.waiting(other_study, session="E2")
    with (
        Sandbox.start(state, protocol="protocol: 2\n") as second,
        closing(Client(second.url, "owner")) as owner,
    ):
        assert (owner.row(waiting) or {})["status"] == "READY"
        files = owner.rows(f"{archived}/scans/ALL/files")
        assert all(owner.get(file["URI"]).status_code == 200 for file in files)
        text = owner.get("/data/config/xnat-gate/protocol.yaml", params={"contents": "true"}).text
        assert text == "protocol: 1\n"


def test_a_killed_sandbox_keeps_what_it_had_answered_for(
    tmp_path: Path, study: bytes, other_study: bytes
) -> None:
    state = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(state)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines, closing(Client(lines.readline().strip(), "owner")) as owner:
        archived = owner.archived(study)
        waiting = owner.waiting(other_study, session="E2")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with Sandbox.start(state) as again, closing(Client(again.url, "owner")) as owner:
        assert len(owner.rows(f"{archived}/scans/ALL/files")) == 6
        assert owner.archive(waiting).status_code == 200


def test_a_row_that_was_locked_when_the_process_died_is_free_again(tmp_path: Path, study: bytes) -> None:
    state = tmp_path / "locked"
    with Sandbox.start(state) as first, closing(Client(first.url, "owner")) as owner:
        uri = owner.waiting(study)
        first.world.db.run("UPDATE prearchive SET status = '_MOVING'")
    with Sandbox.start(state) as second, closing(Client(second.url, "owner")) as owner:
        assert (owner.row(uri) or {})["status"] == "READY"


def test_an_archiving_that_died_half_way_can_be_repeated(tmp_path: Path, study: bytes) -> None:
    state = tmp_path / "half"
    with Sandbox.start(state) as first, closing(Client(first.url, "owner")) as owner:
        uri = owner.waiting(study)
        first.world.db.run("UPDATE prearchive SET status = '_ARCHIVING'")
        source = state / "prearchive" / uri.split("/projects/")[1]
        for file in sorted(source.rglob("CT*.dcm")):
            place = state / "archive/HOSPITAL/arc001/E1" / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, place)
    with Sandbox.start(state) as second, closing(Client(second.url, "owner")) as owner:
        archived = owner.archive(uri)
        assert archived.status_code == 200, archived.text
        assert len(owner.rows(f"{archived.text.strip()}/scans/ALL/files")) == 6


def test_a_folder_that_no_row_knows_goes_to_the_cache(tmp_path: Path) -> None:
    state = tmp_path / "stray"
    stray = state / "prearchive/HOSPITAL/20200101_000000000/E/SCANS/1/DICOM/a.dcm"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"something")
    with Sandbox.start(state):
        assert not stray.exists()
        assert [path.read_bytes() for path in (state / "cache").rglob("a.dcm")] == [b"something"]


def test_a_taken_port_is_an_oserror_and_stopping_twice_is_fine(sandbox: Sandbox, tmp_path: Path) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Sandbox.start(tmp_path / "second", port)
    sandbox.stop()
    sandbox.stop()


def test_it_listens_on_loopback_alone(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
