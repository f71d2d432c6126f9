"""`xnat-gate restore` and `retry`: what was put aside goes back into the drop folder, and is judged anew there."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import Site, digests_of
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.edge.keeping import HalfWay, Keeping, KeepingFailed
from xnat_gate.roads import restoring
from xnat_gate.sandbox.phantoms import Patient, rt_study

CORK = Patient("PHANTOM^CORK", "CORK-1")
UID = "1.2.3"


class Desk:
    """A state folder with a journal and shelves, and a drop folder, without any XNAT."""

    def __init__(self, root: Path) -> None:
        self.drop, self.state = root / "drop", root / "state"
        self.drop.mkdir()
        self.state.mkdir()

    def lay(self, shelf: str, arrival: str, *, files: int = 1, uid: str = UID) -> str:
        """Files on a shelf, and the entry that speaks of them; the name of the kept folder."""
        names = [f"top-{arrival}/{number}.dcm" for number in range(files)]
        for name in names:
            path = self.state / "claim" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        reason = {"id": "FAILED", "message": "no"} if shelf == "failed" else {"study_uid": uid}
        folder = Keeping(self.state / shelf).keep(self.state / "claim", names, reason, arrival=arrival)
        with self.journal() as journal:
            journal.record(Entry(arrival=arrival, study_uid=uid, state=State(shelf), files=files, tries=3))
        return folder.name

    def journal(self) -> Journal:
        return Journal(self.state / "journal.sqlite3")

    def entry(self, arrival: str, uid: str = UID) -> Entry:
        with self.journal() as journal:
            entry = journal.entry(arrival, uid)
        assert entry is not None
        return entry

    def events(self) -> list[tuple[str, str, str, Any]]:
        with self.journal() as journal:
            lines = [line for line in journal.audit() if line.event in {"restored", "retried"}]
        return [(line.actor, line.event, line.arrival, json.loads(line.facts)) for line in lines]

    def call(self, verb: str, *words: str) -> int:
        return main([verb, *words, "--drop", str(self.drop), "--state", str(self.state)])

    def dropped(self) -> list[str]:
        return sorted(str(path.relative_to(self.drop)) for path in self.drop.rglob("*") if path.is_file())

    def shelved(self) -> list[str]:
        return [f"{one.shelf}/{one.name}" for one in restoring.lying(self.state)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_rejected_study_goes_back_and_the_journal_says_so(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = desk.lay("rejected", "A1", files=2)
    assert desk.call("restore", name) == Exit.PASSED
    assert desk.dropped() == ["top-A1/0.dcm", "top-A1/1.dcm"]
    assert desk.shelved() == []
    assert f"restored: rejected/{name} (2 files" in capsys.readouterr().out
    entry = desk.entry("A1")
    assert (entry.state, entry.reasons[0].id, entry.tries, entry.until) == (State.FAILED, "RESTORED", 0, "")
    assert desk.events() == [("restore verb", "restored", "A1", {"files": 2, "shelf": "rejected"})]


def test_all_that_is_kept_of_an_arrival_goes_back_by_its_id_and_nothing_else(desk: Desk) -> None:
    desk.lay("rejected", "A1", uid="1.1")
    desk.lay("held", "A1", uid="1.2")
    other = desk.lay("held", "A2")
    assert desk.call("restore", "A1") == Exit.PASSED
    assert desk.dropped() == ["top-A1-2/0.dcm", "top-A1/0.dcm"]
    assert desk.shelved() == [f"held/{other}"]
    assert desk.entry("A2").state is State.HELD


def test_one_shelf_alone_is_looked_at_when_it_is_named(desk: Desk) -> None:
    rejected = desk.lay("rejected", "A1", uid="1.1")
    desk.lay("held", "A1", uid="1.2")
    assert desk.call("restore", "A1", "--from", "held") == Exit.PASSED
    assert desk.shelved() == [f"rejected/{rejected}"]
    assert desk.entry("A1", "1.1").state is State.REJECTED


def test_a_name_as_status_writes_it_is_understood(desk: Desk) -> None:
    assert desk.call("restore", f"held/{desk.lay('held', 'A1')}") == Exit.PASSED


def test_an_unknown_name_moves_nothing_and_says_what_there_is(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = desk.lay("rejected", "A1")
    assert desk.call("restore", "A1", "A9") == Exit.WRONG
    assert f"nothing called A9 is kept; there is: rejected/{name}" in capsys.readouterr().err
    assert desk.dropped() == []
    assert desk.call("retry", "A1") == Exit.WRONG
    assert "there is: nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["restore"],
        ["retry"],
        ["retry", "--all", "A1"],
        ["restore", "A1", "--state", "."],
        ["restore", "--list"],
        ["restore", "--list", "--state", "nowhere"],
    ],
)
def test_a_call_that_says_too_little_is_a_wrong_one(words: list[str], desk: Desk) -> None:
    desk.lay("rejected", "A1")
    needs_no_drop = "--state" in words or "--list" in words
    assert (main(words) if needs_no_drop else desk.call(*words)) == Exit.WRONG
    assert desk.dropped() == []


def test_a_state_folder_in_the_drop_folder_is_refused(desk: Desk) -> None:
    name = desk.lay("rejected", "A1")
    shutil.move(desk.state, desk.drop / "state")
    desk.state = desk.drop / "state"
    assert desk.call("restore", name) == Exit.WRONG


def test_what_there_is_is_listed_and_nothing_moves(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    name = desk.lay("rejected", "A1")
    lost = desk.lay("failed", "A2")
    (desk.state / "failed" / lost / "top-A2" / "reason.json").unlink()
    assert main(["restore", "--list", "--drop", str(desk.drop), "--state", str(desk.state)]) == Exit.PASSED
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["What", "Files", "Size", "Since", "Why"]
    assert first.split()[:4] == [f"rejected/{name}", "1", "12", "bytes"]
    assert second.startswith(f"failed/{lost}")
    assert second.endswith("without a reason")
    assert main(["restore", "--list", "--format", "json", "--state", str(desk.state)]) == Exit.PASSED
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    assert [(one["shelf"], one["name"], one["explained"]) for one in document["kept"]] == [
        ("rejected", name, True),
        ("failed", lost, False),
    ]
    assert len(desk.shelved()) == 2


def test_dead_letters_are_tried_again_one_or_all(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    for arrival in ("A1", "A2", "A3"):
        desk.lay("failed", arrival, uid=f"1.{arrival[1]}")
    assert desk.call("retry", "A1") == Exit.PASSED
    assert desk.dropped() == ["top-A1/0.dcm"]
    assert desk.call("retry", "--all") == Exit.PASSED
    assert desk.dropped() == ["top-A1/0.dcm", "top-A2/0.dcm", "top-A3/0.dcm"]
    assert [event[:3] for event in desk.events()] == [
        ("retry verb", "retried", f"A{number}") for number in (1, 2, 3)
    ]
    assert {desk.entry(f"A{number}", f"1.{number}").tries for number in (1, 2, 3)} == {0}
    capsys.readouterr()
    assert desk.call("retry", "--all") == Exit.PASSED
    assert "nothing lies in failed/" in capsys.readouterr().out


def test_what_cannot_go_back_stays_and_the_journal_says_that_it_stayed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = desk.lay("held", "A1")
    (desk.drop / f".{name}.partial").write_text("something that is no folder")
    assert desk.call("restore", name) == Exit.WRONG
    entry = desk.entry("A1")
    assert (entry.state, entry.reasons, entry.tries) == (State.HELD, (), 3)
    assert desk.shelved() == [f"held/{name}"]
    assert desk.events() == []


@pytest.mark.parametrize("when", ["before it moves", "half way"])
def test_a_call_that_was_cut_short_shows_in_status_and_is_completed_by_the_same(
    when: str, desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = desk.lay("held", "A1", files=2)

    class Killed(BaseException):
        """The end of the process."""

    def cut_short(self: Keeping, kept: str, to: Path) -> Path:
        if when == "half way":
            (to / f".{kept}.partial" / "top-A1").mkdir(parents=True)
            moving = self.root / kept / "top-A1" / "0.dcm"
            moving.rename(to / f".{kept}.partial" / "top-A1" / "0.dcm")
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Keeping, "give", cut_short)
        with pytest.raises(Killed):
            desk.call("restore", name)
    capsys.readouterr()
    assert main(["status", "--state", str(desk.state)]) == Exit.STOPPED
    text = capsys.readouterr().out
    assert "the same command completes it" in text
    assert f"next: xnat-gate restore {name} --from held" in text
    assert desk.call("restore", name) == Exit.PASSED
    assert desk.dropped() == ["top-A1/0.dcm", "top-A1/1.dcm"]
    assert desk.shelved() == []
    assert desk.entry("A1").reasons[0].id == "RESTORED"


def test_what_stopped_half_way_is_not_said_to_have_stayed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = desk.lay("held", "A1")

    def half(*_: object) -> Path:
        raise HalfWay("give the same command again")

    monkeypatch.setattr(Keeping, "give", half)
    with desk.journal() as journal, pytest.raises(KeepingFailed):
        list(restoring.put_back(restoring.lying(desk.state), desk.drop, desk.state, journal, "restored"))
    assert desk.entry("A1").reasons[0].id == "RESTORED"
    assert desk.shelved() == [f"held/{name}"]


def test_a_study_that_another_arrival_brought_to_its_end_keeps_its_entry(desk: Desk) -> None:
    name = desk.lay("rejected", "A1")
    with desk.journal() as journal:
        journal.record(replace(desk.entry("A1"), arrival="A2", state=State.ARCHIVED))
    assert desk.call("restore", name) == Exit.PASSED
    assert desk.entry("A2").state is State.ARCHIVED


def test_names_that_people_chose_stand_neither_in_the_journal_nor_in_what_is_printed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = desk.lay("rejected", "A1")
    desk.call("restore", name)
    with desk.journal() as journal:
        assert not [line for line in journal.audit() if "top-A1" in line.facts]
        assert not [step for step in journal.steps("A1", UID) if "top-A1" in step.note]
    assert "top-A1" not in capsys.readouterr().out


def test_a_structure_set_that_was_rejected_without_its_images_is_archived_with_them(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(tmp_path / "whole", CORK)
    whole = digests_of(tmp_path / "whole")
    (site.drop / "early").mkdir()
    for path in (tmp_path / "whole").glob("RT*.dcm"):
        path.rename(site.drop / "early" / path.name)
    assert site.import_once() == Exit.STOPPED
    [kept] = [one for one in restoring.lying(site.state) if one.shelf == "rejected"]
    words = ["restore", kept.arrival, "--drop", str(site.drop), "--state", str(site.state)]
    assert main(words) == Exit.PASSED
    assert main(["status", "--state", str(site.state)]) == Exit.STOPPED
    capsys.readouterr()
    shutil.copytree(tmp_path / "whole", site.drop / "early", dirs_exist_ok=True)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == whole
    assert main(["status", "--state", str(site.state)]) == Exit.PASSED
    assert "rejected/" not in capsys.readouterr().out
