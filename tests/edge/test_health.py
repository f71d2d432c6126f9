"""A service asked over HTTP whether it lives, whether it takes data, and what it has done."""

from __future__ import annotations

import json
import math
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from xnat_gate.core.states import State
from xnat_gate.edge.health import Disks, Health, HealthUnavailable, ImporterMeters, ReceiverMeters
from xnat_gate.edge.health import server as health_server

SECRET = "PHANTOM^CORK"


def meters(folder: Path = Path("/")) -> ReceiverMeters:
    return ReceiverMeters("1.2.3", Disks(folder), reserve=1000, clock=lambda: 1700000000.0)


class Service:
    """Its health, and what is wrong with it for the moment."""

    def __init__(self) -> None:
        self.dead: dict[str, str] = {}
        self.busy: dict[str, str] = {}
        self.told: list[Mapping[str, object]] = []
        self.health = Health(
            "127.0.0.1", 0, lambda: self.dead, self.ready, meters(), lambda told: self.told.append(told)
        )

    def ready(self) -> dict[str, str]:
        if "raise" in self.busy:
            raise {"disk": OSError(5, "Input/output error"), "bug": KeyError(SECRET)}[self.busy["raise"]]
        return self.busy

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection(*self.health.address, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def send(self, raw: bytes) -> bytes:
        """What it answers to these bytes, as far as it comes through: what is too long is not read to its end."""
        got = bytearray()
        with socket.create_connection(self.health.address, timeout=10) as wire, suppress(ConnectionError):
            wire.sendall(raw)
            while part := wire.recv(4096):
                got += part
        return bytes(got)


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    with running.health:
        yield running


def values(page: bytes) -> dict[str, float]:
    """Sample to value, read by a parser of Prometheus; the labels in the order of their names."""
    return {
        sample.name
        + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz?verbose=1"])
def test_a_service_that_is_well_says_so(service: Service, path: str) -> None:
    answer, body = service.ask(path)
    assert (answer.status, answer.getheader("Content-Type")) == (200, "application/json")
    assert json.loads(body) == {"status": "ok", "service": "receiver", "version": "1.2.3"}


def test_what_is_wrong_is_told_with_503_until_it_is_mended(service: Service) -> None:
    service.busy = {"reserve": "make room"}
    answer, body = service.ask("/readyz")
    assert (answer.status, json.loads(body)["wrong"]) == (503, {"reserve": "make room"})
    assert service.ask("/healthz")[0].status == 200
    service.busy = {}
    assert service.ask("/readyz")[0].status == 200


def test_a_probe_that_the_disk_refuses_is_wrong_itself(service: Service) -> None:
    service.busy = {"raise": "disk"}
    answer, body = service.ask("/readyz")
    assert (answer.status, "Input/output error" in body.decode()) == (503, True)


def test_a_probe_that_breaks_gives_no_answer_and_is_told_without_its_words(service: Service) -> None:
    service.busy = {"raise": "bug"}
    with pytest.raises(ConnectionError):
        service.ask("/readyz")
    service.busy = {}
    assert service.ask("/readyz")[0].status == 200
    assert service.told == [{"event": "error", "at": "health", "why": "KeyError"}]


def test_head_is_answered_without_a_body(service: Service) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer, body = service.ask(path, "HEAD")
        assert (answer.status, body) == (200, b"")
        assert int(answer.getheader("Content-Length") or 0) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", SECRET])
def test_another_method_is_refused(service: Service, method: str) -> None:
    answer, body = service.ask("/metrics", method)
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")
    assert json.loads(body) == {"error": "ask with GET or HEAD"}


REQUESTS = {
    "path": f"GET /{SECRET} HTTP/1.0\r\n\r\n",
    "version": f"GET /healthz {SECRET}\r\n\r\n",
    "one word": f"{SECRET}\r\n\r\n",
    "header": f"GET /{SECRET} HTTP/1.0\r\n{SECRET}: {SECRET}\r\n\r\n",
    "long header": f"GET /healthz HTTP/1.0\r\n{f'{SECRET}: 1' * 10_000}\r\n\r\n",
    "long path": f"GET /{SECRET * 10_000} HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("raw", REQUESTS.values(), ids=REQUESTS.keys())
def test_nothing_of_a_request_is_said_back_or_logged(
    service: Service, raw: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = service.send(raw.encode())
    assert b"error" in answer or len(raw) > 1 << 16
    assert SECRET.encode() not in answer
    assert (capfd.readouterr(), service.told) == (("", ""), [])


def test_no_bytes_bring_it_down(service: Service) -> None:
    @settings(max_examples=50, deadline=None)
    @given(raw=st.binary(max_size=200))
    def holds(raw: bytes) -> None:
        with socket.create_connection(service.health.address, timeout=10) as wire:
            wire.sendall(raw + b"\r\n\r\n")
            wire.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):  # it had read enough
                wire.recv(1)
        assert service.ask("/healthz")[0].status == 200
        assert service.told == []

    holds()


def test_who_asks_slowly_is_dropped(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    monkeypatch.setattr(health_server, "LONGEST", 0.1)
    with socket.create_connection(service.health.address, timeout=10) as wire:
        wire.sendall(b"GET /heal")
        assert wire.recv(1) == b""


def test_more_connections_than_it_has_room_for_are_closed_and_the_service_is_not_held_up(
    service: Service,
) -> None:
    waiting = [
        socket.create_connection(service.health.address, timeout=10) for _ in range(health_server.MANY)
    ]
    try:
        with socket.create_connection(service.health.address, timeout=10) as one_more:
            assert one_more.recv(1) == b""
    finally:
        for wire in waiting:
            wire.close()
    _until_answered(service)


def _until_answered(service: Service) -> None:
    for _ in range(500):
        try:
            assert service.ask("/healthz")[0].status == 200
        except ConnectionError:
            continue
        return
    pytest.fail("it never answered again")


def test_many_at_once_are_all_answered(service: Service) -> None:
    found: list[int] = []
    asking = [
        threading.Thread(target=lambda: found.append(service.ask("/metrics")[0].status)) for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10)
    assert found == [200] * 4


def test_a_port_that_is_taken_is_told_with_the_remedy(service: Service) -> None:
    with pytest.raises(
        HealthUnavailable, match="nothing else listens there, or name another with --health-port"
    ):
        Health(*service.health.address, live=dict, ready=dict, meters=meters())


def test_it_listens_on_ipv6_too() -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").read_text(encoding="ascii").strip():
        pytest.skip("this machine has no IPv6")
    with Health("::1", 0, dict, dict, meters()) as health:
        connection = HTTPConnection(*health.address, timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()


def test_the_metrics_are_a_page_that_prometheus_reads(service: Service) -> None:
    answer, body = service.ask("/metrics")
    assert answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    read = values(body)
    assert read["xnat_gate_build_info service=receiver version=1.2.3"] == 1
    assert read["xnat_gate_free_bytes folder=drop"] > 0
    assert read["xnat_gate_receiver_reserve_bytes"] == 1000
    assert read["process_resident_memory_bytes"] > 0
    assert not [name for name in read if name.endswith("_created")]


def test_the_receivers_meters_count_what_is_told() -> None:
    heard = meters()
    for happened in (
        {"event": "running", "associations": 3},
        {"event": "stored", "outcome": "new", "bytes": 700},
        {"event": "stored", "outcome": "same", "bytes": 300},
        {"event": "object", "outcome": "refused"},
        {"event": "association", "outcome": "released", "calling": SECRET, "bytes": 1000},
        {"event": "protocol", "why": SECRET},
        {"event": "journal", "outcome": "trouble"},
        {"event": "stopping"},
    ):
        heard(happened)
    read = values(heard.page())
    wanted = {
        "associations_total outcome=released": 1, "associations_total outcome=aborted": 0,
        "objects_total outcome=new": 1, "objects_total outcome=same": 1, "objects_total outcome=other": 0,
        "objects_total outcome=refused": 1, "objects_total outcome=failed": 0, "troubles_total kind=protocol": 1,
        "bytes_total": 1000, "associations_running": 3, "last_object_timestamp_seconds": 1700000000.0, "journal_up": 0,
    }  # fmt: skip
    assert {name: read[f"xnat_gate_receiver_{name}"] for name in wanted} == wanted


@settings(max_examples=25, deadline=None)
@given(words=st.lists(st.text(), min_size=1, max_size=3))
def test_no_word_of_a_sender_ever_becomes_a_label(words: list[str]) -> None:
    heard = meters()
    before = values(heard.page()).keys()
    for word in words:
        for event in ("association", "stored", "object", "error", word):
            heard({"event": event, "outcome": word, "kind": word, "bytes": word, "calling": word})
    assert values(heard.page()).keys() == before


def test_the_importers_meters_say_what_they_were_told(tmp_path: Path) -> None:
    told = ImporterMeters("1.2.3", Disks(tmp_path, tmp_path / "gone"), clock=lambda: 1700000000.0)
    told.arrivals({State.WAITING: 7})
    told.arrivals({State.SETTLING: 2, State.HELD: 1})
    told.study(State.ARCHIVED)
    told.delivered(190, 12.5)
    told.try_failed()
    told.dead_letters(4)
    told.looked()
    told.xnat(up=True)
    told.protocol("3", "ab", refused=True)
    told.protocol("4", "cd", refused=False)
    read = values(told.page())
    wanted = {
        "arrivals state=settling": 2, "arrivals state=held": 1, "arrivals state=waiting": 0,
        "studies_total state=archived": 1, "studies_total state=failed": 0, "objects_total": 190,
        "tries_failed_total": 1, "dead_letters": 4, "last_look_timestamp_seconds": 1700000000.0, "xnat_up": 1,
        "delivery_seconds_sum": 12.5, "delivery_seconds_count": 1, "delivery_seconds_bucket le=10.0": 0,
        "delivery_seconds_bucket le=30.0": 1,
    }  # fmt: skip
    assert {name: read[f"xnat_gate_importer_{name}"] for name in wanted} == wanted
    assert {name: value for name, value in read.items() if name.startswith("xnat_gate_protocol")} == {
        "xnat_gate_protocol_refused": 0,
        "xnat_gate_protocol_info sha256=cd version=4": 1,
    }
    assert read["xnat_gate_free_bytes folder=drop"] > 0
    assert math.isnan(read["xnat_gate_free_bytes folder=state"])


def test_every_metric_that_the_readme_names_is_there(tmp_path: Path) -> None:
    disks = Disks(tmp_path, tmp_path)
    pages = [ReceiverMeters("1", disks, reserve=1).page(), ImporterMeters("1", disks).page()]
    measured = {name for page in pages for name in re.findall(r"^(xnat_gate_\w+)", page.decode(), re.M)}
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"xnat_gate_(?:receiver|importer|protocol|free)_\w+", readme))
    assert named
    assert named <= measured
