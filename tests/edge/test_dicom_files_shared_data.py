"""Real objects of many systems, read to their end; skipped where the data sets do not lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from xnat_gate.core.study import READ_ALWAYS, Instance, Reading
from xnat_gate.edge.dicom_files import read_folder

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _reading(name: str) -> Reading:
    if not (DATA / name).is_dir():
        pytest.skip(f"the data set {name} is not here")
    return read_folder(DATA / name, READ_ALWAYS)


def _named_by(instance: Instance, *tail: str) -> set[str]:
    references = instance.pointers.references
    return {each.sop_instance_uid for each in references if each.path[-len(tail) :] == tail}


def test_the_spine_phantom_names_all_slices_in_its_header_and_fewer_in_its_contours() -> None:
    reading = _reading("eclipse-spine-phantom")
    images = {each.sop_instance_uid for each in reading.instances if each.modality == "CT"}
    (structures,) = [each for each in reading.instances if each.modality == "RTSTRUCT"]
    in_header = _named_by(structures, "RTReferencedSeriesSequence", "ContourImageSequence")
    in_contours = _named_by(structures, "ContourSequence", "ContourImageSequence")
    assert (len(images), len(in_header), len(in_contours)) == (190, 190, 184)
    assert in_contours < in_header == images
    assert (reading.not_dicom, reading.unreadable) == (("README.txt",), ())


def test_the_orphans_of_pydicom_are_read_or_told_about() -> None:
    reading = _reading("pydicom-rt-orphans")
    (truncated,) = reading.unreadable
    assert truncated.file == "rtplan_truncated.dcm"
    assert truncated.study_uid
    bare = {each.file for each in reading.instances if not each.part10}
    assert bare == {"ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm", "rtstruct.dcm"}
    (structures,) = [each for each in reading.instances if each.modality == "RTSTRUCT"]
    assert structures.drawing.kinds == {"CLOSED_PLANAR", "POINT"}


@pytest.mark.parametrize(
    ("name", "instances"),
    [
        ("dcmqi-ct-seg", 20),
        ("eclipse-partial-chain", 3),
        ("highdicom-ct-seg", 8),
        ("mim-partial-and-duplicates", 5),
        ("mim-sts-002", 134),
        ("pixelmed-enhanced-mr-seg", 2),
        ("rtutils-oblique-ct", 3),
        ("vendor-orphans", 9),
    ],
)
def test_every_other_set_is_read_to_the_end(name: str, instances: int) -> None:
    reading = _reading(name)
    assert len(reading.instances) == instances
    assert reading.unreadable == ()
    assert {Path(file).name for file in reading.not_dicom} == {"README.txt"}
