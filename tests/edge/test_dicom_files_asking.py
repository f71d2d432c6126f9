"""Every element that can be named is told: in sequences, of private blocks, by tag, and bulk without being read."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from xnat_gate.core.study import READ_ALWAYS, Instance, Unreadable
from xnat_gate.edge.dicom_files import (
    ASKABLE,
    KEYWORD_OF,
    MOST_VALUES,
    TAGS,
    answers,
    elements,
    read_folder,
    repeating_vr,
)
from xnat_gate.edge.dicom_files.asking import asked_of
from xnat_gate.edge.dicom_files.dictionary import private_vr
from xnat_gate.edge.dicom_files.reading import read_object
from xnat_gate.edge.dicom_files.text import NO_TEXT, unknown_values
from xnat_gate.sandbox.phantoms import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    ct_series,
    item,
    rt_study,
    rtstruct,
)

SYNTAXES = [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED]
RLE = "1.2.840.10008.1.2.5"
CSA = "SIEMENS CSA HEADER"
REQUESTS = "RequestAttributesSequence"
CODES = f"{REQUESTS}.ScheduledProtocolCodeSequence"
LACKING = "\N{REPLACEMENT CHARACTER}"


def _bytes(dataset: Dataset, syntax: str = EXPLICIT) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    file = io.BytesIO()
    with config.disable_value_validation():
        dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _read(content: bytes, *names: str) -> Instance | Unreadable:
    found = read_object("file", io.BytesIO(content), frozenset(names))
    assert found is not None
    return found


def _told(content: bytes, *names: str) -> dict[str, tuple[str, ...]]:
    found = _read(content, *names)
    assert isinstance(found, Instance), found
    return dict(found.header)


def _damage(content: bytes, *names: str) -> str:
    found = _read(content, *names)
    assert isinstance(found, Unreadable)
    return found.why


def _image(**elements: Any) -> Dataset:
    return ct_series(None, slices=1, **elements)[0]


def _private(dataset: Dataset, creator: str, low: int, vr: str, value: Any, group: int = 0x0029) -> Dataset:
    dataset.private_block(group, creator, create=True).add_new(low, vr, value)
    return dataset


def _undefined(dataset: Dataset) -> Dataset:
    """All sequences and items without lengths, closed by delimiters."""
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for member in element.value:
                member.is_undefined_length_sequence_item = True
                _undefined(member)
    return dataset


# --- sequences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined", [False, True])
def test_items_of_all_depths_are_asked_in_every_encoding(syntax: str, undefined: bool) -> None:
    image = _image(
        RequestAttributesSequence=[
            item(
                RequestedProcedureID="P1",
                ScheduledProtocolCodeSequence=[item(CodeValue="A"), item(CodeMeaning="no value")],
            ),
            item(RequestedProcedureID=None, ScheduledProtocolCodeSequence=[]),
            item(ScheduledProtocolCodeSequence=[item(CodeValue="B")]),
            item(RequestedProcedureID="P4"),
        ],
        ProcedureCodeSequence=[],
    )
    wanted = {
        REQUESTS: ("item",) * 4,
        f"{REQUESTS}.RequestedProcedureID": ("P1", "", "", "P4"),
        CODES: ("item", "item", "", "item", ""),
        f"{CODES}.CodeValue": ("A", "", "B"),
        "ProcedureCodeSequence": (),
        "Modality": ("CT",),
    }
    absent = {f"{CODES}.CodingSchemeDesignator", "ProcedureCodeSequence.CodeValue", "IconImageSequence"}
    content = _bytes(_undefined(image) if undefined else image, syntax)
    assert _told(content, *wanted, *absent) == wanted


def test_an_element_in_items_that_has_a_value_nowhere_is_there_without_one() -> None:
    image = _image(
        RequestAttributesSequence=[item(RequestedProcedureID=None), item(ScheduledProcedureStepID="S")]
    )
    name = f"{REQUESTS}.RequestedProcedureID"
    assert _told(_bytes(image), name) == {name: ()}


def test_all_values_of_an_item_are_told() -> None:
    shared = [item(FrameType=["DERIVED", "", "AXIAL"]), item(), item(FrameType=["A", "B"])]
    image = _image(MRImageFrameTypeSequence=shared)
    name = "MRImageFrameTypeSequence.FrameType"
    assert _told(_bytes(image), name)[name] == ("DERIVED", "", "AXIAL", "", "A", "B")


def test_an_item_has_its_own_character_set_or_that_above_it() -> None:
    image = _image(
        SpecificCharacterSet="ISO_IR 100",
        RequestAttributesSequence=[
            item(RequestedProcedureDescription="Schädel"),
            item(
                SpecificCharacterSet="ISO_IR 192",
                RequestedProcedureDescription="Główa",
                ScheduledProtocolCodeSequence=[item(CodeMeaning="Łeb")],
            ),
        ],
        ProcedureCodeSequence=[item(CodeMeaning="Rücken")],
    )
    names = (
        f"{REQUESTS}.RequestedProcedureDescription",
        f"{CODES}.CodeMeaning",
        "ProcedureCodeSequence.CodeMeaning",
    )
    assert _told(_bytes(image), *names) == {
        names[0]: ("Schädel", "Główa"),
        names[1]: ("Łeb",),
        names[2]: ("Rücken",),
    }


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_the_sign_of_a_number_in_an_item_is_that_of_its_pixels(syntax: str) -> None:
    image = _image(
        PixelRepresentation=1,
        ModalityLUTSequence=[
            item(LUTDescriptor=[16, -5, 16]),
            item(PixelRepresentation=0, LUTDescriptor=[1, 65531, 8]),
        ],
    )
    name = "ModalityLUTSequence.LUTDescriptor"
    assert _told(_bytes(image, syntax), name)[name] == ("16", "-5", "16", "1", "65531", "8")


def test_a_path_may_be_as_deep_as_sequences_may_lie_in_each_other() -> None:
    deepest = item(CodeValue="down here")
    for _ in range(59):
        deepest = item(ConceptNameCodeSequence=[deepest])
    image = _image(ConceptNameCodeSequence=[deepest])
    name = "ConceptNameCodeSequence." * 60 + "CodeValue"
    assert _told(_bytes(_undefined(image)), name) == {name: ("down here",)}


def test_a_sequence_that_does_not_stand_there_as_one_has_no_items() -> None:
    content = _bytes(_image(AccessionNumber="12"))
    assert content.count(b"\x08\x00\x50\x00SH") == 1
    odd = content.replace(b"\x08\x00\x50\x00SH", b"\x08\x00\x51\x00SH")  # IssuerOfAccessionNumberSequence
    names = ("IssuerOfAccessionNumberSequence", "IssuerOfAccessionNumberSequence.LocalNamespaceEntityID")
    assert _told(odd, *names) == {names[0]: ("bytes",), names[1]: NO_TEXT}


def test_what_items_say_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    image = _bytes(_image(RequestAttributesSequence=[item(RequestedProcedureID="1234567")] * 10))
    assert _told(image, f"{REQUESTS}.RequestedProcedureID")
    monkeypatch.setattr(answers, "MOST_IN_ITEMS", 79)
    assert "more items than can be told" in _damage(image, f"{REQUESTS}.RequestedProcedureID")


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_a_file_that_is_cut_within_a_sequence_is_unreadable_wherever(syntax: str) -> None:
    image = _image(
        RequestAttributesSequence=[item(RequestedProcedureID="P1"), item(RequestedProcedureID="P2")]
    )
    whole = _bytes(_private(image, "PHANTOM", 1, "LO", "x"), syntax)
    names = (f"{REQUESTS}.RequestedProcedureID", '(0029,"PHANTOM",01)', "PixelData")
    assert _told(whole, *names)[names[0]] == ("P1", "P2")
    assert all("cut short" in _damage(whole[:length], *names) for length in range(133, len(whole)))


# --- radiotherapy objects ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("undefined", [False, True])
def test_one_walk_serves_what_is_asked_and_the_pointers(syntax: str, undefined: bool) -> None:
    structures = rtstruct(None, ct_series(None, slices=2), rois=["BODY", "PTV"])
    structures.StructureSetROISequence[1].ROIDescription = "boost"
    content = _bytes(_undefined(structures) if undefined else structures, syntax)
    contours = "ROIContourSequence.ContourSequence"
    wanted = {
        "StructureSetROISequence": ("item", "item"),
        "StructureSetROISequence.ROIName": ("BODY", "PTV"),
        "StructureSetROISequence.ROIDescription": ("", "boost"),
        f"{contours}.NumberOfContourPoints": ("3",) * 4,
        f"{contours}.ContourImageSequence.ReferencedSOPInstanceUID": tuple(
            image.SOPInstanceUID for image in ct_series(None, slices=2)
        )
        * 2,
    }
    asked, unasked = _read(content, *wanted), _read(content, "Modality")
    assert isinstance(asked, Instance)
    assert isinstance(unasked, Instance)
    assert dict(asked.header) == wanted
    assert asked.pointers == unasked.pointers
    assert len(asked.pointers.references) > 4


def test_what_is_always_read_is_the_same_whatever_is_asked_along(tmp_path: Any) -> None:
    rt_study(tmp_path)
    nested = {f"{REQUESTS}.RequestedProcedureID", "BeamSequence.BeamName", '(0029,"X",01)', "PixelData"}
    alone = read_folder(tmp_path, READ_ALWAYS).instances
    along = read_folder(tmp_path, READ_ALWAYS | nested).instances
    assert [one.pointers for one in alone] == [one.pointers for one in along]
    for one, other in zip(alone, along, strict=True):
        assert dict(one.header) == {name: said for name, said in other.header.items() if name in READ_ALWAYS}


# --- bulk and repeating groups ----------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_bulk_is_there_or_not_and_never_read(syntax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = _image(ICCProfile=b"", EncapsulatedDocument=b"12")
    image.add_new(0x60003000, "OW", b"\1\0")
    image.add_new(0x60000010, "US", 512)
    image.add_new(0x60020022, "LO", "zweite")
    wanted = {
        "FileMetaInformationVersion": ("bytes",),
        "ICCProfile": (),
        "EncapsulatedDocument": ("bytes",),
        "(6000,0010)": ("512",),
        "(6000,3000)": ("bytes",),
        "(6002,0022)": ("zweite",),
        "PixelData": ("bytes",),
    }
    content = _bytes(image, syntax)
    monkeypatch.setattr(elements, "LONGEST_TEXT", 500)  # less than the pixels
    assert _told(content, *wanted, "(6002,3000)", "DoubleFloatPixelData") == wanted


def test_encapsulated_pixels_are_bytes_too() -> None:
    image = _image()
    image.PixelData = encapsulate([b"\1\2" * 20, b"\3\4" * 20])
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    assert _told(_bytes(image, RLE), "PixelData") == {"PixelData": ("bytes",)}


# --- private elements -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_private_element_is_found_by_its_creator_wherever_its_block_lies(syntax: str) -> None:
    image = _image(SpecificCharacterSet="ISO_IR 192")
    image.add_new(0x00290010, "LO", "OTHER")
    image.add_new(0x002900E1, "LO", f"{CSA} ")
    image.add_new(0x00291008, "LO", "not this")
    image.add_new(0x0029E108, "CS", "IMAGE NUM 4")
    image.add_new(0x0029E109, "LO", ["Größe", "b"])
    image.add_new(0x0029E110, "OB", b"\1\2")
    wanted = {
        f'(0029,"{CSA}",08)': ("IMAGE NUM 4",),
        f'(0029,"{CSA}",09)': ("Größe", "b"),
        f'(0029,"{CSA}",10)': NO_TEXT,
    }
    absent = {f'(0029,"{CSA.lower()}",08)', f'(0029,"{CSA}",07)', f'(0031,"{CSA}",08)', '(0029,"OTHER",09)'}
    assert _told(_bytes(image, syntax), *wanted, *absent) == wanted


def test_two_blocks_of_one_creator_say_their_values_together() -> None:
    image = _image()
    for block, words in ((0x10, ["a", "b"]), (0x11, None), (0x40, "c")):
        image.add_new(0x00290000 | block, "LO", "PHANTOM")
        image.add_new(0x00290001 | block << 8, "LO", words)
    assert _told(_bytes(image), '(0029,"PHANTOM",01)') == {'(0029,"PHANTOM",01)': ("a", "b", "c")}


def test_an_item_has_private_blocks_of_its_own() -> None:
    image = _private(_image(), "TOP", 1, "LO", "top")
    first, second = item(), item(RequestedProcedureID="P")
    _private(_private(first, "OTHER", 1, "LO", "no"), "PHANTOM", 1, "LO", "first")
    second.add_new(0x00291001, "LO", "of nobody here")
    image.RequestAttributesSequence = [first, second, _private(item(), "PHANTOM", 1, "LO", "third")]
    names = ('(0029,"TOP",01)', f'{REQUESTS}.(0029,"PHANTOM",01)', f'{REQUESTS}.(0029,"TOP",01)')
    assert _told(_bytes(image), *names) == {names[0]: ("top",), names[1]: ("first", "", "third")}


@pytest.mark.parametrize("undefined", [False, True])
def test_a_private_sequence_is_a_step_like_any_other_where_the_file_tells_it(undefined: bool) -> None:
    inner = [_private(item(CodeValue="1"), "INNER", 2, "IS", "7"), item()]
    image = _private(_image(), "PHANTOM", 1, "SQ", inner)
    name = '(0029,"PHANTOM",01)'
    wanted = {name: NO_TEXT * 2, f"{name}.CodeValue": ("1", ""), f'{name}.(0029,"INNER",02)': ("7", "")}
    image = _undefined(image) if undefined else image
    for syntax in (EXPLICIT, BIG_ENDIAN, *([IMPLICIT] if undefined else [])):
        assert _told(_bytes(image, syntax), *wanted) == wanted


def test_a_private_sequence_that_nobody_can_open_promises_nothing() -> None:
    creator = "Philips MR Imaging DD 001"
    name = f'(2005,"{creator}",80)'
    image = _private(_image(), creator, 0x80, "SQ", [item(CodeValue="1")], group=0x2005)
    assert _told(_bytes(image), name, f"{name}.CodeValue") == {name: NO_TEXT, f"{name}.CodeValue": ("1",)}
    assert _told(_bytes(image, IMPLICIT), name, f"{name}.CodeValue") == {
        name: NO_TEXT,
        f"{name}.CodeValue": NO_TEXT,
    }


@pytest.mark.parametrize("told", ["implicit VR", "UN"])
def test_where_the_file_tells_no_vr_the_private_dictionary_does(told: str) -> None:
    image = _image()
    image.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    image.add_new(0x0019100C, "IS", "1000")
    image.add_new(0x0019100E, "FD", [0.0, 0.5, -1.0])
    image.add_new(0x00191010, "OB", b"\0\0")
    if told == "UN":
        for tag in (0x0019100C, 0x0019100E, 0x00191010):
            raw = {0x0019100C: b"1000", 0x0019100E: bytes(14) + b"\xe0\x3f" + bytes(6) + b"\xf0\xbf"}
            image.add_new(tag, "UN", raw.get(tag, b"\0\0"))
    names = [f'(0019,"SIEMENS MR HEADER",{low})' for low in ("0c", "0e")]
    content = _bytes(image, IMPLICIT if told == "implicit VR" else EXPLICIT)
    assert _told(content, *names) == {names[0]: ("1000",), names[1]: ("0.0", "0.5", "-1.0")}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", ()),
        (b"  ", ()),
        (b"plain", ("plain",)),
        (b" a \\\\b\0", ("a", "", "b")),
        (b"two\r\nlines", ("two\r\nlines",)),
        ("Größe".encode(), ("Größe",)),
        ("Größe".encode("latin-1"), (f"Gr{LACKING}{LACKING}e",)),
        (b"\0\0", NO_TEXT),
        (b"\1\0\0\0", NO_TEXT),
        (b"a\0b", NO_TEXT),
        (b"\x1b$Bx", NO_TEXT),
    ],
)
def test_a_value_of_an_unknown_vr_is_text_or_says_that_it_is_none(raw: bytes, said: tuple[str, ...]) -> None:
    image = _image(SpecificCharacterSet="ISO_IR 192")
    content = _bytes(_private(image, "PHANTOM", 1, "UN", raw + b" " * (len(raw) % 2)))
    assert _told(content, '(0029,"PHANTOM",01)') == {'(0029,"PHANTOM",01)': said}


def test_an_unknown_value_of_megabytes_is_not_read() -> None:
    content = _bytes(_private(_image(), "PHANTOM", 1, "UN", b"x" * (2 << 20)))
    assert _told(content, '(0029,"PHANTOM",01)') == {'(0029,"PHANTOM",01)': NO_TEXT}


@given(
    st.binary(max_size=64), st.sampled_from([(), ("ISO_IR 100",), ("", "ISO 2022 IR 87"), ("ISO_IR 192",)])
)
def test_no_bytes_of_an_unknown_vr_crash_the_reader(raw: bytes, charset: tuple[str, ...]) -> None:
    assert all(said == LACKING or "\0" not in said for said in unknown_values(raw, charset))


def test_a_private_block_is_known_by_one_creator_named_before_it() -> None:
    content = _bytes(_private(_private(_image(), "PHANTOM", 1, "LO", "xx"), "PHANTOM", 2, "LO", "yy"))
    creator, element = b"\x29\x00\x10\x00LO\x08\x00PHANTOM ", b"\x29\x00\x01\x10LO\x02\x00xx"
    assert creator + element in content
    name = '(0029,"PHANTOM",01)'
    behind = content.replace(creator + element, element + creator)
    assert "behind its elements" in _damage(behind, name)
    assert "creator stands there twice" in _damage(content.replace(creator, creator + creator), name)
    assert "(0029,1001) (the element stands there twice)" in _damage(
        content.replace(element, element * 2), name
    )
    assert _told(behind, '(0029,"OTHER",01)') == {}


def test_a_sequence_or_an_element_of_an_item_that_stands_twice_is_told() -> None:
    content = _bytes(_undefined(_image(RequestAttributesSequence=[item(RequestedProcedureID="P1")])))
    element = b"\x40\x00\x01\x10SH\x02\x00P1"
    start = content.index(b"\x40\x00\x75\x02SQ")
    sequence = content[start : content.index(b"\xfe\xff\xdd\xe0", start) + 8]
    name = f"{REQUESTS}.RequestedProcedureID"
    for twice in (content.replace(element, element * 2), content.replace(sequence, sequence * 2)):
        assert f"{REQUESTS} (the element stands there twice)" in _damage(twice, name)
        assert _told(twice, "Modality") == {"Modality": ("CT",)}


@cache
def _rich(syntax: str, undefined: bool) -> bytes:
    structures = rtstruct(None, ct_series(None, slices=1))
    structures.RequestAttributesSequence = [
        item(RequestedProcedureID="P1"),
        item(SpecificCharacterSet="GB18030"),
    ]
    _private(structures, "PHANTOM", 1, "SQ", [_private(item(CodeValue="1"), "INNER", 2, "UN", b"12")])
    return _bytes(_undefined(structures) if undefined else structures, syntax)


@given(
    st.sampled_from(SYNTAXES), st.booleans(), st.integers(0, 100),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4),
)  # fmt: skip
def test_no_damage_crashes_who_asks_for_much(
    syntax: str, undefined: bool, lost: int, hits: list[tuple[int, bytes]]
) -> None:
    content = bytearray(_rich(syntax, undefined))
    for place, written in hits:
        at = 132 + place % (len(content) - 132)
        content[at : at + len(written)] = written
    wanted = {
        REQUESTS, f"{REQUESTS}.RequestedProcedureID", "ROIContourSequence.ContourSequence.ContourData",
        "PixelData", '(3007,"PHANTOM",01)', '(0029,"PHANTOM",01)', '(0029,"PHANTOM",01).(0029,"INNER",02)',
    }  # fmt: skip
    found = read_object("file", io.BytesIO(bytes(content[: len(content) - lost])), frozenset(wanted))
    if isinstance(found, Instance):
        assert found.header.keys() <= wanted


# --- names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "NoSuchKeyword", "", "Modality.", ".Modality", "(0008,0060)", "(0029,1008)", "(0018,fffe)", "0029",
        '(0028,"EVEN",01)', '(0029,"X",1)', '( 0029,"X",01)', "(0029,X,01)", '(0029,"X",0A)', "(6000,3000).Modality",
        "Modality.PatientID", "PixelData.Rows", "RequestAttributesSequence.Nothing", "(6000,300A)",
    ],
)  # fmt: skip
def test_a_name_that_no_element_has_is_refused(name: str, tmp_path: Any) -> None:
    with pytest.raises(KeyError):
        read_folder(tmp_path, READ_ALWAYS | {name})


def test_the_dictionary_tells_what_can_be_asked() -> None:
    assert (ASKABLE["PixelPaddingValue"], ASKABLE["Modality"], ASKABLE["TransferSyntaxUID"]) == (
        "US or SS", "CS", "UI",
    )  # fmt: skip
    assert not {"CommandField", "Item", "FileMetaInformationGroupLength"} & ASKABLE.keys()
    assert ASKABLE.keys() <= TAGS.keys()
    assert all(KEYWORD_OF[TAGS[keyword]] == keyword for keyword in ASKABLE)
    assert MOST_VALUES.keys() <= ASKABLE.keys()
    assert (MOST_VALUES["Modality"], MOST_VALUES["PixelSpacing"]) == (1, 2)
    assert "ImageType" not in MOST_VALUES
    assert [repeating_vr(tag) for tag in (0x60003000, 0x60020010, 0x50002600)] == ["OB or OW", "US", "SQ"]
    assert [repeating_vr(tag) for tag in (0x60013000, 0x00080060, 0x00081111, 0x60000999)] == [None] * 4
    known = ((0x00190008, "SIEMENS MR HEADER"), (0x00290001, "CANON_MEC_MR3"), (0x00290001, "PHANTOM"))
    assert [private_vr(*one) for one in known] == ["CS", "SQ", ""]
    assert asked_of(frozenset(ASKABLE)).tags.keys() >= {TAGS[keyword] for keyword in ASKABLE}


# --- beside pydicom ---------------------------------------------------------------------------------------------

TEXTS = ("StudyDescription", "AccessionNumber", "ImageType", '(0029,"ONE",01)', '(0029,"TWO",02)')
SEQUENCES = ("RequestAttributesSequence", "ReferencedSeriesSequence", '(0029,"TWO",01)')
PARTS = TEXTS + SEQUENCES
WORDS = st.lists(st.text("AB7", max_size=3), max_size=3)
DATA = st.recursive(
    st.dictionaries(st.sampled_from(TEXTS), WORDS, max_size=4),
    lambda inner: st.dictionaries(st.sampled_from(TEXTS), WORDS, max_size=3).flatmap(
        lambda texts: st.dictionaries(
            st.sampled_from(SEQUENCES), st.lists(inner, max_size=3), max_size=2
        ).map(lambda nested: texts | nested)
    ),
    max_leaves=8,
)
NAMES = st.builds(
    lambda above, last: ".".join([*above, last]),
    st.lists(st.sampled_from(SEQUENCES), max_size=3),
    st.sampled_from(PARTS),
)


def _built(data: dict[str, Any], undefined: bool) -> Dataset:
    dataset = Dataset()
    with config.disable_value_validation():
        for name, value in data.items():
            said = [_built(one, undefined) for one in value] if name in SEQUENCES else value
            if name.startswith("("):
                _private(dataset, name[7:10], int(name[-3:-1], 16), "SQ" if name in SEQUENCES else "LO", said)
            else:
                setattr(dataset, name, said)
    return _undefined(dataset) if undefined else dataset


def _elements(dataset: Dataset, name: str) -> list[Any]:
    """What pydicom has under this name, in each of the data set's blocks."""
    if not name.startswith("("):
        return [dataset[name]] if name in dataset else []
    try:
        block = dataset.private_block(0x0029, name[7:10])
    except KeyError:
        return []
    return [block[int(name[-3:-1], 16)]] if int(name[-3:-1], 16) in block else []


