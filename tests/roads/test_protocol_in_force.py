"""The protocol in force, changed while a gate is at work: pushed, broken, mended, switched off, taken away."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from tests.hospital import Site
from tests.roads.looking import container, looked
from tests.roads.test_waiting_room import CORK, Clock, Service, drop, service
from xnat_gate.cli import parts
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.importing_service import Watched
from xnat_gate.core.archive import Archive, ArchiveUnavailable
from xnat_gate.core.in_force import from_facts
from xnat_gate.core.protocol import ProtocolInvalid
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.edge.health import Disks, ImporterMeters
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.roads import chores, protocol_sources
from xnat_gate.roads.chores import Chores
from xnat_gate.roads.importing import Importing
from xnat_gate.roads.in_force import NoProtocol, Protocols
from xnat_gate.roads.protocol_sources import Text
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study

START = "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n"
GOOD = START + "name: good\nallow: {Modality: [CT, RTSTRUCT, RTPLAN, RTDOSE]}\n"
STRICT = START + "name: strict\nallow: {Modality: [CT]}\ndeny: {ManufacturerModelName: [Phantom*]}\n"
BROKEN = START + "name: broken\nallow: {Modalty: [CT]}\nquarantin: archive\n"
NO_ARCHIVE = cast(Archive, None)
PROTOCOL = "/data/config/xnat-gate/protocol.yaml"


def push(site: Site, text: str) -> None:
    """An administrator stores a text, whatever it is."""
    answer = requests.put(
        site.sandbox.url + PROTOCOL,
        params={"inbody": "true"},
        data=text.encode(),
        headers={"Content-Type": "text/plain"},
        auth=("admin", "admin"),
        timeout=30,
    )
    assert answer.status_code in (200, 201), answer.text


def switched(site: Site, status: str) -> None:
    url = f"{site.sandbox.url}{PROTOCOL}?status={status}"
    assert requests.put(url, auth=("admin", "admin"), timeout=30).status_code == 200


def study(site: Site, number: int) -> list[bytes]:
    made = site.root / f"study {number}"
    ct_series(made, Patient(f"PHANTOM^DERRY{number}", f"DERRY-{number}"), study=number)
    return [path.read_bytes() for path in sorted(made.glob("*.dcm"))]


def passed(site: Site, importer: Service, number: int) -> State:
    """What becomes of another study."""
    drop(site, f"study-{number}", *study(site, number))
    return importer.next().state


def versions(site: Site) -> list[tuple[str, str]]:
    """Name and version of the protocol that judged each study, in the order in which they came."""
    with site.journal() as journal:
        entries = sorted(journal.entries(), key=lambda one: one.created)
        return [(one.protocol_name, one.protocol_version) for one in entries]


def told_of_protocols(site: Site) -> list[tuple[str, str]]:
    """Event and version of each audit line on protocols."""
    with site.journal() as journal:
        assert journal.verify().whole
        lines = [line for line in journal.audit() if line.event.startswith("protocol")]
    return [(line.event, json.loads(line.facts)["version"]) for line in lines]


def status(site: Site, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    capsys.readouterr()
    return main(["status", "--state", str(site.state), *options]), capsys.readouterr().out


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The importer tells of itself whenever it looks."""
    monkeypatch.setattr(chores, "BEAT", 0.0)


# -- pushed into XNAT --------------------------------------------------------------------------------------------


