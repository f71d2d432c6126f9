"""What the checks of slices, volumes, contours and dose grids say, and of what they keep silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, only, said
from tests.core.geometries import POSITION, in_space, multi_frame, rotation, shifted
from tests.core.others import registration
from tests.core.studies import (
    ENHANCED_CT_CLASS,
    FRAME,
    PT_CLASS,
    ROOT,
    a_protocol,
    all_changed,
    blind,
    chain,
    changed,
    ct,
    instance,
    outline,
    refers,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import judge
from xnat_gate.core.study import Instance, Study

OTHER = f"{ROOT}.30"
MR_CLASS = "1.2.840.10008.5.1.4.1.1.4"
HOLD, NOTE = (Effect.HOLD, Severity.ERROR), (Effect.NOTE, Severity.WARNING)
TILT = rotation(25, 40)


def weight(finding: Finding) -> tuple[Effect, Severity]:
    return finding.effect, finding.severity


def without(images: Iterable[Instance], *places: int) -> tuple[Instance, ...]:
    return tuple(one for nth, one in enumerate(images) if nth not in places)


def moved(images: Iterable[Instance], *heights: float) -> tuple[Instance, ...]:
    pairs = zip(images, heights, strict=True)
    return tuple(changed(one, ImagePositionPatient=("-50", "-50", f"{z}")) for one, z in pairs)


def drawn(
    images: tuple[Instance, ...], by: tuple[float, float, float], named: bool = True, **how: str
) -> Instance:
    """A structure set whose contours lie so far from where they should."""
    made = rtstruct(images, **how) if named else rtstruct(images, contours=False)
    drawing = shifted(rtstruct(images, **how).drawing, by)
    if not named:
        drawing = replace(drawing, outlines=tuple(replace(one, image_uid="") for one in drawing.outlines))
    return replace(made, drawing=drawing)


def rt121(*images: Instance, of: Iterable[Instance] = ()) -> list[Finding]:
    drawn_on = tuple(of)
    return said("RT121", study(images, (rtstruct(drawn_on),) if drawn_on else ()))


def test_rt121_says_where_and_about_how_many() -> None:
    images = ct(9, SeriesDescription="HEAD")
    finding = only("RT121", study(without(images, 4, 5)))
    assert weight(finding) == NOTE
    assert finding.message == "Slices are missing between 9 and 18 mm in CT series 1 HEAD: about 2."
    two = only("RT121", study(without(images, 2, 6)))
    assert two.message == (
        "Slices are missing between 3 and 9 mm, between 15 and 21 mm in CT series 1 HEAD: about 2."
    )


def test_rt121_holds_where_rt_refers_to_an_image_or_to_the_series() -> None:
    images = ct(9)
    gappy = without(images, 4)
    assert weight(only("RT121", study(gappy, rtstruct(gappy[:1])))) == HOLD
    by_series = blind(rtstruct(gappy), series_uids=(gappy[0].series_uid,))
    assert weight(only("RT121", study(gappy, by_series))) == HOLD
    others = ct(3, series=OTHER, SeriesNumber="2")
    assert weight(only("RT121", study(gappy, others, rtstruct(others)))) == NOTE


def test_rt121_goes_by_places_and_never_by_numbers() -> None:
    images = ct(9)
    assert rt121(*all_changed(images, InstanceNumber="7"), of=images[:1]) == []
    renumbered = tuple(changed(one, InstanceNumber=str(n)) for n, one in enumerate(without(images, 4)))
    (finding,) = rt121(*renumbered, of=images[:1])
    assert weight(finding) == HOLD
    assert rt121(*without(images, 0, 8), of=images[1:2]) == []


def test_rt121_sees_gaps_in_an_oblique_stack() -> None:
    oblique = in_space(ct(9), TILT)
    assert rt121(*oblique, of=oblique[:1]) == []
    (finding,) = rt121(*without(oblique, 3), of=oblique[:1])
    assert finding.message.endswith("about 1.")


def test_rt121_tells_a_scan_of_changing_distance_from_one_with_a_hole() -> None:
    changing = moved(ct(9), 0, 3, 6, 9, 12, 20, 28, 36, 44)
    (finding,) = rt121(*changing, of=changing[:1])
    assert weight(finding) == NOTE
    assert finding.message.startswith(
        "The slices of CT series 1 do not lie evenly: 8 mm apart between 12 and 20 mm"
    )
    slabs = moved(ct(8), 0, 3, 6, 9, 60, 63, 66, 69)
    (finding,) = rt121(*slabs)
    assert "51 mm apart between 9 and 60 mm, and 3 mm as a rule" in finding.message
    (finding,) = rt121(*slabs, of=slabs[:1])
    assert weight(finding) == HOLD


def test_rt121_takes_the_phases_of_a_4d_scan_for_one_stack() -> None:
    phases = [
        changed(one, SOPInstanceUID=f"{ROOT}.7{n}.{i}", TemporalPositionIdentifier=str(n))
        for n in range(3)
        for i, one in enumerate(ct(6))
    ]
    assert rt121(*phases, of=phases[:1]) == []
    assert rt121(*without(phases, 3), of=phases[:1]) == []
    (finding,) = rt121(*without(phases, 3, 9, 15), of=phases[:1])
    assert finding.message == "Slices are missing between 6 and 12 mm in CT series 1: about 1."


def test_rt121_leaves_out_scouts_surveys_and_small_series() -> None:
    images = ct(6)
    scouts = [
        changed(
            one,
            SOPInstanceUID=f"{ROOT}.8.{n}",
            ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"),
            ImagePositionPatient=("-50", "-50", f"{500 * n}"),
        )
        for n, one in enumerate(ct(2), 1)
    ]
    assert rt121(*images, *scouts, of=images[:1]) == []
    assert rt121(*without(ct(4), 1), of=ct(1)) == []
    assert rt121(ct(1)[0], of=ct(1)) == []


def test_rt121_looks_into_multi_frame_images() -> None:
    assert rt121(multi_frame(ct(9))) == []
    (finding,) = rt121(multi_frame(without(ct(9), 4)))
    assert "do not lie evenly" in finding.message


def test_rt121_is_silent_where_part_of_the_series_is_archived() -> None:
    images = ct(9)
    arriving = study(without(images, 4), rtstruct(images))
    verdict = judge(arriving, a_protocol(), elsewhere={images[4].sop_instance_uid: "SESSION"})
    assert "RT121" not in {finding.id for finding in verdict.findings}


def test_rt122_tells_copies_from_phases() -> None:
    images = ct(3)
    copy = changed(images[1], SOPInstanceUID=f"{ROOT}.8")
    finding = only("RT122", study(images, copy))
    assert finding.message == (
        "1 image of CT series 1 lies where another one lies already: it is a copy, or of another time phase."
    )
    for keyword in (
        "TemporalPositionIdentifier",
        "AcquisitionNumber",
        "AcquisitionTime",
        "TriggerTime",
        "EchoTime",
    ):
        phase = changed(copy, **{keyword: "2"})
        assert said("RT122", study(images, phase)) == []
        with_rt = only("RT122", study(images, phase, rtstruct(images)))
        assert "holds several images at 1 position" in with_rt.message


def test_rt122_does_not_compare_frames_or_images_side_by_side() -> None:
    twice = multi_frame((*ct(3), *ct(3)))
    assert said("RT122", study(twice, rtstruct((twice,)))) == []
    beside = changed(ct(3)[1], SOPInstanceUID=f"{ROOT}.8", ImagePositionPatient=("60", "-50", "3"))
    assert said("RT122", study(ct(3), beside)) == []


def test_rt122_does_not_take_mr_images_of_several_weights_for_copies() -> None:
    once = all_changed(ct(3), Modality="MR", SOPClassUID=MR_CLASS)
    again = tuple(changed(one, SOPInstanceUID=f"{ROOT}.8.{n}") for n, one in enumerate(once, 1))
    assert said("RT122", study(once, again)) == []
    assert said("RT122", study(once, again[:1])) != []


def test_rt123_tells_surveys_from_series_with_a_scout_inside() -> None:
    axial, sagittal = ct(2), all_changed(ct(4)[2:], ImageOrientationPatient=("0", "1", "0", "0", "0", "-1"))
    assert said("RT123", study(axial, sagittal)) == []
    finding = only("RT123", study(axial, sagittal, rtstruct(axial)))
    assert finding.message == "The slices of CT series 1 are turned in several directions."
    finding = only("RT123", study(ct(3), sagittal[1:]))
    assert finding.message == (
        "1 of 4 slices of CT series 1 is turned otherwise than the rest; a scout may be among them."
    )


def test_rt124_tells_sizes_from_pixels_and_bears_rounding() -> None:
    images = ct(3)
    sizes = only("RT124", study(images[:2], changed(images[2], Rows="50")))
    assert sizes.message == "The image size changes inside CT series 1: 50 x 100, 100 x 100 pixels."
    pixels = only("RT124", study(images[:2], changed(images[2], PixelSpacing=("1.2", "1.2"))))
    assert pixels.message == "The size of the pixels changes inside CT series 1: from 1 to 1.2 mm."
    assert said("RT124", study(images[:2], changed(images[2], PixelSpacing=("1.0001", "1")))) == []
    assert said("RT124", study(images[:2], changed(images[2], PixelSpacing=None, Rows="none"))) == []


def test_rt125_holds_only_where_rt_refers_to_the_series() -> None:
    images = ct(3)
    bare = all_changed(images, FrameOfReferenceUID=None)
    finding = only("RT125", study(bare))
    assert (weight(finding), finding.message) == (NOTE, "3 images of CT series 1 have no coordinate system.")
    assert weight(only("RT125", study(bare, rtstruct(images)))) == HOLD
    mixed = (
        images[0],
        changed(images[1], FrameOfReferenceUID=ELSEWHERE),
        changed(images[2], FrameOfReferenceUID=()),
    )
    assert only("RT125", study(mixed)).message == (
        "1 image of CT series 1 has no coordinate system. "
        "The images of CT series 1 lie in 2 different coordinate systems."
    )
    scout = changed(images[2], ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"), FrameOfReferenceUID=ELSEWHERE)
    assert said("RT125", study(images[:2], scout, rtstruct(images[:2]))) == []


def test_rt126_counts_repetitions_and_holes_of_numbers_that_are_told() -> None:
    images = ct(5)
    numbered = [changed(one, InstanceNumber=number) for one, number in zip(images, "11469", strict=False)]
    assert only("RT126", study(numbered)).message == (
        "1 image of CT series 1 has a number that another one has, and 5 numbers between 1 and 9 are not used."
    )
    assert said("RT126", study(all_changed(images, InstanceNumber=None))) == []
    assert said("RT126", study(images[2:])) == []


def pet(count: int, *kind: str, **header: str) -> Study:
    return study(all_changed(ct(count), SOPClassUID=PT_CLASS, Modality="PT", SeriesType=kind, **header))


@pytest.mark.parametrize(
    ("kind", "declared", "needed"),
    [
        ("STATIC", {"NumberOfSlices": "4", "NumberOfTimeSlices": "9"}, 4),
        ("WHOLE BODY", {"NumberOfSlices": "4"}, 4),
        ("DYNAMIC", {"NumberOfSlices": "2", "NumberOfTimeSlices": "3"}, 6),
        ("GATED", {"NumberOfSlices": "2", "NumberOfTimeSlots": "2", "NumberOfRRIntervals": "2"}, 8),
    ],
)
def test_rt127_counts_pet_images_as_their_series_declares(
    kind: str, declared: dict[str, str], needed: int
) -> None:
    assert said("RT127", pet(needed, kind, "IMAGE", **declared)) == []
    assert said("RT127", pet(needed + 1, kind, "IMAGE", **declared)) == []
    finding = only("RT127", pet(needed - 1, kind, "IMAGE", **declared))
    assert finding.message == f"PT series 1 is incomplete: {needed - 1} of {needed} images."
    assert said("RT127", pet(1, kind, "IMAGE")) == []


def test_rt127_counts_the_parts_of_a_concatenation_and_the_frames_of_an_image() -> None:
    parts = all_changed(
        ct(3), SOPClassUID=ENHANCED_CT_CLASS, ConcatenationUID=ELSEWHERE, InConcatenationTotalNumber="3"
    )
    assert said("RT127", study(parts)) == []
    assert only("RT127", study(parts[1:])).message == "CT series 1 is incomplete: 2 of 3 parts of a volume."
    image = multi_frame(ct(4))
    short = replace(image, header={**image.header, POSITION: image.values(POSITION)[:9]})
    assert said("RT127", study(image)) == []
    assert only("RT127", study(short)).message == "CT series 1 is incomplete: 3 of 4 frames of an image."


def test_rt128_is_silent_where_images_are_named() -> None:
    images, phases = ct(3), ct(3, series=OTHER, SeriesNumber="2")
    assert said("RT128", study(images, phases)) == []
    assert said("RT128", study(images, phases, rtstruct(images))) == []
    unnamed = rtstruct(images, listed=False, contours=False)
    assert said("RT128", study(images, unnamed)) == []
    finding = only("RT128", study(images, phases, unnamed))
    assert (finding.message, finding.severity) == (
        'CT series 1, CT series 2 share the coordinate system of structure set "RS1", which names none of them.',
        Severity.INFO,
    )


def test_rt129_is_asked_only_where_rt_refers_and_never_of_upright_oblique_stacks() -> None:
    tilted = tuple(
        changed(one, ImagePositionPatient=("0", f"{n}", f"{3 * n}")) for n, one in enumerate(ct(5))
    )
    assert said("RT129", study(tilted)) == []
    assert only("RT129", study(tilted, rtstruct(tilted))).message == (
        "The slices of CT series 1 are tilted by 18 degrees."
    )
    oblique = in_space(ct(5), TILT)
    assert said("RT129", study(oblique, rtstruct(oblique))) == []


@pytest.mark.parametrize(
    ("part", "found"), [(0.0, []), (0.05, []), (0.4, [NOTE]), (0.5, [NOTE]), (0.6, [HOLD])]
)
def test_rt045_goes_by_half_the_distance_of_the_slices(
    part: float, found: list[tuple[Effect, Severity]]
) -> None:
    images = ct(5)
    off = (0, 0, 3 * part)
    assert [weight(each) for each in said("RT045", study(images, drawn(images, off)))] == found


def test_rt045_names_structures_and_lengths() -> None:
    images = ct(5)
    finding = only("RT045", study(images, drawn(images, (0, 0, 2), roi="LUNG")))
    assert finding.message == (
        '5 contours of structure set "RS1" (LUNG) do not lie on the image slices, '
        "but beside them by up to 2 mm; these are 3 mm apart."
    )


def test_rt045_takes_the_nearest_slice_where_a_contour_names_none() -> None:
    images = ct(5)
    assert said("RT045", study(images, drawn(images, (0, 0, 3), named=False))) == []
    (finding,) = said("RT045", study(images, drawn(images, (0, 0, 1), named=False)))
    assert weight(finding) == NOTE
    assert said("RT045", study(images[1:], drawn(images, (0, 0, 1), named=False))) == []


def test_rt045_of_several_series_takes_the_nearest_even_if_one_has_a_single_slice() -> None:
    images, alone = ct(5), ct(1, series=OTHER, SeriesNumber="2")
    unnamed = drawn((*images, *alone), (0, 0, 0), named=False)
    assert said("RT045", study(images, alone, unnamed)) == []


def test_rt045_measures_square_to_oblique_slices_and_to_frames() -> None:
    images = ct(5)
    across = in_space(images, TILT)
    flat = drawn(images, (0, 0, 0))
    on_them = tuple(
        replace(one, first=tuple(float(text) for text in image.values("ImagePositionPatient")))
        for one, image in zip(flat.drawing.outlines, across, strict=True)
    )
    oblique = replace(flat, drawing=replace(flat.drawing, outlines=on_them))
    assert said("RT045", study(across, oblique)) == []
    assert weight(only("RT045", study(across, drawn(images, (0, 0, 5))))) == HOLD
    frames = multi_frame(images)
    on_frames = replace(
        rtstruct((frames,)),
        drawing=replace(
            flat.drawing,
            outlines=tuple(replace(one, image_uid=frames.sop_instance_uid) for one in flat.drawing.outlines),
        ),
    )
    assert said("RT045", study(frames, on_frames)) == []
    far = replace(on_frames, drawing=shifted(on_frames.drawing, (0, 0, 100)))
    assert weight(only("RT045", study(frames, far))) == HOLD


def test_rt045_does_not_compare_what_cannot_be_compared() -> None:
    images = ct(5)
    beside = (0, 0, 2)
    assert said("RT045", study(images, drawn(images, beside, frame=ELSEWHERE))) == []
    assert said("RT045", study(all_changed(images, ImagePositionPatient=None), drawn(images, beside))) == []
    points = drawn(images, beside)
    for kind in ("POINT", "OPEN_NONPLANAR", ""):
        outlines = tuple(replace(one, kind=kind) for one in points.drawing.outlines)
        assert (
            said("RT045", study(images, replace(points, drawing=replace(points.drawing, outlines=outlines))))
            == []
        )
    (alone,) = said("RT045", study(images[:1], drawn(images[:1], (0, 0, 40))))
    assert weight(alone) == NOTE


def test_rt046_names_the_structures_that_lie_outside() -> None:
    images = ct(5)
    finding = only("RT046", study(images, drawn(images, (45, 0, 0), roi="LUNG")))
    assert finding.message == 'Parts of LUNG in structure set "RS1" lie outside the images.'
    assert said("RT046", study(images, drawn(images, (40, 0, 0)))) == []
    behind = drawn(images, (0, 0, 9), named=False)
    assert weight(only("RT046", study(images, behind))) == NOTE
    assert said("RT046", study(images[:4], behind)) == []


def test_rt046_does_not_ask_what_lies_outside_by_its_nature() -> None:
    images = ct(5)
    for name in ("BODY", "CouchSurface", "Table top", "Bolus 5mm", "Mask"):
        assert said("RT046", study(images, drawn(images, (60, 0, 0), roi=name))) == []
    typed = drawn(images, (60, 0, 0), roi="Rails")
    observed = {
        "RTROIObservationsSequence.ReferencedROINumber": ("2", "1"),
        "RTROIObservationsSequence.RTROIInterpretedType": ("ORGAN", "SUPPORT"),
    }
    assert said("RT046", study(images, replace(typed, header={**typed.header, **observed}))) == []
    observed["RTROIObservationsSequence.RTROIInterpretedType"] = ("SUPPORT", "ORGAN")
    assert said("RT046", study(images, replace(typed, header={**typed.header, **observed}))) != []


def test_rt046_is_content_with_one_of_several_series() -> None:
    images = ct(5)
    wide = tuple(
        changed(one, ImagePositionPatient=("0", "-50", str(3 * n)))
        for n, one in enumerate(ct(5, series=OTHER, SeriesNumber="2"))
    )
    both = drawn((*images, *wide), (60, 0, 0))
    assert said("RT046", study(images, wide, both)) == []


def test_rt085_follows_the_chain_and_is_silent_where_it_does_not_resolve() -> None:
    *below, dose = chain()
    moved_dose = changed(dose, FrameOfReferenceUID=ELSEWHERE)
    finding = only("RT085", study(*below, moved_dose))
    assert finding.message == 'Dose "RD1" and the images of its plan use different coordinate systems.'
    assert finding.about == (dose.sop_instance_uid,)
    assert said("RT085", study(*below[3:], moved_dose)) == []
    assert said("RT085", study(*below[:4], changed(rtdose(None), FrameOfReferenceUID=ELSEWHERE))) == []
    assert (
        said("RT085", study(*all_changed(below[:3], FrameOfReferenceUID=None), *below[3:], moved_dose)) == []
    )
    registered = replace(
        moved_dose.pointers,
        references=(
            *moved_dose.pointers.references,
            *refers(("ReferencedSpatialRegistrationSequence",), ELSEWHERE),
        ),
    )
    assert said("RT085", study(*below, replace(moved_dose, pointers=registered))) == []


def test_rt085_accepts_the_frame_of_any_plan_of_a_sum() -> None:
    images, others = ct(3), ct(3, series=OTHER, frame=ELSEWHERE, SeriesNumber="2")
    first = rtplan(rtstruct(images), 1)
    second_set = rtstruct(others, 2, frame=ELSEWHERE)
    second = rtplan(second_set, 2)
    below = (images, others, rtstruct(images), second_set, first, second)
    for frame in (FRAME, ELSEWHERE):
        dose = changed(rtdose((first, second), summation="MULTI_PLAN"), FrameOfReferenceUID=frame)
        assert said("RT085", study(*below, dose)) == []


def test_rt086_needs_a_common_part_and_nothing_more() -> None:
    *below, dose = chain()
    for place, outside in (("-60", False), ("-75", True), ("40", False), ("52", True)):
        there = changed(dose, ImagePositionPatient=(place, "-10", "0"))
        assert bool(said("RT086", study(*below, there))) is outside, place
    finding = only("RT086", study(*below, changed(dose, ImagePositionPatient=("-10", "-10", "300"))))
    assert finding.message == 'Dose "RD1" lies outside the images of its plan.'
    assert said("RT086", study(*below, changed(dose, ImagePositionPatient=None))) == []
    elsewhere = changed(dose, ImagePositionPatient=("900", "0", "0"), FrameOfReferenceUID=ELSEWHERE)
    assert said("RT086", study(*below, elsewhere)) == []


def test_a_pet_and_a_ct_of_one_patient_give_no_finding() -> None:
    images = ct(5)
    emission = [
        changed(
            one,
            SOPClassUID=PT_CLASS,
            Modality="PT",
            SeriesType=("WHOLE BODY", "IMAGE"),
            NumberOfSlices="5",
            PixelSpacing=("4", "4"),
            Rows="25",
            Columns="25",
        )
        for one in ct(5, series=OTHER, SeriesNumber="2")
    ]
    report = instance("sr.dcm", "1.2.840.10008.5.1.4.1.1.88.33", "SR", f"{ROOT}.6.1", f"{ROOT}.6")
    mine = {"RT045", "RT046", "RT085", "RT086", *(f"RT{n}" for n in range(121, 130))}
    found = judge(study(images, emission, report, rtstruct(images)), a_protocol()).findings
    assert not mine & {finding.id for finding in found}


def test_rt121_bears_a_slice_that_was_taken_twice_where_the_distance_changes() -> None:
    images = moved(ct(13), 0, 5, 10, 15, 20, 20, 23, 26, 29, 32, 35, 38, 41)
    (finding,) = rt121(*images, of=images[:1])
    assert weight(finding) == NOTE
    (finding,) = rt121(*without(images, 8), of=images[:1])
    assert weight(finding) == HOLD


def test_rt124_tells_the_side_of_the_pixels_that_changes() -> None:
    images = ct(3)
    finding = only("RT124", study(images[:2], changed(images[2], PixelSpacing=("1.2", "1"))))
    assert finding.message == "The size of the pixels changes inside CT series 1: from 1 to 1.2 mm."


def test_rt126_lets_the_parts_of_a_concatenation_share_their_number() -> None:
    parts = all_changed(ct(3), SOPClassUID=ENHANCED_CT_CLASS, ConcatenationUID=ELSEWHERE, InstanceNumber="1")
    assert said("RT126", study(parts)) == []


def test_rt127_does_not_count_frames_whose_place_is_empty() -> None:
    image = multi_frame(ct(8))
    header = {**image.header, POSITION: (*image.values(POSITION)[:6], *[""] * 6)}
    finding = only("RT127", study(replace(image, header=header)))
    assert finding.message == "CT series 1 is incomplete: 2 of 8 frames of an image."


def test_rt128_names_only_series_that_share_a_frame_with_another() -> None:
    images, again = ct(3), ct(3, series=OTHER, SeriesNumber="2")
    others = ct(3, series=f"{ROOT}.31", frame=ELSEWHERE, SeriesNumber="3")
    of_frames = registration(FRAME, ELSEWHERE)
    finding = only("RT128", study(images, again, others, of_frames))
    assert finding.message.startswith("CT series 1, CT series 2 share the coordinate system of registration")
    unnamed = blind(rtstruct(images), frame_uids=(FRAME, ELSEWHERE))
    assert said("RT128", study(images, others, unnamed)) == []


def test_rt045_of_contours_without_image_goes_by_the_slices_around_them() -> None:
    images = moved(ct(11), 0, 8, 16, 24, 27, 30, 33, 36, 39, 42, 45)
    unnamed = drawn(images, (0, 0, 0), named=False)
    between = replace(unnamed.drawing, outlines=(*unnamed.drawing.outlines, outline("1", (0, 0, 12))))
    finding = only("RT045", study(images, replace(unnamed, drawing=between)))
    assert weight(finding) == NOTE
    assert finding.message.endswith("beside them by up to 4 mm; these are 8 mm apart.")


@pytest.mark.parametrize("named", [True, False])
def test_rt045_does_not_ask_contours_that_were_drawn_across_the_slices(named: bool) -> None:
    images = ct(9)
    made = drawn(images, (0, 0, 0), named=named)
    one = made.drawing.outlines[4]
    sagittal = replace(one, first=(0.0, 0.0, 4.4), low=(0.0, 0.0, 4.4), high=(0.0, 20.0, 20.0))
    leaning = replace(sagittal, high=(15.0, 20.0, 20.0))
    for contour, found in ((sagittal, False), (leaning, True)):
        set_of_it = replace(made, drawing=replace(made.drawing, outlines=(contour,)))
        assert bool(said("RT045", study(images, set_of_it))) is found


def test_rt085_notes_a_dose_that_a_registration_leads_to() -> None:
    *below, dose = chain()
    others = ct(3, series=OTHER, frame=ELSEWHERE, SeriesNumber="2")
    elsewhere = changed(dose, FrameOfReferenceUID=ELSEWHERE)
    for joining in (registration(below[:3], others), registration(FRAME, ELSEWHERE)):
        finding = only("RT085", study(*below, others, elsewhere, joining))
        assert (finding.effect, finding.severity) == (Effect.NOTE, Severity.INFO)
        assert finding.message.endswith("different coordinate systems; a registration of the two is here.")
    beside = registration(others, f"{ELSEWHERE}.5", frame=ELSEWHERE)
    assert weight(only("RT085", study(*below, others, elsewhere, beside))) == HOLD
