"""Scans and files that somebody adds to an archived session one by one, and what XNAT makes of that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.client import Client, message

ARCHIVED = "/data/archive/projects/HOSPITAL/subjects/S1/experiments/E1"
IN_BODY = {"inbody": "true", "format": "DICOM", "content": "RAW"}


@pytest.fixture(autouse=True)
def session(member: Client, study: bytes) -> None:
    """CT (scan 2), RTSTRUCT (11), RTPLAN (12), RTDOSE (13)."""
    member.archived(study)


def fields(kind: str, **named: str) -> dict[str, str]:
    """The query of a scan of this type, its fields as XML paths."""
    return {"xsiType": kind, **{f"{kind}/{name}": value for name, value in named.items()}}


def scan(client: Client, name: str) -> dict[str, str]:
    columns = "ID,UID,xsiType,type,quality,modality,series_description"
    (row,) = (row for row in client.rows(f"{ARCHIVED}/scans", columns=columns) if row["ID"] == name)
    return row


def test_a_scan_is_made_with_what_its_xml_paths_say(member: Client) -> None:
    named = {
        "UID": "1.2.3",
        "modality": "RTDOSE",
        "series_description": "late",
        "type": "late",
        "quality": "usable",
    }
    answer = member.put(f"{ARCHIVED}/scans/40", params=fields("xnat:rtImageScanData", **named))
    assert (answer.status_code, answer.text) == (200, "")
    made = scan(member, "40")
    assert {name: made[name] for name in named} == named
    assert made["xsiType"] == "xnat:rtImageScanData"


def test_a_second_put_changes_what_it_names_and_leaves_the_rest(member: Client) -> None:
    member.put(f"{ARCHIVED}/scans/40", params=fields("xnat:rtImageScanData", UID="1.2.3", quality="usable"))
    member.put(f"{ARCHIVED}/scans/40", params=fields("xnat:rtImageScanData", UID="1.2.4"))
    made = scan(member, "40")
    assert (made["UID"], made["quality"]) == ("1.2.4", "usable")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({}, 417, "Need PUT Contents"),
        ({"type": "late"}, 400, "Multiple scan modalities"),
        ({"xsiType": "xnat:imageScanData"}, 400, "Multiple scan modalities"),
        ({"xsiType": "xnat:ctSessionData"}, 400, "Only Scan documents"),
    ],
)
def test_what_does_not_name_the_type_of_a_scan_makes_none(
    member: Client, query: dict[str, str], status: int, words: str
) -> None:
    answer = member.put(f"{ARCHIVED}/scans/40", params=query)
    assert answer.status_code == status
    assert words in message(answer)
    assert "40" not in {row["ID"] for row in member.rows(f"{ARCHIVED}/scans")}


def test_a_scan_does_not_change_its_type(member: Client) -> None:
    answer = member.put(f"{ARCHIVED}/scans/2", params={"xsiType": "xnat:rtImageScanData"})
    assert answer.status_code == 409


def test_whoever_may_only_read_makes_no_scan_and_is_told(collaborator: Client, member: Client) -> None:
    answer = collaborator.put(f"{ARCHIVED}/scans/40", params=fields("xnat:rtImageScanData", UID="1.2.3"))
    assert answer.status_code == 403
    assert len(member.rows(f"{ARCHIVED}/scans")) == 4


def test_a_file_makes_its_resource_and_has_no_uid_in_its_catalogue(member: Client) -> None:
    member.put(f"{ARCHIVED}/scans/40", params=fields("xnat:rtImageScanData", UID="1.2.3"))
    home = f"{ARCHIVED}/scans/40/resources/DICOM"
    answer = member.put(f"{home}/files/late.dcm", params=IN_BODY, data=b"an object")
    assert (answer.status_code, answer.text) == (200, "")
    assert member.get(f"{home}/files/late.dcm").content == b"an object"
    (listed,) = member.rows(f"{home}/files")
    assert (listed["Name"], listed["collection"], listed["file_format"]) == ("late.dcm", "DICOM", "DICOM")
    catalogue = member.get(home, params={"format": "xml"}).text
    assert "late.dcm" in catalogue
    assert "UID=" not in catalogue


def test_a_file_of_a_name_that_is_taken_is_not_stored_and_the_answer_is_still_200(member: Client) -> None:
    (taken,) = member.rows(f"{ARCHIVED}/scans/11/resources/DICOM/files")
    before = member.get(taken["URI"]).content
    answer = member.put(taken["URI"], params=IN_BODY, data=b"another")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json() == {"duplicates": [taken["Name"]]}
    assert member.get(taken["URI"]).content == before


def test_a_body_whose_length_is_not_told_is_no_file(member: Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"an object"

    path = f"{ARCHIVED}/scans/11/resources/DICOM/files/late.dcm"
    answer = member.put(path, params=IN_BODY, data=pieces())
    assert answer.status_code == 400
    assert "inbody=true" in message(answer)
    assert member.get(path).status_code == 404


def test_a_body_that_is_not_said_to_be_a_file_is_none(member: Client) -> None:
    path = f"{ARCHIVED}/scans/11/resources/DICOM/files/late.dcm"
    assert member.put(path, data=b"an object").status_code == 400
    assert member.put(path, data=b"an object", headers={"Content-Type": "text/plain"}).status_code == 200


def test_the_list_of_sessions_tells_subject_study_and_patient(member: Client) -> None:
    columns = "ID,label,project,subject_label,xsiType,UID,dcmPatientId"
    (row,) = member.rows("/data/projects/HOSPITAL/experiments", columns=columns)
    assert (row["label"], row["subject_label"], row["xsiType"]) == ("E1", "S1", "xnat:ctSessionData")
    assert row["UID"]
    assert row["dcmPatientId"] == "PHANTOM-WATER"
