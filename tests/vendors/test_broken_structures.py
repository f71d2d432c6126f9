"""Broken on the side of the structure set: references, frames, numbers and contours (variants 15 to 31)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vendors.broken import (
    CHAIN,
    FRAME_UNIQUE,
    PARTIAL,
    all_with,
    base,
    contours,
    header_images,
    inheriting,
)
from tests.vendors.judging import (
    LINKED,
    judged_one,
    links,
    noted,
    protocol,
    read,
    said,
    weighing,
    written,
)
from xnat_gate.core.judge import Beside, Outcome, Verdict, judge_together
from xnat_gate.core.study import group
from xnat_gate.sandbox.phantoms import (
    ABSENT,
    RTStudy,
    attributes,
    ct_series,
    frame_uid,
    instance_uid,
    item,
    mr,
    rtstruct,
)

RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
HINT = {"RT033"}


def sound(verdict: Verdict) -> bool:
    """Linked to its end and archived."""
    return (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.ARCHIVE, set())


def test_the_contours_alone_are_enough_to_link(tmp_path: Path) -> None:
    whole = base()
    for frame in whole.rtstruct.ReferencedFrameOfReferenceSequence:
        del frame.RTReferencedStudySequence
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)
    assert noted(verdict) == set()
    assert [link.referenced for link in verdict.links] == [3, 1, 1]


def test_the_header_alone_is_enough_to_link(tmp_path: Path) -> None:
    whole = base()
    all_with(contours(whole.rtstruct), ContourImageSequence=ABSENT)
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)
    assert noted(verdict) == set()
    assert [link.referenced for link in verdict.links] == [7, 1, 1]


def test_a_set_that_names_only_its_frame_of_reference_cannot_be_proven(tmp_path: Path) -> None:
    whole = base()
    _names_nothing(whole)
    verdict = judged_one(written(tmp_path / "one", whole.everything))
    assert links(verdict) == inheriting(FRAME_UNIQUE)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert noted(verdict) >= HINT
    verdict = judged_one(written(tmp_path / "two", whole.everything, mr(None)))
    assert links(verdict) == inheriting(("UNVERIFIABLE", "UNVERIFIABLE", "FRAME_AMBIGUOUS"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert noted(verdict) >= HINT | {"RT128"}


def _names_nothing(whole: RTStudy) -> None:
    for frame in whole.rtstruct.ReferencedFrameOfReferenceSequence:
        del frame.RTReferencedStudySequence
    all_with(contours(whole.rtstruct), ContourImageSequence=ABSENT)


def test_a_set_that_names_not_even_a_frame_of_reference_is_an_orphan(tmp_path: Path) -> None:
    whole = base()
    _names_nothing(whole)
    attributes(whole.rtstruct, {"ReferencedFrameOfReferenceSequence": ABSENT, "FrameOfReferenceUID": ABSENT})
    all_with(whole.rtstruct.StructureSetROISequence, ReferencedFrameOfReferenceUID=ABSENT)
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(("ORPHAN", "ORPHAN", "NO_REFERENCE"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT033", "RT061", "RT081"})
    assert len(verdict.rejected) == 3


def test_sequences_without_items_are_told_apart_from_absent_ones(tmp_path: Path) -> None:
    whole = base()
    header_images(whole.rtstruct).ContourImageSequence = []
    all_with(contours(whole.rtstruct), ContourImageSequence=[])
    verdict = judged_one(written(tmp_path / "below", whole.everything))
    assert links(verdict) == inheriting(("UNVERIFIABLE", "UNVERIFIABLE", "SERIES_ONLY"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert {"RT034", "RT048"} <= noted(verdict)
    whole.rtstruct.ReferencedFrameOfReferenceSequence = []
    verdict = judged_one(written(tmp_path / "above", whole.everything))
    assert links(verdict) == inheriting(FRAME_UNIQUE)
    assert {"RT033", "RT048"} <= noted(verdict)


def test_items_without_a_uid_name_nothing_and_are_told(tmp_path: Path) -> None:
    whole = base()
    for one in [header_images(whole.rtstruct), *contours(whole.rtstruct)]:
        all_with(one.ContourImageSequence, ReferencedSOPInstanceUID=None)
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(("UNVERIFIABLE", "UNVERIFIABLE", "SERIES_ONLY"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert {"RT034", "RT048"} <= noted(verdict)


def test_a_header_and_contours_that_name_different_halves_are_linked_and_told(tmp_path: Path) -> None:
    whole = base()
    listed = header_images(whole.rtstruct)
    listed.ContourImageSequence = listed.ContourImageSequence[:2]
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)
    assert noted(verdict) == {"RT032"}


@pytest.mark.parametrize(
    "study_class",
    [
        "1.2.840.10008.3.1.2.3.1",
        "1.2.840.10008.3.1.2.3.2",
        RTSTRUCT_CLASS,
        "1.2.840.10008.3.1.2.3.3",
    ],
)
def test_the_class_in_the_study_pair_has_no_effect(tmp_path: Path, study_class: str) -> None:
    whole = base()
    frame = whole.rtstruct.ReferencedFrameOfReferenceSequence[0]
    frame.RTReferencedStudySequence[0].ReferencedSOPClassUID = study_class
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)
    assert verdict.findings == ()


def test_rois_in_a_frame_of_reference_that_the_header_does_not_list_are_told(tmp_path: Path) -> None:
    whole = base()
    all_with(whole.rtstruct.StructureSetROISequence, ReferencedFrameOfReferenceUID=frame_uid(1, 9))
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)
    assert noted(verdict) == {"RT037"}


def test_of_two_frames_of_reference_the_images_of_one_are_missing(tmp_path: Path) -> None:
    whole = base()
    other = mr(None, frame=2, slices=2)
    second = rtstruct(None, other).ReferencedFrameOfReferenceSequence[0]
    whole.rtstruct.ReferencedFrameOfReferenceSequence.append(second)
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(PARTIAL)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT030", "RT061", "RT081"})
    assert "2 of 9 images" in said(verdict, "RT030")


@pytest.mark.parametrize(
    ("sequence", "keyword"),
    [("StructureSetROISequence", "ROINumber"), ("ROIContourSequence", "ReferencedROINumber")],
)
def test_roi_numbers_that_do_not_agree_hold_the_study(tmp_path: Path, sequence: str, keyword: str) -> None:
    whole = base()
    number = 1 if keyword == "ROINumber" else 7
    attributes(whole.rtstruct[sequence].value[1], {keyword: number})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT042"})


def test_a_set_of_points_may_stand_by_its_frame_of_reference_alone(tmp_path: Path) -> None:
    images = ct_series(None)
    named = rtstruct(None, images, geometry="POINT", rois=["ISO"])
    verdict = judged_one(written(tmp_path / "named", images, named))
    assert links(verdict) == {"structure set": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    alone = rtstruct(None, images, geometry="POINT", rois=["ISO"], names="frame")
    verdict = judged_one(written(tmp_path / "alone", images, alone))
    assert links(verdict) == {"structure set": ("UNVERIFIABLE", "UNVERIFIABLE", "STANDALONE_ALLOWED")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert noted(verdict) == {"RT033", "RT044"}


def test_a_set_in_the_series_of_the_ct_is_held(tmp_path: Path) -> None:
    whole = base()
    attributes(whole.rtstruct, {"SeriesInstanceUID": whole.ct[0].SeriesInstanceUID})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert verdict.outcome is Outcome.HOLD
    assert weighing(verdict) == {"RT014"}


def test_a_set_on_an_mr_that_is_archived_in_another_session_is_linked_and_told(tmp_path: Path) -> None:
    images, other = ct_series(None), mr(None, frame=2)
    studies = group(read(written(tmp_path, images, rtstruct(None, other))))
    archived = Beside(elsewhere={str(each.SOPInstanceUID): "EARLIER" for each in other})
    (verdict,) = judge_together(studies, protocol(), lambda _: archived)
    assert links(verdict) == {"structure set": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert "RT154" in noted(verdict)


@pytest.mark.parametrize(("shift", "holds"), [(0.4, False), (0.6, True)])
def test_contours_off_their_slices_hold_the_study_from_half_the_distance_on(
    tmp_path: Path, shift: float, holds: bool
) -> None:
    whole = base()
    for contour in contours(whole.rtstruct):
        points = [float(value) for value in contour.ContourData]
        points[2::3] = [height + shift * 3 for height in points[2::3]]
        contour.ContourData = [str(round(value, 3)) for value in points]
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (
        (Outcome.HOLD, {"RT045"}) if holds else (Outcome.ARCHIVE, set())
    )
    assert noted(verdict) == (set() if holds else {"RT045"})


@pytest.mark.parametrize("padding", [" ", "  ", "\0", "\0\0", " \0"])
def test_padding_behind_uids_is_no_part_of_them(tmp_path: Path, padding: str) -> None:
    whole = base()
    for one in [header_images(whole.rtstruct), *contours(whole.rtstruct)]:
        for named in one.ContourImageSequence:
            attributes(named, {"ReferencedSOPInstanceUID": named.ReferencedSOPInstanceUID + padding})
    for image in whole.ct[:2]:
        attributes(image, {"SOPInstanceUID": image.SOPInstanceUID + padding})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)


def test_a_predecessor_that_did_not_come_is_at_most_information(tmp_path: Path) -> None:
    whole = base()
    before = item(ReferencedSOPClassUID=RTSTRUCT_CLASS, ReferencedSOPInstanceUID=instance_uid(1, 11, 9))
    attributes(whole.rtstruct, {"PredecessorStructureSetSequence": [before]})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert sound(verdict)
    assert verdict.findings == ()
