"""What the journal holds beside the road: judged arrivals, signs of life, fingerprints."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.edge.test_journal import ENTRY, START, Ticking, query
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal, JournalUnavailable, Print
from xnat_gate.edge.journal.prints import question

CLAIMED = Entry(arrival="A1", state=State.CLAIMED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, clock=Ticking(), actor="importer") as opened:
        yield opened


# -- judged ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.SETTLING, State.CLAIMED])
def test_the_studies_found_take_the_place_of_the_arrival(state: State, journal: Journal) -> None:
    journal.record(replace(CLAIMED, state=state))
    journal.judged("A1", [ENTRY, replace(ENTRY, study_uid="1.2.4", state=State.WAITING, until="then")], "two")
    assert {(entry.study_uid, entry.state, entry.until) for entry in journal.entries()} == {
        ("1.2.3", State.JUDGED, ""),
        ("1.2.4", State.WAITING, "then"),
    }
    assert [step.state for step in journal.steps("A1")] == [state]
    assert [step.note for step in journal.steps("A1", "1.2.4")] == ["two"]
    assert [(line.study_uid, line.event) for line in journal.audit()] == [
        ("", "state"),
        ("1.2.3", "state"),
        ("1.2.4", "state"),
    ]


def test_an_arrival_in_which_nothing_was_found_just_goes(journal: Journal) -> None:
    journal.record(CLAIMED)
    journal.record(replace(CLAIMED, arrival="A2"))
    journal.judged("A1", [])
    assert [entry.arrival for entry in journal.entries()] == ["A2"]
    assert len(journal.steps("A1")) == 1


@pytest.mark.parametrize("state", sorted(set(State) - {State.SETTLING, State.CLAIMED}))
def test_what_has_gone_on_is_not_removed(state: State, journal: Journal) -> None:
    stored = journal.record(replace(CLAIMED, state=state))
    journal.judged("A1", [ENTRY])
    assert journal.entry("A1") == stored


def test_an_arrival_without_any_study_keeps_its_beginning(journal: Journal) -> None:
    claimed = journal.record(CLAIMED)
    journal.judged("A1", [replace(CLAIMED, state=State.REJECTED)])
    stored = journal.entry("A1")
    assert stored is not None
    assert (stored.created, stored.state) == (claimed.created, State.REJECTED)


def test_a_verdict_is_recorded_for_all_studies_or_for_none(journal: Journal, path: Path) -> None:
    journal.record(CLAIMED)
    query(
        path,
        "CREATE TRIGGER no_more BEFORE INSERT ON entries WHEN new.study_uid = 'bad'"
        " BEGIN SELECT RAISE(ABORT, 'no more'); END",
    )
    with pytest.raises(JournalUnavailable, match="no more"):
        journal.judged("A1", [ENTRY, replace(ENTRY, study_uid="bad")])
    assert [(entry.study_uid, entry.state) for entry in journal.entries()] == [("", State.CLAIMED)]
    assert journal.verify().count == 1


# -- signs of life -----------------------------------------------------------------------------------------------


def test_the_last_sign_of_life_of_every_service_is_kept(journal: Journal, path: Path) -> None:
    journal.beat("receiver", {"associations": 3})
    journal.beat("importer", {"queue": None, "paths": ["a"]})
    with Journal(path, clock=Ticking()) as other:
        other.beat("receiver", {"associations": 4})
    importer, receiver = journal.services()
    assert (importer.name, importer.at) == (
        "importer",
        (START + timedelta(seconds=1)).isoformat(timespec="microseconds"),
    )
    assert importer.facts == {"queue": None, "paths": ["a"]}
    assert (receiver.name, receiver.facts) == ("receiver", {"associations": 4})
    assert list(journal.audit()) == []


def test_a_sign_of_life_waits_for_no_disk_and_everything_else_does(journal: Journal) -> None:
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    journal.beat("importer", {"a": 1})
    assert statements[:2] == ["PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE"]
    assert statements[-2:] == ["COMMIT", "PRAGMA synchronous = FULL"]
    with pytest.raises(TypeError):
        journal.beat("importer", {"a": object()})
    assert statements[-2:] == ["ROLLBACK", "PRAGMA synchronous = FULL"]
    assert journal.services()[0].facts == {"a": 1}


# -- fingerprints ------------------------------------------------------------------------------------------------

FIRST = Print("1.1", "1", "p1", "pixels-1", "content-1")


def test_objects_that_share_pixels_or_content_are_found_by_another_process_too(
    journal: Journal, path: Path
) -> None:
    other = Print("1.2", "1", "p2", "pixels-2", "content-2")
    journal.remember([FIRST, other])
    with Journal(path) as reader:
        assert reader.alike([Print("9.1", "9", "p9", "pixels-1", "content-9")]) == (FIRST,)
        assert reader.alike([Print("9.1", "9", "p9", "pixels-9", "content-2")]) == (other,)
        both = [
            Print("9.1", "9", "p9", "pixels-1", "content-1"),
            Print("9.2", "9", "p9", "pixels-2", "content-1"),
        ]
        assert reader.alike(both) == (FIRST, other)
        assert reader.alike([]) == ()


def test_an_object_is_not_alike_itself(journal: Journal) -> None:
    journal.remember([FIRST])
    assert journal.alike([FIRST, replace(FIRST, content="content-9")]) == ()
    assert journal.alike([FIRST, replace(FIRST, sop_instance_uid="1.2")]) == (FIRST,)


def test_empty_fingerprints_match_nothing(journal: Journal) -> None:
    journal.remember(
        [replace(FIRST, pixels="", content=""), replace(FIRST, sop_instance_uid="1.2", pixels="")]
    )
    assert journal.alike([Print("9.1", "9", "p9", "", "")]) == ()


def test_a_fingerprint_is_not_taken_for_one_of_the_other_kind(journal: Journal) -> None:
    journal.remember([FIRST])
    assert journal.alike([Print("9.1", "9", "p9", "content-1", "pixels-1")]) == ()


def test_what_is_known_stays_as_it_is_and_a_second_content_is_kept_beside_it(
    journal: Journal, path: Path
) -> None:
    second = replace(FIRST, content="content-2")
    journal.remember([FIRST])
    journal.remember([replace(FIRST, study_uid="other"), second])
    assert journal.alike([replace(FIRST, sop_instance_uid="9")]) == (FIRST, second)


def test_fingerprints_are_remembered_all_or_none(journal: Journal) -> None:
    def torn() -> Iterator[Print]:
        yield FIRST
        raise OSError

    with pytest.raises(OSError):
        journal.remember(torn())
    assert journal.alike([replace(FIRST, sop_instance_uid="9")]) == ()


def many(study: int, count: int) -> list[Print]:
    return [
        Print(f"{study}.{number}", str(study), "p", os.urandom(8).hex(), f"c{number}")
        for number in range(count)
    ]


def test_a_thousand_objects_are_looked_up_in_chunks_by_the_indexes(journal: Journal, path: Path) -> None:
    before = many(1, 1200)
    journal.remember(before)
    assert journal.alike(many(2, 1200)) == tuple(sorted(before, key=lambda one: one.sop_instance_uid))
    connection = sqlite3.connect(path)
    for column in ("pixels", "content"):
        plan = connection.execute(f"EXPLAIN QUERY PLAN {question(column, 2)}", ("a", "b")).fetchall()
        assert [row[3] for row in plan] == [f"SEARCH prints USING INDEX prints_by_{column} ({column}=?)"]
    connection.close()


def test_an_object_without_content_is_remembered_under_each_patient(journal: Journal) -> None:
    """A registration has no pixels, and nothing else to compare than its UID."""
    first, second = (Print("1.2.3.9", "1.2.3", patient, "", "") for patient in ("a" * 64, "b" * 64))
    journal.remember([first])
    journal.remember([second])
    assert journal.alike([first]) == (second,)
    assert journal.alike([second]) == (first,)
