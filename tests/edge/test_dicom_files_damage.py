"""Cut and damaged files: told apart from whole ones and from what is no DICOM, whatever the bytes."""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from struct import pack

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from xnat_gate.core.study import READ_ALWAYS, Reading, Unreadable
from xnat_gate.edge.dicom_files import cursor, read_folder
from xnat_gate.edge.dicom_files.reading import read_object
from xnat_gate.sandbox.phantoms import (
    ABSENT,
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    attributes,
    ct_series,
    item,
    rt_study,
    save,
    save_bare,
    study_uid,
)

SYNTAXES = [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED]
RLE = "1.2.840.10008.1.2.5"
META_END = 132 + 12
"""Where the group length of the file meta has been read."""


def _read(content: bytes) -> Reading:
    with tempfile.TemporaryDirectory() as inside:
        (Path(inside) / "file").write_bytes(content)
        return read_folder(Path(inside), READ_ALWAYS)


def _bytes(
    dataset: Dataset, syntax: str = EXPLICIT, write: Callable[[Dataset, Path, str], Path] = save
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write(dataset, Path(folder) / "file", syntax).read_bytes()


@cache
def _phantom(kind: str, syntax: str = EXPLICIT) -> bytes:
    study = rt_study(None, slices=2)
    known = {"CT": study.ct[0], "RTSTRUCT": study.rtstruct, "RTPLAN": study.rtplan, "RTDOSE": study.rtdose}
    return _bytes(known[kind], syntax)


def _encapsulated() -> bytes:
    (image,) = ct_series(None, slices=1)
    attributes(image, {"PixelData": encapsulate([b"\x01\x02" * 20, b"\x03\x04" * 20])})
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    return _bytes(image, RLE)


def _top_level_ends(content: bytes) -> set[int]:
    """Where each top-level element of an uncompressed data set ends, by pydicom's own walk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        starts = [element.file_tell or 0 for element in pydicom.dcmread(path)]
    return {start - back for start in starts for back in (8, 12)} | {len(content)}


def _kind(reading: Reading) -> str:
    """Which of the three lists holds the one file."""
    lists = {"whole": reading.instances, "unreadable": reading.unreadable, "not DICOM": reading.not_dicom}
    (kind,) = [name for name, found in lists.items() for _ in found]
    return kind


def _kind_of(content: bytes) -> str:
    """As `_kind`, without the disk: for the tests that ask thousands of times."""
    found = read_object("file", io.BytesIO(content), READ_ALWAYS)
    return "not DICOM" if found is None else "unreadable" if isinstance(found, Unreadable) else "whole"


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("kind", ["CT", "RTDOSE"])
def test_an_object_with_pixels_is_whole_at_its_full_length_alone(kind: str, syntax: str) -> None:
    content = _phantom(kind, syntax)
    end = len(content) - (1 if syntax == DEFLATED and content.endswith(b"\0") else 0)
    kinds = [_kind_of(content[:length]) for length in range(end)]
    assert kinds[:132] == ["unreadable"] * 129 + ["not DICOM"] * 3
    assert set(kinds[132:]) == {"unreadable"}
    assert _kind(_read(content)) == "whole"


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("kind", ["RTSTRUCT", "RTPLAN"])
def test_a_cut_rt_object_passes_only_between_two_elements_behind_the_last_demanded_one(
    kind: str, syntax: str
) -> None:
    content = _phantom(kind, syntax)
    whole = {length for length in range(len(content)) if _kind_of(content[:length]) == "whole"}
    assert whole <= _top_level_ends(content)
    assert len(whole) < 8
    assert _kind(_read(content)) == "whole"


def test_encapsulated_pixels_must_have_their_end() -> None:
    content = _encapsulated()
    assert _kind(_read(content)) == "whole"
    assert {_kind_of(content[:length]) for length in range(132, len(content))} == {"unreadable"}


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_a_cut_data_set_without_file_meta_is_never_a_whole_image(syntax: str) -> None:
    content = _bytes(ct_series(None, slices=1)[0], syntax, save_bare)
    kinds = [_kind_of(content[:length]) for length in range(len(content))]
    assert "whole" not in kinds
    assert kinds.index("unreadable", 2) < 200
    assert "not DICOM" not in kinds[kinds.index("unreadable", 2) :]


def test_a_damaged_file_is_known_to_its_study_once_that_was_read() -> None:
    (damaged,) = _read(_phantom("CT")[:-1]).unreadable
    assert damaged.study_uid == study_uid(1)
    assert "PixelData" in damaged.why
    assert "512 bytes declared, 511 present" in damaged.why
    assert "copy it again" in damaged.why
    (early,) = _read(_phantom("CT")[:400]).unreadable
    assert early.study_uid == ""


def test_an_image_without_its_pixels_is_not_whole_unless_they_lie_elsewhere() -> None:
    (image,) = ct_series(None, slices=1, PixelData=ABSENT)
    assert "its pixel data should follow" in _read(_bytes(image)).unreadable[0].why
    attributes(image, {"PixelDataProviderURL": "https://phantom.invalid/1"})
    assert _kind(_read(_bytes(image))) == "whole"


@pytest.mark.parametrize("filling", [1, 5, 5000, 200_000])
def test_zeros_behind_the_pixels_are_a_filling(filling: int) -> None:
    assert _kind(_read(_phantom("CT") + bytes(filling))) == "whole"


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_zeros_in_the_place_of_the_rest_are_damage(syntax: str) -> None:
    content = _phantom("RTPLAN", syntax)
    for end in _top_level_ends(content):
        assert _kind(_read(content[:end] + bytes(4096))) == "unreadable"


@pytest.mark.parametrize("filling", [b"\x01", b"junk and more junk"])
def test_anything_else_behind_the_pixels_is_damage(filling: bytes) -> None:
    assert _kind(_read(_phantom("CT") + filling)) == "unreadable"


def test_an_unknown_value_representation_is_told() -> None:
    content = _phantom("CT").replace(b"\x08\x00\x60\x00CS", b"\x08\x00\x60\x00C?")
    (damaged,) = _read(content).unreadable
    assert "Modality has no value representation" in damaged.why


def test_an_element_that_stands_twice_is_told_since_readers_differ_in_which_they_take() -> None:
    content = _phantom("CT")
    at = content.index(b"\x10\x00\x20\x00LO")
    element = content[at : at + 8 + content[at + 6]]
    (damaged,) = _read(content[:at] + element + content[at:]).unreadable
    assert "PatientID" in damaged.why
    assert "twice" in damaged.why


@pytest.mark.parametrize(("depth", "kind"), [(60, "whole"), (70, "unreadable"), (5000, "unreadable")])
def test_nesting_has_a_bound(depth: int, kind: str) -> None:
    content = _phantom("RTPLAN")
    opening = b"\x0c\x30\x60\x00SQ\0\0" + pack("<L", 0xFFFFFFFF) + pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    closing = pack("<HHL", 0xFFFE, 0xE00D, 0) + pack("<HHL", 0xFFFE, 0xE0DD, 0)
    reading = _read(content + opening * depth + closing * depth)
    assert _kind(reading) == kind


def _deflated(data_set: bytes) -> bytes:
    content = _phantom("CT", DEFLATED)
    meta = content[: META_END + int.from_bytes(content[META_END - 4 : META_END], "little")]
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return meta + squeezer.compress(data_set) + squeezer.flush()


def test_a_bomb_is_not_inflated_beyond_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "MOST_INFLATED", 1 << 20)
    bulk = pack("<HH2sHL", 9, 0x1001, b"OB", 0, 1 << 28)
    (bomb,) = _read(_deflated(bulk + bytes(1 << 23))).unreadable
    assert "inflates to more than" in bomb.why


def test_elements_without_end_are_not_counted_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursor, "MOST_ELEMENTS", 1000)
    (bomb,) = _read(_deflated(pack("<HH2sH", 9, 0x1001, b"LO", 0) * 2000)).unreadable
    assert "more than 1,000 elements" in bomb.why


def test_a_header_value_of_megabytes_is_not_read() -> None:
    (image,) = ct_series(None, slices=1, SeriesDescription="x" * (3 << 20))
    (damaged,) = _read(_bytes(image, IMPLICIT)).unreadable
    assert "SeriesDescription" in damaged.why


def test_a_private_sequence_with_odd_contents_does_not_make_an_image_unreadable() -> None:
    (image,) = ct_series(None, slices=1)
    image.private_block(0x0009, "PHANTOM", create=True).add_new(1, "SQ", [item(SeriesInstanceUID="1.2")])
    image.private_block(0x0009, "PHANTOM").add_new(2, "UN", b"\xfe\xff\x00\xe0\xff\xff\xff\xff")
    for syntax in SYNTAXES:
        assert _kind(_read(_bytes(image, syntax))) == "whole"


MANGLED = st.tuples(
    st.sampled_from(["CT", "RTSTRUCT", "RTPLAN", "RTDOSE"]),
    st.sampled_from(SYNTAXES),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4),
    st.integers(0, 200),
)


@given(MANGLED)
def test_no_damage_crashes_the_reader_and_every_file_ends_in_one_list(
    mangled: tuple[str, str, list[tuple[int, bytes]], int],
) -> None:
    kind, syntax, hits, lost = mangled
    content = bytearray(_phantom(kind, syntax))
    for place, written in hits:
        at = 132 + place % (len(content) - 132)
        content[at : at + len(written)] = written
    reading = _read(bytes(content[: len(content) - lost]))
    assert _kind(reading) in ("whole", "unreadable", "not DICOM")
    assert all(each.why.endswith(".") for each in reading.unreadable)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", bytes(128) + b"DICM", b"\x08\x00\x05\x00", b"\x00\x08\x00\x16UI"]),
)
def test_no_bytes_crash_the_reader(content: bytes, beginning: bytes) -> None:
    _kind(_read(beginning + content))
