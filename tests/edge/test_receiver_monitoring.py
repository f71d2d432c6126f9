"""A receiver that is watched while it works: what came is counted, and it says when it takes nothing more."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.dicom_network import Receiver, associated, contexts_of, in_sight, send, storescu, until
from xnat_gate.core.receiving import Admission
from xnat_gate.edge.drop_folder import Landing
from xnat_gate.edge.journal import Journal, Line
from xnat_gate.edge.receiver import Limits, Service, condition, live, ready
from xnat_gate.edge.receiver import Receiver as InProcess
from xnat_gate.sandbox.phantoms import Patient, ct_series

CORK = Patient("PHANTOM^CORK", "CORK-1")
WATCHED = "--health-port=0"


def images(folder: Path) -> list[Path]:
    ct_series(folder, CORK)
    return sorted(folder.rglob("*.dcm"))


class Watch:
    """Asks a receiver that was started with `WATCHED`."""

    def __init__(self, receiver: Receiver) -> None:
        told = receiver.told("health")
        self._address = told["address"], told["port"]

    def ask(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection(*self._address, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def wrong(self, path: str = "/readyz") -> dict[str, str]:
        """Empty when all is well."""
        status, body = self.ask(path)
        read = json.loads(body)
        assert (status, read["status"]) == ((503, "unavailable") if "wrong" in read else (200, "ok"))
        wrong: dict[str, str] = read.get("wrong", {})
        return wrong

    def metrics(self) -> dict[str, float]:
        """What the receiver itself counts; the label's value behind the name."""
        return {
            " ".join([sample.name.removeprefix("xnat_gate_receiver_"), *sample.labels.values()]): sample.value
            for family in text_string_to_metric_families(self.ask("/metrics")[1])
            for sample in family.samples
            if sample.name.startswith("xnat_gate_receiver_")
        }


