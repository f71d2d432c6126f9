"""What a medium's index says, held against what came."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.core.studies import STUDY, ct, reading, study
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.media import Directory, absent, findings, left_behind
from xnat_gate.core.study import Instance, Reading, Unreadable

CAME = ct(3)
UIDS = frozenset(one.sop_instance_uid for one in CAME)
OTHER = "1.2.3"


def indexed(objects: dict[str, frozenset[str]], *more: Directory, found: Reading | None = None) -> Reading:
    directory = Directory("DICOMDIR", objects)
    return replace(found or reading(study(CAME)), directories=(directory, *more))


def test_a_study_that_came_whole_gives_no_finding() -> None:
    found = indexed({STUDY: UIDS})
    assert (findings(found), absent(found.directories[0], found)) == ({}, {})


def test_a_study_that_came_in_part_is_held_with_the_number_that_is_missing() -> None:
    found = indexed({STUDY: UIDS | {f"9.{number}" for number in range(12)}})
    (finding,) = findings(found).values()
    assert (finding.id, finding.effect, finding.severity) == ("MEDIA", Effect.HOLD, Severity.ERROR)
    assert finding.message == "The DICOMDIR names 12 more objects of this study, which were not copied."
    assert finding.remedy
    assert (finding.about, finding.bars_delivery) == ((STUDY,), False)
    assert absent(found.directories[0], found) == {STUDY: 12}


def test_one_missing_object_is_told_in_the_singular() -> None:
    (finding,) = findings(indexed({STUDY: UIDS | {"9.1"}})).values()
    assert finding.message == "The DICOMDIR names 1 more object of this study, which was not copied."


def test_studies_of_which_nothing_came_are_counted_and_hold_nothing_up() -> None:
    found = indexed({STUDY: UIDS, OTHER: frozenset({"9.1", "9.2"}), "1.2.4": frozenset({"9.3"})})
    assert findings(found) == {}
    assert absent(found.directories[0], found) == {OTHER: 2, "1.2.4": 1}
    assert left_behind(found.directories[0], found) == 2


def test_what_came_beyond_the_index_is_nothing_to_wonder_about() -> None:
    found = indexed({STUDY: frozenset(list(UIDS)[:1])})
    assert (findings(found), left_behind(found.directories[0], found)) == ({}, 0)


def test_a_damaged_file_of_the_study_did_come() -> None:
    found = indexed({STUDY: UIDS | {"9.1"}}, found=reading(study(CAME, damaged=["IM4"])))
    assert findings(found) == {}
    found = indexed({STUDY: UIDS | {"9.1", "9.2"}}, found=reading(study(CAME, damaged=["IM4"])))
    assert absent(found.directories[0], found) == {STUDY: 1}


def test_a_study_of_which_only_a_damaged_file_came_did_come_in_part() -> None:
    found = indexed(
        {OTHER: frozenset({"9.1", "9.2"})}, found=Reading(unreadable=(Unreadable("IM1", "cut", OTHER),))
    )
    assert set(findings(found)) == {OTHER}
    assert left_behind(found.directories[0], found) == 0


def test_several_indexes_that_name_one_study_are_one() -> None:
    second = Directory("disc2/DICOMDIR", {STUDY: UIDS | {"9.2"}})
    (finding,) = findings(indexed({STUDY: UIDS | {"9.1"}}, second)).values()
    assert "names 2 more objects" in finding.message


def test_without_an_index_nothing_is_missing() -> None:
    assert findings(reading(study(CAME))) == {}


UID = st.sampled_from([*sorted(UIDS), "9.1", "9.2", "9.3"])


@given(
    st.dictionaries(st.sampled_from([STUDY, OTHER]), st.frozensets(UID)),
    st.lists(st.sampled_from(range(3)), unique=True).map(
        lambda numbers: [CAME[number] for number in numbers]
    ),
)
def test_what_is_absent_is_what_is_named_and_did_not_come(
    objects: dict[str, frozenset[str]], came: list[Instance]
) -> None:
    found = indexed(objects, found=Reading(instances=tuple(came)))
    here = {one.sop_instance_uid for one in came}
    counts = absent(found.directories[0], found)
    assert counts == {uid: len(named - here) for uid, named in objects.items() if named - here}
    assert set(findings(found)) == ({STUDY} & set(counts) if came else set())
    assert left_behind(found.directories[0], found) <= len(objects)
