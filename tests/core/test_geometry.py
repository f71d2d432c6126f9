"""Where images lie: the same wherever the patient lies, in whatever order the files came, however the file tells it."""

from __future__ import annotations

import random
from dataclasses import replace
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.geometries import (
    ORIENTATION,
    POSITION,
    Rotation,
    in_space,
    multi_frame,
    rotation,
    turned,
    written,
)
from tests.core.studies import GRID, ROOT, all_changed, changed, ct, outline, rtdose, study
from xnat_gate.core.drawing import Point
from xnat_gate.core.geometry import Geometry
from xnat_gate.core.geometry.boxes import apart, box_of, reaches_out
from xnat_gate.core.geometry.dose_grids import dose_box
from xnat_gate.core.geometry.planes import Plane, planes_of
from xnat_gate.core.geometry.stacks import Stack, stack_of
from xnat_gate.core.geometry.vectors import numbers, whole
from xnat_gate.core.study import Instance

SERIES = ct()[0].series_uid
ANGLES = st.floats(-180, 180)
ROTATIONS = st.builds(rotation, ANGLES, ANGLES)
SHIFTS = st.tuples(*[st.floats(-500, 500)] * 3)
HEIGHTS = st.lists(st.integers(-200, 200).map(lambda n: n * 0.5), min_size=1, max_size=12)


def at_heights(*heights: float) -> tuple[Instance, ...]:
    """Axial slices at these places."""
    return tuple(
        changed(one, ImagePositionPatient=("-50", "-50", f"{z}"))
        for one, z in zip(ct(len(heights)), heights, strict=True)
    )


def stacked(*images: Instance) -> Stack:
    stack = Geometry(study(images)).stacks[SERIES]
    assert isinstance(stack, Stack)
    return stack


def shape(stack: Stack) -> tuple[list[float], list[int], list[tuple[float, float]]]:
    """All that does not depend on where the stack lies."""
    start = stack.levels[0].at
    ends = [(lower.at - start, upper.at - start) for lower, upper in stack.gaps]
    return [level.at - start for level in stack.levels], [len(level.planes) for level in stack.levels], ends


def same(one: Stack, other: Stack) -> bool:
    mine, theirs = shape(one), shape(other)
    flat = [[*each[0], *(end for pair in each[2] for end in pair)] for each in (mine, theirs)]
    return mine[1] == theirs[1] and flat[0] == pytest.approx(flat[1], abs=1e-5)


@settings(max_examples=40)
@given(HEIGHTS, ROTATIONS, SHIFTS)
def test_a_stack_is_the_same_wherever_it_lies(heights: list[float], by: Rotation, moved: Point) -> None:
    upright = at_heights(*heights)
    laid = stacked(*in_space(upright, by, moved))
    assert same(stacked(*upright), laid)
    assert laid.lean == pytest.approx(0, abs=1e-5)


