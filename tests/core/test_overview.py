"""What is where and what a person should do, of entries and shelves made up here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.overview import GIVEN_BACK, Line, Part, overview
from xnat_gate.core.shelves import PUT_BACK, RESTORED, Lying
from xnat_gate.core.signs import SILENT_AFTER, heard
from xnat_gate.core.states import State

ROW = "/prearchive/projects/HOSPITAL/20260101_000000000/CORK-1"


@dataclass(frozen=True)
class Said:
    id: str
    message: str = "because"


@dataclass(frozen=True)
class One:
    """An entry of the journal."""

    state: State
    arrival: str = "A1"
    study_uid: str = "1.2"
    project: str = "HOSPITAL"
    session: str = "CORK-1"
    xnat_uri: str = ""
    reasons: tuple[Said, ...] = ()
    tries: int = 0
    until: str = ""


def kept(shelf: str, **more: str | bool) -> Lying:
    values: dict[str, str | bool] = {"name": f"T-A1-{shelf}", "arrival": "A1", "study_uid": "1.2", **more}
    return Lying(shelf=shelf, **values)  # type: ignore[arg-type]


def put_back(entry: One, shelf: str) -> One:
    return replace(entry, state=State.FAILED, reasons=(Said(RESTORED, PUT_BACK[shelf]), *entry.reasons))


def only(lines: tuple[Line[One], ...]) -> Line[One]:
    [line] = lines
    return line


@pytest.mark.parametrize("state", [state for state in State if not state.finished])
def test_what_the_machinery_has_in_hand_is_under_way(state: State) -> None:
    line = only(overview([One(state)], []))
    assert (line.part, line.clean, line.commands) == (Part.UNDER_WAY, False, ())
    assert line.why


def test_what_is_put_off_tells_how_often_it_failed() -> None:
    entry = One(State.DELIVERING, tries=3, until="2026-01-01T00:00:00+00:00")
    line = only(overview([entry], []))
    assert line.part is Part.UNDER_WAY
    assert line.why.startswith("put off after 3 failed tries")


def test_what_is_archived_is_clean_and_says_what_was_rejected_of_it() -> None:
    line = only(overview([One(State.ARCHIVED)], [kept("rejected")]))
    assert (line.part, line.clean, line.where) == (Part.FINISHED, True, "HOSPITAL / CORK-1")
    assert "rejected/T-A1-rejected" in line.why


def test_what_is_rejected_is_at_its_end_with_the_way_back() -> None:
    line = only(overview([One(State.REJECTED)], [kept("rejected")]))
    assert (line.part, line.clean, line.where) == (Part.FINISHED, False, "rejected/T-A1-rejected")
    assert line.commands == (("restore", "T-A1-rejected", "--from", "rejected"),)


def test_what_is_held_needs_a_person_with_the_place_and_the_command() -> None:
    line = only(overview([One(State.HELD)], [kept("held")]))
    assert (line.part, line.where) == (Part.NEEDS, "held/T-A1-held")
    assert line.commands == (("restore", "T-A1-held", "--from", "held"),)


@pytest.mark.parametrize("state", [State.HELD, State.QUARANTINED])
def test_what_waits_in_the_prearchive_needs_a_decision_there(state: State) -> None:
    line = only(overview([One(state, xnat_uri=ROW)], []))
    assert (line.part, line.where) == (Part.NEEDS, "prearchive of HOSPITAL / CORK-1")
    resolve = ("prearchive", "HOSPITAL", "--resolve", ROW)
    assert line.commands == ((*resolve, "--session", "NEW-ID"), (*resolve, "--delete"))


def test_what_xnat_took_otherwise_and_is_held_here_too_tells_both_places() -> None:
    line = only(overview([One(State.HELD, xnat_uri=ROW)], [kept("held")]))
    assert line.where == "prearchive of HOSPITAL / CORK-1 and held/T-A1-held"
    assert len(line.commands) == 3


def test_what_is_quarantined_in_the_archive_is_at_its_end_but_not_clean() -> None:
    line = only(overview([One(State.QUARANTINED, xnat_uri="/archive/experiments/E1")], []))
    assert (line.part, line.clean) == (Part.FINISHED, False)


def test_a_dead_letter_is_found_by_its_arrival_alone_for_each_of_its_studies() -> None:
    entries = [One(State.FAILED, study_uid=uid, tries=12) for uid in ("1.1", "1.2")]
    lines = overview(entries, [kept("failed", study_uid="")])
    assert [line.part for line in lines] == [Part.NEEDS, Part.NEEDS]
    assert {line.commands for line in lines} == {(("retry", "T-A1-failed"),)}


def test_a_note_says_more_than_the_entry_where_it_does() -> None:
    entry = One(State.HELD, xnat_uri=ROW, reasons=(Said("XNAT", "in conflict with E1"),))
    key = (entry.arrival, entry.study_uid)
    assert only(overview([entry], [], {key: "in conflict"})).why == "XNAT: in conflict with E1"
    assert only(overview([entry], [], {key: "no answer"})).why == "XNAT: in conflict with E1; no answer"


def test_what_was_given_back_is_under_way_until_its_next_arrival() -> None:
    entry = One(State.FAILED, tries=2, until="2026-01-01T00:00:00+00:00")
    note = {("A1", "1.2"): f"{GIVEN_BACK}: XNAT is away"}
    assert only(overview([entry], [], note)).part is Part.UNDER_WAY
    again = One(State.ARCHIVED, arrival="A2")
    assert only(overview([again, entry], [], note)).entry == again


def test_what_went_astray_in_xnat_needs_a_person() -> None:
    line = only(overview([One(State.FAILED)], [], {("A1", "1.2"): "it has left the prearchive"}))
    assert line.part is Part.NEEDS
    assert "it has left the prearchive" in line.why


@pytest.mark.parametrize(
    "entry", [One(State.HELD), One(State.REJECTED), One(State.FAILED, tries=12)], ids=lambda one: one.state
)
def test_what_was_taken_out_by_hand_does_not_show_as_lying_there(entry: One) -> None:
    line = only(overview([entry], []))
    assert (line.part, line.commands) == (Part.FINISHED, ())
    assert "nothing of it lies there" in line.where


# -- what was put back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shelf", ["rejected", "held", "failed"])
def test_what_was_put_back_is_under_way_and_its_next_arrival_decides(shelf: str) -> None:
    entry = put_back(One(State.REJECTED), shelf)
    line = only(overview([entry], []))
    assert (line.part, line.where, line.commands) == (Part.UNDER_WAY, "drop folder", ())
    again = One(State.ARCHIVED, arrival="A2")
    assert only(overview([again, entry], [])).entry == again


def test_files_of_no_study_that_were_put_back_have_nothing_to_follow() -> None:
    line = only(overview([put_back(One(State.REJECTED, study_uid=""), "rejected")], []))
    assert (line.part, line.clean) == (Part.FINISHED, True)


def test_what_is_half_way_back_is_completed_by_the_same_command() -> None:
    line = only(overview([put_back(One(State.HELD), "held")], [kept("held", whole=False)]))
    assert line.part is Part.NEEDS
    assert "the same command completes it" in line.why
    assert line.commands == (("restore", "T-A1-held", "--from", "held"),)


def test_a_row_that_was_rejected_out_of_the_prearchive_is_found_by_its_study() -> None:
    shelved = kept("rejected", arrival="prearchive-20260101_000000000", name="T-row")
    assert only(overview([One(State.REJECTED)], [shelved])).where == "rejected/T-row"


# -- several arrivals, and shelves alone -------------------------------------------------------------------------


def test_the_latest_arrival_of_a_study_decides_and_older_ones_are_told_when_asked_for() -> None:
    entries = [One(State.ARCHIVED, arrival="A2"), One(State.REJECTED)]
    assert only(overview(entries, [])).clean
    latest, older = overview(entries, [], older=True)
    assert (latest.older, older.older, older.part, older.clean) == (False, True, Part.FINISHED, True)


@pytest.mark.parametrize("shelf", ["held", "failed"])
def test_what_still_waits_of_an_older_arrival_is_not_forgotten(shelf: str) -> None:
    entries = [One(State.ARCHIVED, arrival="A2"), One(State(shelf))]
    assert [line.part for line in overview(entries, [kept(shelf)])] == [Part.FINISHED, Part.NEEDS]


def test_files_that_are_no_dicom_ask_for_nobody_and_unreadable_ones_do() -> None:
    junk = One(State.REJECTED, study_uid="")
    lost = replace(junk, reasons=(Said("UNREADABLE"),))
    assert [only(overview([one], [])).clean for one in (junk, lost)] == [True, False]


@pytest.mark.parametrize("odd", [{"explained": False}, {"whole": False}])
def test_a_kept_folder_that_is_not_as_it_should_be_needs_a_person(odd: dict[str, bool]) -> None:
    entries = [One(State.ARCHIVED)]
    assert Part.NEEDS in {line.part for line in overview(entries, [kept("rejected", **odd)])}


def test_what_is_rejected_and_not_in_the_journal_is_nothing_to_do() -> None:
    assert overview([], [kept("rejected")]) == ()


STATES = st.sampled_from(State)
ENTRIES = st.builds(
    One,
    state=STATES,
    arrival=st.sampled_from(["A1", "A2", "A3"]),
    study_uid=st.sampled_from(["", "1.1", "1.2"]),
    xnat_uri=st.sampled_from(["", ROW, "/archive/experiments/E1"]),
    tries=st.integers(0, 2),
    reasons=st.sampled_from(
        [(), (Said("RT030"),), *(((Said(RESTORED, text)),) for text in PUT_BACK.values())]
    ),
)
SHELVED = st.builds(
    Lying,
    shelf=st.sampled_from(["rejected", "held", "failed"]),
    name=st.sampled_from(["T1", "T2", "T3"]),
    arrival=st.sampled_from(["A1", "A2", "prearchive-1"]),
    study_uid=st.sampled_from(["", "1.1", "1.2"]),
    explained=st.booleans(),
    whole=st.booleans(),
)


@given(st.lists(ENTRIES, max_size=6), st.lists(SHELVED, max_size=4), st.booleans())
def test_nothing_that_waits_for_a_person_is_ever_left_out(
    entries: list[One], shelved: list[Lying], older: bool
) -> None:
    lines = overview(entries, shelved, older=older)
    needed = {one for line in lines if line.part is Part.NEEDS for one in line.kept}
    for one in shelved:
        assert one in needed or (one.shelf == "rejected" and one.whole and one.explained)
    assert {line.entry.study_uid for line in lines if line.entry} == {one.study_uid for one in entries}
    if older:
        assert [line.entry for line in lines if line.entry] == entries
    for line in lines:
        assert line.part is not Part.NEEDS or line.where


# -- signs of life -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "facts", "silent"),
    [
        (3.0, {}, False),
        (SILENT_AFTER + 1, {}, True),
        (SILENT_AFTER + 1, {"ended": True}, False),
        (-60.0, {}, False),
    ],
)
def test_a_service_that_told_nothing_for_long_is_silent_unless_it_ended(
    age: float, facts: dict[str, object], silent: bool
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one = heard("importer", (now - timedelta(seconds=age)).isoformat(), facts, now)
    assert (one.silent, one.age) == (silent, max(age, 0.0))
