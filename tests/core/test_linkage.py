"""The verdict on a structure set's own references, situation by situation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.studies import (
    CT_CLASS,
    ENHANCED_CT_CLASS,
    FRAME,
    LISTED,
    PT_CLASS,
    ROOT,
    RTIMAGE_CLASS,
    RTSTRUCT_CLASS,
    STUDY,
    STUDY_ITEM,
    all_changed,
    blind,
    changed,
    ct,
    pointing,
    refers,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.drawing import Drawing, Outline
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Instance

ELSEWHERE = f"{ROOT}.9"
LINKED, PARTIAL, UNVERIFIABLE, ORPHAN = Linkage


def link_of(one: Instance, *others: Instance) -> RTLink:
    """The verdict on one object in the company of others."""
    return link(study(one, others))[0]


def told(verdict: RTLink) -> tuple[Linkage, Reason, int, int]:
    return verdict.own, verdict.reason, verdict.present, verdict.referenced


# --- structure sets that name images


def test_a_structure_set_whose_images_are_all_here_is_linked() -> None:
    images = ct(3)
    assert told(link_of(rtstruct(images), *images)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_a_missing_middle_slice_without_contours_makes_it_partial() -> None:
    images = ct(3)
    structures = pointing(
        rtstruct(images, contours=False), *rtstruct(images[:1], listed=False).pointers.references
    )
    verdict = link_of(structures, images[0], images[2])
    assert told(verdict) == (PARTIAL, Reason.INSTANCE_SOME, 2, 3)
    assert verdict.missing == (images[1].sop_instance_uid,)
    assert verdict.missing_contoured == ()


def test_a_missing_slice_with_contours_is_told_with_the_structures_drawn_on_it() -> None:
    images = ct(3)
    structures = pointing(
        rtstruct(images), *rtstruct(images[2:], listed=False, roi="Heart").pointers.references
    )
    verdict = link_of(structures, *images[:2])
    assert told(verdict) == (PARTIAL, Reason.INSTANCE_SOME, 2, 3)
    assert verdict.missing_contoured == (images[2].sop_instance_uid,)
    assert verdict.missing_rois == ("PTV", "Heart")


@pytest.mark.parametrize("lost", [0, -1])
def test_a_missing_slice_at_an_end_leaves_no_gap_and_is_missed_all_the_same(lost: int) -> None:
    images = ct(5)
    here = [image for image in images if image is not images[lost]]
    assert told(link_of(rtstruct(images), *here)) == (PARTIAL, Reason.INSTANCE_SOME, 4, 5)


def test_without_any_image_it_is_an_orphan() -> None:
    assert told(link_of(rtstruct(ct(3)))) == (ORPHAN, Reason.TARGET_ABSENT, 0, 3)


def test_images_that_got_new_instance_uids_are_not_the_ones_that_were_contoured() -> None:
    images = ct(3)
    renewed = [changed(image, SOPInstanceUID=f"{ELSEWHERE}.{n}") for n, image in enumerate(images)]
    expected = (ORPHAN, Reason.SERIES_PRESENT_INSTANCES_ABSENT, 0, 3)
    assert told(link_of(rtstruct(images), *renewed)) == expected


def test_a_new_series_uid_alone_breaks_nothing() -> None:
    images = ct(3)
    moved = all_changed(images, SeriesInstanceUID=ELSEWHERE)
    assert told(link_of(rtstruct(images), *moved)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_a_new_frame_of_reference_alone_breaks_nothing() -> None:
    images = ct(3)
    moved = all_changed(images, FrameOfReferenceUID=ELSEWHERE)
    assert told(link_of(rtstruct(images), *moved)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_images_in_the_same_frame_of_reference_do_not_stand_in_for_the_named_ones() -> None:
    others = ct(3, series=ELSEWHERE)
    expected = (ORPHAN, Reason.FRAME_ONLY_INSTANCES_ABSENT, 0, 2)
    assert told(link_of(rtstruct(ct(2)), *others)) == expected


def test_a_multi_frame_conversion_does_not_stand_in_for_the_single_frames() -> None:
    volume = changed(ct(1, series=ELSEWHERE)[0], SOPClassUID=ENHANCED_CT_CLASS)
    assert link_of(rtstruct(ct(3)), volume).own is ORPHAN


def test_a_conversion_that_kept_a_uid_under_another_class_is_a_mismatch() -> None:
    images = ct(1)
    volume = changed(images[0], SOPClassUID=ENHANCED_CT_CLASS)
    assert told(link_of(rtstruct(images), volume)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)


def test_a_reference_that_says_ct_does_not_mean_a_pet_image() -> None:
    (pet,) = all_changed(ct(1), SOPClassUID=PT_CLASS, Modality="PT")
    structures = blind(rtstruct(()), references=refers(LISTED, pet, as_class=CT_CLASS))
    assert told(link_of(structures, pet)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)


def test_two_references_to_one_image_that_disagree_on_its_class_prove_nothing() -> None:
    images = ct(1)
    for first, second in ((CT_CLASS, PT_CLASS), (PT_CLASS, CT_CLASS)):
        references = (*refers(LISTED, *images, as_class=first), *refers(LISTED, *images, as_class=second))
        verdict = link_of(blind(rtstruct(()), references=references), *images)
        assert told(verdict) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)


def test_an_image_of_another_patient_under_a_referenced_uid_counts_as_absent() -> None:
    images = ct(2)
    foreign = changed(images[1], PatientID="4712")
    assert told(link_of(rtstruct(images), images[0], foreign)) == (PARTIAL, Reason.INSTANCE_SOME, 1, 2)
    assert told(link_of(rtstruct(images[1:]), foreign)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)


def test_a_plan_under_the_uid_of_an_image_is_no_image() -> None:
    images = ct(1)
    plan = changed(rtplan(None), SOPInstanceUID=images[0].sop_instance_uid)
    structures = blind(rtstruct(()), references=refers(LISTED, plan))
    assert told(link_of(structures, plan)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)


def test_a_uid_claimed_by_two_different_files_proves_nothing() -> None:
    images = ct(2)
    edited = replace(images[1], file="edited.dcm", digest="e" * 64)
    whole = (images[0], replace(images[1], digest="a" * 64), edited)
    assert told(link_of(rtstruct(images), *whole)) == (UNVERIFIABLE, Reason.TARGET_AMBIGUOUS, 2, 2)


def test_two_files_of_unknown_digest_are_not_taken_for_copies() -> None:
    images = ct(1)
    verdict = link_of(rtstruct(images), *images, replace(images[0], file="other.dcm"))
    assert verdict.reason is Reason.TARGET_AMBIGUOUS


def test_a_file_sent_twice_with_the_same_bytes_is_one_image() -> None:
    images = tuple(replace(image, digest="a" * 64) for image in ct(1))
    copy = replace(images[0], file="copy.dcm")
    assert told(link_of(rtstruct(images), *images, copy)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)


def test_a_copied_series_with_new_uids_changes_nothing() -> None:
    images = ct(3)
    verdict = link_of(rtstruct(images), *images, *ct(3, series=ELSEWHERE))
    assert told(verdict) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_a_scout_in_the_same_frame_changes_nothing() -> None:
    images = ct(3)
    scout = ct(1, series=ELSEWHERE, ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    assert told(link_of(rtstruct(images), *images, *scout)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_of_ten_phases_only_the_contoured_one_counts() -> None:
    phases = [ct(2, series=f"{ROOT}.3{n}") for n in range(10)]
    structures = rtstruct(phases[4])
    everything = [image for phase in phases for image in phase]
    assert told(link_of(structures, *everything)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    without = [image for image in everything if image not in phases[4]]
    assert told(link_of(structures, *without)) == (ORPHAN, Reason.FRAME_ONLY_INSTANCES_ABSENT, 0, 2)


def test_images_named_by_contours_alone_are_enough() -> None:
    images = ct(3)
    assert told(link_of(rtstruct(images, listed=False), *images)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_images_listed_in_the_header_alone_are_enough() -> None:
    images = ct(3)
    assert told(link_of(rtstruct(images, contours=False), *images)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_an_image_named_often_counts_once() -> None:
    images = ct(2)
    structures = pointing(rtstruct(images), *refers(LISTED, *images), *refers(LISTED, images[0]))
    assert told(link_of(structures, *images)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)


@pytest.mark.parametrize(
    "study_class",
    ["1.2.840.10008.3.1.2.3.1", "1.2.840.10008.3.1.2.3.2", RTSTRUCT_CLASS, "1.2.840.10008.5.1.4.1.1.2"],
)
def test_the_item_that_names_a_study_is_no_reference_to_an_object(study_class: str) -> None:
    images = ct(2)
    item = refers(STUDY_ITEM, STUDY, as_class=study_class)
    assert told(link_of(pointing(rtstruct(images), *item), *images)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    alone = blind(rtstruct(()), references=item)
    assert told(link_of(alone, *images)) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_an_absent_predecessor_is_lineage_and_breaks_nothing() -> None:
    images = ct(2)
    old = refers(("PredecessorStructureSetSequence",), ELSEWHERE, as_class=RTSTRUCT_CLASS)
    assert told(link_of(pointing(rtstruct(images), *old), *images)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)


# --- structure sets that name no image


def test_a_named_series_that_is_here_is_a_hint_and_no_proof() -> None:
    structures = blind(rtstruct(()), series_uids=(ct()[0].series_uid,), frame_uids=(FRAME,))
    assert told(link_of(structures, *ct())) == (UNVERIFIABLE, Reason.SERIES_ONLY, 0, 0)


def test_a_named_series_that_is_not_here_makes_it_an_orphan_whatever_its_frame() -> None:
    structures = blind(rtstruct(()), series_uids=(ELSEWHERE,), frame_uids=(FRAME,))
    assert told(link_of(structures, *ct())) == (ORPHAN, Reason.SERIES_ABSENT, 0, 0)


def test_a_series_of_rt_objects_is_no_image_series() -> None:
    plan = rtplan(None)
    structures = blind(rtstruct(()), series_uids=(plan.series_uid,))
    assert told(link_of(structures, plan)) == (ORPHAN, Reason.SERIES_ABSENT, 0, 0)


def test_a_frame_that_fits_one_series_is_a_hint() -> None:
    structures = blind(rtstruct(()), frame_uids=(FRAME,), contour_types=("POINT", "CLOSED_PLANAR"))
    assert told(link_of(structures, *ct())) == (UNVERIFIABLE, Reason.FRAME_UNIQUE, 0, 0)


def test_a_frame_that_fits_several_series_is_ambiguous() -> None:
    structures = blind(rtstruct(()), frame_uids=(FRAME,))
    verdict = link_of(structures, *ct(), *ct(series=ELSEWHERE))
    assert told(verdict) == (UNVERIFIABLE, Reason.FRAME_AMBIGUOUS, 0, 0)


def test_a_scout_does_not_make_a_frame_ambiguous() -> None:
    scout = ct(1, series=ELSEWHERE, ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    structures = blind(rtstruct(()), frame_uids=(FRAME,))
    assert link_of(structures, *ct(), *scout).reason is Reason.FRAME_UNIQUE
    assert told(link_of(structures, *scout)) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_a_frame_that_fits_nothing_makes_it_an_orphan() -> None:
    structures = blind(rtstruct(()), frame_uids=(ELSEWHERE,))
    assert told(link_of(structures, *ct())) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_without_reference_and_frame_it_is_an_orphan() -> None:
    assert told(link_of(blind(rtstruct(())), *ct())) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_two_missing_frames_are_not_the_same_frame() -> None:
    images = all_changed(ct(), FrameOfReferenceUID=None)
    structures = blind(rtstruct(()), frame_uids=("",))
    assert told(link_of(structures, *images)) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_a_set_of_points_may_stand_alone_when_its_frame_fits() -> None:
    points = blind(rtstruct(()), frame_uids=(FRAME,), contour_types=("POINT",))
    assert told(link_of(points, *ct())) == (UNVERIFIABLE, Reason.STANDALONE_ALLOWED, 0, 0)
    assert told(link_of(points)) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing(outlines=(Outline("1", "POINT", "", 1, 3), Outline("2", "", "", 4, 12))),
        Drawing(outlines=(Outline("1", "POINT", "", 1, 3),), unmeasured=1),
    ],
)
def test_a_set_holds_points_only_where_every_contour_is_known_to_be_one(drawing: Drawing) -> None:
    structures = replace(blind(rtstruct(()), frame_uids=(FRAME,)), drawing=drawing)
    assert link_of(structures, *ct(3)).reason is Reason.FRAME_UNIQUE


def test_a_structure_set_may_be_drawn_on_rt_images() -> None:
    films = all_changed(ct(2), SOPClassUID=RTIMAGE_CLASS, Modality="RTIMAGE")
    assert told(link_of(rtstruct(films), *films)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
