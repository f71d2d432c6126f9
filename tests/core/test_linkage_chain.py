"""What an object inherits from those it stands on, and circles among them."""

from __future__ import annotations

from dataclasses import replace

from tests.core.studies import (
    FRAME,
    ION_PLAN_CLASS,
    OVERVIEW_IMAGES,
    TO_STRUCTURES,
    blind,
    chain,
    changed,
    ct,
    pointing,
    refers,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Instance

LINKED, PARTIAL, UNVERIFIABLE, ORPHAN = Linkage


def links(*instances: Instance) -> dict[str, RTLink]:
    """Verdicts by modality."""
    return {one.instance.modality: one for one in link(study(instances))}


def effective(found: dict[str, RTLink]) -> tuple[Linkage, Linkage, Linkage]:
    return tuple(found[one].effective for one in ("RTSTRUCT", "RTPLAN", "RTDOSE"))  # type: ignore[return-value]


def test_a_whole_chain_is_linked_and_inherits_nothing() -> None:
    found = links(*chain())
    assert effective(found) == (LINKED, LINKED, LINKED)
    assert all(one.inherited_from is None for one in found.values())


def test_one_missing_slice_reaches_plan_and_dose() -> None:
    found = links(*chain()[1:])
    assert effective(found) == (PARTIAL, PARTIAL, PARTIAL)
    assert [found[one].own for one in ("RTPLAN", "RTDOSE")] == [LINKED, LINKED]
    assert found["RTDOSE"].inherited_from is found["RTPLAN"]
    assert found["RTPLAN"].inherited_from is found["RTSTRUCT"]


def test_without_images_the_whole_chain_is_orphaned() -> None:
    assert effective(links(*chain()[3:])) == (ORPHAN, ORPHAN, ORPHAN)


def test_an_ion_plan_inherits_like_any_plan() -> None:
    images = ct(3)
    structures = rtstruct(images)
    plan = rtplan(structures, sop_class=ION_PLAN_CLASS)
    assert effective(links(*images[1:], structures, plan, rtdose(plan))) == (PARTIAL, PARTIAL, PARTIAL)


def test_a_dose_without_its_plan_inherits_from_the_structure_set_of_its_dvh() -> None:
    *images, structures, _, dose = chain()
    assert links(*images, structures, dose)["RTDOSE"].effective is PARTIAL
    assert links(structures, dose)["RTDOSE"].effective is ORPHAN


def test_a_dose_whose_plan_is_here_does_not_inherit_from_another_structure_set() -> None:
    images = ct(2)
    structures = rtstruct(images)
    plan = rtplan(structures)
    stray = rtstruct(ct(1, series="1.2.3.4"), number=2)
    dose = rtdose(plan, structures=stray)
    (verdict,) = (one for one in link(study(images, structures, stray, plan, dose)) if one.instance is dose)
    assert verdict.effective is LINKED


def test_a_sum_is_as_bad_as_the_worst_of_its_plans() -> None:
    images = ct(2)
    good, bad = rtstruct(images, 1), rtstruct(ct(2, series="1.2.3.4"), 2)
    plans = rtplan(good, 1), rtplan(bad, 2)
    dose = rtdose(plans, summation="MULTI_PLAN")
    found = links(*images, good, bad, *plans, dose)
    assert (found["RTDOSE"].own, found["RTDOSE"].effective) == (LINKED, ORPHAN)


def test_a_plan_overview_inherits_nothing_from_the_images_it_names() -> None:
    images = ct(2)
    overview = pointing(rtdose(None, summation="PLAN_OVERVIEW"), *refers(OVERVIEW_IMAGES, *images))
    assert links(*images, overview)["RTDOSE"].effective is LINKED


def test_what_cannot_be_verified_is_inherited_too() -> None:
    structures = blind(rtstruct(()), frame_uids=(FRAME,))
    plan = rtplan(structures)
    found = links(*ct(), structures, plan, rtdose(plan))
    assert effective(found) == (UNVERIFIABLE, UNVERIFIABLE, UNVERIFIABLE)


def test_the_dose_of_a_device_plan_can_be_no_better_than_the_plan() -> None:
    plan = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
    found = links(plan, rtdose(plan))
    assert (found["RTDOSE"].own, found["RTDOSE"].effective) == (LINKED, UNVERIFIABLE)


def test_an_object_of_its_own_is_not_made_better_by_what_it_stands_on() -> None:
    plans = rtplan(None, 1, RTPlanGeometry="TREATMENT_DEVICE"), rtplan(None, 2)
    dose = rtdose(plans, summation="MULTI_PLAN")
    assert links(plans[0], dose)["RTDOSE"].effective is UNVERIFIABLE
    structures = rtstruct(ct())
    linked = rtplan(structures)
    half = rtdose((linked, plans[1]), summation="MULTI_PLAN")
    assert links(*ct(), structures, linked, half)["RTDOSE"].effective is PARTIAL


def test_of_two_files_that_claim_one_plan_the_worse_one_is_inherited() -> None:
    images = ct(2)
    good, bad = rtstruct(images, 1), rtstruct(ct(2, series="1.2.3.4"), 2)
    plan = replace(rtplan(good), digest="a" * 64)
    twin = replace(rtplan(bad), file="twin.dcm", digest="b" * 64)
    dose = rtdose(plan)
    for twins in ((plan, twin), (twin, plan)):
        found = link(study(images, good, bad, twins, dose))[-1]
        assert (found.own, found.reason) == (UNVERIFIABLE, Reason.TARGET_AMBIGUOUS)
        assert found.effective is ORPHAN


def test_of_two_equally_bad_files_that_claim_one_plan_the_same_is_named_in_any_order() -> None:
    plan = replace(rtplan(None), digest="a" * 64)
    twin = replace(plan, file="twin.dcm", digest="b" * 64)
    for twins in ((plan, twin), (twin, plan)):
        cause = link(study(twins, rtdose(plan)))[-1].inherited_from
        assert cause is not None
        assert cause.instance.file == "twin.dcm"


def test_plan_and_dose_may_name_each_other() -> None:
    *images, structures, plan, dose = chain()
    plan = pointing(plan, *refers(("ReferencedDoseSequence",), dose))
    assert effective(links(*images, structures, plan, dose)) == (LINKED, LINKED, LINKED)


def test_plans_may_name_their_predecessors_in_a_circle() -> None:
    structures = rtstruct(ct())
    first, second = rtplan(structures, 1), rtplan(structures, 2)
    lineage = ("ReferencedRTPlanSequence",)
    both = pointing(first, *refers(lineage, second)), pointing(second, *refers(lineage, first))
    found = link(study(ct(), structures, both))
    assert [one.effective for one in found] == [LINKED, LINKED, LINKED]


def test_a_plan_that_names_itself_as_its_structure_set_is_a_circle() -> None:
    plan = rtplan(None)
    plan = pointing(plan, *refers(TO_STRUCTURES, plan))
    found = links(plan, rtdose(plan))
    assert (found["RTPLAN"].own, found["RTPLAN"].reason) == (UNVERIFIABLE, Reason.CYCLE)
    assert found["RTDOSE"].reason is Reason.INSTANCE_ALL
    assert found["RTDOSE"].effective is UNVERIFIABLE


def test_of_two_files_that_claim_one_plan_both_are_in_the_circle_that_one_of_them_closes() -> None:
    plain = rtplan(None)
    closing = replace(pointing(plain, *refers(TO_STRUCTURES, plain)), file="twin.dcm")
    for twins in ((plain, closing), (closing, plain)):
        assert [one.reason for one in link(study(twins))] == [Reason.CYCLE, Reason.CYCLE]


def test_two_objects_that_stand_on_each_other_are_a_circle_whatever_their_kinds() -> None:
    first, second = rtplan(None, 1), rtplan(None, 2)
    circle = pointing(first, *refers(TO_STRUCTURES, second)), pointing(second, *refers(TO_STRUCTURES, first))
    assert [one.reason for one in link(study(circle))] == [Reason.CYCLE, Reason.CYCLE]


def test_who_only_leads_into_a_circle_is_no_member_of_it() -> None:
    plan = rtplan(None, 1)
    plan = pointing(plan, *refers(TO_STRUCTURES, plan))
    outside = rtplan(plan, 2)
    assert [one.reason for one in link(study(plan, outside))] == [Reason.CYCLE, Reason.TARGET_MISMATCH]


def test_what_leads_back_through_a_dose_is_not_followed() -> None:
    """Structure set, plan and dose that all name the dose: a loop of back references, and a sound chain."""
    *images, structures, plan, dose = chain()
    back = refers(("ReferencedDoseSequence",), dose)
    found = links(*images, pointing(structures, *back), pointing(plan, *back), dose)
    assert effective(found) == (LINKED, LINKED, LINKED)


def test_another_patient_is_not_inherited_from_but_missed() -> None:
    *images, structures, plan, dose = chain()
    found = links(*images, structures, changed(plan, PatientID="4712"), dose)
    assert found["RTDOSE"].reason is Reason.PLAN_ABSENT_STRUCT_PRESENT


def test_a_twin_of_another_patient_makes_doubtful_and_brings_nobody_down() -> None:
    """Which of the two is meant nobody knows; what the stranger's lacks is no matter of this patient."""
    *images, structures, plan, dose = chain()
    stranger = replace(changed(blind(plan), PatientID="4712"), file="stranger.dcm", digest="e" * 64)
    verdicts = {one.instance.file: one for one in link(study(images, structures, plan, dose, stranger))}
    assert verdicts["stranger.dcm"].effective is Linkage.ORPHAN
    assert (verdicts[dose.file].effective, verdicts[dose.file].reason) == (
        Linkage.UNVERIFIABLE,
        Reason.TARGET_AMBIGUOUS,
    )
