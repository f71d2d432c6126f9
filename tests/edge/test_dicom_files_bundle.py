"""Objects that come back from an archive: out of its zip, and compared with what was sent."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from xnat_gate.core.study import READ_ALWAYS, Reading
from xnat_gate.edge import dicom_files
from xnat_gate.edge.bundles import passing
from xnat_gate.edge.dicom_files import digest, read_folder
from xnat_gate.sandbox.phantoms import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    ct_series,
    instance_uid,
    rt_study,
    rtstruct,
    save,
    save_bare,
)


def same_object(a: Path, b: bytes) -> bool:
    return dicom_files.same_object(a, io.BytesIO(b))


def _bundle(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return target


def _read(bundle: io.BytesIO, scratch: Path) -> Reading:
    return dicom_files.read_passing(passing([bundle.getvalue()], scratch), READ_ALWAYS)


def _content(dataset: Dataset, folder: Path, syntax: str = EXPLICIT) -> bytes:
    return save(dataset, folder / "scratch" / "it.dcm", syntax).read_bytes()


def test_every_scan_file_is_read_as_from_a_folder_and_digested(tmp_path: Path) -> None:
    rt_study(tmp_path)
    folder = read_folder(tmp_path, READ_ALWAYS)
    paths = {f"SESSION/SCANS/2/DICOM/{path.name}": path for path in tmp_path.glob("*.dcm")}
    reading = _read(_bundle({name: path.read_bytes() for name, path in paths.items()}), tmp_path / "scratch")
    assert [each.file for each in reading.instances] == sorted(paths)
    assert [(each.header, each.pointers) for each in reading.instances] == [
        (each.header, each.pointers) for each in folder.instances
    ]
    assert [each.digest for each in reading.instances] == [digest(paths[name]) for name in sorted(paths)]


def test_only_scans_count_and_what_is_no_dicom_or_damaged_is_told(tmp_path: Path) -> None:
    image = _content(ct_series(None, slices=1)[0], tmp_path)
    reading = _read(
        _bundle(
            {
                "SESSION/SCANS/": b"",
                "SESSION/SCANS/2/DICOM/image.dcm": image,
                "SESSION/SCANS/2/DICOM/half.dcm": image[:-9],
                "SESSION/SCANS/2/DICOM/lost.dcm": b"",
                "SESSION/SCANS/2/scan_2_catalog.xml": b"<catalog/>",
                "SESSION/RESOURCES/notes/image.dcm": image,
                "SCANS.txt": b"",
            }
        ),
        tmp_path / "scratch",
    )
    assert [each.file for each in reading.instances] == ["SESSION/SCANS/2/DICOM/image.dcm"]
    assert [each.file for each in reading.unreadable] == [
        "SESSION/SCANS/2/DICOM/half.dcm", "SESSION/SCANS/2/DICOM/lost.dcm"
    ]  # fmt: skip
    assert reading.not_dicom == ("SESSION/SCANS/2/scan_2_catalog.xml",)


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"phantom" * 100_000)
    assert digest(tmp_path / "big") == hashlib.sha256(b"phantom" * 100_000).hexdigest()


def test_the_same_bytes_are_the_same_object_even_if_they_are_no_dicom(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"junk")
    assert same_object(tmp_path / "a", b"junk")
    assert not same_object(tmp_path / "a", b"junc")
    assert not same_object(tmp_path / "a", b"")


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED])
def test_a_rewritten_file_meta_and_another_encoding_make_no_other_object(tmp_path: Path, syntax: str) -> None:
    study = rt_study(None, slices=1)
    for sent in study.everything:
        path = save(sent, tmp_path / "sent.dcm", IMPLICIT)
        assert same_object(path, _content(sent, tmp_path, syntax))
        bare = save_bare(sent, tmp_path / "bare.dcm", EXPLICIT)
        assert same_object(bare, _content(sent, tmp_path, syntax))


def test_lengths_that_are_given_or_not_make_no_other_object(tmp_path: Path) -> None:
    structures = rtstruct(None, ct_series(None))
    path = save(structures, tmp_path / "sent.dcm")
    for element in structures:
        element.is_undefined_length = element.VR == "SQ"
    received = _content(structures, tmp_path)
    assert received != path.read_bytes()
    assert same_object(path, received)


def test_another_byte_order_is_not_taken_for_the_same(tmp_path: Path) -> None:
    (image,) = ct_series(None, slices=1)
    path = save(image, tmp_path / "sent.dcm")
    assert not same_object(path, _content(image, tmp_path, BIG_ENDIAN))


@pytest.mark.parametrize(
    "change",
    [{"PatientID": "OTHER"}, {"PatientComments": "more"}, {"PixelData": bytes(512)}, {"SeriesNumber": None}],
)
def test_one_changed_element_makes_another_object(tmp_path: Path, change: dict[str, Any]) -> None:
    path = save(ct_series(None, slices=1)[0], tmp_path / "sent.dcm")
    assert not same_object(path, _content(ct_series(None, slices=1, **change)[0], tmp_path))


def test_pixels_beyond_the_window_are_compared_to_the_last_byte(tmp_path: Path) -> None:
    pixels = bytes(300_000)
    path = save(ct_series(None, slices=1, PixelData=pixels)[0], tmp_path / "sent.dcm")
    (same,) = ct_series(None, slices=1, PixelData=pixels)
    (other,) = ct_series(None, slices=1, PixelData=pixels[:-1] + b"\1")
    assert same_object(path, _content(same, tmp_path, IMPLICIT))
    assert not same_object(path, _content(other, tmp_path, IMPLICIT))


def test_a_number_is_not_the_same_as_no_number(tmp_path: Path) -> None:
    path = save(ct_series(None, slices=1, PixelPaddingValue=0)[0], tmp_path / "sent.dcm")
    assert not same_object(path, _content(ct_series(None, slices=1, PixelPaddingValue=None)[0], tmp_path))


def test_a_damaged_copy_is_not_the_same(tmp_path: Path) -> None:
    (image,) = ct_series(None, slices=1)
    path = save(image, tmp_path / "sent.dcm")
    assert not same_object(path, path.read_bytes()[:-2])
    assert not same_object(path, b"no DICOM")


def test_another_value_representation_makes_another_object(tmp_path: Path) -> None:
    path = save(ct_series(None, slices=1)[0], tmp_path / "sent.dcm")
    content = path.read_bytes()
    assert not same_object(path, content.replace(b"\x20\x00\x10\x00SH", b"\x20\x00\x10\x00LO"))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rtstruct(folder := tmp_path_factory.mktemp("sent"), ct_series(None))
    return next(folder.iterdir())


@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_what_pydicom_holds_for_different_is_never_called_the_same(
    sent: Path, place: int, change: int
) -> None:
    content = sent.read_bytes()
    start = content.index(b"\x08\x00\x05\x00CS")
    altered = bytearray(content)
    altered[start + place % (len(content) - start)] ^= change
    if same_object(sent, bytes(altered)):
        assert pydicom.dcmread(io.BytesIO(bytes(altered))) == pydicom.dcmread(sent)


def test_two_copies_of_one_uid_in_a_bundle_keep_their_own_digests(tmp_path: Path) -> None:
    one, two = (_content(ct_series(None, slices=1, StationName=name)[0], tmp_path) for name in ("ONE", "TWO"))
    zipped = _bundle({"S/SCANS/1/a.dcm": one, "S/SCANS/1/b.dcm": two})
    first, second = _read(zipped, tmp_path / "scratch").instances
    assert first.sop_instance_uid == second.sop_instance_uid == instance_uid(1, 1)
    assert first.digest != second.digest
