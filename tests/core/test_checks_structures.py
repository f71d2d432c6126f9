"""What structure sets are asked about their lists, their coordinate systems and what is drawn in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, judged, only, said
from tests.core.past_studies import remembered
from tests.core.studies import (
    CONTOURED,
    CT_CLASS,
    FRAME,
    IMAGES,
    LISTED,
    PT_CLASS,
    ROOT,
    RTRECORD_CLASS,
    STUDY_ITEM,
    TO_PLANS,
    TO_STRUCTURES,
    a_protocol,
    all_changed,
    blind,
    changed,
    ct,
    drawn_on,
    instance,
    outline,
    pointing,
    refers,
    roi_numbers,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.drawing import ROI, Drawing, Outline
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.pointers import Frame, Number, Reference
from xnat_gate.core.replay import replay
from xnat_gate.core.study import Instance

OTHER_FRAME = f"{FRAME}.1"
HEADER_FRAME = ("ReferencedFrameOfReferenceSequence",)
SERIES_ITEM = LISTED[:3]
PET = ct(2, series=f"{ROOT}.7", SOPClassUID=PT_CLASS, Modality="PT", SeriesNumber="2")


def drawing(structures: Instance, *outlines: Outline, rois: tuple[ROI, ...] | None = None) -> Instance:
    """The same structure set with these contours, of these ROIs."""
    kept = structures.drawing.rois if rois is None else rois
    return replace(structures, drawing=Drawing(kept, outlines))


def ids(*parts: Instance | tuple[Instance, ...]) -> list[str]:
    return [finding.id for finding in judged(study(*parts)).findings]


# --- its lists (RT032, RT034, RT038-RT041) ----------------------------------------------------------------------


def test_rt032_counts_the_images_that_only_contours_name() -> None:
    slices = ct(4)
    half = pointing(rtstruct(slices[:2]), *refers(CONTOURED, *slices[2:], roi="PTV"))
    found = only("RT032", study(slices, half))
    assert found.message == 'Contours of structure set "RS1" name 2 images that its own list does not have.'
    assert said("RT032", study(slices, rtstruct(slices, listed=False))) == []
    assert said("RT032", study(slices, rtstruct(slices, contours=False))) == []
    assert said("RT032", study(slices, pointing(rtstruct(slices[:2]), *refers(LISTED, *slices[2:])))) == []


def test_images_in_a_series_of_another_identity_are_linked_with_a_warning() -> None:
    slices = ct(3)
    renamed = all_changed(slices, SeriesInstanceUID=ELSEWHERE)
    found = only("RT034", study(renamed, rtstruct(slices)))
    assert found.message == (
        'Structure set "RS1" names a series that is not here; its images are here as part of another.'
    )
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.WARNING)
    assert judged(study(renamed, rtstruct(slices))).links[0].own.value == "LINKED"
    assert said("RT034", study(slices[:2], rtstruct(slices))) == []
    assert said("RT034", study(slices, pointing(rtstruct(slices), series_uids=(IMAGES, ELSEWHERE)))) == []
    assert said("RT034", study(slices, rtstruct(slices, listed=False))) == []


@pytest.mark.parametrize("checks", [{}, {"RT034": "hold"}, {"RT034": "quarantine"}])
def test_a_study_with_a_renamed_series_replays_as_it_was_judged(checks: dict[str, str]) -> None:
    slices = ct(3)
    parts = study(all_changed(slices, SeriesInstanceUID=ELSEWHERE), rtstruct(slices))
    verdict = judged(parts, checks=checks)
    again = replay(remembered(verdict, a_protocol(checks=checks)), a_protocol(checks=checks))
    assert (again.told, again.outcome) == (True, verdict.outcome)


def test_rt038_names_the_series_that_one_set_mixes() -> None:
    slices = ct(2)
    found = only("RT038", study(slices, PET, rtstruct((*slices, *PET))))
    assert found.message == (
        'Structure set "RS1" is drawn on images of 2 series: "CT series 1", "PT series 2".'
    )
    assert said("RT038", study(slices, PET, rtstruct(slices, 1), rtstruct(PET, 2))) == []


def test_rt038_does_not_mind_a_series_that_is_listed_and_not_drawn_on() -> None:
    slices = ct(2)
    listing = pointing(rtstruct(slices), *refers(LISTED, *PET))
    assert said("RT038", study(slices, PET, listing)) == []
    listing = pointing(rtstruct(slices, contours=False), *refers(LISTED, *PET))
    assert said("RT038", study(slices, PET, listing))


@pytest.mark.parametrize(
    "of_class",
    [CT_CLASS, "1.2.840.10008.3.1.2.3.1", "1.2.840.10008.3.1.2.3.2", "1.2.840.10008.5.1.4.1.1.481.3"],
)
def test_rt039_looks_at_the_study_and_never_at_the_class_of_its_item(of_class: str) -> None:
    slices = ct(2)
    images = (*refers(LISTED, *slices), *refers(CONTOURED, *slices))
    right = pointing(
        rtstruct(slices), references=(*refers(STUDY_ITEM, slices[0].study_uid, as_class=of_class), *images)
    )
    wrong = pointing(
        rtstruct(slices), references=(*refers(STUDY_ITEM, ELSEWHERE, as_class=of_class), *images)
    )
    assert ids(slices, right) == []
    found = only("RT039", study(slices, wrong))
    assert found.message == 'Structure set "RS1" names another study than that of its images.'
    assert ids(slices, wrong) == ["RT039"]


def test_rt039_compares_each_frame_of_reference_with_its_own_images() -> None:
    slices = ct(2)
    absent = (
        Reference(ELSEWHERE, CT_CLASS, STUDY_ITEM, item=1),
        Reference(f"{ELSEWHERE}.1", CT_CLASS, LISTED, item=1),
    )
    assert said("RT039", study(slices, pointing(rtstruct(slices), *absent))) == []
    both = pointing(rtstruct(slices), *refers(STUDY_ITEM, ELSEWHERE))
    assert said("RT039", study(slices, both)) == []


def test_rt040_counts_the_images_that_came_as_another_study() -> None:
    slices = ct(3)
    torn = study(rtstruct(slices, StudyInstanceUID=ELSEWHERE), uid=ELSEWHERE)
    found = only("RT040", (torn, study(slices)))
    assert found.message == (
        'All 3 images that structure set "RS1" was drawn on came as part of another study.'
    )
    half = study(
        all_changed(slices[:1], StudyInstanceUID=ELSEWHERE),
        rtstruct(slices, StudyInstanceUID=ELSEWHERE),
        uid=ELSEWHERE,
    )
    assert only("RT040", (half, study(slices[1:]))).message == (
        '2 of the 3 images that structure set "RS1" was drawn on came as part of another study.'
    )
    assert said("RT040", (torn, study(ct(3, series=f"{ROOT}.8")))) == []


def test_rt041_names_the_type_that_the_images_are_of() -> None:
    uids = tuple(one.sop_instance_uid for one in PET)
    wrong = blind(rtstruct(PET), references=(*refers(LISTED, *uids), *refers(CONTOURED, *uids)))
    found = only("RT041", study(PET, wrong))
    assert found.message == '2 images are of another type (PT) than structure set "RS1" says.'
    assert ids(PET, wrong) == ["RT030", "RT041"]
    assert said("RT041", study(changed(PET[0], PatientID="4712"), rtstruct(PET))) == []


# --- blanks, and several sets (RT033, RT048, RT049) -------------------------------------------------------------


def test_rt048_says_what_is_blank() -> None:
    slices = ct(2)
    blank = pointing(
        rtstruct(slices), blanks=(SERIES_ITEM, CONTOURED, ("PrivateSequence", "SourceImageSequence"))
    )
    assert only("RT048", study(slices, blank)).message == (
        'Structure set "RS1" is blank where it should name the series of its images, the images of its contours.'
    )
    plan = pointing(rtplan(None), blanks=(TO_STRUCTURES,))
    assert only("RT048", study(slices, plan)).message == (
        'Plan "RP1" is blank where it should name its structure set.'
    )
    dose = pointing(rtdose(None), blanks=(TO_PLANS,))
    assert only("RT048", study(slices, dose)).message == 'Dose "RD1" is blank where it should name its plan.'


def test_rt048_leaves_alone_what_may_be_blank() -> None:
    record = instance("r.dcm", RTRECORD_CLASS, "RTRECORD", f"{ELSEWHERE}.1", ELSEWHERE, SeriesNumber="60")
    assert said("RT048", study(ct(), pointing(record, blanks=(TO_PLANS,)))) == []


def test_a_set_of_which_everything_was_emptied_is_told_once() -> None:
    empty = blind(rtstruct(()), blanks=(HEADER_FRAME, CONTOURED))
    assert ids(ct(2), empty) == ["RT033"]
    assert only("RT033", study(ct(2), empty)).message == (
        'Structure set "RS1" does not say to which images it belongs: where it should, it is blank.'
    )


def test_rt049_says_which_set_is_the_newest() -> None:
    slices = ct(2)
    old = rtstruct(slices, 1, StructureSetDate="20240105", StructureSetTime="093000")
    new = rtstruct(slices, 2, StructureSetDate="20240105", StructureSetTime="100000.5")
    found = only("RT049", study(slices, new, old))
    assert found.message == (
        '2 structure sets are drawn on "CT series 1"; the newest is structure set "RS2" of 2024-01-05.'
    )
    assert set(found.about) == {old.sop_instance_uid, new.sop_instance_uid}
    for undated in (
        {"StructureSetDate": None},
        {"StructureSetDate": "2024-1-5"},
        {"StructureSetTime": "100000.5"},
    ):
        message = only("RT049", study(slices, new, changed(old, **undated))).message
        assert message == '2 structure sets are drawn on "CT series 1".'


def test_rt049_counts_no_set_twice_and_none_without_images() -> None:
    slices = ct(2)
    one = rtstruct(slices)
    assert said("RT049", study(slices, one, replace(one, file="again.dcm"))) == []
    assert said("RT049", study(rtstruct(slices, 1), rtstruct(slices, 2))) == []
    both = (rtstruct((*slices, *PET), 1), rtstruct((*slices, *PET), 2))
    assert only("RT049", study(slices, PET, both)).message == (
        '2 structure sets are drawn on "CT series 1", "PT series 2".'
    )


# --- coordinate systems (RT036, RT037) --------------------------------------------------------------------------


def test_rt036_counts_the_images_in_another_coordinate_system() -> None:
    slices = ct(3)
    moved = (changed(slices[0], FrameOfReferenceUID=OTHER_FRAME), *slices[1:])
    assert only("RT036", study(moved, rtstruct(slices))).message == (
        '1 image that structure set "RS1" was drawn on lies in another coordinate system than it says.'
    )
    everywhere = ct(3, frame=OTHER_FRAME)
    assert only("RT036", study(everywhere, rtstruct(slices, listed=False))).effect is Effect.NOTE
    assert said("RT036", study(ct(3, frame=""), rtstruct(slices))) == []


def test_rt036_holds_what_only_names_a_series_in_another_coordinate_system() -> None:
    names_series = blind(rtstruct(()), series_uids=(IMAGES,), frame_uids=(FRAME,))
    assert said("RT036", study(ct(2), names_series)) == []
    found = only("RT036", study(ct(2, frame=OTHER_FRAME), names_series))
    assert (found.effect, found.severity) == (Effect.HOLD, Severity.ERROR)
    assert found.message == (
        'The images of the series that structure set "RS1" names lie in another coordinate system than it says.'
    )


def test_two_listed_coordinate_systems_of_which_one_is_here_are_no_fault() -> None:
    slices = ct(2)
    two = pointing(
        rtstruct(slices),
        Reference(f"{ELSEWHERE}.1", CT_CLASS, LISTED, item=1),
        frames=(Frame(FRAME, HEADER_FRAME, 0), Frame(OTHER_FRAME, HEADER_FRAME, 1)),
    )
    assert said("RT036", study(slices, two)) == []
    assert said("RT037", study(slices, two)) == []


def test_a_structure_in_a_frame_that_is_not_listed_is_told_once() -> None:
    slices = ct(2)
    strayed = replace(rtstruct(slices), drawing=drawn_on(slices, "PTV", "", frame=OTHER_FRAME))
    assert [each for each in ids(slices, strayed) if each in ("RT036", "RT037")] == ["RT037"]
    assert only("RT037", study(slices, strayed)).message == (
        '2 structures lie in no coordinate system that structure set "RS1" lists: PTV, number 2.'
    )
    unlisted = pointing(strayed, frames=())
    assert said("RT037", study(slices, unlisted)) == []
    assert said("RT036", study(slices, unlisted))


# --- what is drawn (RT042-RT044, RT047) -------------------------------------------------------------------------


def test_rt042_says_what_is_wrong_with_the_numbers() -> None:
    slices = ct(2)
    twice = replace(
        pointing(
            rtstruct(slices), numbers=(Number("ROINumber", "1", ("StructureSetROISequence",), times=2),)
        ),
        drawing=Drawing((ROI("1", "PTV", FRAME), ROI("1", "Heart", FRAME), ROI("2", "Lung", FRAME))),
    )
    found = only("RT042", study(slices, twice))
    assert (
        found.message == 'The structures of structure set "RS1" are inconsistent: PTV, Heart share a number.'
    )
    lost = pointing(
        rtstruct(slices),
        numbers=(
            *roi_numbers("1"),
            Number("ReferencedROINumber", "8", ("ROIContourSequence",), times=3),
            Number("ReferencedROINumber", "8", ("RTROIObservationsSequence",)),
            Number("ReferencedROINumber", "9", ("RTROIObservationsSequence",)),
            Number("ReferencedROINumber", "7", ("RTROIObservationsSequence", "RTRelatedROISequence")),
        ),
    )
    assert only("RT042", study(slices, lost)).message == (
        'The structures of structure set "RS1" are inconsistent: contours belong to 1 structure that is not listed; '
        "2 structures are described and not listed."
    )


def test_rt042_lets_one_structure_have_several_contours_and_observations() -> None:
    slices = ct(2)
    several = tuple(
        replace(one, times=1 if one.keyword == "ROINumber" else 5) for one in roi_numbers("1", "2")
    )
    assert said("RT042", study(slices, pointing(rtstruct(slices), numbers=several))) == []


def test_rt043_names_the_empty_structures() -> None:
    slices = ct(2)
    rois = (ROI("1", "PTV", FRAME), ROI("2", "Heart", FRAME), ROI("3", "", FRAME))
    some = drawing(rtstruct(slices), outline("1", (0, 0, 0)), rois=rois)
    assert only("RT043", study(slices, some)).message == (
        'Structure set "RS1" has 2 empty structures: Heart, number 3.'
    )
    too_many = replace(some, drawing=replace(some.drawing, unmeasured=1))
    assert said("RT043", study(slices, too_many)) == []


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (("POINT",), "points"),
        (("OPEN_PLANAR", "OPEN_NONPLANAR"), "lines"),
        (("POINT", "OPEN_PLANAR"), "points and lines"),
    ],
)
def test_rt044_says_what_a_set_without_outlines_holds(kinds: tuple[str, ...], words: str) -> None:
    slices = ct(2)
    marks = drawing(rtstruct(slices), *(outline("1", (0, 0, 0), kind=kind) for kind in kinds))
    found = only("RT044", study(slices, marks))
    assert found.message == f'Structure set "RS1" holds {words} only, and encloses nothing.'
    assert found.effect is Effect.NOTE


@pytest.mark.parametrize("kinds", [("POINT", "CLOSED_PLANAR"), ("CLOSEDPLANAR_XOR",), ("POINT", "")])
def test_rt044_is_silent_where_something_is_or_may_be_enclosed(kinds: tuple[str, ...]) -> None:
    slices = ct(2)
    marks = drawing(rtstruct(slices), *(outline("1", (0, 0, 0), kind=kind) for kind in kinds))
    assert said("RT044", study(slices, marks)) == []


def test_rt047_says_which_contours_are_malformed_and_how() -> None:
    slices = ct(2)
    sound = outline("1", (0, 0, 0))
    bad = (
        replace(sound, values=11),
        replace(sound, declared=5),
        replace(sound, declared=2, values=6),
        Outline("1", "CLOSED_PLANAR", "", 0, 0),
    )
    found = only("RT047", study(slices, drawing(rtstruct(slices), sound, *bad)))
    assert found.message == (
        '4 contours are malformed in structure set "RS1" (PTV): 2 with another number of points than given, '
        "1 closed with fewer than three points, 1 without coordinates."
    )
    assert found.effect is Effect.NOTE


@pytest.mark.parametrize(
    "contour",
    [
        outline("1", (0, 0, 0), kind="POINT"),
        replace(outline("1", (0, 0, 0), kind="OPEN_PLANAR"), declared=2, values=6),
        replace(outline("1", (0, 0, 0)), declared=None),
        replace(outline("1", (0, 0, 0)), declared=3, values=9),
    ],
)
def test_rt047_leaves_sound_contours_alone(contour: Outline) -> None:
    slices = ct(2)
    assert said("RT047", study(slices, drawing(rtstruct(slices), contour))) == []


# --- everyday data ----------------------------------------------------------------------------------------------


def test_a_set_of_fifty_structures_on_two_hundred_images_is_asked_in_no_time_and_says_nothing() -> None:
    slices = ct(200)
    names = tuple(f"Organ {number}" for number in range(50))
    many = replace(rtstruct(slices), drawing=drawn_on(slices, *names))
    many = pointing(many, numbers=roi_numbers(*map(str, range(1, 51))))
    assert ids(slices, many) == []


# --- what is not proven is not said ------------------------------------------------------------------------------


def test_rt040_of_one_image_speaks_of_one() -> None:
    one = ct(1)
    there = study(*all_changed(one, StudyInstanceUID=f"{ROOT}.7"), uid=f"{ROOT}.7")
    found = only("RT040", (study(rtstruct(one)), there))
    assert found.message == ('The image that structure set "RS1" was drawn on came as part of another study.')


@pytest.mark.parametrize(("early", "late"), [("", "093000"), ("093000", "093000.00"), ("0930", "093000")])
def test_rt049_names_no_newest_where_two_times_of_a_day_may_be_the_same(early: str, late: str) -> None:
    sets = [
        rtstruct(ct(3), number, StructureSetDate="20260102", StructureSetTime=time)
        for number, time in ((1, early), (2, late))
    ]
    assert "newest" not in only("RT049", study(ct(3), sets)).message


def test_rt049_says_the_same_in_whatever_order_two_files_of_one_identity_came() -> None:
    first = rtstruct(ct(3), 1, StructureSetDate="20260101")
    twin = replace(changed(first, StructureSetDate="20260301"), file="twin.dcm", digest="f" * 64)
    other = rtstruct(ct(3), 2, StructureSetDate="20260201")
    found = only("RT049", study(ct(3), first, twin, other)).message
    assert only("RT049", study(ct(3), twin, first, other)).message == found


def test_rt036_does_not_take_copies_for_the_images_that_are_named() -> None:
    copies = tuple(
        changed(one, SOPInstanceUID=f"{one.sop_instance_uid}.9") for one in ct(3, frame=f"{ROOT}.22")
    )
    found = only("RT036", study(copies, rtstruct(ct(3))))
    assert found.message.startswith("The images of the series that")


def test_rt047_tells_coordinates_that_are_no_numbers_from_none() -> None:
    drawing = Drawing(outlines=(Outline("1", "CLOSED_PLANAR", "", 4, 12),))
    found = only("RT047", study(ct(3), replace(rtstruct(ct(3)), drawing=drawing)))
    assert found.message.endswith("1 with coordinates that are no numbers.")


def test_rt043_counts_a_structure_without_name_and_number() -> None:
    drawing = Drawing(rois=(ROI("", "", FRAME),))
    found = only("RT043", study(ct(3), replace(rtstruct(ct(3)), drawing=drawing)))
    assert found.message.endswith("1 empty structure: one without a name.")
