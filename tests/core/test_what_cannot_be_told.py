"""What a trial must not tell with certainty, and what a summary must not hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.core.past_studies import remembered
from tests.core.studies import a_protocol, all_changed, ct, rtstruct, study
from xnat_gate.cli import trial_told
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Outcome, judge
from xnat_gate.core.repeats import Replays
from xnat_gate.core.replay import replay
from xnat_gate.core.sessions import Stored
from xnat_gate.core.study import Instance
from xnat_gate.core.summary import sight_digest
from xnat_gate.core.summary_text import document, write
from xnat_gate.core.trial import tried
from xnat_gate.roads.trying import Memory, Range

IMAGES = ct(3)
ARCHIVED_IMAGES = {one.sop_instance_uid: "S1" for one in IMAGES}
LATE = study(rtstruct(IMAGES))
"""Contours that came after their images."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Doe^Jane^Marie", "JANE DOE"),
        ("Doe^Jane^^Dr", "Doe, Jane"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada Tarou"),
        ("Yamada^Tarou=山田^太郎", "山田太郎"),
    ],
)
def test_family_and_given_name_are_the_patients_without_middle_name_title_or_another_script(
    name: str, text: str
) -> None:
    one = study(all_changed(IMAGES, PatientName=name, InstitutionName=text))
    told = write(remembered(judge(one, a_protocol()), a_protocol()))
    assert text not in told


def test_links_into_the_archive_are_not_sure_where_other_projects_would_have_been_asked() -> None:
    then = a_protocol()
    now = a_protocol(projects={"hospital": "CLINIC", "quarantine": "QUARANTINE"})
    summary = remembered(judge(LATE, then, elsewhere=ARCHIVED_IMAGES), then)
    alone = judge(LATE, now)  # nothing of that patient lies in a project of this protocol
    assert alone.outcome is Outcome.REJECT
    again = replay(summary, now)
    assert not again.told or again.outcome is alone.outcome


def test_an_objection_that_a_project_is_not_named_is_not_sure_where_the_new_protocol_names_it() -> None:
    then = a_protocol()
    objection = Finding(id="XNAT", severity=Severity.ERROR, effect=Effect.HOLD, message="lies in OLD")
    summary = remembered(judge(study(IMAGES), then, carried=(objection,)), then)
    now = a_protocol(route=[{"project": "OLD", "when": {"InstitutionName": "Old Hospital"}}])
    again = replay(summary, now)
    assert not again.told, (again.outcome, again.project)


def test_a_late_part_that_takes_no_route_is_not_surely_apart_from_the_images_that_do() -> None:
    then = a_protocol()
    summary = remembered(judge(LATE, then, elsewhere=ARCHIVED_IMAGES), then)
    now = a_protocol(route=[{"project": "SITE_A", "when": {"Modality": "CT"}}])
    live = judge(LATE, now, elsewhere=ARCHIVED_IMAGES, home="SITE_A")  # its images took the route
    assert (live.outcome, live.project) == (Outcome.ARCHIVE, "SITE_A")
    again = replay(summary, now)
    assert not again.told or again.project == "SITE_A", again.project


@pytest.mark.parametrize("rt", [(), (rtstruct(IMAGES),)])
def test_what_came_under_another_patient_is_not_surely_held_where_its_images_are_a_phantoms(
    rt: tuple[Instance, ...],
) -> None:
    then = a_protocol()
    held = Finding(id="RT015", severity=Severity.ERROR, effect=Effect.HOLD, message="")
    summary = remembered(judge(study(IMAGES, rt), then, carried=(held,)), then)
    lent = {"phantoms": {"uid_prefixes": [IMAGES[0].series_uid]}}
    assert replay(summary, then).outcome is Outcome.HOLD
    assert not replay(summary, a_protocol(**lent)).told
    assert replay(remembered(judge(study(IMAGES), then), then), a_protocol(**lent)).told


def test_what_two_sites_called_a_phantom_is_not_told_of_one_study_for_the_other() -> None:
    now = a_protocol(phantoms={"uid_prefixes": [IMAGES[0].series_uid]})
    one = study(IMAGES, rtstruct(IMAGES))
    told = [replay(remembered(judge(one, then), then), now).told for then in (a_protocol(), now)]
    answer = Replays(now)
    assert [
        answer(replace(remembered(judge(one, now), now), sight=s)).told for s in ("", sight_digest(now))
    ] == told
    assert told == [False, True]


def test_images_in_a_series_that_is_not_named_are_not_told_of_those_that_are_in_the_right_one() -> None:
    protocol = a_protocol(checks={"RT034": "hold"})
    moved = replace(rtstruct(IMAGES), pointers=replace(rtstruct(IMAGES).pointers, series_uids=("1.2.3.4",)))
    answer = Replays(protocol)
    outcomes = [
        answer(remembered(judge(study(IMAGES, one), a_protocol()), a_protocol())).outcome
        for one in (rtstruct(IMAGES), moved)
    ]
    assert outcomes == [Outcome.ARCHIVE, Outcome.HOLD]


def test_a_report_of_the_year_1_does_not_end_the_trial() -> None:
    protocol = a_protocol()
    told = document(remembered(judge(study(IMAGES), protocol), protocol))
    report = {"asked_at": "0001-01-01T00:00:00+14:00", "studies": [{"study_uid": "1.2.3"}], "summary": [told]}

    class Archive:
        def stored_in(self, project: str) -> list[Stored]:
            return [Stored(id="E1", label="ONE", inserted="2026-01-01")]

        def text_beside(self, session_id: str, name: str) -> str:
            return json.dumps(report)

    memory = Memory(chosen=Range(last=10))
    pasts = list(memory.of_archive("HOSPITAL", Archive(), lambda *_: None))
    trial = tried(pasts, protocol)
    assert trial_told.document(
        trial_told.Told(
            protocol=protocol, trial=trial, memory=memory, new_since=None, session=lambda past: past.session
        )
    )
