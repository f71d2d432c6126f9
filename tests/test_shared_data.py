"""Real data of many vendors, read and judged with the protocol that comes with the program.

The data are not part of the project: without them these tests are skipped.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.core.past_studies import remembered
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Outcome, Verdict, judge_together
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Reason, RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.replay import replay
from xnat_gate.core.study import Reading, group
from xnat_gate.core.summary_text import write
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.edge.protocol_file import default_path, load

DATA = Path(__file__).parents[2] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the shared data sets are not beside the checkout ({DATA})"
)


@cache
def protocol() -> Protocol:
    return load(default_path(), VOCABULARY)


def read(path: Path) -> Reading:
    if not path.exists():
        pytest.skip(f"this data set is absent: {path}")
    return read_folder(path, to_read(protocol()))


@cache
def judged(name: str) -> tuple[Verdict, ...]:
    return judge_together(group(read(DATA / name)), protocol())


def told(link: RTLink) -> tuple[str, str, str, int, int]:
    return link.effective.value, link.own.value, link.reason.value, link.present, link.referenced


def ids(verdict: Verdict, effect: Effect) -> set[str]:
    return {finding.id for finding in verdict.findings if finding.effect is effect}


def test_a_clean_eclipse_export_is_linked_and_archived() -> None:
    (verdict,) = judged("eclipse-spine-phantom")
    assert (verdict.outcome, verdict.rejected) == (Outcome.ARCHIVE, ())
    (note,) = verdict.findings
    assert (note.id, note.severity, note.effect) == ("RT043", Severity.INFO, Effect.NOTE)
    assert "3 empty structures" in note.message
    assert len(verdict.accepted) == 191
    assert [told(link) for link in verdict.links] == [("LINKED", "LINKED", "INSTANCE_ALL", 190, 190)]


def test_its_structure_set_alone_is_an_orphan_and_rejected() -> None:
    (verdict,) = judged("eclipse-spine-phantom/RS.zzsabrSPINE.dcm")
    assert [told(link) for link in verdict.links] == [("ORPHAN", "ORPHAN", "TARGET_ABSENT", 0, 190)]
    assert (verdict.outcome, len(verdict.rejected), verdict.accepted) == (Outcome.REJECT, 1, ())


def test_images_with_new_uids_are_seen_through_although_all_else_fits() -> None:
    (verdict,) = judged("mim-sts-002")
    reason = "SERIES_PRESENT_INSTANCES_ABSENT"
    assert sorted(told(link) for link in verdict.links) == [
        ("ORPHAN", "ORPHAN", reason, 0, 35),
        ("ORPHAN", "ORPHAN", reason, 0, 267),
        ("ORPHAN", "ORPHAN", reason, 0, 267),
    ]
    assert ids(verdict, Effect.REJECT) == {"RT035"}
    assert {instance.modality for instance in verdict.rejected} == {"RTSTRUCT"}
    assert (verdict.outcome, len(verdict.accepted)) == (Outcome.ARCHIVE, 131)


def test_a_chain_with_one_of_its_slices_is_partial_to_its_end() -> None:
    (verdict,) = judged("eclipse-partial-chain")
    assert {link.kind.value: told(link) for link in verdict.links} == {
        "structure set": ("PARTIAL", "PARTIAL", "INSTANCE_SOME", 1, 98),
        "plan": ("PARTIAL", "LINKED", "INSTANCE_ALL", 1, 1),
    }
    assert verdict.outcome is Outcome.HOLD
    assert ids(verdict, Effect.HOLD) == {"RT030", "RT031", "RT061"}


def test_three_structure_sets_on_two_slices_are_counted_each_by_itself() -> None:
    (verdict,) = judged("mim-partial-and-duplicates")
    assert {link.instance.file: told(link) for link in verdict.links} == {
        "invalid_reference_rt.dcm": ("PARTIAL", "PARTIAL", "INSTANCE_SOME", 2, 5),
        "non_existent_reference_rt.dcm": ("PARTIAL", "PARTIAL", "INSTANCE_SOME", 2, 3),
        "rt.dcm": ("LINKED", "LINKED", "INSTANCE_ALL", 2, 2),
    }
    assert {"RT013", "RT030", "RT031"} <= ids(verdict, Effect.HOLD)
    assert "RT021" in ids(verdict, Effect.NOTE)
    assert (verdict.outcome, verdict.deliverable) == (Outcome.HOLD, False)


def test_of_pydicoms_orphans_every_file_is_accounted_for() -> None:
    folder = DATA / "pydicom-rt-orphans"
    found = read(folder)
    verdicts = judge_together(group(found), protocol())
    judged_files = [instance.file for verdict in verdicts for instance in verdict.study.instances]
    everything = [*judged_files, *found.not_dicom, *(item.file for item in found.unreadable)]
    assert sorted(everything) == sorted(path.name for path in folder.iterdir())
    assert [item.file for item in found.unreadable] == ["rtplan_truncated.dcm"]
    for verdict in verdicts:
        kept = {one.file for one in verdict.accepted} | {one.file for one in verdict.rejected}
        assert kept == {one.file for one in verdict.study.instances}


def test_pydicoms_orphans_are_all_known_as_such() -> None:
    verdicts = judged("pydicom-rt-orphans")
    links = [link for verdict in verdicts for link in verdict.links]
    whole = [link for link in links if link.reason is not Reason.READ_FAILURE]
    assert {link.effective.value for link in whole} == {"ORPHAN"}
    assert Counter(link.kind.value for link in whole) == {
        "dose": 5,
        "plan": 3,
        "structure set": 1,
        "segmentation": 1,
    }
    (doses,) = (verdict for verdict in verdicts if len(verdict.study.instances) == 5)
    assert "RT013" in ids(doses, Effect.HOLD)
    (truncated,) = (verdict for verdict in verdicts if verdict.study.damaged)
    assert "RT001" in ids(truncated, Effect.HOLD)


def test_nothing_of_many_vendors_passes_that_is_an_orphan() -> None:
    for verdict in judged("vendor-orphans"):
        assert verdict.outcome is not Outcome.ARCHIVE
        chain = [link for link in verdict.links if link.kind is not RTKind.RT_IMAGE]
        assert all(link.instance in verdict.rejected for link in chain)


def test_an_rt_image_without_its_plan_is_told_and_waits_for_images_like_any_rt() -> None:
    found = {
        link.instance.file: (told(link), ids(verdict, Effect.NOTE) & {"RT100"}, verdict.outcome)
        for verdict in judged("vendor-orphans")
        for link in verdict.links
        if link.kind is RTKind.RT_IMAGE
    }
    assert found == {
        "fodicom_RI6XDosiGap.dcm": (("ORPHAN", "ORPHAN", "TARGET_ABSENT", 0, 1), {"RT100"}, Outcome.HOLD),
        "pynetdicom_RTImageStorage.dcm": (
            ("UNVERIFIABLE", "UNVERIFIABLE", "STANDALONE_ALLOWED", 0, 0),
            {"RT100"},
            Outcome.HOLD,
        ),
    }


# --- segmentations -----------------------------------------------------------------------------------------------


def segmented(name: str) -> dict[str, tuple[str, str, str, int, int]]:
    return {link.instance.file: told(link) for verdict in judged(name) for link in verdict.links}


def test_segmentations_of_dcmqi_are_linked_to_their_slices_and_one_came_without_them() -> None:
    """The set of overlaps is made on the CT of the liver; the example of a report came without its PET."""
    whole = ("LINKED", "LINKED", "INSTANCE_ALL")
    assert segmented("dcmqi-ct-seg") == {
        "segmentations/liver.dcm": (*whole, 3, 3),
        "segmentations/partial_overlaps.dcm": (*whole, 3, 3),
        "segmentations/23x38x3/seg/label.seg": (*whole, 3, 3),
        "segmentations/24x38x3/seg/label.seg": (*whole, 3, 3),
        "segmentations/sparse-labelmap-noppv.dcm": (*whole, 2, 2),
        "segmentations/sparse-labelmap-ppv5.dcm": (*whole, 2, 2),
        "sr-example/seg.dcm": ("ORPHAN", "ORPHAN", "TARGET_ABSENT", 0, 13),
    }
    (alone,) = (verdict for verdict in judged("dcmqi-ct-seg") if verdict.rejected)
    assert ids(alone, Effect.REJECT) == {"RT105"}
    (pointed,) = (finding for finding in alone.findings if finding.id == "RT108")
    assert len(pointed.files) == 2
    assert not any("RT106" in ids(verdict, Effect.NOTE) for verdict in judged("dcmqi-ct-seg"))


def test_of_highdicoms_segmentations_the_one_of_the_single_frame_has_its_image() -> None:
    found = segmented("highdicom-ct-seg")
    assert found.pop("seg_image_ct_binary_single_frame.dcm") == ("LINKED", "LINKED", "INSTANCE_ALL", 1, 1)
    assert found.pop("seg_image_cr_binary.dcm") == ("ORPHAN", "ORPHAN", "TARGET_ABSENT", 0, 1)
    assert len(found) == 4
    assert set(found.values()) == {("ORPHAN", "ORPHAN", "TARGET_ABSENT", 0, 4)}
    assert not any("RT106" in ids(verdict, Effect.NOTE) for verdict in judged("highdicom-ct-seg"))


def test_a_segmentation_of_a_multi_frame_image_stands_on_one_object() -> None:
    (verdict,) = judged("pixelmed-enhanced-mr-seg")
    assert [told(link) for link in verdict.links] == [("LINKED", "LINKED", "INSTANCE_ALL", 1, 1)]
    (reference, *_) = verdict.links[0].instance.pointers.references
    source = verdict.study.by_uid[reference.sop_instance_uid][0]
    assert source.value("NumberOfFrames") == "4"
    assert not verdict.rejected


def test_slices_without_a_patient_are_held_and_not_delivered() -> None:
    for verdict in judged("rtutils-oblique-ct"):
        assert (verdict.outcome, verdict.labels, verdict.deliverable) == (Outcome.HOLD, None, False)
        assert {"RT002", "RT014"} <= ids(verdict, Effect.HOLD)
        assert "RT022" in ids(verdict, Effect.NOTE)


@pytest.mark.parametrize("name", sorted(one.name for one in DATA.glob("*")))
def test_every_set_is_remembered_in_short_and_replays(name: str) -> None:
    for verdict in judged(name):
        summary = remembered(verdict, protocol())
        again = replay(summary, protocol())
        assert again.told
        assert (again.outcome, again.project) == (verdict.outcome, verdict.project)
        assert again.rejected == len(verdict.rejected)
        assert len(write(summary)) < 5000
