"""Faults that a reviewer of structure sets, plans and doses has proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, only, said, summed
from tests.core.numbered import dose_of, plan_of
from tests.core.past_studies import remembered
from tests.core.studies import (
    ROOT,
    TO_STRUCTURES,
    a_protocol,
    all_changed,
    changed,
    ct,
    pointing,
    refers,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.drawing import Drawing, Outline
from xnat_gate.core.judge import judge
from xnat_gate.core.replay import replay
from xnat_gate.core.study import Study, Unreadable

IMAGES = ct(3)
OTHER = f"{ROOT}.7"


def test_rt040_of_one_image_speaks_of_one() -> None:
    one = ct(1)
    there = study(*all_changed(one, StudyInstanceUID=OTHER), uid=OTHER)
    assert only("RT040", (study(rtstruct(one)), there)).message.startswith('The image that structure set "RS1"')


@pytest.mark.parametrize(("early", "late"), [("", "093000"), ("093000", "093000.00"), ("0930", "093000")])
def test_rt049_does_not_guess_which_of_two_moments_that_are_not_told_apart_is_later(early: str, late: str) -> None:
    day = "20260102"
    sets = [
        rtstruct(IMAGES, n, StructureSetDate=day, StructureSetTime=time)
        for n, time in ((1, early), (2, late))
    ]
    assert "newest" not in only("RT049", study(IMAGES, *sets)).message


def test_rt049_says_the_same_in_whatever_order_two_files_of_one_identity_came() -> None:
    first = rtstruct(IMAGES, 1, StructureSetDate="20260101")
    twin = replace(changed(first, StructureSetDate="20260301"), file="twin.dcm", digest="f" * 64)
    other = rtstruct(IMAGES, 2, StructureSetDate="20260201")
    one = only("RT049", study(IMAGES, first, twin, other)).message
    assert only("RT049", study(IMAGES, twin, first, other)).message == one


def test_rt036_does_not_call_copies_of_images_the_images_that_are_named() -> None:
    copies = all_changed(ct(3, frame=f"{ROOT}.22"))
    renamed = tuple(changed(one, SOPInstanceUID=f"{one.sop_instance_uid}.9") for one in copies)
    found = only("RT036", study(renamed, rtstruct(IMAGES)))
    assert "images that" not in found.message


def test_rt047_tells_coordinates_that_are_no_numbers_from_none() -> None:
    drawing = Drawing(rtstruct(IMAGES).drawing.rois, (Outline("1", "CLOSED_PLANAR", "", 4, 12),))
    found = only("RT047", study(IMAGES, replace(rtstruct(IMAGES), drawing=drawing)))
    assert "without coordinates" not in found.message


def test_rt020_does_not_stumble_over_a_missing_modality() -> None:
    two = [rtplan(None, n, SeriesInstanceUID=ELSEWHERE, Modality=()) for n in (1, 2)]
    assert only("RT020", study(two)).message == "2 RT files share one series."


def test_of_two_names_that_are_equally_frequent_the_same_is_the_odd_one_in_any_order() -> None:
    one, other = changed(IMAGES[0], PatientName="DOE^A", PatientBirthDate="19600101"), changed(
        IMAGES[1], PatientName="DOE^B", PatientBirthDate="19610101"
    )
    for id in ("RT005", "RT006"):
        assert only(id, study(one, other)).about == only(id, study(other, one)).about


def test_rt084_counts_only_beams_that_the_plan_has() -> None:
    plan = plan_of(rtstruct(IMAGES), "1", "2", "3")
    sum_ = dose_of(plan, "1", "2", "9", summation="BEAM")
    assert not said("RT084", study(IMAGES, rtstruct(IMAGES), plan, sum_))
    whole = dose_of(plan, "1", "2", "3", "9", summation="BEAM")
    assert "names all 3 treatment" in only("RT084", study(IMAGES, rtstruct(IMAGES), plan, whole)).message
    (found,) = said("RT084", study(IMAGES, rtstruct(IMAGES), plan, dose_of(plan, "1", "9")))
    assert "only 1 of the 3" in found.message


def test_rt088_does_not_call_two_plans_one() -> None:
    plans = rtplan(None, 1), rtplan(None, 2)
    doses = [rtdose(plans, n, summation="MULTI_PLAN") for n in (1, 2)]
    assert "one plan" not in only("RT088", study(doses)).message


def test_a_dose_that_only_carries_statistics_is_no_rival_of_the_one_with_the_grid() -> None:
    structures = rtstruct(IMAGES)
    plan = rtplan(structures)
    statistics = rtdose(plan, 2, structures=structures, Rows=None, Columns=None, NumberOfFrames=None)
    assert not said("RT088", study(IMAGES, structures, plan, rtdose(plan, 1), statistics))


@pytest.mark.parametrize("checks", [{"RT151": "quarantine"}, {"RT150": "quarantine"}, {}])
def test_an_object_that_names_itself_replays_as_it_was_judged(checks: dict[str, str]) -> None:
    circle = pointing(rtplan(None, 5), *refers(TO_STRUCTURES, rtplan(None, 5)))
    protocol = a_protocol(checks=checks)
    verdict = judge(study(IMAGES, circle), protocol)
    again = replay(remembered(verdict, protocol), protocol)
    assert (again.outcome, again.project) == (verdict.outcome, verdict.project)


def test_rt030_says_which_images_came_in_files_that_cannot_be_read() -> None:
    gone = IMAGES[2]
    damaged = Unreadable("cut.dcm", "cut", gone.study_uid, gone.sop_instance_uid, gone.sop_class_uid)
    found = only("RT030", Study(gone.study_uid, (*IMAGES[:2], rtstruct(IMAGES)), (damaged,)))
    assert "cannot be read" in found.message


def test_nobody_hears_of_a_cause_beyond_a_link_that_is_ignored() -> None:
    structures = rtstruct(IMAGES)
    plan = rtplan(structures)
    whole = study(IMAGES[1:], structures, plan, rtdose(plan))
    assert said("RT081", whole)
    assert not said("RT081", whole, links={"plan_to_structures": "ignore"})


def test_a_dose_without_its_plan_on_a_structure_set_without_images_is_an_orphan() -> None:
    structures = rtstruct(ct(3, series=ELSEWHERE))
    dose = rtdose(rtplan(structures), structures=structures)
    verdict = summed(IMAGES, structures, dose, rt={"partial": "note"})
    assert {one.sop_instance_uid for one in verdict.rejected} == {
        structures.sop_instance_uid,
        dose.sop_instance_uid,
    }


def test_rt061_counts_where_a_plan_names_several_structure_sets() -> None:
    sets = rtstruct(IMAGES, 1), rtstruct(IMAGES, 2)
    plan = pointing(rtplan(sets[0]), *refers(TO_STRUCTURES, sets[1]))
    assert only("RT061", study(IMAGES, sets[0], plan)).message.startswith("1 of the 2 structure sets")


def test_rt062_speaks_of_several_plans_as_several() -> None:
    structures = rtstruct(IMAGES)
    plans = [rtplan(structures, n, PlanIntent="VERIFICATION") for n in (1, 2)]
    assert only("RT062", study(IMAGES, structures, plans)).message.endswith("1 object belongs to them.")
