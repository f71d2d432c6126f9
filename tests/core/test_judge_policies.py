"""What the policies of a protocol make of links, and what studies do to each other that arrive together."""

from __future__ import annotations

import pytest

from tests.core.asking import ELSEWHERE, ids, summed
from tests.core.studies import (
    FRAME,
    a_protocol,
    blind,
    chain,
    ct,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import Outcome, as_companion, judge, judge_together
from xnat_gate.core.study import Study

# --- policies of the protocol


@pytest.mark.parametrize(
    ("policy", "outcome", "rejected"),
    [
        ("reject", Outcome.ARCHIVE, 3),
        ("quarantine", Outcome.QUARANTINE, 0),
        ("hold", Outcome.HOLD, 0),
        ("note", Outcome.ARCHIVE, 0),
    ],
)
def test_the_protocol_says_what_becomes_of_orphans(policy: str, outcome: Outcome, rejected: int) -> None:
    *_, structures, plan, dose = chain()
    verdict = summed(ct(2, series=ELSEWHERE), structures, plan, dose, rt={"orphan": policy})
    assert (verdict.outcome, len(verdict.rejected)) == (outcome, rejected)
    assert {"RT030", "RT061", "RT081"} <= {finding.id for finding in verdict.findings}


@pytest.mark.parametrize(
    ("policy", "outcome", "rejected"),
    [
        ("reject", Outcome.ARCHIVE, 3),
        ("quarantine", Outcome.QUARANTINE, 0),
        ("hold", Outcome.HOLD, 0),
        ("note", Outcome.ARCHIVE, 0),
    ],
)
def test_the_protocol_says_what_becomes_of_the_half_linked(
    policy: str, outcome: Outcome, rejected: int
) -> None:
    verdict = summed(chain()[1:], rt={"partial": policy})
    assert (verdict.outcome, len(verdict.rejected)) == (outcome, rejected)


@pytest.mark.parametrize(("policy", "outcome"), [("note", Outcome.ARCHIVE), ("hold", Outcome.HOLD)])
def test_the_protocol_says_what_becomes_of_the_unverifiable(policy: str, outcome: Outcome) -> None:
    by_frame = blind(rtstruct(()), frame_uids=(FRAME,))
    plan = rtplan(by_frame)
    verdict = summed(ct(2), by_frame, plan, rtdose(plan), rt={"unverifiable": policy})
    assert verdict.outcome is outcome


def test_an_object_that_may_stand_alone_is_noted_whatever_the_protocol_does_with_the_unverifiable() -> None:
    device = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
    verdict = summed(ct(2), device, rtdose(device), rt={"unverifiable": "reject"})
    assert (verdict.outcome, verdict.rejected) == (Outcome.ARCHIVE, ())


@pytest.mark.parametrize("word", ["warn", "ignore"])
def test_a_broken_link_that_is_not_required_rejects_nothing(word: str) -> None:
    links = dict.fromkeys(("dose_to_plan", "plan_to_structures", "structures_to_images"), word)
    *_, structures, plan, dose = chain()
    verdict = summed(ct(2, series=ELSEWHERE), structures, plan, dose, links=links)
    assert (verdict.outcome, verdict.rejected) == (Outcome.ARCHIVE, ())
    told = [finding.id for finding in verdict.findings]
    assert told == ([] if word == "ignore" else ["RT030", "RT061", "RT081"])


def test_an_orphaned_structure_set_takes_along_only_what_is_required_to_stand_on_it() -> None:
    *_, structures, plan, dose = chain()
    images = ct(2, series=ELSEWHERE)
    verdict = summed(images, structures, plan, dose, links={"plan_to_structures": "warn"})
    assert verdict.rejected == (structures,)
    verdict = summed(images, structures, plan, dose, links={"dose_to_plan": "ignore"})
    assert verdict.rejected == (structures, plan)


def test_what_is_not_looked_at_is_not_told_where_it_is_inherited_either() -> None:
    *_, structures, plan, dose = chain()
    verdict = summed(ct(2), structures, plan, dose, links={"structures_to_images": "ignore"})
    assert verdict.findings == ()


# --- studies that arrive together


def other(**header: str) -> Study:
    return study(ct(2, series=f"{ELSEWHERE}.1", StudyInstanceUID=ELSEWHERE, **header), uid=ELSEWHERE)


def test_two_studies_that_would_become_one_session_are_both_held() -> None:
    both = judge_together([study(ct(2)), other()], a_protocol())
    assert [verdict.outcome for verdict in both] == [Outcome.HOLD, Outcome.HOLD]
    assert [ids(verdict, Effect.HOLD) for verdict in both] == [["RT007"], ["RT007"]]
    assert all(verdict.deliverable for verdict in both)


def test_studies_of_different_sessions_do_not_disturb_each_other() -> None:
    both = judge_together([study(ct(2)), other(PatientID="4712")], a_protocol())
    assert [verdict.findings for verdict in both] == [(), ()]


def test_a_study_is_no_companion_of_itself() -> None:
    (verdict,) = judge_together([study(ct(2))], a_protocol())
    assert verdict.findings == ()


def test_a_session_label_of_its_own_ends_the_collision() -> None:
    waiting = as_companion(other(), a_protocol())
    assert ids(judge(study(ct(2)), a_protocol(), [waiting]), Effect.HOLD) == ["RT007"]
    assert judge(study(ct(2)), a_protocol(), [waiting], session="4711-2").findings == ()


def test_two_studies_that_cannot_be_labelled_do_not_collide() -> None:
    both = judge_together([study(ct(2, PatientID=None)), other(PatientID="")], a_protocol())
    assert [ids(verdict, Effect.HOLD) for verdict in both] == [["RT002"], ["RT002"]]


def test_a_series_in_two_studies_holds_both() -> None:
    shared = study(ct(1, StudyInstanceUID=ELSEWHERE, PatientID="4712"), uid=ELSEWHERE)
    both = judge_together([study(ct(2)), shared], a_protocol())
    assert [ids(verdict, Effect.HOLD) for verdict in both] == [["RT014"], ["RT014"]]


def test_rt_in_another_study_than_its_images_is_rejected_and_says_where_they_are() -> None:
    images = ct(2, PatientID="4711")
    rt = study(rtstruct(images, StudyInstanceUID=ELSEWHERE), uid=ELSEWHERE)
    verdict = judge_together([rt, study(images)], a_protocol())[0]
    assert verdict.outcome is Outcome.REJECT
    assert "RT007" in {finding.id for finding in verdict.findings}
