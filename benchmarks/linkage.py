"""The cost of judging an RT study: from its headers in memory, as the study grows (a straight line is the aim), and
from its files, each time in a process that has not done it before, beside reading the bytes of those files."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.drawing import NOTHING_DRAWN, ROI, Drawing, Outline
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import judge, judge_together
from xnat_gate.core.linkage import link
from xnat_gate.core.pointers import Frame, Number, Pointers, Reference
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study, group
from xnat_gate.edge import protocol_file
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.sandbox.phantoms import rt_study

CLASS = "1.2.840.10008.5.1.4.1.1."
CT, SET, PLAN, DOSE = f"{CLASS}2", f"{CLASS}481.3", f"{CLASS}481.5", f"{CLASS}481.2"
FRAME = "1.2.3.9"
LISTED = (
    "ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence", "RTReferencedSeriesSequence",
    "ContourImageSequence",
)  # fmt: skip
CONTOURED = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")
ROIS = 10
"""Of which each has a contour on every image."""
SIZES = (200, 2_000, 20_000)
ROUNDS = 5
PHANTOM = Path(__file__).parents[2] / "shared" / "data" / "eclipse-spine-phantom"
GRID = {
    "ImageOrientationPatient": ("1", "0", "0", "0", "1", "0"),
    "PixelSpacing": ("1", "1"),
    "Rows": ("512",),
    "Columns": ("512",),
}


def instance(
    uid: str,
    sop_class: str,
    modality: str,
    series: int,
    says: Pointers,
    drawn: Drawing = NOTHING_DRAWN,
    **more: tuple[str, ...],
) -> Instance:
    header = {
        "PatientName": ("PHANTOM^LINE",), "PatientID": ("LINE-1",), "StudyInstanceUID": ("1.2.3.4",),
        "SeriesInstanceUID": (f"1.2.3.4.{series}",), "SOPInstanceUID": (uid,), "SOPClassUID": (sop_class,),
        "Modality": (modality,), "SeriesNumber": (str(series),), "FrameOfReferenceUID": (FRAME,),
    }  # fmt: skip
    return Instance(uid, header | more, says, drawn)


def image(nth: int) -> Instance:
    place = ("-256", "-256", str(nth))
    return instance(
        f"1.2.3.4.1.{nth}",
        CT,
        "CT",
        1,
        Pointers(),
        InstanceNumber=(str(nth),),
        ImagePositionPatient=place,
        **GRID,
    )


def structures(images: list[Instance]) -> Instance:
    numbers = [str(roi) for roi in range(1, ROIS + 1)]
    named = [Reference(one.sop_instance_uid, CT, LISTED) for one in images]
    for item, roi in enumerate(numbers):
        named += [Reference(one.sop_instance_uid, CT, CONTOURED, f"ROI {roi}", item) for one in images]
    said = [("ROINumber", "StructureSetROISequence"), ("ReferencedROINumber", "ROIContourSequence")]
    pointers = Pointers(
        tuple(named),
        ("1.2.3.4.1",),
        (Frame(FRAME, LISTED[:1]),),
        tuple(Number(keyword, roi, (path,)) for keyword, path in said for roi in numbers),
    )
    return instance("1.2.3.4.2.1", SET, "RTSTRUCT", 2, pointers, drawing(numbers, images))


def drawing(numbers: list[str], images: list[Instance]) -> Drawing:
    def outline(roi: str, one: Instance) -> Outline:
        z = float(one.values("ImagePositionPatient")[2])
        low, high = (-5.0, -5.0, z), (5.0, 5.0, z)
        return Outline(roi, "CLOSED_PLANAR", one.sop_instance_uid, 40, 120, low, low, high)

    return Drawing(
        tuple(ROI(roi, f"ROI {roi}", FRAME) for roi in numbers),
        tuple(outline(roi, one) for roi in numbers for one in images),
    )


def study_of(slices: int) -> Study:
    """Images, a structure set with contours on all of them, a plan and its dose."""
    images = [image(nth) for nth in range(slices)]
    drawn = structures(images)
    to_set = Reference(drawn.sop_instance_uid, SET, ("ReferencedStructureSetSequence",))
    plan = instance("1.2.3.4.3.1", PLAN, "RTPLAN", 3, Pointers((to_set,)), RTPlanGeometry=("PATIENT",))
    to_plan = Reference(plan.sop_instance_uid, PLAN, ("ReferencedRTPlanSequence",))
    dose = instance(
        "1.2.3.4.4.1", DOSE, "RTDOSE", 4, Pointers((to_plan,)), DoseSummationType=("PLAN",),
        ImagePositionPatient=("-100", "-100", "0"), GridFrameOffsetVector=("0", "3"), NumberOfFrames=("2",), **GRID,
    )  # fmt: skip
    return Study("1.2.3.4", (*images, drawn, plan, dose))


def loaded() -> Protocol:
    return protocol_file.load(protocol_file.default_path(), VOCABULARY)


def growing() -> None:
    protocol, first = loaded(), 0.0
    for slices in SIZES:
        took = []
        for _ in range(ROUNDS):
            study = study_of(slices)
            start = time.process_time()
            verdict = judge(study, protocol)
            took.append(time.process_time() - start)
            assert verdict.links[0].present == slices
        per_instance = statistics.median(took) / slices
        first = first or per_instance
        print(f"{slices:>6} instances: {per_instance / first:.2f} of the cost per instance of {SIZES[0]}")


# --- in processes of their own ----------------------------------------------------------------------------------


def bytes_alone(folder: Path) -> Callable[[], object]:
    return lambda: [path.read_bytes() for path in folder.iterdir()]


def read_and_judged(folder: Path) -> Callable[[], object]:
    protocol = loaded()
    return lambda: judge_together(group(read_folder(folder, to_read(protocol))), protocol)


def linked_from_memory(folder: Path) -> Callable[[], object]:
    del folder
    study = study_of(190)
    return lambda: link(study)


WAYS = {each.__name__: each for each in (bytes_alone, read_and_judged, linked_from_memory)}


def child(way: str, folder: Path) -> None:
    run = WAYS[way](folder)
    start = time.process_time()
    run()
    print(time.process_time() - start)


def cold() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = PHANTOM
        if not folder.is_dir():
            folder = Path(place) / "a built study of 190 slices"
            rt_study(folder, slices=190)
        bytes_alone(folder)()  # so that the disk is asked only once
        took: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in random.sample(sorted(WAYS), len(WAYS)):
                told = subprocess.run(
                    [sys.executable, __file__, way, str(folder)], capture_output=True, text=True, check=True
                )
                took[way].append(float(told.stdout))
    middle = {way: statistics.median(times) for way, times in took.items()}
    read = middle["read_and_judged"] / middle["bytes_alone"]
    share = middle["linked_from_memory"] / middle["read_and_judged"]
    print(f"{folder.name}, cold: read and judged at {read:.1f} times the cost of reading its bytes")
    print(f"190 images with 1,900 contours, cold: linkage alone is {share:.3f} of that")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        growing()
        cold()
