"""Objects that are too much of one thing: told as such, by the name of the bound, in little memory and time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from benchmarks import large_files as large
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.study import READ_ALWAYS, Instance, Unreadable
from xnat_gate.edge.dicom_files import answers, bounds, contours, cursor, elements, pointers, read_folder
from xnat_gate.edge.dicom_files.contours import measured
from xnat_gate.edge.dicom_files.prints import print_of

SQUARE = b"0\\0\\5\\10\\0\\5\\10\\10\\5"
UID = f"{large.ROOT}.1.2.1"


def read(path: Path) -> Instance | Unreadable:
    reading = read_folder(path, READ_ALWAYS)
    (one,) = (*reading.instances, *reading.unreadable)
    return one


def whole(path: Path) -> Instance:
    found = read(path)
    assert isinstance(found, Instance), found
    return found


Bound = tuple[ModuleType, str, int]
ELEMENTS: Bound = (cursor, "MOST_ELEMENTS", 2_000)
BEYOND: dict[str, tuple[Callable[[Path], None], Bound, str]] = {
    "references": (
        lambda path: large.references(path, 30),
        (pointers, "MOST_REFERENCES", 20),
        "more than 20 references",
    ),
    "ROIs": (lambda path: large.numbers(path, 30), (pointers, "MOST_OTHERS", 20), "more than 20 "),
    "words": (
        lambda path: large.long_words(path, 3),
        (bounds, "MOST_LETTERS", 80_000),
        "more than 80,000 letters",
    ),
    "elements": (lambda path: large.empty_elements(path, 3_000), ELEMENTS, "more than 2,000 elements"),
    "items": (lambda path: large.empty_items(path, 3_000), ELEMENTS, "more than 2,000 elements"),
    "depth, told": (lambda path: large.nested(path, 70, defined=True), ELEMENTS, "more than 64 deep"),
    "depth, not told": (lambda path: large.nested(path, 70, defined=False), ELEMENTS, "more than 64 deep"),
    "depth without end": (lambda path: large.never_closed(path, 5_000), ELEMENTS, "more than 64 deep"),
    "what is asked": (
        lambda path: large.frames(path, 1_000),
        (answers, "MOST_SAID", 30_000),
        "more than 30,000 letters",
    ),
}
"""What is written, the bound made small, and what is then said."""


@pytest.mark.parametrize("name", BEYOND)
def test_a_bound_that_is_reached_is_told_by_its_name_with_what_was_read_before(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, bound, words = BEYOND[name]
    monkeypatch.setattr(*bound)
    build(tmp_path / "one.dcm")
    found = read(tmp_path)
    assert isinstance(found, Unreadable), found
    assert (found.limit, words in found.why) == (True, True), found.why
    assert "too large to be checked to its end" in found.why
    assert found.study_uid == f"{large.ROOT}.1"
    assert found.sop_instance_uid.startswith(f"{large.ROOT}.1.")
    assert found.sop_class_uid in (large.STRUCTURES, large.SEG)


def test_damage_is_no_bound(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    large.numbers(path, 5)
    path.write_bytes(path.read_bytes()[:-12])
    found = read(tmp_path)
    assert isinstance(found, Unreadable)
    assert (found.limit, found.sop_instance_uid) == (False, UID)
    assert "cut short" in found.why


def test_a_length_behind_which_nothing_stands_is_damage_and_no_size(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    large.wide_values(path, [(0x00081030, "StudyDescription"), (0x0008103E, "SeriesDescription")], 3 << 20)
    too_large = read(path)
    path.write_bytes(path.read_bytes()[: 1 << 20])
    cut = read(path)
    assert isinstance(too_large, Unreadable)
    assert isinstance(cut, Unreadable)
    assert (too_large.limit, cut.limit) == (True, False)


def test_a_deflated_data_set_of_many_megabytes_is_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor, "MOST_INFLATED", 1 << 20)
    large.bomb(tmp_path / "one.dcm", 4)
    found = read(tmp_path)
    assert isinstance(found, Unreadable)
    assert (found.limit, "inflates to more than" in found.why) == (True, True)


@pytest.mark.parametrize("name", ["frames of references", "numbers of 5,000 digits"])
def test_numbers_that_no_reader_can_count_are_no_reason_to_fail(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = name.startswith("numbers")
    frames = "9" * 5000 if long else "\\".join(map(str, range(50)))
    named = large.names(large.image(1)) + large.element(0x00081160, "IS", frames)
    sets = large.sequence(0x300C0060, [large.item(named)])
    rois = large.sequence(0x30060020, [large.item(large.element(0x30060022, "IS", "9" * 5000))])
    large.structures(tmp_path / "one.dcm", rois, sets)
    if long:
        pointers = whole(tmp_path).pointers
        assert [len(str(number)) for number in pointers.references[0].frames] == [12]
        assert pointers.numbers[0].value == "9" * 5000
        return
    monkeypatch.setattr("xnat_gate.edge.dicom_files.pointers.MOST_FRAME_NUMBERS", 49)
    found = read(tmp_path)
    assert isinstance(found, Unreadable)
    assert "name more than 49 frames" in found.why


def test_contours_of_one_roi_name_an_image_once_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xnat_gate.edge.dicom_files.pointers.MOST_REFERENCES", 200)
    drawn = [
        large.item(*large.sequence(0x30060040, [large.contour(nth % 3, SQUARE) for nth in range(90)]))
    ] * 20
    large.structures(tmp_path / "one.dcm", large.sequence(0x30060039, drawn))
    found = whole(tmp_path)
    assert (len(found.pointers.references), len(found.drawing.outlines)) == (60, 1800)


def test_contours_beyond_the_bounds_are_counted_and_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contours, "MOST_OUTLINES", 150)
    large.contours(tmp_path / "one.dcm", 200, SQUARE, per_roi=100)
    drawing = whole(tmp_path).drawing
    assert (len(drawing.outlines), drawing.unmeasured) == (150, 50)


def test_a_long_contour_takes_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contours, "PIECE", 1 << 14)
    points = b"\\".join([b"-123.4567"] * 60_000)
    large.contours(tmp_path / "one.dcm", 2, points, per_roi=2, long=True)
    tracemalloc.start()
    try:
        drawing = whole(tmp_path).drawing
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one.values for one in drawing.outlines] == [60_000] * 2
    assert peak < 3 * len(points)


@given(
    st.lists(st.floats(-500, 500).map(lambda number: f"{number:.3f}"), min_size=3, max_size=40),
    st.integers(1, 60),
)
def test_a_contour_measures_the_same_in_pieces_of_whatever_size(texts: list[str], piece: int) -> None:
    data = "\\".join(texts).encode()
    at_once = measured("CLOSED_PLANAR", "1", "1.2", data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contours, "PIECE", piece)
        assert measured("CLOSED_PLANAR", "1", "1.2", data) == at_once
    whole_points = [float(text) for text in texts[: len(texts) // 3 * 3]]
    assert at_once.low == tuple(min(whole_points[axis::3]) for axis in range(3))
    assert at_once.high == tuple(max(whole_points[axis::3]) for axis in range(3))
    assert at_once.values == len(texts)


def test_a_segmentation_of_many_frames_is_read_to_its_end(tmp_path: Path) -> None:
    large.frames(tmp_path / "one.dcm", 2_000)
    found = whole(tmp_path)
    positions = found.values("PerFrameFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient")
    assert (len(positions), len(found.pointers.references)) == (6_000, 2_000)


def test_a_long_list_of_offsets_is_read_to_its_end(tmp_path: Path) -> None:
    large.grid(tmp_path / "one.dcm", elements.LONGEST_TEXT // 2)
    assert len(whole(tmp_path).values("GridFrameOffsetVector")) == elements.LONGEST_TEXT // 2


def test_a_count_of_5000_digits_is_no_count_for_a_print_either(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    large.write(
        path,
        large.CT,
        "CT",
        1,
        [large.element(0x00280008, "IS", "9" * 5000), large.element(0x7FE00010, "OW", bytes(8))],
    )
    assert print_of(path, whole(path)).content