@settings(max_examples=40)
@given(HEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_the_files_changes_nothing(heights: list[float], chance: random.Random) -> None:
    scout = changed(
        ct(1)[0], SOPInstanceUID=f"{ROOT}.8", ImageOrientationPatient=("0", "1", "0", "0", "0", "1")
    )
    images = [*at_heights(*heights), scout]
    shuffled = images.copy()
    chance.shuffle(shuffled)
    assert Geometry(study(images)).stacks == Geometry(study(shuffled)).stacks


@settings(max_examples=40)
@given(HEIGHTS.filter(lambda heights: len(heights) > 1), ROTATIONS, SHIFTS)
def test_a_multi_frame_image_lies_where_its_frames_lay(
    heights: list[float], by: Rotation, moved: Point
) -> None:
    single = in_space(at_heights(*heights), by, moved)
    one_by_one = [replace(plane, uid="", number=None) for image in single for plane in planes_of(image)]
    together = [replace(plane, uid="", number=None) for plane in planes_of(multi_frame(single))]
    assert one_by_one == together
    assert len(together) == len(heights)


@settings(max_examples=40)
@given(ROTATIONS, SHIFTS, SHIFTS)
def test_boxes_meet_or_not_wherever_both_lie(by: Rotation, moved: Point, beside: Point) -> None:
    here, there = ct(5), in_space(ct(5), rotation(0, 0), beside)
    mine, theirs = box_of(stacked(*here)), box_of(stacked(*there))
    assert mine is not None
    assert theirs is not None
    meets = all(abs(part) <= side for part, side in zip(beside, (100, 100, 15), strict=True))
    if all(abs(abs(part) - side) > 1e-3 for part, side in zip(beside, (100, 100, 15), strict=True)):
        assert apart(mine, theirs) is apart(theirs, mine) is not meets
        laid, laid_too = (box_of(stacked(*in_space(each, by, moved))) for each in (here, there))
        assert laid is not None
        assert laid_too is not None
        assert apart(laid, laid_too) is not meets


def test_what_has_no_place_has_no_plane() -> None:
    sound = ct(1)[0]
    broken: tuple[dict[str, object], ...] = (
        {"ImagePositionPatient": None},
        {"ImagePositionPatient": ()},
        {"ImagePositionPatient": ("1", "2")},
        {"ImagePositionPatient": ("1", "2", "")},
        {"ImagePositionPatient": ("1", "2", "three")},
        {"ImagePositionPatient": ("1", "2", "nan")},
        {"ImagePositionPatient": ("1", "2", "inf")},
        {"ImagePositionPatient": ("1", "2", "1e300")},
        {"ImageOrientationPatient": None},
        {"ImageOrientationPatient": ("0",) * 6},
        {"ImageOrientationPatient": ("1", "0", "0", "1", "0", "0")},
        {"ImageOrientationPatient": ("1", "0", "0", "nan", "1", "0")},
        {"ImageOrientationPatient": ("1", "0", "0")},
        {"NumberOfFrames": "none"},
        {"NumberOfFrames": "-1"},
        {"NumberOfFrames": "4"},
        {"NumberOfFrames": "99999999999"},
    )
    assert len(planes_of(sound)) == 1
    for damage in broken:
        assert planes_of(changed(sound, **damage)) == ()
    unknown = planes_of(changed(sound, PixelSpacing=("0", "1"), Rows="many"))
    assert [(one.spacing, one.size) for one in unknown] == [(None, None)]


@settings(max_examples=80)
@given(
    st.dictionaries(
        st.sampled_from(
            [*GRID, "ImagePositionPatient", "NumberOfFrames", "InstanceNumber", POSITION, ORIENTATION]
        ),
        st.lists(st.one_of(st.sampled_from(["", "0", "1", "-1", "nan", "1e999", "x"]), st.text(max_size=3))),
        max_size=4,
    )
)
def test_no_header_is_too_odd(header: dict[str, list[str]]) -> None:
    images = [
        replace(one, header={**one.header, **{k: tuple(v) for k, v in header.items()}}) for one in ct(3)
    ]
    geometry = Geometry(study(images))
    assert geometry.boxes.keys() <= geometry.stacks.keys() <= geometry.slices.keys()
    dose_box(
        replace(rtdose(None), header={**rtdose(None).header, **{k: tuple(v) for k, v in header.items()}})
    )


def test_frames_of_which_one_has_no_place_have_none() -> None:
    whole_image = multi_frame(ct(3))
    positions = whole_image.values(POSITION)
    lacking = replace(
        whole_image, header={**whole_image.header, POSITION: (*positions[:3], "", *positions[6:])}
    )
    assert planes_of(lacking) == ()
    short = replace(whole_image, header={**whole_image.header, POSITION: positions[:6]})
    assert planes_of(short) == ()


def test_frames_may_tell_their_orientation_each_for_itself() -> None:
    image = multi_frame(ct(3))
    each = ORIENTATION.replace("Shared", "PerFrame")
    header = {**image.header, each: image.values(ORIENTATION) * 3}
    del header[ORIENTATION]
    assert planes_of(replace(image, header=header)) == planes_of(image)


def test_directions_that_differ_by_rounding_make_one_stack_and_others_are_strays() -> None:
    rounded = [
        changed(one, ImageOrientationPatient=("1", f"0.000{n}", "0", "0", "1", "0"))
        for n, one in enumerate(ct(5))
    ]
    across = changed(
        rounded[0], SOPInstanceUID=f"{ROOT}.8", ImageOrientationPatient=("0", "1", "0", "0", "0", "-1")
    )
    stack = stacked(*rounded, across)
    assert (len(stack.levels), stack.strays) == (5, 1)


def test_a_survey_in_three_directions_is_no_stack() -> None:
    planes = [*planes_of(ct(1)[0])]
    for cosines in (("0", "1", "0", "0", "0", "-1"), ("1", "0", "0", "0", "0", "-1")):
        planes += planes_of(changed(ct(1)[0], ImageOrientationPatient=cosines))
    assert stack_of(planes) is None
    assert stack_of([]) is None


def test_a_camera_that_went_around_the_patient_costs_little() -> None:
    around = [p for n in range(1000) for p in planes_of(in_space(ct(1), rotation(0, n * 0.36))[0])]
    assert stack_of(around) is None


def test_a_gap_is_seen_where_most_distances_are_alike() -> None:
    assert [
        shape(stacked(*at_heights(*heights)))[2] for heights in ((0, 3, 9), (0, 3, 6, 12), (0, 3, 6, 10.4))
    ] == [
        [],
        [(6, 12)],
        [],
    ]


def test_images_sent_twice_and_scouts_lie_nowhere_a_second_time() -> None:
    images = ct(3)
    scouts = all_changed(ct(2), ImageType=("ORIGINAL", "PRIMARY", "LOCALIZER"), SOPInstanceUID=f"{ROOT}.8")
    again = replace(images[0], file="again.dcm")
    assert shape(stacked(*images, again, *scouts)) == shape(stacked(*images))


def test_a_tilted_gantry_leans_and_one_slice_set_aside_does_not() -> None:
    tilted = [changed(one, ImagePositionPatient=("0", f"{n}", f"{3 * n}")) for n, one in enumerate(ct(6))]
    assert isclose(stacked(*tilted).lean, 1 / 3)
    aside = [*ct(5), changed(ct(6)[5], ImagePositionPatient=("0", "40", "15"))]
    assert stacked(*aside).lean == 0


@settings(max_examples=40)
@given(ROTATIONS, SHIFTS)
def test_a_contour_inside_never_reaches_out_and_one_far_beside_always_does(
    by: Rotation, moved: Point
) -> None:
    box = box_of(stacked(*in_space(ct(5), by, moved)))
    assert box is not None
    for x, out in ((-49, False), (0, False), (48, False), (300, True), (-300, True)):
        corners = [turned((x + a, b, 6), by, moved) for a in (0, 1) for b in (0, 1)]
        drawn = replace(
            outline("1", corners[0]),
            low=(min(c[0] for c in corners), min(c[1] for c in corners), min(c[2] for c in corners)),
            high=(max(c[0] for c in corners), max(c[1] for c in corners), max(c[2] for c in corners)),
        )
        assert reaches_out(drawn, box) is out


def test_of_a_contour_along_the_axes_every_edge_counts() -> None:
    box = box_of(stacked(*ct(5)))
    assert box is not None
    assert box.spans == ((-50.5, 49.5), (-50.5, 49.5), (-1.5, 13.5))
    inside = [(-51, 0, 0), (40, 0, 0), (0, 40.5, 0), (0, 0, 16), (0, 0, -4)]
    outside = [(-52, 0, 0), (41, 0, 0), (0, 41, 0), (0, -52, 0), (0, 0, 17), (0, 0, -5)]
    assert [reaches_out(outline("1", at), box) for at in inside] == [False] * 5
    assert [reaches_out(outline("1", at), box) for at in outside] == [True] * 6
    assert not reaches_out(outline("1", (0, 0, 17)), box, along_normal=False)
    assert not reaches_out(replace(outline("1", (900, 0, 0)), first=None), box)


def test_a_dose_grid_is_told_by_offsets_or_by_places_and_not_by_guesses() -> None:
    dose = changed(rtdose(None), NumberOfFrames="3", ImagePositionPatient=("-10", "-10", "30"))

    def depth(*offsets: str, **header: object) -> tuple[float, float] | None:
        box = dose_box(changed(dose, GridFrameOffsetVector=offsets, **header))
        return box and box.spans[2]

    assert depth("0", "3", "6") == (28.5, 37.5)
    assert depth("0", "-3", "-6") == (22.5, 31.5)
    assert depth("30", "33", "36") == (28.5, 37.5)
    assert depth("12", "15", "18") is None
    assert depth("0", "3") is None
    assert depth("0", "3", "nan") is None
    assert depth() is None
    down = depth("30", "33", "36", ImageOrientationPatient=("1", "0", "0", "0", "-1", "0"))
    assert down == (-37.5, -28.5)


def test_numbers_are_numbers_or_nothing() -> None:
    assert numbers(("1", " -2.5e1 ")) == (1.0, -25.0)
    assert [numbers((text,)) for text in ("", "x", "nan", "inf", "1e7")] == [None] * 5
    assert [whole(text) for text in ("7", " 007 ", "-1", "+2")] == [7, 7, -1, 2]
    assert [whole(text) for text in ("", "1.0", "1A", "\u0664", "9" * 13)] == [None] * 5


def test_positions_are_written_so_that_they_are_found_again() -> None:
    assert written((1 / 3, 0, -2)) == ("0.333333333", "0.000000000", "-2.000000000")
    planes: tuple[Plane, ...] = planes_of(ct(1)[0])
    assert planes[0].number == 1


def test_a_dose_grid_that_can_be_read_in_two_ways_has_no_box() -> None:
    """Offsets from 0, of frames that begin at 0 and are counted down: places in the patient, or along the normal."""
    downwards = ("1", "0", "0", "0", "-1", "0")
    dose = changed(rtdose(None), ImageOrientationPatient=downwards, ImagePositionPatient=("-10", "10", "0"))
    assert dose_box(dose) is None
    assert dose_box(changed(dose, ImagePositionPatient=("-10", "10", "6"))) is not None
    assert dose_box(changed(dose, NumberOfFrames=None, GridFrameOffsetVector=None)) is not None


def test_a_step_of_one_and_a_half_is_no_gap_however_it_is_turned() -> None:
    upright = at_heights(0.0, 0.5, -4.0, -10.0)
    turned = in_space(upright, rotation(1.0, 0.0), (0.0, 0.0, 0.0))
    assert stacked(*upright).gaps == stacked(*turned).gaps == ()
