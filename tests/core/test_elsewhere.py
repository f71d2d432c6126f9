"""Links that end in what the archive holds of the patient already: what counts as there, and what does not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.studies import (
    ROOT,
    RTIMAGE_CLASS,
    TO_STRUCTURES,
    a_protocol,
    blind,
    chain,
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
from xnat_gate.core.judge import Outcome, Verdict, judge
from xnat_gate.core.linkage import absent, link
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Instance

LINKED, PARTIAL, UNVERIFIABLE, ORPHAN = Linkage


def uids(*instances: Instance) -> dict[str, str]:
    return {one.sop_instance_uid: "" for one in instances}


def link_of(one: Instance, *others: Instance, elsewhere: dict[str, str]) -> RTLink:
    """The verdict on one object beside others, with these UIDs in the archive."""
    return link(study(one, others), elsewhere)[0]


def told(verdict: RTLink) -> tuple[Linkage, Reason, int, int, int]:
    return verdict.own, verdict.reason, verdict.present, verdict.referenced, verdict.elsewhere


def late(*instances: Instance, elsewhere: dict[str, str]) -> Verdict:
    """The verdict on what came by itself."""
    return judge(study(instances), a_protocol(), elsewhere=elsewhere)


# --- what is there counts ---------------------------------------------------------------------------------------


def test_a_structure_set_whose_images_are_all_in_the_archive_is_linked_and_stands_on_nothing_here() -> None:
    images = ct(3)
    verdict = link_of(rtstruct(images), elsewhere=uids(*images))
    assert told(verdict) == (LINKED, Reason.INSTANCE_ALL, 3, 3, 3)
    assert (verdict.missing, verdict.missing_contoured, verdict.stands_on) == ((), (), ())


def test_images_of_which_some_are_here_and_the_others_there_are_all_of_them() -> None:
    images = ct(3)
    verdict = link_of(rtstruct(images), *images[:1], elsewhere=uids(*images[1:]))
    assert told(verdict) == (LINKED, Reason.INSTANCE_ALL, 3, 3, 2)
    assert verdict.stands_on == (images[0].sop_instance_uid,)


def test_images_of_which_one_is_nowhere_leave_it_partial_and_told_with_its_contours() -> None:
    images = ct(3)
    verdict = link_of(rtstruct(images), elsewhere=uids(*images[:2]))
    assert told(verdict) == (PARTIAL, Reason.INSTANCE_SOME, 2, 3, 2)
    assert verdict.missing == verdict.missing_contoured == (images[2].sop_instance_uid,)


def test_a_dose_reaches_the_archive_through_a_plan_that_is_here() -> None:
    *_, structures, plan, dose = chain()
    verdicts = link(study(plan, dose), uids(structures))
    assert [one.effective for one in verdicts] == [LINKED, LINKED]
    assert [one.elsewhere for one in verdicts] == [1, 0]


def test_a_dose_whose_plan_is_nowhere_and_whose_structure_set_is_archived_is_half_linked() -> None:
    *_, structures, _, dose = chain()
    verdict = link_of(dose, elsewhere=uids(structures))
    assert (verdict.own, verdict.reason) == (PARTIAL, Reason.PLAN_ABSENT_STRUCT_PRESENT)
    assert verdict.stands_on == ()


def test_a_sum_of_plans_of_which_one_is_here_and_one_archived_stands_on_the_one_that_is_here() -> None:
    structures = rtstruct(ct())
    plans = [rtplan(structures, n) for n in (1, 2)]
    dose = rtdose(plans, summation="MULTI_PLAN")
    orphaned = link_of(dose, plans[0], elsewhere=uids(plans[1]))
    assert (orphaned.own, orphaned.effective) == (LINKED, ORPHAN)
    whole = link_of(dose, plans[0], elsewhere=uids(plans[1], structures))
    assert (whole.own, whole.effective) == (LINKED, LINKED)


# --- what is here comes first -----------------------------------------------------------------------------------


def test_what_is_here_under_a_uid_decides_even_when_the_archive_has_that_uid_too() -> None:
    images = ct(2)
    foreign = [changed(one, PatientID="4712") for one in images]
    verdict = link_of(rtstruct(images), *foreign, elsewhere=uids(*images))
    assert told(verdict) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 2, 0)


def test_two_files_here_that_claim_one_identity_stay_ambiguous_whatever_the_archive_has() -> None:
    images = ct(2)
    twin = replace(images[0], file="twin.dcm")
    verdict = link_of(rtstruct(images), *images, twin, elsewhere=uids(*images))
    assert (verdict.own, verdict.reason) == (UNVERIFIABLE, Reason.TARGET_AMBIGUOUS)


def test_a_circle_stays_one() -> None:
    plan = rtplan(None)
    circle = pointing(plan, *refers(TO_STRUCTURES, plan))
    assert link_of(circle, elsewhere=uids(plan)).reason is Reason.CYCLE


def test_a_structure_set_that_names_no_image_finds_nothing_in_the_archive() -> None:
    images = ct(2)
    structures = blind(rtstruct(()), series_uids=(images[0].series_uid,))
    assert told(link_of(structures, elsewhere=uids(*images)))[:2] == (ORPHAN, Reason.SERIES_ABSENT)


# --- what is asked of the archive -------------------------------------------------------------------------------


def test_of_a_whole_study_nothing_is_asked() -> None:
    assert absent(study(chain())) == frozenset()
    assert absent(study(ct(3))) == frozenset()


def test_what_links_stand_on_and_is_not_here_is_asked_for() -> None:
    *images, structures, plan, dose = chain()
    assert absent(study(structures, plan, dose)) == uids(*images).keys()
    assert absent(study(plan)) == uids(structures).keys()


def test_the_structure_set_that_may_stand_in_for_the_plan_of_a_dose_is_asked_for_too() -> None:
    *_, structures, plan, dose = chain()
    assert absent(study(dose)) == uids(plan, structures).keys()


def test_an_empty_uid_and_a_reference_that_carries_nothing_are_not_asked_for() -> None:
    plan = pointing(
        rtplan(None), *refers(TO_STRUCTURES, ""), *refers(("ReferencedDoseSequence",), f"{ROOT}.9")
    )
    assert absent(study(plan)) == frozenset()


# --- late objects have their images there (RT120) ---------------------------------------------------------------


def test_rt_that_comes_late_and_whole_is_archived_and_nothing_stands_against_it() -> None:
    *images, structures, plan, dose = chain()
    verdict = late(structures, plan, dose, elsewhere=uids(*images))
    assert (verdict.outcome, verdict.findings) == (Outcome.ARCHIVE, ())
    verdict = late(dose, elsewhere=uids(*images, structures, plan))
    assert (verdict.outcome, verdict.findings) == (Outcome.ARCHIVE, ())


def test_rt_that_is_linked_to_nothing_but_other_rt_of_its_own_arrival_has_no_images_there() -> None:
    device = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
    verdict = late(device, rtdose(device), elsewhere={})
    assert verdict.outcome is Outcome.HOLD
    assert [one.message for one in verdict.reasons if one.id == "RT120"] == [
        "2 RT files arrived without any CT, MR or PET series."
    ]


def test_of_what_comes_late_only_that_is_counted_whose_images_are_nowhere() -> None:
    *images, structures, plan, dose = chain()
    device = rtplan(None, 2, RTPlanGeometry="TREATMENT_DEVICE")
    verdict = late(structures, plan, dose, device, elsewhere=uids(*images))
    (found,) = [one for one in verdict.findings if one.id == "RT120"]
    assert found.about == (device.sop_instance_uid,)
    assert "1 RT file arrived" in found.message


def test_an_rt_image_that_comes_late_with_a_linked_plan_still_waits_for_a_person() -> None:
    """It names no plan, so nothing says that its images are in the archive."""
    *_, structures, plan, _ = chain()
    image = instance("ri.dcm", RTIMAGE_CLASS, "RTIMAGE", f"{ROOT}.7.1", f"{ROOT}.7", SeriesNumber="7")
    verdict = late(plan, image, elsewhere=uids(structures))
    assert verdict.outcome is Outcome.HOLD
    assert [one.about for one in verdict.reasons if one.id == "RT120"] == [(image.sop_instance_uid,)]


# --- whatever is missing ----------------------------------------------------------------------------------------


def everything() -> tuple[Instance, ...]:
    first, second = ct(3), ct(2, series="1.2.3.4")
    sets = rtstruct(first, 1), rtstruct(second, 2)
    plans = rtplan(sets[0], 1), rtplan(sets[1], 2), rtplan(None, 3, RTPlanGeometry="TREATMENT_DEVICE")
    doses = (
        rtdose(plans[0], 1, structures=sets[0]),
        rtdose(plans[:2], 2, summation="MULTI_PLAN"),
        rtdose(None, 3, structures=sets[1]),
    )
    return (*first, *second, *sets, *plans, *doses)


ALL = everything()
SUBSETS = st.lists(st.sampled_from(ALL), unique_by=lambda one: one.file).map(tuple)


@settings(max_examples=50)
@given(SUBSETS, SUBSETS)
def test_what_is_in_the_archive_never_makes_a_verdict_worse(
    here: tuple[Instance, ...], there: tuple[Instance, ...]
) -> None:
    alone = {one.instance.file: one for one in link(study(here))}
    for verdict in link(study(here), uids(*there)):
        before = alone[verdict.instance.file]
        assert verdict.own.badness <= before.own.badness
        assert verdict.effective.badness <= before.effective.badness


@settings(max_examples=50)
@given(SUBSETS, SUBSETS)
def test_the_counts_add_up_over_both(here: tuple[Instance, ...], there: tuple[Instance, ...]) -> None:
    for verdict in link(study(here), uids(*there)):
        assert verdict.referenced == verdict.present + len(verdict.missing)
        assert verdict.elsewhere <= verdict.present
        assert not set(verdict.missing) & uids(*there).keys()
        assert set(verdict.stands_on) <= uids(*here).keys()


@settings(max_examples=50)
@given(SUBSETS)
def test_with_all_that_is_asked_for_in_the_archive_no_reference_is_open(here: tuple[Instance, ...]) -> None:
    asked = absent(study(here))
    assert all(not one.missing for one in link(study(here), dict.fromkeys(asked, "")))
    assert link(study(here), uids(*here)) == link(study(here))
