"""`xnat-gate import` as a service: its log as JSON, its health over HTTP, its end by SIGTERM, and whom it names."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.dicom_network import until
from tests.hospital import Site, digests_of
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study

CORK, WAX, TIN = (Patient(f"PHANTOM^{name}", f"{name}-1") for name in ("CORK", "WAX", "TIN"))
FOLDER = "Petra Cork, born in May"
"""What a person called the folder."""
BREAKS = Fault(kind=Kind.STATUS, method="POST", path="/data/services/import", code=500, times=1)
AWAY = Fault(kind=Kind.STATUS, path="*", code=500)


@dataclass
class Service:
    """The process, and what it says."""

    process: subprocess.Popen[bytes]
    out: Path
    log: Path

    def happened(self, event: str) -> list[dict[str, object]]:
        """Every whole line is JSON."""
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [one for one in told if one["event"] == event]

    def states(self) -> list[object]:
        return [one["state"] for one in self.happened("study")]

    def ask(self, path: str) -> requests.Response:
        (health,) = self.happened("health")
        return requests.get(f"http://{health['address']}:{health['port']}{path}", timeout=10)

    def measured(self, name: str, **labels: str) -> float:
        for family in text_string_to_metric_families(self.ask("/metrics").text):
            for sample in family.samples:
                if sample.name == f"xnat_gate_importer_{name}" and sample.labels == labels:
                    return sample.value
        raise KeyError(name)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def service(site: Site, *options: str) -> Iterator[Service]:
    words = ["import", str(site.drop), "--state", str(site.state), "--quiet-period", "0.05s", "--log", "json"]
    out, log = site.root / "out.log", site.root / "err.log"
    with out.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "xnat_gate", *words, *options],
            stdout=stdout,
            stderr=stderr,
            env=dict(os.environ),
        )
    try:
        yield Service(process, out, log)
    finally:
        process.kill()
        process.wait()


def dropped(site: Site, patient: Patient, name: str, study: int) -> list[str]:
    """A folder comes into sight whole; the digests of its files."""
    made = site.root / f"made-{study}"
    rt_study(made, patient, study=study, slices=2)
    digests = digests_of(made)
    made.rename(site.drop / name)
    return digests


def test_a_service_logs_json_answers_for_its_health_and_names_nobody(site: Site) -> None:
    with service(site, "--health-port", "0", "--workers", "2", "--tries", "1") as importer:
        until(lambda: importer.happened("health") and importer.happened("progress"))
        assert importer.ask("/healthz").status_code == 200
        whole = dropped(site, CORK, FOLDER, 1)
        until(lambda: importer.states() == ["archived"])
        assert site.digests("HOSPITAL", "CORK-1") == whole
        assert importer.ask("/readyz").status_code == 200
        assert importer.measured("studies_total", state="archived") == 1
        assert importer.measured("objects_total") == 5
        assert importer.measured("xnat_up") == 1

        with site.sandbox.faults.add(BREAKS):
            dropped(site, TIN, f"{FOLDER} again", 3)
            until(lambda: importer.states() == ["archived", "failed"])
        assert importer.measured("studies_total", state="failed") == 1

        with site.sandbox.faults.add(AWAY):
            dropped(site, WAX, f"{FOLDER} and again", 2)
            until(lambda: importer.ask("/readyz").status_code == 503)
            assert "xnat" in importer.ask("/readyz").text
            assert importer.ask("/healthz").status_code == 200
            assert importer.measured("xnat_up") == 0
        until(lambda: importer.states() == ["archived", "failed", "archived"])
        assert site.sessions("HOSPITAL") == ["CORK-1", "WAX-1"]
        assert importer.ask("/readyz").status_code == 200
        assert importer.measured("studies_total", state="archived") == 2
        assert importer.stop() == Exit.PASSED
        log = importer.log.read_text(encoding="utf-8")
    assert importer.out.read_bytes() == b""
    assert all({"time", "event"} <= json.loads(line).keys() for line in log.splitlines())
    with site.journal() as journal:
        assert journal.verify().whole
        audit = "".join(line.facts + line.event for line in journal.audit())
        assert [line.event for line in journal.audit() if line.event in {"started", "stopped"}] == [
            "started",
            "stopped",
        ]
    written = b"".join(path.read_bytes() for path in site.state.glob("journal.sqlite3*"))
    for name in ("PHANTOM", "Petra", "born in"):
        assert name not in log
        assert name not in audit
        assert name.encode() not in written


def test_what_ends_a_service_is_a_line_of_its_log_too(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XNAT_PASS", "wrong")
    assert main(["import", str(site.drop), "--state", str(site.state), "--log", "json"]) == Exit.WRONG
    try:
        last = json.loads(capsys.readouterr().err.splitlines()[-1])
    except json.JSONDecodeError:
        last = {}
    assert last.get("event"), "the last line is no JSON"


def test_a_service_that_is_told_to_stop_lets_the_study_that_it_has_begun_come_to_its_end(site: Site) -> None:
    with (
        site.sandbox.faults.add(Fault(kind=Kind.ARCHIVE_HANGS, times=1)) as hanging,
        service(site) as importer,
    ):
        whole = dropped(site, CORK, FOLDER, 1)
        hanging.await_held(30)
        importer.process.send_signal(signal.SIGTERM)
        ct_series(site.root / "late", WAX, study=2)
        (site.root / "late").rename(site.drop / "late")
        assert importer.process.poll() is None
        hanging.release()
        assert importer.process.wait(30) == Exit.PASSED
        assert importer.states() == ["archived"]
    assert site.digests("HOSPITAL", "CORK-1") == whole
    assert site.left_in_drop() == ["late"]


@pytest.mark.parametrize(
    "words",
    [
        ["--workers", "0"],
        ["--workers", "65"],
        ["--workers", "²"],
        ["--tries", "0"],
        ["--tries", "-1"],
        ["--log", "xml"],
        ["--health-port", "65536"],
        ["--health-port", "nowhere"],
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_anything_is_begun(
    words: list[str], site: Site
) -> None:
    with pytest.raises(SystemExit) as refused:
        site.import_once(*words)
    assert refused.value.code == Exit.WRONG
    assert not site.state.exists()


def test_a_health_port_that_somebody_else_has_is_told_and_nothing_is_imported(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    dropped(site, CORK, FOLDER, 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ["import", str(site.drop), "--state", str(site.state), "--health-port", port]
        assert main(words) == Exit.WRONG
    assert f"port {port}" in capsys.readouterr().err
    assert site.left_in_drop() == [FOLDER]
