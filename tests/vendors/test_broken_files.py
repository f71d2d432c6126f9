"""Broken or unusual as files: cut off, headless, oddly encoded, huge, among others, in pieces (variants 60 to 68)."""

from __future__ import annotations

import tracemalloc
import warnings
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.fileset import FileSet

from tests.vendors.broken import CHAIN, PARTIAL, base, contours, inheriting
from tests.vendors.judging import (
    LINKED,
    Told,
    judged_one,
    links,
    noted,
    protocol,
    read,
    weighing,
    written,
)
from xnat_gate.core.judge import Outcome, Verdict
from xnat_gate.core.waiting import awaiting
from xnat_gate.sandbox.phantoms import BIG_ENDIAN, DEFLATED, IMPLICIT, attributes, junk, save, save_bare

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
UNREAD: Told = ("UNVERIFIABLE", "UNVERIFIABLE", "READ_FAILURE")
ABSENT_TARGET: Told = ("ORPHAN", "ORPHAN", "TARGET_ABSENT")
UPON_ORPHAN: Told = ("ORPHAN", "LINKED", "INSTANCE_ALL")
DOSE_ALONE: Told = ("PARTIAL", "PARTIAL", "PLAN_ABSENT_STRUCT_PRESENT")
CUT = 0.9
LONG, TIMES = 17 << 20, 12
"""Bytes of a contour that is too long, and how many of them make a structure set of 200 MB."""


def archived(verdict: Verdict) -> bool:
    """As if nothing had been done to the files."""
    return (links(verdict), verdict.outcome, verdict.findings) == (CHAIN, Outcome.ARCHIVE, ())


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (3, inheriting(PARTIAL)),
        (7, {"structure set": UNREAD, "plan": ABSENT_TARGET, "dose": UPON_ORPHAN}),
        (8, {"structure set": LINKED, "plan": UNREAD, "dose": DOSE_ALONE}),
        (9, CHAIN | {"dose": UNREAD}),
    ],
    ids=["slice", "structure set", "plan", "dose"],
)
def test_a_file_that_is_cut_off_holds_its_study(tmp_path: Path, place: int, told: dict[str, Told]) -> None:
    folder = written(tmp_path, base().everything)
    cut = folder / f"{place:03}.dcm"
    content = cut.read_bytes()
    cut.write_bytes(content[: int(len(content) * CUT)])
    verdict = judged_one(folder)
    assert [damaged.file for damaged in verdict.study.damaged] == [cut.name]
    assert links(verdict) == told
    assert "RT001" in weighing(verdict)
    assert (verdict.outcome, verdict.deliverable) == (Outcome.HOLD, False)


def test_files_without_the_head_of_a_dicom_file_are_linked_and_held(tmp_path: Path) -> None:
    for place, one in enumerate(base().everything):
        save_bare(one, tmp_path / f"{place:03}.dcm")
    verdict = judged_one(tmp_path)
    assert (links(verdict), verdict.outcome, weighing(verdict)) == (CHAIN, Outcome.HOLD, {"RT001"})


@pytest.mark.parametrize(
    "syntax", [BIG_ENDIAN, DEFLATED, IMPLICIT], ids=["big endian", "deflated", "implicit"]
)
def test_the_transfer_syntax_says_nothing_about_links(tmp_path: Path, syntax: str) -> None:
    assert archived(judged_one(written(tmp_path, base().everything, syntax=syntax)))


def test_compressed_slices_are_found_like_others(tmp_path: Path) -> None:
    whole = base()
    for image in whole.ct:
        image.PixelData = encapsulate([b"\xff\xd8 a picture \xff\xd9"])
        image["PixelData"].VR = "OB"
        image["PixelData"].is_undefined_length = True
        save(image, tmp_path / f"CT{image.InstanceNumber}.dcm", JPEG_BASELINE)
    written(tmp_path, whole.rtstruct, whole.rtplan, whole.rtdose)
    assert archived(judged_one(tmp_path))


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG_ENDIAN, DEFLATED])
def test_sequences_that_do_not_tell_their_length_are_read_to_their_end(tmp_path: Path, syntax: str) -> None:
    whole = base()
    for one in (whole.rtstruct, whole.rtplan, whole.rtdose):
        _endless(one)
    assert archived(judged_one(written(tmp_path, whole.everything, syntax=syntax)))


def _endless(dataset: Dataset) -> None:
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for one in element.value:
                one.is_undefined_length_sequence_item = True
                _endless(one)


