"""What the importer's manifest says, how small it says it, and when it proves what lies in the prearchive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.archive import Entry, PrearchiveRow
from xnat_gate.core.drawing import ROI, Drawing, Outline
from xnat_gate.core.manifest import Holding, Manifest, Print, gap
from xnat_gate.core.manifest_text import ManifestUnreadable, digest_of, holdings_in, read, write
from xnat_gate.core.pointers import Frame, Number, Pointers, Reference
from xnat_gate.core.study import Instance

CT = "1.2.840.10008.5.1.4.1.1.2"
KEYWORDS = frozenset({"SOPInstanceUID", "SeriesInstanceUID", "Modality", "PatientName"})
ROW = PrearchiveRow(
    project="P", timestamp="T", folder="F", subject="S", session="L", study_uid="1.2", status="READY",
    uri="/prearchive/projects/P/T/F", changed="2026-01-01 00:00:00.1",
)  # fmt: skip


def instance(number: int, folder: str = "F/SCANS/1/DICOM", **more: Any) -> Instance:
    header = {
        "SOPInstanceUID": (f"1.2.826.0.1.3680043.8.498.12345678901234567890.{number}",), "Modality": ("CT",),
        "SeriesInstanceUID": ("1.2.3",), "PatientName": ("PHANTOM^CÖRK",),
    }  # fmt: skip
    return Instance(f"{folder}/{number}.dcm", header, digest=f"{number:064x}", **more)


def manifest(*instances: Instance, **more: Any) -> Manifest:
    given_ = instances or (instance(1), instance(2))
    return Manifest(
        **{
            "study_uid": ROW.study_uid, "uri": ROW.uri, "changed": ROW.changed, "keywords": KEYWORDS,
            "instances": given_,
            "prints": {one.file: Print(500 + n, f"{n:032x}", one.digest or "") for n, one in enumerate(given_)},
            **more,
        }
    )  # fmt: skip


def listed(of: Manifest, *, uid: bool = False, md5: bool = False) -> tuple[Entry, ...]:
    """As an archive lists the files of this manifest."""
    return tuple(
        Entry(
            name=one.file.rpartition("/")[2],
            size=of.prints[one.file].size,
            uid=one.sop_instance_uid if uid else "",
            md5=of.prints[one.file].md5 if md5 else "",
        )
        for one in of.instances
    )


# --- as text ----------------------------------------------------------------------------------------------------

WORDS = st.text(max_size=8)
NAMES = KEYWORDS | {
    "(6000,3000)",
    '(0029,"SIEMENS CSA HEADER",08)',
    'RequestAttributesSequence.(0029,"A.B",01)',
}
HEADERS = st.dictionaries(st.sampled_from(sorted(NAMES)), st.lists(WORDS, max_size=3).map(tuple))
PATHS = st.lists(WORDS, max_size=2).map(tuple)
COUNTS = st.integers(0, 9)
REFERENCES = st.builds(Reference, WORDS, WORDS, PATHS, WORDS, COUNTS, st.lists(COUNTS, max_size=2).map(tuple))
SAYINGS = st.builds(
    Pointers,
    references=st.lists(REFERENCES, max_size=5).map(tuple),
    series_uids=st.lists(WORDS, max_size=2).map(tuple),
    frames=st.lists(st.builds(Frame, WORDS, PATHS, COUNTS), max_size=2).map(tuple),
    numbers=st.lists(st.builds(Number, WORDS, WORDS, PATHS, WORDS, COUNTS), max_size=2).map(tuple),
    blanks=st.lists(PATHS, max_size=2).map(tuple),
)
POINTS = st.none() | st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3)
OUTLINES = st.builds(Outline, WORDS, WORDS, WORDS, st.none() | COUNTS, COUNTS, POINTS, POINTS, POINTS)
DRAWINGS = st.builds(
    Drawing,
    st.lists(st.builds(ROI, WORDS, WORDS, WORDS), max_size=2).map(tuple),
    st.lists(OUTLINES, max_size=2).map(tuple),
    COUNTS,
)
FILES = st.lists(st.text(st.sampled_from("ab/."), min_size=1, max_size=6), unique=True, max_size=4)


@given(st.data())
def test_what_is_read_back_equals_what_was_written(data: st.DataObject) -> None:
    instances = tuple(
        Instance(
            file,
            data.draw(HEADERS),
            data.draw(SAYINGS),
            data.draw(DRAWINGS),
            digest=f"{number}",
            part10=data.draw(st.booleans()),
        )
        for number, file in enumerate(data.draw(FILES))
    )
    whole = replace(
        manifest(),
        keywords=NAMES,
        instances=instances,
        prints={one.file: Print(number, "m", one.digest or "") for number, one in enumerate(instances)},
        holdings=(Holding("RT014", data.draw(WORDS)),),
    )
    text = write(whole)
    assert read(text) == whole
    assert write(read(text)) == text


def test_a_series_of_two_thousand_slices_stays_below_three_hundred_bytes_a_slice() -> None:
    slices = tuple(instance(number) for number in range(2000))
    assert len(write(manifest(*slices)).encode()) < 2000 * 300


def test_the_contours_of_one_structure_share_what_they_have_in_common() -> None:
    path = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")
    references = tuple(
        Reference(f"1.2.3.{number}", CT, path, f"organ {organ}")
        for organ in range(20)
        for number in range(100)
    )
    text = write(manifest(instance(1, pointers=Pointers(references))))
    assert len(text) < 2000 * 20


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "{}", '{"version": 2}', "[" * 5000, '{"version": 2, "groups": 3}']
)
def test_a_text_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ManifestUnreadable, match="not written as a manifest is"):
        read(text)


def test_a_manifest_of_another_version_is_refused_and_told_as_that() -> None:
    with pytest.raises(ManifestUnreadable, match="it is of version 1"):
        read(json.dumps({"version": 1}))


def test_what_an_earlier_version_says_against_a_session_is_heeded_and_nothing_else_of_it_believed() -> None:
    held = Holding("RT014", "shared")
    text = write(replace(manifest(), holdings=(held,))).replace('"version":2', '"version":1')
    assert holdings_in(text) == (held,)
    with pytest.raises(ManifestUnreadable):
        read(text)


@pytest.mark.parametrize(
    "text", ['{"version": 1}', '{"version": 3, "holdings": []}', "[]", '{"version": 2, "holdings": []}']
)
def test_of_a_text_that_is_no_manifest_nothing_is_heeded(text: str) -> None:
    with pytest.raises(ManifestUnreadable):
        holdings_in(text)


def test_the_digest_is_that_of_the_stored_bytes() -> None:
    text = write(manifest())
    assert digest_of(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()


# --- as a proof -------------------------------------------------------------------------------------------------


def test_a_session_that_nothing_has_touched_is_proven_by_names_and_sizes() -> None:
    whole = manifest()
    assert gap(whole, ROW, listed(whole), KEYWORDS) == ""


def test_a_session_that_was_touched_is_proven_by_the_digests_of_all_its_files() -> None:
    whole, touched = manifest(), replace(ROW, changed="later")
    assert gap(whole, touched, listed(whole, md5=True), KEYWORDS) == ""
    first, *rest = listed(whole, md5=True)
    assert "no digests" in gap(whole, touched, (replace(first, md5=""), *rest), KEYWORDS)
    assert "no digests" in gap(whole, touched, listed(whole, uid=True), KEYWORDS)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: files[:1], "other files"),
        (lambda files: (*files, files[0]), "other files"),
        (lambda files: (*files, Entry(name="new", size=1)), "other files"),
        (lambda files: (replace(files[0], size=1), files[1]), "other files"),
        (lambda files: (replace(files[0], name="x"), files[1]), "other files"),
        (lambda files: (replace(files[0], uid=files[1].uid), files[1]), "other contents"),
        (lambda files: (replace(files[0], md5=files[1].md5), files[1]), "other contents"),
        (lambda _: (), "other files"),
        (lambda _: None, "does not list"),
    ],
)
def test_a_list_that_differs_proves_nothing(
    change: Callable[[tuple[Entry, ...]], tuple[Entry, ...] | None], why: str
) -> None:
    whole = manifest()
    assert why in gap(whole, ROW, change(listed(whole, uid=True, md5=True)), KEYWORDS)


def test_the_manifest_of_another_session_proves_nothing() -> None:
    whole = manifest()
    for other in (replace(ROW, uri="/prearchive/projects/Q/T/F"), replace(ROW, study_uid="1.3")):
        assert "another session" in gap(whole, other, listed(whole), KEYWORDS)


def test_a_keyword_that_was_not_read_is_missing_for_the_proof() -> None:
    whole = manifest()
    assert "asks for StationName" in gap(whole, ROW, listed(whole), KEYWORDS | {"StationName"})
    assert gap(whole, ROW, listed(whole), KEYWORDS - {"Modality"}) == ""


def test_two_files_of_one_name_in_two_folders_are_both_demanded() -> None:
    whole = manifest(instance(1), instance(1, folder="F/SCANS/2/DICOM"))
    assert gap(whole, ROW, listed(whole), KEYWORDS) == ""
    assert "other files" in gap(whole, ROW, listed(whole)[:1], KEYWORDS)
