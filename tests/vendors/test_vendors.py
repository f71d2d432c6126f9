"""What each system's exports come to under the protocol that comes with the program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.vendors import planning_systems as systems
from tests.vendors import volumes, workstations
from tests.vendors.judging import (
    LINKED,
    Told,
    judged,
    judged_one,
    links,
    noted,
    said,
    told_each,
    weighing,
)
from xnat_gate.core.judge import Outcome
from xnat_gate.core.linkage.verdicts import Reason

Build = Callable[[Path], Any]

CHAIN = {"structure set": LINKED, "plan": LINKED, "dose": LINKED}
SET = {"structure set": LINKED}


def shape(name: str, build: Build, told: dict[str, Told], *notes: str) -> Any:
    """One that is archived. `notes`: ids of checks that have something to say of it, and no more than that."""
    return pytest.param(build, told, set(notes), id=name)


@pytest.mark.parametrize(
    ("build", "told", "notes"),
    [
        shape("Eclipse 11", systems.eclipse_11, CHAIN, "RT043", "RT066"),
        shape("Eclipse 16", systems.eclipse_16, CHAIN),
        shape("Pinnacle", systems.pinnacle, CHAIN, "RT022", "RT043"),
        shape("RayStation", systems.raystation, CHAIN),
        shape("Monaco", systems.monaco, CHAIN, "RT021"),
        shape("MIM", workstations.mim, SET, "RT021"),
        shape("CERR", workstations.cerr, CHAIN, "RT022"),
        shape("rt-utils", workstations.rt_utils, SET, "RT036"),
        shape("rt-utils without header", partial(workstations.rt_utils, header=False), SET, "RT036"),
        shape("DicomRTTool", workstations.dicom_rt_tool, SET, "RT022", "RT032"),
        shape("4D CT", volumes.four_dimensional, SET),
        shape("two frames of reference", volumes.two_frames, SET, "RT038"),
        shape("multi-frame CT", volumes.drawn_on_frames, SET),
    ],
)
def test_an_export_that_is_linked_is_archived_whatever_its_peculiarities(
    tmp_path: Path, build: Build, told: dict[str, Told], notes: set[str]
) -> None:
    build(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == told
    assert (verdict.outcome, weighing(verdict), verdict.rejected) == (Outcome.ARCHIVE, set(), ())
    assert noted(verdict) == notes


def test_every_beam_set_of_raystation_has_a_plan_and_doses_of_its_own(tmp_path: Path) -> None:
    systems.raystation(tmp_path)
    kinds = [kind for kind, _ in told_each(judged_one(tmp_path))]
    assert kinds == ["dose"] * 6 + ["plan"] * 2 + ["structure set"]


def test_doses_and_drrs_of_oncentra_are_linked_and_held_since_they_share_their_series(tmp_path: Path) -> None:
    systems.oncentra(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {**CHAIN, "RT image": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT020"})
    assert "5 RTDOSE files" in said(verdict, "RT020")
    assert "3 RTIMAGE files" in said(verdict, "RT020")
    assert {"RT021", "RT084", "RT087"} <= noted(verdict)


def test_a_verification_plan_of_monaco_in_a_study_of_its_own_is_rejected(tmp_path: Path) -> None:
    systems.monaco_quality_assurance(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"plan": ("ORPHAN", "ORPHAN", "TARGET_ABSENT")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.REJECT, {"RT061", "RT120"})


def test_the_head_of_an_ion_plan_of_xio_is_rejected(tmp_path: Path) -> None:
    systems.xio_ions(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"plan": ("ORPHAN", "ORPHAN", "NO_REFERENCE")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.REJECT, {"RT060", "RT120"})


def test_each_set_of_mim_is_counted_over_the_whole_series_that_it_lists(tmp_path: Path) -> None:
    workstations.mim(tmp_path)
    verdict = judged_one(tmp_path)
    assert [(link.present, link.referenced) for link in verdict.links] == [(5, 5)] * 3


def test_the_template_of_dicomrttool_names_an_image_that_nobody_has(tmp_path: Path) -> None:
    workstations.dicom_rt_tool(tmp_path, template=True)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"structure set": ("PARTIAL", "PARTIAL", "INSTANCE_SOME")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT030", "RT031"})


def test_images_that_were_exported_again_are_archived_and_their_structure_set_is_not(tmp_path: Path) -> None:
    volumes.exported_again(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"structure set": ("ORPHAN", "ORPHAN", "SERIES_PRESENT_INSTANCES_ABSENT")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, {"RT035"})
    assert (len(verdict.accepted), len(verdict.rejected)) == (5, 1)


def test_a_set_over_two_frames_of_reference_is_half_linked_when_the_images_of_one_are_missing(
    tmp_path: Path,
) -> None:
    volumes.two_frames(tmp_path, second_sent=False)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"structure set": ("PARTIAL", "PARTIAL", "INSTANCE_SOME")}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT030", "RT031"})
    assert "GTV" in said(verdict, "RT031")
    assert "BODY" not in said(verdict, "RT031")


@pytest.mark.parametrize("build", [workstations.dcmqi_segmentation, workstations.highdicom_segmentation])
def test_segmentations_are_linked_and_go_to_quarantine_since_the_protocol_does_not_allow_them(
    tmp_path: Path, build: Build
) -> None:
    build(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"segmentation": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.QUARANTINE, {"ALLOW"})


def test_a_verification_plan_on_a_phantom_is_linked_and_waits_for_a_person(tmp_path: Path) -> None:
    volumes.verification(tmp_path)
    verdict = judged_one(tmp_path)
    assert links(verdict) == {"structure set": LINKED, "plan": LINKED}
    assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT062"})


def test_one_study_of_a_phantom_under_the_names_of_two_patients_is_held(tmp_path: Path) -> None:
    for patient in (volumes.FIRST, volumes.SECOND):
        volumes.verification(tmp_path, patient)
    (verdict,) = judged(tmp_path)
    assert {one.reason for one in verdict.links if one.kind == "structure set"} == {Reason.TARGET_AMBIGUOUS}
    assert verdict.outcome is Outcome.HOLD
    assert weighing(verdict) == {"RT004", "RT013", "RT030", "RT061", "RT062"}
    assert not verdict.deliverable


def test_a_phantom_that_was_copied_into_the_studies_of_two_patients_holds_them_when_they_come_together(
    tmp_path: Path,
) -> None:
    for place, patient in enumerate((volumes.FIRST, volumes.SECOND)):
        volumes.verification(tmp_path, patient, study=20 + place)
    verdicts = judged(tmp_path)
    for verdict in verdicts:
        assert links(verdict) == {"structure set": LINKED, "plan": LINKED}
        assert (verdict.outcome, weighing(verdict)) == (Outcome.HOLD, {"RT014", "RT062"})
    assert len(verdicts) == 2
