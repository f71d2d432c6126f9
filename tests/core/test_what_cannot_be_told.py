"""What a trial must not tell with certainty, and what a summary must not hold."""

from __future__ import annotations

import json

import pytest

from tests.core.past_studies import remembered
from tests.core.studies import a_protocol, all_changed, ct, rtstruct, study
from xnat_gate.cli import trial_told
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Outcome, judge
from xnat_gate.core.replay import replay
from xnat_gate.core.sessions import Stored
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