def test_what_a_foreign_sender_stored_is_counted(tmp_path: Path) -> None:
    files = images(tmp_path / "sent")
    with Receiver(tmp_path / "drop", WATCHED, "--calling-ae=STORESCU") as receiver:
        watch = Watch(receiver)
        assert (watch.wrong(), watch.wrong("/healthz")) == ({}, {})
        for _ in range(2):
            assert storescu(receiver.port, files).returncode == 0
        assert storescu(receiver.port, files, "-aet", "STRANGER").returncode != 0
        ended = [receiver.told("association") for _ in range(3)]
        read = watch.metrics()
    assert (
        read["objects_total new"]
        == read["objects_total same"]
        == len(files)
        == len(in_sight(tmp_path / "drop"))
    )
    assert read["bytes_total"] == sum(one["bytes"] for one in ended) > 0
    assert (read["associations_total released"], read["associations_total rejected"]) == (2, 1)
    assert read["last_object_timestamp_seconds"] > files[0].stat().st_mtime - 1
    assert read["objects_total refused"] == read["objects_total failed"] == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A drop folder on a disk of 8 MiB."""
    folder = tmp_path / "drop"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_below_the_reserve_it_lives_and_is_not_ready(small_disk: Path, tmp_path: Path) -> None:
    files = images(tmp_path / "sent")
    with Receiver(small_disk, WATCHED, "--reserve=6MiB") as receiver:
        watch = Watch(receiver)
        assert watch.wrong() == {}
        (small_disk / "ballast").write_bytes(bytes(4 << 20))
        assert "make room" in watch.wrong()["reserve"]
        assert watch.wrong("/healthz") == {}
        with associated(receiver.port, contexts_of(files[:1])) as association:
            assert send(association, files[:1]) == [0xA700]
        assert watch.metrics()["objects_total refused"] == 1
        (small_disk / "ballast").unlink()
        assert watch.wrong() == {}


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[tuple[Path, InProcess]]:
    """A drop folder, and a receiver in this process."""
    drop = tmp_path / "drop"
    drop.mkdir(exist_ok=True)
    with Landing(drop) as landing:
        service = Service(Admission(), Limits(reserve=0), landing, lambda _: "", lambda _: None)
        with InProcess(service, bind="127.0.0.1", port=0) as receiver:
            yield drop, receiver


def test_a_full_disk_is_told_where_nothing_is_held_in_reserve(
    small_disk: Path, inside: tuple[Path, InProcess]
) -> None:
    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(bytes(9 << 20))
    assert "No space left" in ready(inside[1])["drop_folder"]
    (small_disk / "ballast").unlink()
    assert ready(inside[1]) == {}


def test_a_drop_folder_that_went_away_makes_it_unready_until_it_is_back(
    inside: tuple[Path, InProcess],
) -> None:
    drop, receiver = inside
    drop.rename(drop.with_name("away"))
    assert "see that it is mounted" in ready(receiver)["drop_folder"]
    assert live(receiver) == {}
    drop.with_name("away").rename(drop)
    assert ready(receiver) == {}
    assert list(drop.rglob("ready*")) == []


def test_a_receiver_that_lets_nobody_in_any_more_does_not_live(
    inside: tuple[Path, InProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = inside[1]
    until(lambda: receiver.deaf() < 0.2)
    monkeypatch.setattr(condition, "DEAF", 0.0)
    assert "start the receiver anew" in live(receiver)["listening"]
    assert "listening" in ready(receiver)
    receiver.stop(0)
    assert (live(receiver), list(ready(receiver))) == ({}, ["stopping"])


def test_told_to_stop_it_is_unready_and_alive_until_the_last_association_has_ended(tmp_path: Path) -> None:
    files = images(tmp_path / "sent")
    with Receiver(tmp_path / "drop", WATCHED, "--state", str(tmp_path / "state")) as receiver:
        watch = Watch(receiver)
        with associated(receiver.port, contexts_of(files)) as association:
            assert send(association, files[:1]) == [0x0000]
            read = watch.metrics()
            assert (read["associations_running"], read["objects_total new"]) == (1, 1)
            receiver.tell_to_stop()
            receiver.told("stopping")
            until(lambda: "stopping" in watch.wrong())
            assert watch.wrong("/healthz") == {}
            assert send(association, files[1:2]) == [0x0000]
        assert receiver.wait() == 0
    last, stopped = audit(tmp_path / "state")[-2:]
    assert (last.event, facts(last)["objects"]) == ("association", 2)
    assert (stopped.event, facts(stopped)["aborted"]) == ("stopped", 0)


def audit(state: Path) -> list[Line]:
    with Journal(state / "journal.sqlite3") as journal:
        assert journal.verify().whole
        return list(journal.audit())


def facts(line: Line) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(line.facts)
    return read


def test_start_stop_and_every_association_stand_in_the_journal(tmp_path: Path) -> None:
    files = images(tmp_path / "sent")
    with Receiver(tmp_path / "drop", "--state", str(tmp_path / "state"), "--calling-ae=STORESCU") as receiver:
        assert storescu(receiver.port, files).returncode == 0
        assert storescu(receiver.port, files, "-aet", "STRANGER").returncode != 0
        (sent, refused) = receiver.told("association"), receiver.told("association")
        assert receiver.stop() == 0
    lines = audit(tmp_path / "state")
    assert [(line.actor, line.event) for line in lines] == [
        ("receiver", event) for event in ("started", "association", "association", "stopped")
    ]
    for line, told in zip(lines[1:3], (sent, refused), strict=True):
        wanted = {name: value for name, value in told.items() if name not in {"event", "time"}}
        assert {name: facts(line)[name] for name in wanted} == wanted
    assert facts(lines[1])["studies"] == [str(ct_series(None, CORK)[0].StudyInstanceUID)]
    assert "PHANTOM" not in "".join(line.facts for line in lines)
    with Journal(tmp_path / "state" / "journal.sqlite3") as journal:
        (service,) = journal.services()
    assert (service.name, service.facts["ended"], service.facts["objects"]) == ("receiver", True, len(files))
    assert (service.facts["port"], service.facts["associations"]) == (receiver.port, 0)


def test_a_journal_in_trouble_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    files = images(tmp_path / "sent")
    (tmp_path / "state").write_bytes(b"no folder")
    with Receiver(tmp_path / "drop", WATCHED, "--state", str(tmp_path / "state")) as receiver:
        watch = Watch(receiver)
        until(lambda: any("trouble" in line for line in receiver.log))
        assert storescu(receiver.port, files).returncode == 0
        assert (watch.wrong(), watch.wrong("/healthz"), watch.metrics()["journal_up"]) == ({}, {}, 0)
        assert receiver.stop() == 0
    assert len(in_sight(tmp_path / "drop")) == len(files)
    assert ["trouble" in line for line in receiver.log if '"journal"' in line] == [True, False]
    assert '"outcome": "incomplete", "lost": 3' in "".join(receiver.log)
