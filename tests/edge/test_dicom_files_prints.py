"""Fingerprints of real files: what a copy shares with its original, and what no two objects share."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.core.studies import a_protocol
from xnat_gate.core import likeness
from xnat_gate.core.likeness import Print
from xnat_gate.core.study import READ_ALWAYS, Instance, group
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.edge.dicom_files.prints import PIECE, print_of
from xnat_gate.sandbox.phantoms import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    Patient,
    ct_series,
    instance_uid,
    item,
    reference_to,
    rt_study,
    rtstruct,
    save,
    save_bare,
    series_uid,
    study_uid,
)

RLE = "1.2.840.10008.1.2.5"
OTHER = {
    "SOPInstanceUID": instance_uid(8, 1),
    "SeriesInstanceUID": series_uid(8, 1),
    "StudyInstanceUID": study_uid(8),
    "FrameOfReferenceUID": f"{study_uid(8)}.0.1",
}
"""The UIDs of another object."""


def taken(path: Path) -> Print:
    (one,) = read_folder(path, READ_ALWAYS).instances
    return print_of(path, one)


def printed(dataset: Dataset, folder: Path, syntax: str = EXPLICIT) -> Print:
    return taken(save(dataset, folder / "it.dcm", syntax))


def a_slice(**overrides: Any) -> Dataset:
    return ct_series(None, slices=1, **overrides)[0]


def compressed(frames: list[bytes], rows: int = 64, table: bool = True) -> Dataset:
    """A picture of so many rows and columns, 16 bits each, that says it holds these compressed frames."""
    pixels = encapsulate(frames, has_bot=table)
    made = a_slice(Rows=rows, Columns=rows, NumberOfFrames=str(len(frames)), PixelData=pixels)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return made


def test_a_print_names_the_object_and_digests_its_pixels_and_its_patient(tmp_path: Path) -> None:
    made = a_slice()
    seen = printed(made, tmp_path)
    assert (seen.sop_instance_uid, seen.study_uid) == (made.SOPInstanceUID, made.StudyInstanceUID)
    assert seen.patient == hashlib.sha256(made.PatientID.encode()).hexdigest()
    assert seen.pixels == hashlib.sha256(made.PixelData).hexdigest()
    assert len(seen.content) == 64


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, DEFLATED])
def test_the_encoding_of_the_header_makes_no_difference(tmp_path: Path, syntax: str) -> None:
    dataset = a_slice(ReferencedImageSequence=[reference_to(a_slice())], PatientComments="odd")
    assert printed(dataset, tmp_path, syntax) == printed(dataset, tmp_path)


def test_the_padding_of_a_text_makes_no_difference(tmp_path: Path) -> None:
    path = save(a_slice(PatientComments="odd"), tmp_path / "it.dcm")
    spaced, sound = taken(path), path.read_bytes()
    path.write_bytes(sound.replace(b"odd ", b"odd\0"))
    assert path.read_bytes() != sound
    assert taken(path) == spaced


def test_a_data_set_without_a_file_header_has_the_same_print(tmp_path: Path) -> None:
    assert taken(save_bare(a_slice(), tmp_path / "bare")) == printed(a_slice(), tmp_path)


def test_sequences_with_and_without_lengths_are_alike(tmp_path: Path) -> None:
    slices = ct_series(None, slices=2)
    defined, undefined = rtstruct(None, slices), rtstruct(None, slices)
    for element in undefined.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = True
            for one in element.value:
                one.is_undefined_length_sequence_item = True
    assert printed(undefined, tmp_path).content == printed(defined, tmp_path).content != ""


def test_new_uids_at_any_depth_leave_the_content_alone(tmp_path: Path) -> None:
    sources = ct_series(None, slices=2)
    one = printed(a_slice(SourceImageSequence=[reference_to(sources[0])]), tmp_path)
    two = printed(a_slice(SourceImageSequence=[reference_to(sources[1])], **OTHER), tmp_path)
    assert two.sop_instance_uid != one.sop_instance_uid
    assert (two.content, two.pixels) == (one.content, one.pixels)


@pytest.mark.parametrize(
    "making",
    [
        {"InstanceCreationDate": "20240102", "InstanceCreationTime": "030405"},
        {"InstanceCoercionDateTime": "20240102030405"},
        {"ContributingEquipmentSequence": [item(Manufacturer="Phantom PACS")]},
        {"OriginalAttributesSequence": [item(ModifyingSystem="PACS", SourceOfPreviousValues=None)]},
        {"DigitalSignaturesSequence": [item(MACIDNumber=1, Signature=b"ab")]},
        {"DataSetTrailingPadding": bytes(64)},
    ],
    ids=lambda making: next(iter(making)),
)
def test_the_record_of_its_making_is_left_out(tmp_path: Path, making: dict[str, Any]) -> None:
    assert printed(a_slice(**making), tmp_path) == printed(a_slice(), tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"PatientID": "PHANTOM-OIL"},
        {"ContentDate": "20240102"},
        {"ContentTime": "030405"},
        {"InstanceNumber": 2},
        {"ImagePositionPatient": ["-8", "-8", "3"]},
        {"SeriesDescription": None},
        {"ReferencedImageSequence": [item(PurposeOfReferenceCodeSequence=[])]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_header_is_another_content_over_the_same_pixels(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    one, two = printed(a_slice(), tmp_path), printed(a_slice(**change), tmp_path)
    assert two.pixels == one.pixels
    assert two.content != one.content


def test_one_bit_of_a_pixel_makes_another_picture_and_another_content(tmp_path: Path) -> None:
    pixels = bytearray(a_slice().PixelData)
    pixels[-1] ^= 1
    one, two = printed(a_slice(), tmp_path), printed(a_slice(PixelData=bytes(pixels)), tmp_path)
    assert two.pixels != one.pixels
    assert two.content != one.content


def test_elements_moved_into_a_sequence_are_not_the_same(tmp_path: Path) -> None:
    """The walk says where an item begins and ends, so that no two trees look alike flattened."""
    code = item(CodeValue="1"), item(CodeMeaning="one")
    apart = a_slice(ProcedureCodeSequence=list(code))
    together = a_slice(ProcedureCodeSequence=[item(CodeValue="1", CodeMeaning="one")])
    assert printed(apart, tmp_path).content != printed(together, tmp_path).content


BLANK = {"bits 8": b"\x07", "bits 16": b"\x18\xfc", "RGB": b"\x10\x20\x30", "RGB 16": b"\1\2\3\4\5\6"}


@pytest.mark.parametrize("pixel", BLANK.values(), ids=BLANK)
@pytest.mark.parametrize("size", [512, PIECE, 2 * PIECE + 12])
def test_a_picture_that_shows_nothing_has_no_pixels_to_compare(
    tmp_path: Path, pixel: bytes, size: int
) -> None:
    blank = printed(
        a_slice(PixelData=(pixel * size)[: size - size % len(pixel)].ljust(size, b"\0")), tmp_path
    )
    whole = size % len(pixel) == 0
    assert (blank.pixels == "") is whole
    assert blank.content


@pytest.mark.parametrize("at", [0, PIECE, 2 * PIECE - 1, 2 * PIECE + 7])
def test_a_picture_is_seen_wherever_it_stands(tmp_path: Path, at: int) -> None:
    pixels = bytes(at) + b"\1" + bytes(2 * PIECE + 7 - at)
    assert printed(a_slice(PixelData=pixels), tmp_path).pixels == hashlib.sha256(pixels).hexdigest()


def test_an_object_without_pixels_has_its_content_alone(tmp_path: Path) -> None:
    seen = printed(rtstruct(None, ct_series(None, slices=2)), tmp_path)
    assert seen.pixels == ""
    assert seen.content


def test_the_picture_of_an_icon_is_not_that_of_the_object(tmp_path: Path) -> None:
    icon = item(Rows=4, Columns=4, PixelData=bytes(range(16)))
    icon["PixelData"].VR = "OB"
    structures = rtstruct(None, ct_series(None, slices=2), IconImageSequence=[icon])
    assert printed(structures, tmp_path).pixels == ""


@pytest.mark.parametrize(("word", "vr"), [("FloatPixelData", "OF"), ("DoubleFloatPixelData", "OD")])
def test_pixels_of_floating_point_are_pixels(tmp_path: Path, word: str, vr: str) -> None:
    made = a_slice()
    pixels = made.PixelData
    del made.PixelData
    made.add_new(word, vr, pixels)
    assert printed(made, tmp_path).pixels == hashlib.sha256(pixels).hexdigest()


def test_compressed_pixels_are_their_fragments_without_the_table_of_offsets(tmp_path: Path) -> None:
    frames = [bytes(range(200)), bytes(range(50, 250))]
    with_table = printed(compressed(frames), tmp_path, RLE)
    without = printed(compressed(frames, table=False), tmp_path, RLE)
    assert with_table.pixels == without.pixels == hashlib.sha256(b"".join(frames)).hexdigest()
    assert with_table.content == without.content != ""


def test_compressed_to_next_to_nothing_shows_nothing(tmp_path: Path) -> None:
    squeezed = compressed([bytes(range(160))])
    assert printed(squeezed, tmp_path, RLE).pixels == ""
    squeezed.Rows = None
    assert printed(squeezed, tmp_path, RLE).pixels != "", "the header does not tell how large it was"


@pytest.mark.skipif(shutil.which("dcmcrle") is None, reason="dcmtk is not installed")
@pytest.mark.parametrize("bits", [8, 16])
def test_a_blank_slice_that_dcmtk_compressed_is_blank_and_a_picture_is_not(tmp_path: Path, bits: int) -> None:
    shown = bytes(at * 73 % 251 for at in range(256 * 256 * bits // 8))
    for name, pixels in ("blank", b"\x18" * len(shown)), ("shown", shown):
        size = {"Rows": 256, "Columns": 256, "BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1}
        save(a_slice(**size, PixelData=pixels), tmp_path / f"{name}.dcm")
        subprocess.run(["dcmcrle", f"{name}.dcm", f"{name}.rle.dcm"], cwd=tmp_path, check=True)
    assert taken(tmp_path / "blank.rle.dcm").pixels == ""
    assert taken(tmp_path / "shown.rle.dcm").pixels


@pytest.mark.skipif(shutil.which("dcmodify") is None, reason="dcmtk is not installed")
def test_a_study_that_dcmtk_gave_new_uids_is_found_out_and_so_is_one_under_another_name(
    tmp_path: Path,
) -> None:
    rt_study(tmp_path / "first")
    for name, change in ("copy", ["-gin", "-gse", "-gst"]), ("renamed", ["-gin", "-m", "PatientID=OTHER"]):
        shutil.copytree(tmp_path / "first", tmp_path / name)
        files = sorted(map(str, (tmp_path / name).glob("*.dcm")))
        subprocess.run(["dcmodify", "-nb", "-imt", *change, *files], check=True, capture_output=True)
    first, copied, renamed = (
        [taken(path) for path in sorted((tmp_path / name).glob("*.dcm"))]
        for name in ("first", "copy", "renamed")
    )
    assert not {one.sop_instance_uid for one in first} & {one.sop_instance_uid for one in (*copied, *renamed)}
    assert [one.content for one in copied] == [one.content for one in first]
    assert [one.pixels for one in renamed] == [one.pixels for one in first]
    assert not {one.content for one in renamed} & {one.content for one in first}


def test_registrations_are_not_alike_because_their_matrices_are(tmp_path: Path) -> None:
    plain = rtstruct(None, ct_series(None, slices=2))
    plain.SOPClassUID, plain.Modality = "1.2.840.10008.5.1.4.1.1.66.1", "REG"
    plain.RegistrationSequence = []
    assert printed(plain, tmp_path).content == ""


def test_the_patients_are_told_apart_and_one_without_an_id_is_nobody(tmp_path: Path) -> None:
    one, two, nobody = (
        printed(a_slice(patient=Patient(id=id), **OTHER), tmp_path) for id in ("A-1", "A-2", "")
    )
    assert len({one.patient, two.patient, nobody.patient}) == 3
    assert nobody.patient == ""
    assert one.pixels == two.pixels == nobody.pixels


def test_a_file_that_is_cut_in_its_pixels_has_neither(tmp_path: Path) -> None:
    path = save(a_slice(), tmp_path / "it.dcm")
    (instance,) = read_folder(path, READ_ALWAYS).instances
    os.truncate(path, path.stat().st_size - 1)
    seen = print_of(path, instance)
    assert (seen.pixels, seen.content) == ("", "")
    assert seen.sop_instance_uid == instance.sop_instance_uid


def test_a_filling_of_zeros_behind_the_pixels_is_no_damage(tmp_path: Path) -> None:
    path = save(a_slice(), tmp_path / "it.dcm")
    before = taken(path)
    path.write_bytes(path.read_bytes() + bytes(512))
    assert taken(path) == before


def test_junk_behind_the_pixels_takes_the_content_and_leaves_the_pixels(tmp_path: Path) -> None:
    path = save(a_slice(), tmp_path / "it.dcm")
    (instance,) = read_folder(path, READ_ALWAYS).instances
    before = print_of(path, instance)
    path.write_bytes(path.read_bytes() + b"junk")
    assert print_of(path, instance) == replace(before, content="")


def test_what_is_no_object_has_neither(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no DICOM at all")
    seen = print_of(path, Instance("notes.txt", {}))
    assert seen == Print("", "", "", "", "")


def test_a_file_that_has_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        print_of(tmp_path / "gone.dcm", Instance("gone.dcm", {}))


def test_big_endian_numbers_are_another_content_and_the_sizes_are_read(tmp_path: Path) -> None:
    """No product writes it any more: a copy in it is not found out, and that is all."""
    assert printed(a_slice(), tmp_path, BIG_ENDIAN).content not in ("", printed(a_slice(), tmp_path).content)


def _whole() -> bytes:
    target = io.BytesIO()
    a_slice().save_as(target, implicit_vr=False, little_endian=True)
    return target.getvalue()


WHOLE = _whole()


@given(at=st.integers(0, len(WHOLE) - 1), piece=st.binary(max_size=12))
def test_no_damage_whatever_crashes_it(
    at: int, piece: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.dcm"
    path.write_bytes(WHOLE[:at] + piece + WHOLE[at + len(piece) :])
    seen = print_of(path, Instance("damaged.dcm", {}))
    assert {len(seen.pixels), len(seen.content)} <= {0, 64}


def test_a_study_that_comes_again_under_another_patient_is_told(tmp_path: Path) -> None:
    """From the files to the sentence. (The dose of the phantom is the same everywhere, which is no picture.)"""
    rt_study(tmp_path / "one", Patient("PHANTOM^CORK", "CORK-1"), study=7)
    rt_study(tmp_path / "two", Patient("PHANTOM^WOOD", "WOOD-1"), study=8)
    seen = {}
    for name in ("one", "two"):
        reading = read_folder(tmp_path / name, READ_ALWAYS)
        (study,) = group(reading)
        seen[name] = study, {one.file: print_of(tmp_path / name / one.file, one) for one in reading.instances}
    known = seen["one"][1].values()
    (found,) = likeness.findings(*seen["two"], known, a_protocol())
    assert found.message == (
        "5 images are pixel for pixel the same as images of another study that came before (another patient ID)."
    )
