"""Broken on the side of the images: missing, copied, replaced, renumbered (variants 1 to 14)."""

from __future__ import annotations

from pathlib import Path

from tests.vendors.broken import CHAIN, CONTOURED, EMPTY_MIDDLE, PARTIAL, all_with, base, copied, inheriting
from tests.vendors.judging import (
    LINKED,
    judged,
    judged_one,
    links,
    noted,
    said,
    told_each,
    weighing,
    written,
)
from tests.vendors.volumes import multi_frame
from xnat_gate.core.judge import Outcome
from xnat_gate.sandbox.phantoms import (
    attributes,
    ct_series,
    frame_uid,
    instance_uid,
    rtstruct,
    series_uid,
    study_uid,
)

LESS = {"RT030", "RT061", "RT081"}
"""What is said of a chain that hangs on some of its images."""


def test_the_set_is_linked_as_long_as_nothing_is_broken(tmp_path: Path) -> None:
    verdict = judged_one(written(tmp_path, base().everything))
    assert (links(verdict), verdict.outcome, verdict.findings) == (CHAIN, Outcome.ARCHIVE, ())


def test_without_a_slice_in_the_middle_that_carries_nothing_the_set_is_partial_and_has_a_gap(
    tmp_path: Path,
) -> None:
    whole = base()
    del whole.ct[EMPTY_MIDDLE]
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(PARTIAL)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, LESS | {"RT121"})


def test_without_a_slice_that_carries_contours_the_structures_on_it_are_named(tmp_path: Path) -> None:
    whole = base()
    del whole.ct[CONTOURED[1]]
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(PARTIAL)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, LESS | {"RT031", "RT121"})
    assert "BODY, PTV" in said(verdict, "RT031")


def test_without_the_last_slice_the_set_is_partial_although_no_gap_is_seen(tmp_path: Path) -> None:
    whole = base()
    del whole.ct[-1]
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(PARTIAL)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, LESS)
    assert "RT121" not in noted(verdict)


