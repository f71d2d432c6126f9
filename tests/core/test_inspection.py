"""An archived session, judged: what forbids it, and what is told."""

from __future__ import annotations

from tests.core.asking import SCREENSHOT
from tests.core.studies import STUDY, a_protocol, all_changed, chain, ct, reading, rtstruct, study
from xnat_gate.core.inspection import Inspection, document, inspect
from xnat_gate.core.sessions import Session
from xnat_gate.core.study import Instance, Reading, Unreadable

SESSION = Session(
    id="XNAT_E00001", label="CHOSEN-7", project="HOSPITAL", subject="DOE_JANE", subject_id="XNAT_S00001",
    data_type="xnat:ctSessionData",
)  # fmt: skip


def inspected(*parts: Instance, unreadable: tuple[Unreadable, ...] = ()) -> Inspection:
    return inspect(SESSION, Reading(instances=parts, unreadable=unreadable), a_protocol())


def test_a_whole_session_passes_under_the_label_that_a_person_chose_for_it() -> None:
    seen = inspect(SESSION, reading(study(chain())), a_protocol())
    assert seen.passed
    assert seen.forbidding == ()
    (verdict,) = seen.verdicts
    assert verdict.labels is not None
    assert verdict.labels.session == "CHOSEN-7"


def test_one_forbidden_object_forbids_the_session() -> None:
    seen = inspected(*ct(), SCREENSHOT)
    assert [one.id for one in seen.forbidding] == ["ALLOW"]
    assert not seen.passed
    assert seen.sentence == "the protocol forbids it (ALLOW)"


def test_what_stands_against_a_forbidden_session_besides_is_told_apart() -> None:
    seen = inspected(rtstruct(ct()), SCREENSHOT)
    assert seen.sentence.startswith("the protocol forbids it (ALLOW, besides RT")


def test_an_orphan_stands_against_a_session_and_does_not_forbid_it() -> None:
    seen = inspected(rtstruct(ct()))
    assert seen.forbidding == ()
    assert not seen.passed
    assert seen.sentence.startswith("it is not whole (RT")


def test_a_file_that_nobody_can_read_forbids_a_session_that_is_otherwise_whole() -> None:
    seen = inspected(*ct(), unreadable=(Unreadable("2/DICOM/x.dcm", "it was cut short", STUDY),))
    assert "RT001" in [one.id for one in seen.forbidding]
    assert not seen.passed


def test_a_session_without_objects_does_not_pass_and_says_that_it_is_empty() -> None:
    seen = inspected()
    assert not seen.passed
    assert seen.forbidding == ()
    assert seen.sentence == "it holds no DICOM object"


def test_two_studies_in_one_session_are_judged_together() -> None:
    other = all_changed(ct(), StudyInstanceUID=f"{STUDY}.2")
    seen = inspected(*ct(), *other)
    assert len(seen.verdicts) == 2
    assert not seen.passed


def test_the_report_is_the_document_of_check_with_the_session_and_what_was_done() -> None:
    told = document(inspected(*ct(), SCREENSHOT), "stays in HOSPITAL", "2026-01-01T10:00:00+00:00")
    assert told["version"] == 1
    assert told["session"] == {"id": "XNAT_E00001", "project": "HOSPITAL", "label": "CHOSEN-7"}
    assert told["forbidden"][0]["id"] == "ALLOW"
    assert told["studies"][0]["outcome"] == "quarantine"
    assert (told["action"], told["asked_at"]) == ("stays in HOSPITAL", "2026-01-01T10:00:00+00:00")
