"""Header values: what the file has, as text, whatever its character set and encoding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.study import READ_ALWAYS
from xnat_gate.edge.dicom_files import ASKABLE, read_folder
from xnat_gate.edge.dicom_files.text import READABLE_VRS, decode, values
from xnat_gate.sandbox.phantoms import (
    ABSENT,
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    ct_series,
    rt_study,
    rtplan,
    save,
    save_bare,
)

BULK = {"SQ", "UN", "US or OW", "US or SS or OW"}
EVERYTHING = frozenset(word for word, vr in ASKABLE.items() if vr not in BULK and vr[0] != "O")
SYNTAXES = [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED]


def _header(
    folder: Path, wanted: frozenset[str] = EVERYTHING, **overrides: Any
) -> dict[str, tuple[str, ...]]:
    ct_series(folder, slices=1, **overrides)
    (instance,) = read_folder(folder, wanted).instances
    return dict(instance.header)


def test_absent_empty_and_padded_are_three_different_answers(tmp_path: Path) -> None:
    header = _header(
        tmp_path, PatientID=ABSENT, AccessionNumber=None, StudyDescription="   ", StationName=" A "
    )
    assert "PatientID" not in header
    assert header["AccessionNumber"] == ()
    assert header["StudyDescription"] == ()
    assert header["StationName"] == ("A",)


def test_numbers_stay_the_text_of_the_file(tmp_path: Path) -> None:
    header = _header(tmp_path, SeriesNumber="007", SliceThickness="3.00")
    assert header["SeriesNumber"] == ("007",)
    assert header["SliceThickness"] == ("3.00",)


def test_every_value_is_kept_empty_ones_between_others_too(tmp_path: Path) -> None:
    header = _header(tmp_path, ImageType=["DERIVED", "", "AXIAL"])
    assert header["ImageType"] == ("DERIVED", "", "AXIAL")
    assert header["PixelSpacing"] == ("1", "1")


def test_a_backslash_parts_no_text_of_a_single_value(tmp_path: Path) -> None:
    assert _header(tmp_path, ImageComments="  a\\b  ")["ImageComments"] == ("  a\\b",)


def test_only_what_was_wanted_and_only_the_top_level_is_in_the_header(tmp_path: Path) -> None:
    rtplan(tmp_path, BeamName=ABSENT)
    wanted = frozenset({"Modality", "BeamName"})
    (instance,) = read_folder(tmp_path, wanted).instances
    assert dict(instance.header) == {"Modality": ("RTPLAN",)}


def test_the_transfer_syntax_can_be_asked_for_like_any_other_keyword(tmp_path: Path) -> None:
    assert _header(tmp_path, frozenset({"TransferSyntaxUID"})) == {"TransferSyntaxUID": (EXPLICIT,)}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_all_transfer_syntaxes_give_the_same_header(tmp_path: Path, syntax: str) -> None:
    plan = rt_study(None).rtplan
    save(plan, tmp_path / "as-is" / "plan.dcm")
    save(plan, tmp_path / "other" / "plan.dcm", syntax)
    asked = EVERYTHING - {"TransferSyntaxUID", "FileMetaInformationGroupLength"}
    as_is, other = (read_folder(tmp_path / folder, asked).instances for folder in ("as-is", "other"))
    assert as_is == other


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_a_data_set_without_file_meta_is_an_instance_that_says_so(tmp_path: Path, syntax: str) -> None:
    plan = rt_study(None).rtplan
    save_bare(plan, tmp_path / "plan", syntax)
    (instance,) = read_folder(tmp_path, READ_ALWAYS).instances
    assert not instance.part10
    assert (instance.sop_instance_uid, instance.modality) == (plan.SOPInstanceUID, "RTPLAN")
    assert len(instance.pointers.references) == 1


@pytest.mark.parametrize("kept", [0, 128])
def test_file_meta_without_the_preamble_is_read_and_is_not_part_10(tmp_path: Path, kept: int) -> None:
    ct_series(tmp_path, slices=1)
    path = tmp_path / "CT.1.1.1.dcm"
    path.write_bytes(path.read_bytes()[132 if kept == 0 else kept :])
    (instance,) = read_folder(tmp_path, READ_ALWAYS).instances
    assert (instance.modality, instance.part10) == ("CT", False)


def test_the_bytes_are_believed_when_the_transfer_syntax_lies(tmp_path: Path) -> None:
    ct_series(tmp_path, slices=1)
    path = tmp_path / "CT.1.1.1.dcm"
    truth = path.read_bytes()
    path.write_bytes(truth.replace(b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x14\x001.2.840.10008.1.2.2\0"))
    assert path.read_bytes() != truth
    assert read_folder(tmp_path, READ_ALWAYS).instances[0].modality == "CT"


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 192", "Ærø^Phantom"),
        ("ISO_IR 100", "Bücher^Phantom"),
        ("ISO_IR 101", "Wałęsa^Phantom"),
        ("ISO_IR 144", "Фантом^Вода"),
        ("GB18030", "幻^影"),
        (["", "ISO 2022 IR 87"], "Suimin^Genzo=水^幻影"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞"),
    ],
)
def test_names_are_decoded_by_the_character_set(tmp_path: Path, charset: Any, name: str) -> None:
    assert _header(tmp_path, SpecificCharacterSet=charset, PatientName=name)["PatientName"] == (name,)


@pytest.mark.parametrize("charset", [ABSENT, None, "ISO_IR 6", "NONSENSE", "hex", "ISO_IR 192", ["", "hex"]])
def test_bytes_that_the_character_set_does_not_know_are_replaced(tmp_path: Path, charset: Any) -> None:
    folder = tmp_path / "made"
    ct_series(folder, slices=1, SpecificCharacterSet="ISO_IR 100", PatientName="Büch^PHANTOM")
    path = folder / "CT.1.1.1.dcm"
    image = pydicom.dcmread(path)
    content = path.read_bytes()
    assert image.SpecificCharacterSet == "ISO_IR 100"
    term = "" if charset in (ABSENT, None) else "\\".join([charset] if isinstance(charset, str) else charset)
    path.write_bytes(content.replace(b"CS\x0a\x00ISO_IR 100", b"CS\x0a\x00" + term.ljust(10).encode()))
    assert (
        read_folder(folder, READ_ALWAYS).instances[0].value("PatientName")
        == "B\N{REPLACEMENT CHARACTER}ch^PHANTOM"
    )


def test_binary_numbers_are_written_out(tmp_path: Path) -> None:
    header = _header(
        tmp_path,
        Rows=16,
        PixelRepresentation=1,
        SmallestImagePixelValue=-5,
        RecommendedDisplayFrameRateInFloat=0.1,
        RealWorldValueSlope=ABSENT,
        FrameIncrementPointer=0x3004000C,
    )
    assert header["Rows"] == ("16",)
    assert header["SmallestImagePixelValue"] == ("-5",)
    assert header["RecommendedDisplayFrameRateInFloat"] == ("0.1",)
    assert header["FrameIncrementPointer"] == ("(3004,000c)",)


@given(st.binary(max_size=64), st.sampled_from(sorted(READABLE_VRS)), st.booleans())
def test_no_bytes_can_crash_the_values(raw: bytes, vr: str, little: bool) -> None:
    assert all(isinstance(value, str) for value in values(raw, vr, ("ISO_IR 192",), little=little))


@given(
    st.binary(max_size=64),
    st.lists(
        st.sampled_from(
            ["", "ISO_IR 13", "ISO 2022 IR 87", "ISO 2022 IR 159", "ISO-IR 100", "GBK", "ISO_IR 192"]
        )
        | st.text(max_size=8),
        max_size=3,
    ),
)
def test_no_bytes_and_no_character_set_can_crash_the_decoding(raw: bytes, charset: list[str]) -> None:
    assert isinstance(decode(b"\x1b" + raw, tuple(charset)), str)
    assert isinstance(decode(raw, tuple(charset)), str)
