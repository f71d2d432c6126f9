"""The verdict as JSON, which others script against, and as text, which people read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.studies import ROOT, a_protocol, all_changed, chain, changed, ct, reading, rtstruct, study
from xnat_gate.core import report
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Verdict, judge, judge_together
from xnat_gate.core.study import Reading, Study

ELSEWHERE = f"{ROOT}.9"
TOP = {
    "version": int,
    "protocol": dict,
    "studies": list,
    "not_dicom": list,
    "directories": list,
    "unreadable": list,
}
STUDY = {
    "study_uid": str,
    "outcome": str,
    "labels": dict,
    "files": int,
    "rejected": list,
    "rt": list,
    "findings": list,
    "asked": list,
}
RT = {
    "sop_instance_uid": str,
    "modality": str,
    "file": str,
    "linkage": str,
    "reason": str,
    "own": str,
    "referenced": int,
    "present": int,
    "elsewhere": int,
}
FINDING = {
    "id": str,
    "severity": str,
    "effect": str,
    "about": list,
    "files": list,
    "message": str,
    "remedy": str,
}


def document(*studies: Study, found: Reading | None = None) -> dict[str, Any]:
    """What a script gets: through JSON and back."""
    verdicts = judge_together(studies, a_protocol())
    whole = report.document(a_protocol(), verdicts, found or reading(*studies))
    again: dict[str, Any] = json.loads(json.dumps(whole))
    assert again == whole
    return again


def text(*studies: Study, not_dicom: tuple[str, ...] = ()) -> str:
    return report.text(judge_together(studies, a_protocol()), reading(*studies, not_dicom=not_dicom))


def shape(thing: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in thing.items()}


def half_linked() -> Study:
    """A chain with a slice missing, an orphan beside it, and a damaged file."""
    return study(chain()[1:], rtstruct(ct(3, series=ELSEWHERE), 2), damaged=["CT3/cut.dcm"])


def test_the_document_has_the_keys_and_types_of_the_public_contract() -> None:
    whole = document(half_linked(), found=reading(half_linked(), not_dicom=("notes.txt",)))
    assert shape(whole) == TOP
    assert whole["version"] == 1
    assert whole["protocol"] == {"name": "test import", "version": "", "sha256": "ab" * 32}
    assert whole["not_dicom"] == ["notes.txt"]
    assert whole["unreadable"] == [{"file": "CT3/cut.dcm", "why": "The file is cut short."}]
    (one,) = whole["studies"]
    assert shape(one) == STUDY
    assert [shape(each) for each in one["rt"]] == [RT] * 4
    assert one["findings"]
    assert all(shape(each) == FINDING for each in one["findings"])


def test_the_words_of_the_document_are_those_of_the_public_contract() -> None:
    (one,) = document(half_linked())["studies"]
    assert one["outcome"] == "hold"
    assert one["labels"] == {"project": "HOSPITAL", "subject": "DOE_JANE", "session": "4711"}
    assert one["files"] == 6
    assert one["rejected"] == ["RTSTRUCT2.dcm"]
    assert {each["effect"] for each in one["findings"]} == {"reject", "hold"}
    assert {each["severity"] for each in one["findings"]} == {"error", "warning"}


def test_a_half_linked_object_says_its_own_verdict_and_the_inherited_one() -> None:
    (one,) = document(study(chain()[1:]))["studies"]
    structures, plan, dose = one["rt"]
    assert (structures["own"], structures["linkage"], structures["reason"]) == (
        *("PARTIAL", "PARTIAL"),
        "INSTANCE_SOME",
    )
    assert (structures["present"], structures["referenced"]) == (2, 3)
    for each in (plan, dose):
        assert (each["own"], each["linkage"], each["reason"]) == ("LINKED", "PARTIAL", "INSTANCE_ALL")
    assert (dose["modality"], dose["file"]) == ("RTDOSE", "RTDOSE1.dcm")


def test_a_study_without_labels_still_says_where_it_would_go() -> None:
    (one,) = document(study(ct(1, PatientName=None)))["studies"]
    assert one["labels"] == {"project": "HOSPITAL", "subject": None, "session": None}


def test_the_document_names_every_question_asked() -> None:
    (one,) = document(study(ct(1)))["studies"]
    assert one["findings"] == []
    assert {"ALLOW", "DENY", "RT001", "RT150"} <= set(one["asked"])


def test_nothing_found_is_a_document_too() -> None:
    whole = report.document(a_protocol(), (), Reading())
    assert (whole["studies"], whole["not_dicom"], whole["unreadable"]) == ([], [], [])
    assert report.text((), Reading()) == "No DICOM study was found here."


def test_the_reason_beside_kept_files_puts_what_stood_against_them_first() -> None:
    refused = Finding(
        id="XNAT", severity=Severity.ERROR, effect=Effect.HOLD, message="Refused.", about=("1.2.3",)
    )
    verdict = judge(study(chain()[1:]), a_protocol())
    reason = report.reason_document(a_protocol(), verdict, refused)
    assert shape(reason) == {"protocol": dict, **STUDY}
    assert [each["id"] for each in reason["findings"]] == ["XNAT", "RT030", "RT031", "RT061", "RT081"]


def test_the_text_says_outcome_destination_contents_links_and_remedies() -> None:
    assert text(study(chain(190)[1:]), not_dicom=("notes.txt",)).splitlines() == [
        f"HOLD: study {ROOT}.1",
        "  goes to   HOSPITAL / DOE_JANE / 4711",
        "  holds     189 CT, 1 RTSTRUCT, 1 RTPLAN, 1 RTDOSE",
        "  RTSTRUCT  RTSTRUCT1.dcm: PARTIAL 189/190 (INSTANCE_SOME)",
        "  RTPLAN    RTPLAN1.dcm: PARTIAL 1/1 (INSTANCE_ALL), own links LINKED",
        "  RTDOSE    RTDOSE1.dcm: PARTIAL 1/1 (INSTANCE_ALL), own links LINKED",
        '  ! RT030 hold: 1 of 190 images of "CT series 1" that structure set "RS1" was drawn on is missing.',
        "      RTSTRUCT1.dcm",
        "      Send the complete image series together with the structure set.",
        '  ! RT031 hold: 1 missing image of "CT series 1" carries contours of PTV in structure set "RS1".',
        "      RTSTRUCT1.dcm",
        "      Send the complete image series together with the structure set.",
        '  ! RT061 hold: Plan "RP1" depends on structure set "RS1", which lacks some of its images.',
        "      RTPLAN1.dcm",
        "      Send the structure set, and the images it was drawn on, together with the plan.",
        '  ! RT081 hold: Dose "RD1" depends on structure set "RS1", which lacks some of its images.',
        "      RTDOSE1.dcm",
        "      Send the plan, its structure set and its images together with the dose.",
        "",
        "not DICOM: notes.txt",
    ]


def test_the_text_marks_notes_apart_and_spares_their_remedy() -> None:
    slices = ct(1)
    lines = text(study(slices, rtstruct(slices, SeriesNumber="1"))).splitlines()
    assert lines[0].startswith("ARCHIVE: ")
    assert lines[-1] == "  - RT021 note: Series number 1 is used by 2 series: CT, RTSTRUCT."


def test_the_text_tells_what_cannot_be_read_and_what_cannot_be_labelled() -> None:
    told = text(study(ct(1, PatientName=None), damaged=["cut.dcm"]))
    assert "  goes to   HOSPITAL, but cannot be labelled" in told.splitlines()
    assert told.splitlines()[-1] == "cannot be read: cut.dcm: The file is cut short."


def test_a_study_without_uid_and_objects_without_modality_have_words() -> None:
    nameless = Study("", all_changed(ct(1), StudyInstanceUID=None, Modality=None))
    told = text(nameless)
    assert told.startswith("HOLD: study (without StudyInstanceUID)")
    assert "1 without modality" in told


def test_the_one_line_reason_is_the_heaviest_finding_and_a_count() -> None:
    def why(one: Study) -> str:
        return report.why(judge(one, a_protocol()))

    assert why(study(chain())) == ""
    assert why(study(ct(1), damaged=["a"])) == "RT001: 1 file of this study cannot be read to the end."
    images = ct(2)
    orphan = rtstruct(ct(1, series=ELSEWHERE), 2)
    assert why(study(images[1:], rtstruct(images, contours=False), orphan)) == (
        'RT030: The image that structure set "RS2" was drawn on is missing. '
        "Other images in the same coordinate system are here. (and 1 more)"
    )


HOSTILE = (
    "\x1b[2J\x1b[31m",
    "[red]markup[/red]",
    "line\nbreak\rand\ttab",
    "{PatientName}",
    "%s{0}",
    "\x00",
    "\u202eright to left",
    "\ud800",
    '"quotes" </script>',
)


def hostile_verdicts(words: str) -> tuple[tuple[Verdict, ...], Reading]:
    slices = ct(2, SeriesDescription=words)
    structures = changed(rtstruct(slices, roi=words), StructureSetLabel=words, Modality=words)
    one = study(slices[:1], structures, damaged=[words])
    return judge_together([one], a_protocol()), reading(one, not_dicom=(words,))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_cannot_move_the_cursor_or_add_a_line(words: str) -> None:
    plain = report.text(*hostile_verdicts("plain"))
    told = report.text(*hostile_verdicts(words))
    assert len(told.splitlines()) == len(plain.splitlines())
    assert all(letter.isprintable() for line in told.split("\n") for letter in line)
    told.encode()


@given(st.text(min_size=1))
def test_no_text_of_a_file_breaks_the_report(words: str) -> None:
    verdicts, found = hostile_verdicts(words)
    whole = report.document(a_protocol(), verdicts, found)
    assert json.loads(json.dumps(whole)) == whole
    assert all(letter.isprintable() for line in report.text(verdicts, found).split("\n") for letter in line)
