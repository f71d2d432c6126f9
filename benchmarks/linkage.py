"""The cost of judging an RT study, from its headers in memory, as the study grows: a straight line is the aim."""

from __future__ import annotations

import statistics
import time

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.judge import judge
from xnat_gate.core.pointers import Pointers, Reference
from xnat_gate.core.study import Instance, Study
from xnat_gate.edge import protocol_file

CT, SET = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.3"
PATH = (
    "ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence", "RTReferencedSeriesSequence",
    "ContourImageSequence",
)  # fmt: skip
SIZES = (200, 2_000, 20_000)
ROUNDS = 5


def instance(uid: str, sop_class: str, modality: str, series: str, number: str, says: Pointers) -> Instance:
    header = {
        "PatientName": ("PHANTOM^LINE",), "PatientID": ("LINE-1",), "StudyInstanceUID": ("1.2.3.4",),
        "SeriesInstanceUID": (f"1.2.3.4.{series}",), "SOPInstanceUID": (uid,), "SOPClassUID": (sop_class,),
        "Modality": (modality,), "SeriesNumber": (number,), "FrameOfReferenceUID": ("1.2.3.9",),
    }  # fmt: skip
    return Instance(uid, header, says)


def study_of(slices: int) -> Study:
    images = [instance(f"1.2.3.4.1.{n}", CT, "CT", "1", "1", Pointers()) for n in range(slices)]
    references = tuple(Reference(image.sop_instance_uid, CT, PATH) for image in images)
    structures = instance("1.2.3.4.2.1", SET, "RTSTRUCT", "2", "2", Pointers(references))
    return Study("1.2.3.4", (*images, structures))


def main() -> None:
    protocol = protocol_file.load(protocol_file.default_path(), VOCABULARY)
    first = 0.0
    for slices in SIZES:
        took = []
        for _ in range(ROUNDS):
            study = study_of(slices)
            start = time.perf_counter()
            verdict = judge(study, protocol)
            took.append(time.perf_counter() - start)
            assert verdict.links[0].present == slices
        per_instance = statistics.median(took) / slices
        first = first or per_instance
        print(f"{slices:>6} instances: {per_instance / first:.2f} of the cost per instance of {SIZES[0]}")


if __name__ == "__main__":
    main()
