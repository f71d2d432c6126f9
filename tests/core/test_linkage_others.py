"""The verdict on what lies beside the chain: RT images, records, registrations, fiducials, segmentations, and the
second generation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.asking import ELSEWHERE
from tests.core.others import (
    ANNOTATION_CLASS,
    C_ARM_CLASS,
    DEFINITION,
    DERIVED,
    EVIDENCE,
    IMAGES,
    LISTED,
    RADIATION_RECORD_CLASS,
    RADIATIONS,
    SEGMENTS,
    SOURCES,
    VERIFYING,
    beside,
    deformable,
    fiducials,
    record,
    registration,
    rtimage,
    second_generation,
    segmentation,
)
from tests.core.past_studies import PARTS
from tests.core.studies import (
    CT_CLASS,
    ENHANCED_CT_CLASS,
    FRAME,
    TO_PLANS,
    TO_RECORDS,
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
from xnat_gate.core.linkage import absent, link
from xnat_gate.core.linkage.edges import Edge, edge_of
from xnat_gate.core.linkage.kinds import RTKind, kind_of
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.pointers import Frame, Reference
from xnat_gate.core.study import Instance

LINKED, PARTIAL, UNVERIFIABLE, ORPHAN = Linkage

SECOND, SECOND_FRAME = f"{ELSEWHERE}.7", f"{ELSEWHERE}.8"
ONE, OTHER = ct(3), ct(2, series=SECOND, frame=SECOND_FRAME)


def last(*parts: Instance | tuple[Instance, ...]) -> RTLink:
    """The verdict on the last object of the study."""
    return link(study(*parts))[-1]


def told(*parts: Instance | tuple[Instance, ...]) -> tuple[Linkage, Reason, int, int]:
    found = last(*parts)
    return found.own, found.reason, found.present, found.referenced


def test_a_circle_that_only_twins_close_is_one() -> None:
    slices = ct(3)
    structures = rtstruct(slices)
    dose = pointing(rtdose(None, structures=structures), *refers(TO_PLANS, rtplan(structures)))
    twin = changed(segmentation([dose]), SOPInstanceUID=structures.sop_instance_uid)
    found = link(study(slices, structures, dose, twin))
    assert {one.reason for one in found} == {Reason.CYCLE}


def test_images_that_a_segmentation_names_beside_its_own_lists_decide_nothing() -> None:
    scout = refers(IMAGES, f"{ELSEWHERE}.1")
    assert told(ONE, pointing(segmentation(ONE), *scout)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)
    assert told(ONE, blind(segmentation(ONE), references=scout))[:2] == (ORPHAN, Reason.TARGET_ABSENT)


def test_a_registration_by_frames_finds_images_of_every_kind_but_scouts() -> None:
    both = registration(FRAME, SECOND_FRAME)
    spect = [changed(one, SOPClassUID="1.2.840.10008.5.1.4.1.1.20", Modality="NM") for one in OTHER]
    assert told(ONE, spect, both)[:2] == (UNVERIFIABLE, Reason.FRAME_UNIQUE)
    scouts = [changed(one, ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER")) for one in OTHER]
    assert told(ONE, scouts, both)[:2] == (PARTIAL, Reason.FRAME_SOME)


# --- RT images and records ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [rtimage, record])
def test_rt_images_and_records_stand_on_their_plan(make: type) -> None:
    *_, plan, _ = parts = chain()
    assert told(parts, make(plan)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)
    assert told(parts[:3], make(plan)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)
    assert told(parts, make(None)) == (UNVERIFIABLE, Reason.STANDALONE_ALLOWED, 0, 0)


def test_records_of_every_sort_are_records() -> None:
    tails = (4, 6, 7, 9)
    assert {kind_of(f"1.2.840.10008.5.1.4.1.1.481.{tail}") for tail in tails} == {RTKind.RECORD}


def test_what_a_record_names_beside_its_plan_decides_nothing() -> None:
    *_, plan, _ = parts = chain()
    more = refers(VERIFYING, rtimage(plan)) + refers(TO_RECORDS, record(plan, 9))
    assert told(parts, pointing(record(plan), *more)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)


def test_a_record_inherits_from_its_plan_and_a_dose_of_records_from_them() -> None:
    slices, structures = ct(3), rtstruct(ct(4))
    plan = rtplan(structures)
    given = record(plan)
    dose = pointing(rtdose(None, summation="RECORD"), *refers(TO_RECORDS, given))
    found = {one.kind: one for one in link(study(dose, given, plan, structures, slices))}
    assert [found[kind].own for kind in (RTKind.PLAN, RTKind.RECORD, RTKind.DOSE)] == [LINKED] * 3
    assert [found[kind].effective for kind in (RTKind.PLAN, RTKind.RECORD, RTKind.DOSE)] == [PARTIAL] * 3
    assert found[RTKind.DOSE].root.kind is RTKind.STRUCTURE_SET


# --- registrations and fiducials ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [registration, deformable, fiducials])
def test_items_by_images_are_linked_when_all_images_are_here(make: type) -> None:
    assert told(ONE, OTHER, make(ONE, OTHER)) == (LINKED, Reason.INSTANCE_ALL, 5, 5)
    assert told(ONE, make(ONE, OTHER)) == (PARTIAL, Reason.INSTANCE_SOME, 3, 5)
    assert told(ct(1, "1.2.3", "1.2.4"), make(ONE, OTHER)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 5)


@pytest.mark.parametrize("make", [registration, deformable, fiducials])
def test_items_by_frame_only_prove_nothing(make: type) -> None:
    by_frame = make(FRAME, SECOND_FRAME)
    assert told(ONE, OTHER, by_frame) == (UNVERIFIABLE, Reason.FRAME_UNIQUE, 0, 0)
    again = ct(2, series="1.2.3.5", frame=SECOND_FRAME)
    assert told(ONE, OTHER, again, by_frame) == (UNVERIFIABLE, Reason.FRAME_AMBIGUOUS, 0, 0)
    assert told(ONE, by_frame) == (PARTIAL, Reason.FRAME_SOME, 0, 0)
    assert told(ct(1, "1.2.3", "1.2.4"), by_frame) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


@pytest.mark.parametrize("make", [registration, deformable, fiducials])
def test_one_item_by_images_is_enough_when_the_others_fit_by_frame(make: type) -> None:
    assert told(ONE, OTHER, make(FRAME, OTHER)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    assert told(ONE, make(FRAME, OTHER)) == (PARTIAL, Reason.INSTANCE_SOME, 0, 2)
    assert told(OTHER, make(FRAME, OTHER)) == (PARTIAL, Reason.FRAME_SOME, 2, 2)


def test_the_frame_that_is_registered_to_can_be_missed_and_proves_nothing() -> None:
    assert told(ONE, OTHER, deformable(OTHER)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    assert told(OTHER, deformable(OTHER)) == (PARTIAL, Reason.FRAME_SOME, 2, 2)
    assert told(OTHER, deformable(OTHER, frame=SECOND_FRAME)) == (LINKED, Reason.INSTANCE_ALL, 2, 2)
    gone = ct(2, series="1.2.3.6", frame="1.2.3.7")
    assert told(ONE, deformable(gone)) == (ORPHAN, Reason.TARGET_ABSENT, 0, 2)


def test_images_that_are_no_volume_have_a_frame_all_the_same() -> None:
    flat = rtimage(None, FrameOfReferenceUID="1.2.3.7")
    assert told(flat, OTHER, registration((flat,), OTHER, frame="1.2.3.7"))[0] is LINKED


def test_an_atlas_is_not_waited_for() -> None:
    talairach = "1.2.840.10008.1.4.1.1"
    assert told(ONE, registration(ONE, talairach))[0] is LINKED
    assert told(ONE, registration(ONE, frame=talairach))[0] is LINKED


def test_a_registration_of_copies_says_that_they_are_copies() -> None:
    copies = tuple(changed(one, SOPInstanceUID=f"{one.sop_instance_uid}.9") for one in ONE)
    named = replace(
        registration(ONE), pointers=replace(registration(ONE).pointers, series_uids=(ONE[0].series_uid,))
    )
    assert told(copies, named)[1] is Reason.SERIES_PRESENT_INSTANCES_ABSENT
    there = ct(2, series="1.2.3.6")
    both = pointing(registration(ONE), frames=(Frame(FRAME, ("RegistrationSequence",)),))
    assert told(there, both)[1] is Reason.FRAME_ONLY_INSTANCES_ABSENT
    assert told(there, registration(ONE))[1] is Reason.TARGET_ABSENT


def test_a_registration_of_images_of_which_there_are_two_is_ambiguous() -> None:
    twin = replace(ONE[0], file="twin.dcm")
    assert told(ONE, twin, OTHER, registration(ONE, OTHER))[:2] == (UNVERIFIABLE, Reason.TARGET_AMBIGUOUS)


def test_a_registration_that_says_nothing_is_an_orphan() -> None:
    assert told(ONE, registration()) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_images_in_the_archive_count_for_an_item() -> None:
    archived = {one.sop_instance_uid: "S1" for one in OTHER}
    (found,) = link(study(ONE, registration(ONE, OTHER)), archived)
    assert (found.own, found.present, found.elsewhere) == (LINKED, 5, 2)


# --- segmentations -----------------------------------------------------------------------------------------------


def test_a_segmentation_is_linked_by_any_of_its_lists() -> None:
    bare = blind(segmentation(ONE))
    for path in (LISTED, DERIVED, SOURCES, IMAGES):
        alone = pointing(bare, *refers(path, *ONE))
        assert told(ONE, alone) == (LINKED, Reason.INSTANCE_ALL, 3, 3)
        assert told(ONE[:2], alone) == (PARTIAL, Reason.INSTANCE_SOME, 2, 3)
    both = segmentation(ONE[:2], derived=ONE[1:])
    assert told(ONE, both) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_a_segmentation_without_images_is_judged_by_series_or_frame() -> None:
    by_series = blind(segmentation(ONE), series_uids=(ONE[0].series_uid,))
    assert told(ONE, by_series) == (UNVERIFIABLE, Reason.SERIES_ONLY, 0, 0)
    assert told(OTHER, by_series) == (ORPHAN, Reason.SERIES_ABSENT, 0, 0)
    by_frame = blind(segmentation(ONE), frame_uids=(FRAME,))
    assert told(ONE, by_frame) == (UNVERIFIABLE, Reason.FRAME_UNIQUE, 0, 0)
    assert told(ONE, ct(2, series="1.2.3.6"), by_frame) == (UNVERIFIABLE, Reason.FRAME_AMBIGUOUS, 0, 0)
    assert told(OTHER, by_frame) == (ORPHAN, Reason.NO_REFERENCE, 0, 0)


def test_a_series_that_holds_nothing_but_segmentations_is_no_image_series() -> None:
    other = segmentation(ONE, 2)
    assert told(ONE, other, blind(segmentation(ONE), series_uids=(other.series_uid,)))[0] is ORPHAN


def test_frames_that_a_source_does_not_have_are_not_there() -> None:
    volume = instance("v.dcm", ENHANCED_CT_CLASS, "CT", "1.2.3.1", "1.2.3", NumberOfFrames="10")
    bare = blind(segmentation((volume,)))

    def of_frames(*frames: int) -> Instance:
        return pointing(bare, Reference("1.2.3.1", ENHANCED_CT_CLASS, DERIVED, frames=frames))

    assert told(volume, of_frames(1, 10)) == (LINKED, Reason.INSTANCE_ALL, 1, 1)
    assert told(volume, of_frames(1, 11)) == (ORPHAN, Reason.TARGET_MISMATCH, 0, 1)
    single = changed(volume, NumberOfFrames=None)
    assert told(single, of_frames(1))[0] is LINKED
    assert told(single, of_frames(2))[0] is ORPHAN


def test_a_segmentation_is_not_derived_from_a_plan_and_may_be_from_a_dose() -> None:
    *_, plan, dose = parts = chain()
    assert told(parts, blind(segmentation(()), references=refers(DERIVED, plan)))[1] is Reason.TARGET_MISMATCH
    assert told(parts, blind(segmentation(()), references=refers(DERIVED, dose)))[0] is LINKED


def test_what_a_segmentation_lists_because_it_was_drawn_from_it_is_no_image_of_it() -> None:
    structures = rtstruct(ONE)
    from_it = refers(("SegmentSequence", "DefinitionSourceSequence"), structures)
    converted = pointing(segmentation(ONE), *from_it, *refers(LISTED, structures))
    assert told(ONE, converted) == (LINKED, Reason.INSTANCE_ALL, 3, 3)
    derived = pointing(converted, *refers(DERIVED, ONE[0]))
    assert told(ONE, derived) == (LINKED, Reason.INSTANCE_ALL, 3, 3)


def test_two_segmentations_that_list_each_other_are_a_circle() -> None:
    one, two = segmentation((), 1), segmentation((), 2)
    circle = pointing(one, *refers(DERIVED, two)), pointing(two, *refers(DERIVED, one))
    assert [each.reason for each in link(study(ONE, circle))] == [Reason.CYCLE, Reason.CYCLE]


# --- second generation -------------------------------------------------------------------------------------------


def test_a_radiation_set_reaches_the_images_through_radiation_and_plan() -> None:
    *_, plan, _ = chain()
    radiation = second_generation(DEFINITION, plan, number=2, sop_class=C_ARM_CLASS)
    whole = second_generation(RADIATIONS, radiation)
    given = second_generation(
        ("ReferencedRTInstanceSequence",), whole, number=3, sop_class=RADIATION_RECORD_CLASS
    )
    rest = (given, whole, radiation)
    assert all(each.effective is LINKED for each in link(study(chain(), rest)))
    found = {each.instance.file: each for each in link(study(chain(4)[1:], rest))}
    assert found[given.file].effective is PARTIAL
    assert found[given.file].root.kind is RTKind.STRUCTURE_SET


def test_a_segment_annotation_stands_on_the_segmentation_that_it_names() -> None:
    segments = segmentation(ONE)
    note = second_generation(SEGMENTS, segments, sop_class=ANNOTATION_CLASS)
    assert told(ONE, segments, note) == (LINKED, Reason.INSTANCE_ALL, 1, 1)
    assert last(ONE[:2], segments, note).effective is PARTIAL
    assert told(ONE, note) == (ORPHAN, Reason.TARGET_ABSENT, 0, 1)


def test_an_object_without_foundations_stands_on_what_it_lists() -> None:
    asks = second_generation(
        ("PlanningInputInformationSequence",), *ONE, sop_class="1.2.840.10008.5.1.4.1.1.481.10"
    )
    assert told(ONE, asks) == (LINKED, Reason.INSTANCE_ALL, 3, 3)
    assert told(ONE[:1], asks) == (PARTIAL, Reason.INSTANCE_SOME, 1, 3)
    before = refers(("RTPhysicianIntentPredecessorSequence",), f"{ELSEWHERE}.1") + refers(
        LISTED, f"{ELSEWHERE}.1"
    )
    assert told(ONE, pointing(asks, *before)) == (LINKED, Reason.INSTANCE_ALL, 3, 3)
    assert told(ONE, blind(asks)) == (UNVERIFIABLE, Reason.STANDALONE_ALLOWED, 0, 0)


def test_a_chain_as_long_as_a_study_is_judged() -> None:
    made = [second_generation(DEFINITION, *ONE)]
    for number in range(2, 1200):
        made.append(second_generation(DEFINITION, made[-1], number=number))
    found = link(study(ONE[:1], made))
    assert {each.effective for each in found} == {PARTIAL}
    assert found[-1].root is found[0]
    ends = (*made[1:], second_generation(DEFINITION, made[-1]))
    assert {each.reason for each in link(study(ends))} == {Reason.CYCLE}


# --- edges -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path", "edge"),
    [
        (RTKind.RECORD, VERIFYING, Edge.CROSS),
        (RTKind.RECORD, TO_RECORDS, Edge.LINEAGE),
        (RTKind.RT_IMAGE, IMAGES, Edge.CROSS),
        (RTKind.REGISTRATION, LISTED, Edge.INDEX),
        (RTKind.REGISTRATION, ("RegistrationSequence", "UsedSegmentsSequence"), Edge.CROSS),
        (RTKind.SEGMENTATION, LISTED, Edge.SUPPORT),
        (RTKind.SECOND_GENERATION, LISTED, Edge.INDEX),
        (RTKind.SECOND_GENERATION, ("ReferencedRTPhysicianIntentSequence",), Edge.CROSS),
        (
            RTKind.SECOND_GENERATION,
            ("TreatmentPositionGroupSequence", "ReferencedRTRadiationSequence"),
            Edge.SUPPORT,
        ),
        (RTKind.SECOND_GENERATION, ("RTPhysicianIntentPredecessorSequence",), Edge.LINEAGE),
        (None, EVIDENCE, Edge.CROSS),
        (None, ("PredecessorDocumentsSequence", *EVIDENCE[1:]), Edge.LINEAGE),
        (None, ("ReferencedRequestSequence", "ReferencedStudySequence"), Edge.CONTEXT),
    ],
)
def test_references_are_classed_by_their_path(kind: RTKind | None, path: tuple[str, ...], edge: Edge) -> None:
    assert edge_of(kind, path) is edge


def test_the_archive_is_asked_for_what_carries_an_object_of_any_kind_and_for_nothing_else() -> None:
    *_, structures, plan, _ = chain()
    more = refers(VERIFYING, f"{ELSEWHERE}.1") + refers(TO_RECORDS, f"{ELSEWHERE}.2")
    made = (
        pointing(record(plan), *more),
        rtimage(rtplan(structures, 7)),
        registration(ONE, SECOND_FRAME),
        segmentation(OTHER),
        second_generation(RADIATIONS, second_generation(DEFINITION, number=8)),
        beside(EVIDENCE, *ct(2, series="1.2.3.6")),
        pointing(rtimage(None, 2), *refers(IMAGES, f"{ELSEWHERE}.3")),
    )
    wanted = (plan, rtplan(structures, 7), *ONE, *OTHER, second_generation(DEFINITION, number=8))
    assert absent(study(made)) == {one.sop_instance_uid for one in wanted}


def test_what_points_without_being_stood_on_is_not_judged() -> None:
    assert link(study(ONE, beside(EVIDENCE, *ONE))) == ()
    assert kind_of(CT_CLASS) is None
    assert last(ONE, pointing(rtplan(None), *refers(TO_PLANS, rtplan(None, 2)))).referenced == 0


# --- whatever is missing, and in whatever order it arrives -------------------------------------------------------

SUBSETS = st.lists(st.sampled_from(range(len(PARTS))), unique=True, max_size=25)


def parts(numbers: Iterable[int]) -> tuple[Instance, ...]:
    return tuple({PARTS[number].file: PARTS[number] for number in numbers}.values())


@settings(max_examples=50)
@given(SUBSETS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(numbers: list[int], chance: Random) -> None:
    here = parts(numbers)

    def told(instances: Iterable[Instance]) -> dict[str, tuple[object, ...]]:
        return {
            one.instance.file: (one.own, one.reason, one.effective, one.present, one.referenced, one.missing)
            for one in link(study(instances))
        }

    assert told(chance.sample(here, len(here))) == told(here)


@settings(max_examples=50)
@given(SUBSETS, st.sampled_from(range(3)))
def test_an_image_more_never_makes_a_verdict_worse(numbers: list[int], nth: int) -> None:
    here, image = parts(numbers), ONE[nth]
    before = {one.instance.file: one for one in link(study(here))}
    known = {one.sop_instance_uid for one in here}
    for after in link(study(here, () if image.sop_instance_uid in known else image)):
        assert after.own.badness <= before[after.instance.file].own.badness


@settings(max_examples=50)
@given(SUBSETS, SUBSETS)
def test_the_counts_add_up_and_the_archive_only_helps(numbers: list[int], others: list[int]) -> None:
    here, there = parts(numbers), parts(others)
    alone = {one.instance.file: one for one in link(study(here))}
    for one in link(study(here), {each.sop_instance_uid: "S1" for each in there}):
        assert one.referenced == one.present + len(one.missing)
        assert one.effective.badness >= one.own.badness
        assert one.own.badness <= alone[one.instance.file].own.badness
    asked = dict.fromkeys(absent(study(here)), "S1")
    carried = {one.sop_instance_uid for one in here}
    assert all(carried.issuperset(one.missing) for one in link(study(here), asked))


@pytest.mark.parametrize(("frames", "linked"), [((1, 2), True), ((0,), False), ((3,), False)])
def test_frames_are_counted_from_one_and_to_the_last(frames: tuple[int, ...], linked: bool) -> None:
    volume = changed(ct(1)[0], NumberOfFrames="2")
    one = rtstruct((volume,))
    named = tuple(replace(ref, frames=frames) for ref in one.pointers.references)
    (verdict,) = link(study(volume, replace(one, pointers=replace(one.pointers, references=named))))
    assert (verdict.own is Linkage.LINKED) is linked