def test_the_next_study_is_judged_by_what_was_pushed_and_a_broken_one_by_the_last_good(
    site: Site,
    busy: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    meters = ImporterMeters("1", Disks(site.drop, site.state))
    watched = Watched(meters)

    def measured() -> tuple[bool, bool]:
        page = meters.page().decode()
        assert not watched.ready()
        return "xnat_gate_protocol_refused 1.0" in page, 'version="2"' in page

    with service(site, Clock()) as importer:
        importer.importing.observe = lambda facts: watched.look(facts, importer.importing.gate)
        assert passed(site, importer, 1) is State.ARCHIVED
        push(site, STRICT)
        assert passed(site, importer, 2) is State.QUARANTINED
        push(site, BROKEN)
        assert passed(site, importer, 3) is State.QUARANTINED
        assert passed(site, importer, 4) is State.QUARANTINED
        said = capsys.readouterr().out
        code, text = status(site, capsys)
        document = json.loads(status(site, capsys, "--format", "json")[1])
        assert measured() == (True, True)
        push(site, GOOD)
        assert passed(site, importer, 5) is State.ARCHIVED
        importer.importing.stop.set()
        assert list(importer.passages) == []
    assert versions(site) == [("hospital import", "1"), *[("strict", "2")] * 3, ("good", "4")]
    assert told_of_protocols(site) == [
        ("protocol", "1"),
        ("protocol", "2"),
        ("protocol refused", "3"),
        ("protocol", "4"),
    ]
    assert said.count("warning: version 3 of the protocol is refused (2 faults, the first: line 4") == 1
    assert "version 2 stays in force" in said
    assert code == Exit.STOPPED
    first, second, *_ = text.splitlines()
    assert first.startswith("protocol: strict, version 2 (sha256 ")
    assert second.startswith("PROTOCOL REFUSED: version 3 of the protocol is refused")
    assert "xnat-gate protocol check --in-force" in text
    assert {name: document["protocol"][name] for name in ("name", "version", "source")} == {
        "name": "strict",
        "version": "2",
        "source": "XNAT",
    }
    assert document["protocol"]["refused"]["version"] == "3"
    assert len(document["protocol"]["refused"]["faults"]) == 2
    assert measured() == (False, False)
    code, text = status(site, capsys)
    assert (code, "REFUSED" in text) == (Exit.STOPPED, False), "two of the studies are quarantined"


def test_workers_that_were_at_work_before_judge_by_what_was_pushed(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = parts.settings_for(None)
    with (
        parts.gate(settings, protocol=None, state=site.state, tell=print) as gate,
        DropFolder(site.drop) as watched,
    ):
        importing = Importing(
            drop=watched,
            gate=gate,
            quiet_period=0.05,
            workers=2,
            open_gate=lambda: parts.another(gate, settings),
        )
        importer = Service(importing, importing.forever())
        for number in (1, 2):
            drop(site, f"study-{number}", *study(site, number))
        assert [importer.next().state for _ in range(2)] == [State.ARCHIVED] * 2
        push(site, STRICT)
        for number in (3, 4):
            drop(site, f"study-{number}", *study(site, number))
        assert [importer.next().state for _ in range(2)] == [State.QUARANTINED] * 2
        importing.stop.set()
        assert list(importer.passages) == []
    assert capsys.readouterr().out.count("the protocol in force is now strict, version 2") == 1
    assert versions(site) == [*[("hospital import", "1")] * 2, *[("strict", "2")] * 2]


def test_an_idle_importer_hears_of_a_broken_one_too(site: Site, busy: None) -> None:
    heard = threading.Event()
    with service(site, Clock()) as importer:

        def observe(facts: Any) -> None:
            if facts["protocol"]["refused"] is not None:
                importer.importing.stop.set()
                heard.set()

        push(site, BROKEN)
        importer.importing.observe = observe
        giving_up = threading.Timer(10, importer.importing.stop.set)
        giving_up.start()
        assert list(importer.passages) == []
        giving_up.cancel()
    assert heard.is_set()


def test_projects_may_change_and_what_waits_in_one_that_nobody_names_is_let_into_none(site: Site) -> None:
    made = requests.put(f"{site.sandbox.url}/data/projects/CLINIC", auth=("admin", "admin"), timeout=30)
    assert made.status_code in (200, 201)
    ct_series(site.root / "before", CORK, study=9)
    site.upload(site.root / "before", "HOSPITAL")
    (row,) = site.waiting("HOSPITAL")
    before = Entry(
        arrival="before",
        study_uid=row["tag"],
        state=State.DELIVERED,
        project="HOSPITAL",
        session=row["name"],
        xnat_uri=row["url"],
    )
    with service(site, Clock()) as importer:
        importer.importing.gate.journal.record(before)
        push(site, GOOD.replace("HOSPITAL", "CLINIC"))
        waits = importer.next()
        assert (waits.state, "says nothing of project HOSPITAL" in waits.why) == (State.HELD, True)
        assert passed(site, importer, 1) is State.ARCHIVED
    assert site.sessions("CLINIC") == ["DERRY-1"]
    assert site.sessions("HOSPITAL") == []
    assert len(site.waiting("HOSPITAL")) == 1


# -- judged again ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state"),
    [(GOOD + "rt: {partial: note}\n", State.ARCHIVED), (STRICT + "rt: {partial: note}\n", State.QUARANTINED)],
    ids=["archived", "quarantined"],
)
def test_a_study_that_was_held_is_judged_again_by_what_was_pushed(
    site: Site, text: str, state: State
) -> None:
    rt_study(site.root / "partial", CORK)
    min((site.root / "partial").glob("CT*.dcm")).unlink()
    site.upload(site.root / "partial", "HOSPITAL")
    assert [one.state for one in looked(site)] == [State.HELD]
    push(site, text)
    assert [one.state for one in looked(site)] == [state]


@pytest.fixture
def plan(site: Site) -> list[bytes]:
    """RT objects without their images."""
    rt_study(site.root / "made", CORK)
    files = sorted((site.root / "made").glob("*.dcm"))
    return [path.read_bytes() for path in files if not path.name.startswith("CT")]


@pytest.mark.parametrize(
    ("rt", "state"),
    [("{orphan: note}", State.HELD), ("{wait_for_images: 0s}", State.REJECTED)],
    ids=["need not wait", "waits no longer"],
)
def test_a_claim_that_waits_is_judged_again_by_what_was_pushed(
    site: Site, plan: list[bytes], rt: str, state: State
) -> None:
    clock = Clock(datetime.now(UTC))
    with service(site, clock) as importer:
        drop(site, "plan", *plan)
        assert importer.next().state is State.WAITING
        push(site, GOOD + f"rt: {rt}\n")
        clock.on(minutes=1)
        last = importer.next()
        assert last.state is state, last.why
    assert versions(site) == [("good", "2")]


# -- all agree on the last good one ------------------------------------------------------------------------------


def test_a_job_agrees_with_the_importer_and_says_what_it_did_not_use(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (GOOD, "protocol: 1\n", BROKEN):
        push(site, text)
    ct_series(site.root / "study", CORK)
    site.upload(site.root / "study", "HOSPITAL")
    remark = "version 4 of the protocol is refused (2 faults, the first: line 4"
    assert site.prearchive() == Exit.PASSED
    captured = capsys.readouterr()
    assert f"warning: {remark}" in captured.err
    assert captured.out.splitlines()[-1].startswith(
        f"prearchive of HOSPITAL: 1 looked at: 1 archived; {remark}"
    )
    assert "; version 2 stays in force" in captured.out
    (row,) = site.get("/data/projects/HOSPITAL/experiments?format=json").json()["ResultSet"]["Result"]
    assert main(["session", row["ID"], "--report", str(site.root / "report")]) == Exit.PASSED
    captured = capsys.readouterr()
    assert f"stays in HOSPITAL; {remark}" in captured.out
    assert f"warning: {remark}" in captured.err
    report = json.loads((site.root / "report" / "report.json").read_text(encoding="utf-8"))
    assert (report["protocol"]["name"], report["protocol"]["version"]) == ("good", "2")
    assert remark in report["action"]
    assert main(["move", row["ID"], "--to", "QUARANTINE", "--reason", "a test"]) == Exit.PASSED
    assert remark in capsys.readouterr().out


def test_where_no_version_is_a_good_one_nothing_is_begun(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = requests.put(
        f"{site.sandbox.url}{PROTOCOL}",
        params={"inbody": "true", "unversioned": "true"},
        data=BROKEN.encode(),
        headers={"Content-Type": "text/plain"},
        auth=("admin", "admin"),
        timeout=30,
    )
    assert answer.status_code == 200
    assert site.prearchive() == Exit.WRONG
    assert "the protocol in XNAT: line 4" in capsys.readouterr().err


def test_a_protocol_that_was_switched_off_is_not_used_by_whoever_begins(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    known = parts.protocols(None)
    with container(site, known=known) as gate:
        switched(site, "disabled")
        assert gate.up_to_date().protocol.version == "1"
    assert site.prearchive() == Exit.WRONG
    assert "(version 2) is switched off" in capsys.readouterr().err
    told: list[str] = []
    with container(site, known=known, told=told) as gate:  # XNAT was away, and the service goes on
        assert gate.protocol.version == "1"
        assert known.told is not None
        assert known.told.refused is not None
        assert "switched off" in known.told.refused.faults[0]
        switched(site, "enabled")
        assert gate.up_to_date().protocol.version == "3"
    assert [line for line in told if "version 3" in line]


def test_an_xnat_that_does_not_answer_has_no_protocol_for_an_errand(site: Site) -> None:
    with container(site) as gate:
        with (
            site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="GET", path=PROTOCOL, code=500)),
            pytest.raises(ArchiveUnavailable),
        ):
            gate.up_to_date()
        assert gate.up_to_date(age=60.0).protocol == gate.protocol


def test_an_importer_that_cannot_ask_removes_nothing_and_asks_again_later(
    site: Site, busy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: list[str] = []
    monkeypatch.setattr(Chores, "_clear", lambda self, _: cleared.append(self.gate.protocol.version))
    with container(site) as gate:
        told: list[Any] = []
        chore = Chores(gate=gate, observe=told.append)
        with site.sandbox.faults.add(Fault(kind=Kind.STATUS, method="GET", path=PROTOCOL, code=500, times=1)):
            chore.do({})
            push(site, GOOD)
            chore.do({})
        assert cleared == []
        assert [one["protocol"]["version"] for one in told] == ["1", "1"]
        monkeypatch.setattr(chores, "AGAIN", 0.0)
        chore.do({})
        assert cleared == ["2"]
        chore.last({})
        [service] = gate.journal.services()
        assert service.facts["ended"] is True
        assert from_facts(service.facts["protocol"]) is not None


# -- in a file ---------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes a file here does so at once."""
    monkeypatch.setattr(protocol_sources, "STILL", 0.0)


def test_a_file_is_read_again_and_when_it_is_broken_the_last_good_text_outlives_the_process(
    site: Site, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = site.protocol(GOOD, base="")
    with service(site, Clock(), protocol) as importer:
        assert passed(site, importer, 1) is State.ARCHIVED
        site.protocol(STRICT, base="")
        assert passed(site, importer, 2) is State.QUARANTINED
        site.protocol(BROKEN, base="")
        assert passed(site, importer, 3) is State.QUARANTINED
    with service(site, Clock(), protocol) as importer:
        assert passed(site, importer, 4) is State.QUARANTINED
        site.protocol(GOOD, base="")
        assert passed(site, importer, 5) is State.ARCHIVED
        protocol.unlink()
        assert passed(site, importer, 6) is State.ARCHIVED
    assert [name for name, _ in versions(site)] == ["good", *["strict"] * 3, "good", "good"]
    assert [event for event, _ in told_of_protocols(site)] == [
        "protocol",
        "protocol",
        "protocol refused",
        "protocol",
        "protocol refused",
    ]
    assert site.prearchive("HOSPITAL", "--protocol", str(protocol)) == Exit.PASSED
    assert "cannot be read" in capsys.readouterr().err
    other = site.root / "other"
    assert main(["prearchive", "HOSPITAL", "--state", str(other), "--protocol", str(protocol)]) == Exit.WRONG
    assert not other.exists()


def test_a_broken_file_is_told_with_what_to_do(
    site: Site, quick: None, busy: None, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = site.protocol(GOOD, base="")
    with service(site, Clock(), protocol) as importer:
        site.protocol(BROKEN, base="")
        assert passed(site, importer, 1) is State.ARCHIVED
        importer.importing.stop.set()
        assert list(importer.passages) == []
    code, text = status(site, capsys)
    assert code == Exit.STOPPED
    assert f"from {protocol}, since 20" in text
    assert "PROTOCOL REFUSED: the newest text of the protocol is refused (2 faults, the first: line 4" in text
    assert f"xnat-gate protocol check {protocol}" in text


def test_a_file_that_is_being_written_is_read_when_it_holds_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    asked = parts.protocols(path)
    assert asked.now(NO_ARCHIVE, None, print).name == "good"
    path.write_text(STRICT.partition("deny")[0])  # a protocol as well, and a weaker one

    def rest(_: float) -> None:
        path.write_text(STRICT)

    monkeypatch.setattr(protocol_sources.time, "sleep", rest)
    assert asked.now(NO_ARCHIVE, None, print).deny


# -- asked by many -----------------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """A source that somebody puts texts into; the last one is the newest."""

    texts: list[Text] = field(default_factory=list)
    name: str = "shelf"
    before: Callable[[], None] = lambda: None
    asked: int = 0

    def put(self, content: str, **more: str) -> None:
        self.texts.append(
            Text(content=content.encode(), name=self.name, version=str(len(self.texts) + 1), **more)
        )

    def newest(self, archive: Archive, known: Text | None, within: float | None) -> Text:
        self.asked += 1
        found = self.texts[-1]
        self.before()
        return found

    def earlier(self, newest: Text, archive: Archive, journal: Journal | None) -> Iterator[Text]:
        yield from reversed(self.texts[:-1])


@pytest.fixture
def shelf() -> Shelf:
    found = Shelf()
    found.put(GOOD)
    return found


def protocols(shelf: Shelf) -> tuple[Protocols, list[str]]:
    """And all texts that were parsed."""
    read, parsed = parts.protocols(None).read, []

    def reads(text: str, name: str, version: str) -> Any:
        parsed.append(version)
        return read(text, name, version)

    return Protocols(source=shelf, read=reads), parsed


def test_no_text_is_parsed_twice_and_nothing_told_twice(shelf: Shelf) -> None:
    asked, parsed = protocols(shelf)
    told: list[str] = []
    for text in (BROKEN, GOOD, BROKEN, STRICT):
        for _ in range(3):
            asked.now(NO_ARCHIVE, None, told.append)
        shelf.put(text)
    assert asked.now(NO_ARCHIVE, None, told.append).name == "strict"
    assert parsed == ["1", "2", "5"]
    assert [line.split(" (")[0] for line in told] == [
        "the protocol in force: good, version 1",
        "warning: version 2 of the protocol is refused",
        "the protocol in force is now good, version 3",
        "warning: version 4 of the protocol is refused",
        "the protocol in force is now strict, version 5",
    ]
    assert shelf.asked == 13


def test_who_asked_earlier_does_not_bring_an_older_protocol_back(shelf: Shelf) -> None:
    asked, _ = protocols(shelf)
    found: list[str] = []

    def overtaken() -> None:
        shelf.before = lambda: None
        shelf.put(STRICT)
        found.append(asked.now(NO_ARCHIVE, None, print).name)

    shelf.before = overtaken
    found.append(asked.now(NO_ARCHIVE, None, print).name)
    assert found == ["strict", "strict"]


def test_threads_that_ask_at_once_agree(shelf: Shelf, tmp_path: Path) -> None:
    asked, _ = protocols(shelf)
    together, found = threading.Barrier(4), []

    def ask() -> None:
        with Journal(tmp_path / "journal.sqlite3") as journal:
            together.wait(10)
            found.append(asked.now(NO_ARCHIVE, journal, print).version)

    for text in (STRICT, BROKEN):
        shelf.put(text)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert found == ["2"] * 8
    with Journal(tmp_path / "journal.sqlite3") as journal:
        assert [line.event for line in journal.audit()] == ["protocol", "protocol refused"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (BROKEN, ProtocolInvalid),
        ("", ProtocolInvalid),
        ("\ufffe\0", ProtocolInvalid),
        (" " * 300_000, ProtocolInvalid),
    ],
    ids=["broken", "empty", "no text", "too large"],
)
def test_without_a_good_one_there_is_none(content: str, error: type[Exception]) -> None:
    shelf = Shelf()
    shelf.put(content)
    asked, _ = protocols(shelf)
    with pytest.raises(error):
        asked.now(NO_ARCHIVE, None, print)
    assert asked.told is None
    shelf.put(GOOD)
    assert asked.now(NO_ARCHIVE, None, print).version == "2"
    shelf.put(content)
    assert asked.now(NO_ARCHIVE, None, print).version == "2"
    assert asked.told is not None
    assert asked.told.refused is not None
    assert len(asked.told.refused.sha256) == (0 if content in ("", " " * 300_000) else 64)


def test_what_may_not_be_used_is_no_fault_of_its_text(shelf: Shelf) -> None:
    asked, parsed = protocols(shelf)
    shelf.put(GOOD, against="switched off")
    with pytest.raises(NoProtocol, match="switched off"):
        Protocols(source=Shelf(texts=shelf.texts[-1:]), read=asked.read).now(NO_ARCHIVE, None, print)
    assert parsed == []
    with pytest.raises(Usage, match="switched off"):
        parts.asked_once(protocols(Shelf(texts=shelf.texts[-1:]))[0], NO_ARCHIVE, print)
