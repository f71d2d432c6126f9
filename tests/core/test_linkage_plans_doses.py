"""The verdict on the references of plans and doses, situation by situation."""

from __future__ import annotations

import pytest

from tests.core.studies import (
    FRAME,
    ION_PLAN_CLASS,
    OVERVIEW_IMAGES,
    ROOT,
    TO_RECORDS,
    changed,
    ct,
    instance,
    pointing,
    refers,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Instance

ELSEWHERE = f"{ROOT}.9"
LINKED, PARTIAL, UNVERIFIABLE, ORPHAN = Linkage


def link_of(one: Instance, *others: Instance) -> RTLink:
    """The verdict on one object in the company of others."""
    return link(study(one, others))[0]


def told(verdict: RTLink) -> tuple[Linkage, Reason, int, int]:
    return verdict.own, verdict.reason, verdict.present, verdict.referenced


# --- plans


def test_a_plan_whose_structure_set_is_here_is_linked() -> None:
    structures = rtstruct(ct())
    assert told(link_of(rtplan(structures), structures)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)


def test_an_ion_plan_is_known_by_its_class_whatever_its_modality_says() -> None:
    structures = rtstruct(ct())
    for modality in ("RTPLAN", "PLAN", ""):
        verdict = link_of(rtplan(structures, sop_class=ION_PLAN_CLASS, Modality=modality), structures)
        assert verdict.kind is RTKind.PLAN
        assert told(verdict) == (LINKED, Reason.INSTANCE_ALL, 1, 1)


def test_a_modality_alone_makes_no_rt_object() -> None:
    assert link(study(changed(ct(1)[0], Modality="RTPLAN"))) == ()


def test_a_patient_plan_without_a_structure_set_reference_is_an_orphan() -> None:
    assert told(link_of(rtplan(None), *ct())) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_a_patient_plan_whose_structure_set_is_absent_is_an_orphan_even_beside_its_images() -> None:
    plan = pointing(rtplan(rtstruct(ct())), frame_uids=(FRAME,))
    assert told(link_of(plan, *ct())) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_a_plan_made_on_a_treatment_device_may_stand_alone() -> None:
    plan = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
    assert told(link_of(plan)) == (UNVERIFIABLE, Reason.STANDALONE_ALLOWED, 0, 0)


def test_a_device_plan_that_names_an_absent_structure_set_is_an_orphan_all_the_same() -> None:
    plan = rtplan(rtstruct(()), RTPlanGeometry="TREATMENT_DEVICE")
    assert told(link_of(plan)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_a_plan_does_not_stand_on_an_image_that_it_calls_its_structure_set() -> None:
    images = ct(1)
    assert told(link_of(rtplan(images[0]), *images)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)


@pytest.mark.parametrize(
    "path",
    [
        ("ReferencedDoseSequence",),
        ("ReferencedRTPlanSequence",),
        ("BeamSequence", "ReferencedReferenceImageSequence"),
        ("PatientSetupSequence", "ReferencedSetupImageSequence"),
        ("(3253,1000)", "(3253,1001)"),
    ],
)
def test_what_a_plan_names_besides_its_structure_set_does_not_carry_it(path: tuple[str, ...]) -> None:
    structures = rtstruct(ct())
    plan = pointing(rtplan(structures), *refers(path, ELSEWHERE))
    assert told(link_of(plan, structures)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)
    here = pointing(rtplan(None), *refers(path, *ct(1)))
    assert told(link_of(here, *ct(1))) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


# --- doses


def test_a_dose_whose_plan_is_here_is_linked() -> None:
    plan = rtplan(None)
    assert told(link_of(rtdose(plan), plan)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)


def test_a_dose_whose_plan_is_absent_is_an_orphan() -> None:
    assert told(link_of(rtdose(rtplan(None)), *ct())) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_a_dose_that_names_nothing_is_an_orphan_even_beside_images_of_its_frame() -> None:
    assert told(link_of(rtdose(None), *ct())) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_a_dose_without_its_plan_but_with_its_structure_set_is_half_linked() -> None:
    structures = rtstruct(ct())
    dose = rtdose(rtplan(structures), structures=structures)
    verdict = link_of(dose, structures)
    assert told(verdict) == (PARTIAL, Reason.PLAN_ABSENT_STRUCT_PRESENT, 0, 1)
    assert told(link_of(rtdose(None, structures=structures), structures))[:2] == (
        PARTIAL,
        Reason.PLAN_ABSENT_STRUCT_PRESENT,
    )


def test_a_dose_without_plan_and_structure_set_is_an_orphan() -> None:
    structures = rtstruct(ct())
    assert told(link_of(rtdose(None, structures=structures)))[:2] == (ORPHAN, Reason.TARGET_ABSENT)
    both = rtdose(rtplan(structures), structures=structures)
    assert told(link_of(both)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_a_dose_with_its_plan_does_not_need_the_structure_set_of_its_dvh() -> None:
    plan = rtplan(None)
    dose = rtdose(plan, structures=rtstruct(ct(), number=7))
    assert told(link_of(dose, plan)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)


def test_a_sum_of_several_plans_counts_them_like_images() -> None:
    plans = rtplan(None, 1), rtplan(None, 2)
    dose = rtdose(plans, summation="MULTI_PLAN")
    assert told(link_of(dose, *plans)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    verdict = link_of(dose, plans[1])
    assert told(verdict) == (PARTIAL, Reason.INSTANCE_SOME, 1, 2)
    assert verdict.missing == (plans[0].sop_instance_uid,)


def test_a_plan_overview_names_images_and_needs_no_plan() -> None:
    images = ct(2)
    overview = pointing(rtdose(None, summation="PLAN_OVERVIEW"), *refers(OVERVIEW_IMAGES, *images))
    assert told(link_of(overview, *images)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    assert told(link_of(overview, images[0])) == (PARTIAL, Reason.INSTANCE_SOME, 1, 2)


def test_a_plan_overview_that_names_a_plan_is_judged_by_it() -> None:
    images = ct(2)
    overview = pointing(rtdose(rtplan(None), summation="PLAN_OVERVIEW"), *refers(OVERVIEW_IMAGES, *images))
    assert told(link_of(overview, *images)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_images_named_by_an_ordinary_dose_do_not_stand_in_for_its_plan() -> None:
    images = ct(2)
    dose = pointing(rtdose(None), *refers(OVERVIEW_IMAGES, *images))
    assert told(link_of(dose, *images)) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_a_recorded_dose_stands_on_its_treatment_record() -> None:
    record = instance("r.dcm", "1.2.840.10008.5.1.4.1.1.481.4", "RTRECORD", f"{ELSEWHERE}.1", ELSEWHERE)
    dose = pointing(rtdose(None, summation="RECORD"), *refers(TO_RECORDS, record))
    assert told(link_of(dose, record)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)
    assert told(link_of(dose)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_a_dose_in_the_place_of_a_treatment_record_is_a_mismatch() -> None:
    other = rtdose(None, 2)
    dose = pointing(rtdose(None, summation="RECORD"), *refers(TO_RECORDS, other))
    assert told(link_of(dose, other)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)
