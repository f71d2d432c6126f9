"""The account of a campaign finds what it is there to find: a campaign that cannot fail would prove nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scripts.campaign_parts import looking
from scripts.campaign_parts.accounting import Account, Found, account
from scripts.campaign_parts.killing import moment_of_importer, moment_of_receiver, states
from scripts.campaign_parts.plan import Door, Place, Thing, digests, studies
from scripts.campaign_parts.senders import ANSWERED, ASKED

from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal


def thing(key: str = "1.2.3", door: Door = Door.PUSHED) -> Thing:
    return Thing(
        key=key,
        study_uid="1.2",
        path=Path("CT.1.dcm"),
        door=door,
        places=frozenset({Place.ARCHIVE, Place.PREARCHIVE}),
        project="HOSPITAL",
        sha256="file",
        content="data set",
    )


def found(key: str = "1.2.3", place: str = Place.ARCHIVE, where: str = "C-1") -> Found:
    return Found(key=key, place=place, project="HOSPITAL", where=where, sha256="other", content="data set")


def offences(seen: Account) -> dict[str, int]:
    names = ("lost", "altered", "doubled", "misplaced", "unknown", "split")
    return {name: len(getattr(seen, name)) for name in names if getattr(seen, name)}


def judged(*of: Found, sent: int = 1, door: Door = Door.PUSHED) -> Account:
    return account([thing(door=door)], [thing(door=door)], {"1.2.3": sent}, of)


def test_what_is_there_once_and_as_it_was_sent_is_no_offence() -> None:
    seen = judged(found())
    assert (offences(seen), seen.kept, seen.whole, seen.places) == ({}, 1, 1, {"archive HOSPITAL": 1})


@pytest.mark.parametrize(
    ("of", "offence"),
    [
        ((), "lost"),
        ((replace(found(), content="another"),), "altered"),
        ((found(), found()), "doubled"),
        ((found(), found(place=Place.PREARCHIVE)), "doubled"),
        ((replace(found(), project="QUARANTINE"),), "misplaced"),
        ((found(place=Place.REJECTED),), "misplaced"),
        ((found(place="failed/"),), "misplaced"),
        ((found(), found(key="half")), "unknown"),
    ],
)
def test_every_offence_is_found_alone(of: tuple[Found, ...], offence: str) -> None:
    assert list(offences(judged(*of))) == [offence]


def test_a_study_in_two_sessions_is_found() -> None:
    things = [thing("1"), thing("2")]
    seen = account(things, things, {"1": 1, "2": 1}, [found("1"), found("2", where="C-2")])
    assert (offences(seen), seen.whole) == ({"split": 1}, 0)


def test_a_dropped_file_has_to_be_the_file_and_a_pushed_one_the_data_set() -> None:
    assert offences(judged(found(), door=Door.DROPPED)) == {"altered": 1}
    assert offences(judged(replace(found(), sha256="file"), door=Door.DROPPED)) == {}


def test_what_was_sent_twice_may_wait_a_second_time_and_not_be_archived_twice() -> None:
    waits = judged(found(), found(place=Place.PREARCHIVE), sent=2)
    assert (offences(waits), len(waits.twice)) == ({}, 1)
    assert offences(judged(found(), found(where="C-1 again"), sent=2)) == {"doubled": 1, "split": 1}


def test_half_a_file_and_a_file_without_its_reason_are_found(tmp_path: Path) -> None:
    good, bare = tmp_path / "rejected" / "1", tmp_path / "held" / "2"
    for folder in (good, bare):
        folder.mkdir(parents=True)
        (folder / "a.dcm").write_bytes(b"a")
    (good / "reason.json").write_text("{}")
    assert looking.without_reason(tmp_path) == ["held/2/a.dcm"]
    (good / ".keeping-1").write_bytes(b"half")
    assert looking.without_reason(tmp_path) == ["held/2/a.dcm", "rejected/1/.keeping-1"]


def test_everything_that_is_left_in_a_drop_folder_is_found_also_what_is_hidden(tmp_path: Path) -> None:
    for home in (".xnat-gate", ".receiving"):
        (tmp_path / home).mkdir()
    assert looking.left_below(tmp_path) == []
    (tmp_path / ".receiving" / "dead").mkdir()
    (tmp_path / ".receiving" / "dead" / "1.part").touch()
    assert looking.left_below(tmp_path) == [".receiving/dead", ".receiving/dead/1.part"]


def test_a_journal_that_is_damaged_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal(path) as journal:
        for number in range(200):
            journal.record(Entry(arrival=f"a{number}", study_uid="1.2", state=State.HELD))
    assert looking.journal_trouble(path) == ""
    raw = bytearray(path.read_bytes())
    raw[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    path.write_bytes(raw)
    assert looking.journal_trouble(path)


def test_the_moment_of_a_death_is_read_from_what_it_left(tmp_path: Path) -> None:
    drop, path = tmp_path / "drop", tmp_path / "journal.sqlite3"
    claim = drop / ".xnat-gate" / "importer" / "arrival"
    assert (moment_of_importer(drop, path), moment_of_receiver(drop)) == ("at rest", "at rest")
    claim.mkdir(parents=True)
    assert moment_of_importer(drop, path) == "reading"
    with Journal(path) as journal:
        for state, moment in ((State.DELIVERING, "delivering"), (State.DELIVERED, "clearing away")):
            journal.record(Entry(arrival="arrival", study_uid="1.2", state=state))
            assert moment_of_importer(drop, path) == moment
        claim.rmdir()
        assert moment_of_importer(drop, path) == "in the prearchive"
    assert states(path) == [("arrival", "1.2", "delivered")]
    (drop / ".receiving" / "receiver" / "association").mkdir(parents=True)
    assert moment_of_receiver(drop) == "between two objects"
    (drop / ".receiving" / "receiver" / "association" / "1.part").touch()
    assert moment_of_receiver(drop) == "within an object"


def test_the_same_seed_makes_the_same_studies(tmp_path: Path) -> None:
    def first(seed: int, folder: str) -> list[tuple[str, str, str]]:
        plans = studies(seed, tmp_path / folder)
        return [(one.key, one.sha256, one.door) for _ in range(6) for one in next(plans).things]

    assert first(7, "a") == first(7, "b") != first(8, "c")


def test_every_object_of_the_plan_knows_its_bytes(tmp_path: Path) -> None:
    plans = studies(3, tmp_path)
    things = [one for _ in range(12) for one in next(plans).things]
    assert len({one.key for one in things}) == len(things)
    for one in things:
        uid, sha256, content = digests(one.path.read_bytes())
        assert (uid or sha256, sha256, content) == (one.key, one.sha256, one.content)


def test_only_what_the_receiver_answered_counts_as_acknowledged() -> None:
    said = """\
D: Message Type                  : C-STORE RQ
D: Affected SOP Instance UID     : 1.1
D: Message Type                  : C-STORE RSP
D: Affected SOP Instance UID     : 1.1
D: Data Set                      : none
D: DIMSE Status                  : 0x0000: Success
D: Message Type                  : C-STORE RQ
D: Affected SOP Instance UID     : 1.2
D: Message Type                  : C-STORE RSP
D: Affected SOP Instance UID     : 1.2
D: DIMSE Status                  : 0xa700: Refused: OutOfResources
D: Message Type                  : C-STORE RQ
D: Affected SOP Instance UID     : 1.3
"""
    assert ASKED.findall(said) == ["1.1", "1.2", "1.3"]
    assert ANSWERED.findall(said) == [("1.1", "0000"), ("1.2", "a700")]