def _values(element: Any) -> tuple[str, ...]:
    if element.VR == "SQ":
        return (NO_TEXT if element.tag.is_private else ("item",)) * len(element.value)
    raw = element.value if element.VM > 1 else [element.value]
    said = tuple("" if value is None else str(value) for value in raw)
    return said if any(said) or len(said) > 1 else ()


def _expected(dataset: Dataset, name: str) -> tuple[str, ...] | None:
    *above, last = name.split(".")
    holders: list[Dataset] = [dataset]
    for step in above:
        holders = [one for holder in holders for each in _elements(holder, step) for one in each.value]
    found = [_elements(holder, last) for holder in holders]
    if not any(found):
        return None
    said: Iterable[tuple[str, ...]] = (tuple(v for one in each for v in _values(one)) for each in found)
    told = [each or ("",) * bool(above) for each in said]
    return tuple(value for each in told for value in each) if any(map(any, told)) or not above else ()


@given(DATA, st.sets(NAMES, min_size=1, max_size=6), st.sampled_from([EXPLICIT, BIG_ENDIAN]), st.booleans(),
       st.sampled_from(["CT", "RTSTRUCT"]))  # fmt: skip
def test_what_is_told_is_what_pydicom_walks(
    data: dict[str, Any], names: set[str], syntax: str, undefined: bool, modality: str
) -> None:
    dataset = _built(data, undefined)
    dataset.StudyInstanceUID, dataset.Modality = "1.2.3", modality
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66"
    expected = {name: _expected(dataset, name) for name in names}
    told = _told(_bytes(dataset, syntax), *names)
    assert told == {name: said for name, said in expected.items() if said is not None}