def test_a_structure_set_of_200_mb_is_linked_in_little_memory_and_told_to_be_unmeasured(
    tmp_path: Path,
) -> None:
    whole = base()
    folder = written(tmp_path, whole.ct, whole.rtplan, whole.rtdose)
    path = _enormous(folder / "RS.dcm", whole.rtstruct)
    assert path.stat().st_size > 200_000_000
    tracemalloc.start()
    verdict = judged_one(folder)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < LONG
    assert links(verdict) == CHAIN
    assert (verdict.outcome, weighing(verdict)) == (Outcome.ARCHIVE, set())
    assert noted(verdict) == {"RT153"}


def _enormous(path: Path, structures: Dataset) -> Path:
    """Each contour says so often as are wanted that it has no length of interest: a file with holes."""
    (first, *_) = contours(structures)
    structures.ROIContourSequence[0].ContourSequence = [
        attributes(Dataset(), {each.keyword: each.value for each in first}) for _ in range(TIMES)
    ]
    for contour in structures.ROIContourSequence[0].ContourSequence:
        contour.ContourData = ["77", "77", "77"]
    _endless(structures)
    small = save(structures, path, IMPLICIT).read_bytes().split(b"\x06\x30\x50\x00\x08\x00\x00\x0077\\77\\77")
    assert len(small) == TIMES + 1
    with path.open("wb") as file:
        for piece in small[:-1]:
            file.write(piece + b"\x06\x30\x50\x00" + LONG.to_bytes(4, "little"))
            file.seek(LONG, 1)
        file.write(small[-1])
    return path


def test_files_are_known_by_what_they_are_and_not_by_their_names(tmp_path: Path) -> None:
    folder = written(tmp_path, base().everything)
    for path, name in zip(sorted(folder.iterdir()), _names(), strict=True):
        path.rename(folder / name)
    assert archived(judged_one(folder))


def _names() -> list[str]:
    return [
        "1",
        "two",
        "RS.txt",
        "plan.jpg",
        "notes.zip",
        "a.b.c",
        "DICOMDIR.bak",
        "x.DCM",
        "no name",
        "0.xml",
    ]


def test_what_lies_beside_the_data_does_not_change_what_is_said_of_them(tmp_path: Path) -> None:
    folder = written(tmp_path, base().everything)
    beside = {junk(folder).name, ".DS_Store", "Thumbs.db", "report.pdf"}
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1" + bytes(range(200)))
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(range(200)))
    (folder / "report.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(200)))
    assert set(read(folder).not_dicom) == beside
    assert archived(judged_one(folder))


def test_the_index_of_a_disc_is_no_object_of_the_study(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    disc = FileSet()
    for path in sorted(written(tmp_path / "files", base().everything).iterdir()):
        disc.add(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        disc.write(folder, use_existing=False)
    disc._stage["t"].cleanup()  # or it complains when it is forgotten
    assert len(read(folder).directories) == 1
    assert archived(judged_one(folder))


def test_the_order_of_arrival_tells_nothing(tmp_path: Path) -> None:
    whole = base()
    del whole.ct[2]
    told = [
        judged_one(written(tmp_path / name, files))
        for name, files in (("there", whole.everything), ("back", whole.everything[::-1]))
    ]
    assert links(told[0]) == links(told[1])
    assert told[0].outcome is told[1].outcome is Outcome.HOLD
    assert _without_files(told[0]) == _without_files(told[1])


def _without_files(verdict: Verdict) -> set[tuple[str, str, str, frozenset[str]]]:
    return {(one.id, one.effect.value, one.message, frozenset(one.about)) for one in verdict.findings}


@pytest.mark.parametrize("first", [slice(7, None), slice(3, None), slice(0, 7)], ids=["RT", "most", "images"])
def test_what_comes_in_two_batches_ends_as_if_it_had_come_in_one(tmp_path: Path, first: slice) -> None:
    whole = base().everything
    early = whole[first]
    late = [one for one in whole if one not in early]
    folder = written(tmp_path / "early", early).parent
    verdict = judged_one(folder)
    waiting = awaiting(verdict, protocol())
    lacking = bool(verdict.links)
    assert (verdict.outcome is not Outcome.ARCHIVE) is lacking
    assert bool(waiting) is (lacking and verdict.outcome is Outcome.REJECT)
    written(folder / "late", late)
    verdict = judged_one(folder)
    assert archived(verdict)
    assert awaiting(verdict, protocol()) == ()
