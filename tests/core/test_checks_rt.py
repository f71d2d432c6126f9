"""What the checks of structure sets, plans, doses and their images say, read aloud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, judged, only, said, summed
from tests.core.studies import (
    ENHANCED_CT_CLASS,
    FRAME,
    ROOT,
    RTIMAGE_CLASS,
    TO_STRUCTURES,
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
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.study import Instance, Study, Unreadable


def test_rt030_says_how_many_images_are_missing() -> None:
    slices = ct(5)
    assert only("RT030", study(slices[:2], rtstruct(slices))).message == (
        '3 of 5 images of "CT series 1" that structure set "RS1" was drawn on are missing.'
    )
    assert only("RT030", study(slices[1:], rtstruct(slices))).message == (
        '1 of 5 images of "CT series 1" that structure set "RS1" was drawn on is missing.'
    )
    assert only("RT030", study(rtstruct(slices))).message == (
        'All 5 images that structure set "RS1" was drawn on are missing.'
    )
    assert only("RT030", study(rtstruct(slices[:1], StructureSetLabel=None))).message == (
        "The image that the structure set in series 301 was drawn on is missing."
    )


def test_a_series_is_named_only_where_all_images_are_proven_to_be_of_it() -> None:
    slices = ct(3)
    without = '1 of 3 images that structure set "RS1" was drawn on is missing.'
    unlisted = rtstruct(slices, listed=False)
    two_series = pointing(rtstruct(slices), series_uids=(slices[0].series_uid, ELSEWHERE))
    in_another = [changed(one, SeriesInstanceUID=ELSEWHERE) for one in slices[:1]]
    assert only("RT030", study(slices[:2], unlisted)).message == without
    assert only("RT030", study(slices[:2], two_series)).message == without
    assert only("RT030", study(in_another, slices[1:2], rtstruct(slices))).message == without
    assert only("RT031", study(slices[:2], unlisted)).message == (
        '1 missing image carries contours of PTV in structure set "RS1".'
    )


def test_rt030_says_what_stands_in_the_place_of_the_images() -> None:
    slices = ct(2)
    structures = rtstruct(slices)
    assert only("RT030", study(ct(2, series=ELSEWHERE), structures)).message == (
        'All 2 images that structure set "RS1" was drawn on are missing. '
        "Other images in the same coordinate system are here."
    )
    converted = [changed(one, SOPClassUID=ENHANCED_CT_CLASS) for one in slices]
    assert only("RT030", study(converted, structures)).message == (
        'All 2 images of "CT series 1" that structure set "RS1" was drawn on are missing. '
        "What carries their identities is of another kind, of another patient, or has fewer frames."
    )
    twins = only("RT030", study(slices, replace(slices[0], file="b"), structures))
    assert twins.message == (
        'All images of "CT series 1" that structure set "RS1" was drawn on are here. '
        "But different files claim to be one and the same image, and only one can be right."
    )
    assert (twins.effect, twins.severity) == (Effect.NOTE, Severity.WARNING)


def test_rt031_names_the_structures_on_the_missing_images() -> None:
    slices = ct(3)
    two = pointing(rtstruct(slices), *rtstruct(slices, roi="Heart").pointers.references)
    assert only("RT031", study(slices[:2], two)).message == (
        '1 missing image of "CT series 1" carries contours of PTV, Heart in structure set "RS1".'
    )
    assert only("RT031", study(slices[:1], rtstruct(slices, roi=""))).message == (
        '2 missing images of "CT series 1" carry contours in structure set "RS1".'
    )


def test_rt033_tells_the_hint_of_a_fitting_coordinate_system() -> None:
    bare = only("RT033", study(ct(2), blind(rtstruct(()))))
    assert bare.message == 'Structure set "RS1" does not say to which images it belongs.'
    fits = only("RT033", study(ct(2), blind(rtstruct(()), frame_uids=(FRAME,))))
    assert fits.message == f"{bare.message} Only its coordinate system fits images that are here."
    assert (fits.effect, fits.severity) == (Effect.NOTE, Severity.INFO)


def test_rt034_tells_a_named_series_that_is_here_from_one_that_is_not() -> None:
    slices = ct(2)
    absent = blind(rtstruct(()), series_uids=(ELSEWHERE,))
    assert only("RT034", study(slices, absent)).message == (
        'Structure set "RS1" names no images, only their series, which is missing.'
    )
    here = only("RT034", study(slices, blind(rtstruct(()), series_uids=(slices[0].series_uid,))))
    assert here.message == (
        'Structure set "RS1" names no images, only their series, which is here as 2 images of "CT series 1"; '
        "whether these are the right images cannot be proven."
    )
    assert here.effect is Effect.NOTE


def test_rt035_says_that_the_images_are_another_copy() -> None:
    slices = ct(3)
    copy = [changed(one, SOPInstanceUID=f"{one.sop_instance_uid}.2") for one in slices]
    found = only("RT035", study(copy, rtstruct(slices)))
    assert found.message == (
        'All 3 images of "CT series 1" that structure set "RS1" was drawn on are missing. '
        "3 images of the same series are here, but they are another copy."
    )
    assert found.files == ("RTSTRUCT1.dcm",)


def test_rt060_names_the_plan_that_forgot_its_structure_set() -> None:
    assert only("RT060", study(ct(), rtplan(None))).message == 'Plan "RP1" names no structure set.'
    bare = rtplan(None, RTPlanLabel=None, SeriesNumber=())
    assert (
        only("RT060", study(ct(), bare)).message
        == "The plan in a series without a number names no structure set."
    )
    assert said("RT060", study(ct(), rtplan(None, RTPlanGeometry="TREATMENT_DEVICE"))) == []


def test_rt061_says_what_became_of_the_structure_set() -> None:
    slices = ct(2)
    structures = rtstruct(slices)
    plan = rtplan(structures)
    assert only("RT061", study(slices, plan)).message == 'The structure set of plan "RP1" is missing.'
    foreign = changed(structures, PatientID="4712")
    assert only("RT061", study(slices, foreign, plan)).message == (
        'The structure set of plan "RP1" is missing: '
        "what carries its identity is of another kind or of another patient."
    )
    twin = replace(structures, file="b")
    assert only("RT061", study(slices, structures, twin, plan)).message == (
        'The structure set of plan "RP1" came in several different files that claim to be it.'
    )


def test_plan_and_dose_name_the_cause_that_they_inherit() -> None:
    slices = ct(2)
    structures = rtstruct(slices)
    plan = rtplan(structures)
    lost = study(slices[1:], structures, plan, rtdose(plan))
    cause = 'structure set "RS1", which lacks some of its images.'
    assert only("RT061", lost).message == f'Plan "RP1" depends on {cause}'
    assert only("RT081", lost).message == f'Dose "RD1" depends on {cause}'
    gone = study(slices, plan, rtdose(plan))
    assert (
        only("RT081", gone).message
        == 'Dose "RD1" depends on plan "RP1", whose structure set did not come with it.'
    )
    assert only("RT081", gone).effect is Effect.REJECT


@pytest.mark.parametrize(
    ("below", "words"),
    [
        (blind(rtstruct(()), frame_uids=(FRAME,)), "whose images cannot be proven to be here"),
        (blind(rtstruct(())), "whose images did not come with it"),
    ],
)
def test_what_a_plan_inherits_is_said_in_plain_words(below: Instance, words: str) -> None:
    assert f'structure set "RS1", {words}' in only("RT061", study(ct(), below, rtplan(below))).message


def test_what_leads_into_a_circle_says_so() -> None:
    plan = rtplan(None)
    plan = pointing(plan, *refers(TO_STRUCTURES, plan))
    found = only("RT081", study(ct(), plan, rtdose(plan)))
    assert found.message == 'Dose "RD1" depends on plan "RP1", which refers to itself in a circle.'
    assert found.effect is Effect.HOLD


def test_rt080_tells_a_dose_that_names_only_its_structure_set() -> None:
    slices = ct(2)
    structures = rtstruct(slices)
    found = only("RT080", study(slices, structures, rtdose(None, structures=structures)))
    assert found.message == 'Dose "RD1" does not say to which plan it belongs.'
    assert found.effect is Effect.HOLD


def test_rt081_counts_the_plans_of_a_sum() -> None:
    structures = rtstruct(ct())
    plans = [rtplan(structures, n) for n in (1, 2, 3)]
    dose = rtdose(plans, summation="MULTI_PLAN")
    here = (*ct(), structures)
    assert only("RT081", study(here, plans[:2], dose)).message == '1 of the 3 plans of dose "RD1" is missing.'
    assert (
        only("RT081", study(here, plans[:1], dose)).message == '2 of the 3 plans of dose "RD1" are missing.'
    )
    twins = (*plans, replace(plans[0], file="b"))
    assert only("RT081", study(here, twins, dose)).message == (
        'Several different files claim to be one of the 3 plans of dose "RD1".'
    )


def test_rt081_says_whether_the_structure_set_is_here_instead() -> None:
    *slices, structures, plan, dose = chain()
    assert only("RT081", study(slices, structures, dose)).message == (
        'The plan of dose "RD1" is missing; its structure set is here.'
    )
    assert only("RT081", study(slices, dose)).message == 'The plan of dose "RD1" is missing.'
    twin = replace(plan, file="b")
    assert only("RT081", study(slices, structures, plan, twin, dose)).message == (
        'The plan of dose "RD1" came in several different files that claim to be it.'
    )


def test_rt120_counts_rt_files_of_every_kind() -> None:
    images = [instance(f"{n}.dcm", RTIMAGE_CLASS, "RTIMAGE", f"{ELSEWHERE}.{n}", ELSEWHERE) for n in (1, 2)]
    assert only("RT120", study(images)).message == "2 RT files arrived without any CT, MR or PET series."
    scout = ct(1, series=f"{ROOT}.8", ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    assert said("RT120", study(images, scout))
    assert said("RT120", study(images, ct(1))) == []
    assert said("RT120", study(scout)) == []


def test_rt150_counts_the_members_of_a_circle() -> None:
    one, two = rtplan(None, 1), rtplan(None, 2)
    circle = pointing(one, *refers(TO_STRUCTURES, two)), pointing(two, *refers(TO_STRUCTURES, one))
    assert only("RT150", study(ct(), circle)).message == "2 RT files refer to each other in a circle."
    assert [each.id for each in judged(study(ct(), circle)).findings] == ["RT150"]


def test_a_circle_is_told_whatever_the_protocol_ignores() -> None:
    plan = rtplan(None)
    itself = study(ct(), pointing(plan, *refers(TO_STRUCTURES, plan)))
    found = only("RT151", itself, links={"plan_to_structures": "ignore"})
    assert (found.effect, found.message) == (Effect.HOLD, 'Plan "RP1" refers to itself.')


def test_rt030_says_which_of_the_missing_images_came_in_files_that_cannot_be_read() -> None:
    *others, gone = images = ct(3)
    damaged = Unreadable("cut.dcm", "cut", gone.study_uid, gone.sop_instance_uid, gone.sop_class_uid)
    for here, words in ((others, "It came in a file"), (others[:1], "1 of them came in a file")):
        found = only("RT030", Study(gone.study_uid, (*here, rtstruct(images)), (damaged,)))
        assert found.message.endswith(f"missing. {words} that cannot be read.")


def test_rt030_does_not_say_of_an_image_with_too_few_frames_that_it_is_of_another_kind() -> None:
    structures = rtstruct(ct(1))
    references = tuple(
        replace(one, frames=(2,)) if one.path[-1] == "ContourImageSequence" else one
        for one in structures.pointers.references
    )
    found = only("RT030", study(ct(1), pointing(structures, references=references)))
    assert found.message.endswith("or has fewer frames.")


def test_rt061_counts_where_a_plan_names_several_structure_sets() -> None:
    first, second = rtstruct(ct(3), 1), rtstruct(ct(3), 2)
    plan = pointing(rtplan(first), *refers(TO_STRUCTURES, second))
    found = only("RT061", study(ct(3), first, plan))
    assert found.message == '1 of the 2 structure sets of plan "RP1" is missing.'


def test_nobody_hears_of_a_cause_beyond_a_link_that_is_ignored() -> None:
    structures = rtstruct(ct(3))
    plan = rtplan(structures)
    half = study(ct(2), structures, plan, rtdose(plan))
    assert said("RT081", half)
    assert not said("RT081", half, links={"plan_to_structures": "ignore"})


def test_what_lacks_a_part_itself_still_depends_on_the_worse_that_is_below_it() -> None:
    structures = rtstruct(ct(3, series=ELSEWHERE))
    dose = rtdose(rtplan(structures), structures=structures)
    verdict = summed(ct(3), structures, dose, rt={"partial": "note"})
    assert verdict.rejected == (structures, dose)
    assert [one.message for one in verdict.findings if one.id == "RT081"] == [
        'The plan of dose "RD1" is missing; its structure set is here.',
        'Dose "RD1" depends on structure set "RS1", whose images did not come with it.',
    ]