def test_without_any_image_everything_is_an_orphan(tmp_path: Path) -> None:
    whole = base()
    verdict = judged_one(written(tmp_path, whole.rtstruct, whole.rtplan, whole.rtdose))
    assert links(verdict) == inheriting(("ORPHAN", "ORPHAN", "TARGET_ABSENT"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.REJECT, LESS | {"RT120"})


def test_images_with_new_instance_uids_are_seen_to_be_another_copy(tmp_path: Path) -> None:
    whole = base()
    for place, image in enumerate(whole.ct, start=1):
        attributes(image, {"SOPInstanceUID": instance_uid(1, 1, 100 + place)})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(("ORPHAN", "ORPHAN", "SERIES_PRESENT_INSTANCES_ABSENT"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT035", "RT061", "RT081"})
    assert len(verdict.rejected) == 3


def test_images_in_a_new_series_are_linked_all_the_same(tmp_path: Path) -> None:
    whole = base()
    all_with(whole.ct, SeriesInstanceUID=series_uid(1, 99))
    verdict = judged_one(written(tmp_path, whole.everything))
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.ARCHIVE, set())
    assert noted(verdict) == {"RT034"}


def test_images_in_a_new_frame_of_reference_are_linked_and_the_contradiction_is_told(tmp_path: Path) -> None:
    whole = base()
    all_with(whole.ct, FrameOfReferenceUID=frame_uid(1, 9))
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT085"})
    assert {"RT036"} <= noted(verdict)


def test_images_in_another_study_are_not_found_and_both_studies_are_held(tmp_path: Path) -> None:
    whole = base()
    all_with(whole.ct, StudyInstanceUID=study_uid(9))
    planned, images = judged(written(tmp_path, whole.everything))
    assert links(planned) == inheriting(("ORPHAN", "ORPHAN", "TARGET_ABSENT"))
    assert (planned.outcome, images.outcome) == (Outcome.REJECT, Outcome.HOLD)
    assert weighing(images) == {"RT007"}
    assert weighing(planned) == LESS | {"RT007", "RT120"}
    assert "RT040" in noted(planned)


def test_a_multi_frame_volume_in_place_of_the_slices_is_another_object(tmp_path: Path) -> None:
    whole = base()
    verdict = judged_one(
        written(tmp_path, multi_frame(None, whole.ct), whole.rtstruct, whole.rtplan, whole.rtdose)
    )
    assert links(verdict) == inheriting(("ORPHAN", "ORPHAN", "FRAME_ONLY_INSTANCES_ABSENT"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, LESS)


def test_a_multi_frame_volume_under_the_identity_of_a_slice_is_told_by_its_class(tmp_path: Path) -> None:
    whole = base()
    volume = attributes(multi_frame(None, whole.ct), {"SOPInstanceUID": whole.ct[0].SOPInstanceUID})
    verdict = judged_one(written(tmp_path, volume, whole.rtstruct, whole.rtplan, whole.rtdose))
    assert links(verdict) == inheriting(("ORPHAN", "ORPHAN", "TARGET_MISMATCH"))
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, LESS)
    assert "RT041" in noted(verdict)


def test_a_copy_of_the_series_under_new_uids_does_not_disturb_the_links_to_the_original(
    tmp_path: Path,
) -> None:
    whole = base()
    verdict = judged_one(written(tmp_path, whole.everything, copied(whole.ct, 99)))
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.ARCHIVE, set())
    assert noted(verdict) == set()


def test_two_copies_of_a_slice_that_differ_in_a_pixel_leave_open_which_was_meant(tmp_path: Path) -> None:
    whole = base()
    pixels = whole.ct[2].PixelData
    twin = copied(whole.ct[2:3], 1, SOPInstanceUID=whole.ct[2].SOPInstanceUID, PixelData=b"\1" + pixels[1:])
    all_with(twin, SeriesNumber=2, InstanceNumber=3)
    verdict = judged_one(written(tmp_path, whole.everything, twin))
    assert links(verdict) == inheriting(("UNVERIFIABLE", "UNVERIFIABLE", "TARGET_AMBIGUOUS"))
    assert (verdict.outcome, weighing(verdict), verdict.deliverable) == (Outcome.HOLD, {"RT013"}, False)


def test_a_slice_of_another_patient_under_a_uid_that_is_named_is_not_the_slice(tmp_path: Path) -> None:
    whole = base()
    attributes(whole.ct[2], {"PatientName": "PHANTOM^ICE", "PatientID": "PHANTOM-ICE"})
    verdict = judged_one(written(tmp_path, whole.everything))
    assert links(verdict) == inheriting(PARTIAL)
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, LESS | {"RT004", "RT031", "RT152"})
    assert not verdict.deliverable


def test_a_scout_in_the_same_frame_of_reference_changes_nothing(tmp_path: Path) -> None:
    whole = base()
    scout = ct_series(
        None,
        series=98,
        number=98,
        slices=1,
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        ImageOrientationPatient=["1", "0", "0", "0", "0", "-1"],
    )
    verdict = judged_one(written(tmp_path, whole.everything, scout))
    assert (links(verdict), verdict.outcome, verdict.findings) == (CHAIN, Outcome.ARCHIVE, ())


def test_a_set_on_one_of_ten_phases_stands_on_that_one_and_on_no_other(tmp_path: Path) -> None:
    phases = [ct_series(None, series=50 + nth, number=50 + nth, slices=3) for nth in range(10)]
    structures = rtstruct(None, phases[4])
    folder = written(tmp_path, *phases, structures)
    verdict = judged_one(folder)
    assert told_each(verdict) == [("structure set", LINKED)]
    assert (verdict.outcome, verdict.findings) == (Outcome.ARCHIVE, ())
    for nth in range(12, 15):
        (folder / f"{nth:03}.dcm").unlink()
    verdict = judged_one(folder)
    assert links(verdict) == {"structure set": ("ORPHAN", "ORPHAN", "FRAME_ONLY_INSTANCES_ABSENT")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT030"})
