"""What the checks of privacy say, read aloud: burnt-in names, faces, words left behind, half anonymised studies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import SCREENSHOT, judged, only, said
from tests.core.studies import (
    RTIMAGE_CLASS,
    all_changed,
    changed,
    ct,
    instance,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core import checks
from xnat_gate.core.drawing import ROI, Drawing
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.judge import Outcome
from xnat_gate.core.study import Instance

CLAIM = {"PatientIdentityRemoved": "YES"}
PSEUDONYM = {"PatientName": "LUNG_017", "PatientID": "LUNG_017"}


def portal(*kinds: str, **header: object) -> Instance:
    return instance("ri.dcm", RTIMAGE_CLASS, "RTIMAGE", "1.2.3.4.5", "1.2.3.4", ImageType=kinds, **header)


def test_rt140_takes_a_study_with_a_burnt_in_name_to_quarantine() -> None:
    verdict = judged(study(ct(2), portal("ORIGINAL", "PRIMARY", "PORTAL", BurnedInAnnotation="YES")))
    assert verdict.outcome is Outcome.QUARANTINE
    (found,) = (each for each in verdict.findings if each.id == "RT140")
    assert found.message == "1 file says that its picture shows who the patient is."
    assert found.files == ("ri.dcm",)


def test_rt140_may_be_made_a_hold_and_never_a_note() -> None:
    (check,) = (one for one in checks.ALL if one.id == "RT140")
    assert check.settable == (Effect.HOLD, Effect.QUARANTINE)
    burnt = study(ct(2, BurnedInAnnotation="YES"))
    assert only("RT140", burnt, checks={"RT140": "hold"}).effect is Effect.HOLD


def test_rt140_tells_of_pictures_that_do_not_say() -> None:
    silent = study(ct(2), SCREENSHOT, portal("ORIGINAL", "PRIMARY", "PORTAL", BurnedInAnnotation="MAYBE"))
    found = only("RT140", silent)
    assert found.message == "2 screen shots or RT images do not say whether their pictures show a name."
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.WARNING)


@pytest.mark.parametrize(
    ("image", "asked"),
    [
        (portal("ORIGINAL", "PRIMARY", "PORTAL"), True),
        (portal("DERIVED", "SECONDARY", "DRR", ConversionType="WSD"), False),
        (portal("ORIGINAL", "PRIMARY", "PORTAL", BurnedInAnnotation="no "), False),
        (changed(SCREENSHOT, BurnedInAnnotation="NO"), False),
        (ct(1, ImageType=("DERIVED", "SECONDARY", "SCREEN SAVE"))[0], True),
        (ct(1, ConversionType="SD")[0], True),
        (ct(1, ConversionType="SYN")[0], False),
    ],
)
def test_rt140_asks_pictures_of_a_screen_and_nothing_computed(image: Instance, asked: bool) -> None:
    assert bool(said("RT140", study(image))) is asked


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("HEADNECK", True),
        ("Brain", True),
        (None, True),
        ("WHOLEBODY", True),
        ("HEART", False),
        ("PELVIS", False),
    ],
)
def test_rt141_knows_where_the_face_is(part: str | None, told: bool) -> None:
    images = ct(2, RecognizableVisualFeatures="YES", BodyPartExamined=part, **CLAIM)
    assert bool(said("RT141", study(images))) is told


def test_rt141_counts_the_faces_and_asks_only_what_claims_to_be_anonymised() -> None:
    images = ct(2, RecognizableVisualFeatures="YES", BodyPartExamined="HEAD")
    assert said("RT141", study(images)) == []
    found = only("RT141", study(all_changed(images, **CLAIM)))
    assert found.message == "2 anonymised images say that the patient's face may be recognised."


def test_rt142_names_the_fields_and_never_their_values() -> None:
    images = ct(2, StationName="CT1", InstitutionName="St. Elsewhere", **CLAIM)
    found = only("RT142", study(images, rtstruct(images, OperatorsName="Miller^Ann")))
    assert found.message == (
        "3 files still hold identifying text in a study that claims to be anonymised: InstitutionName, OperatorsName, "
        "StationName."
    )


@pytest.mark.parametrize(
    "value", ["", "^^^^", "ANONYMIZED", "Anonymous^", "[removed]", "XXXX", "LUNG_017", "N/A"]
)
def test_rt142_takes_placeholders_and_the_pseudonym_for_nobody(value: str) -> None:
    assert said("RT142", study(ct(2, OperatorsName=value, **PSEUDONYM, **CLAIM))) == []


def test_rt142_asks_nothing_where_nothing_claims_to_be_anonymised() -> None:
    images = ct(2, OperatorsName="Miller^Ann", SeriesDescription="JANE DOE")
    assert said("RT142", study(images, rtstruct(images, StructureSetLabel="Doe Jane"))) == []
    assert said("RT142", study(all_changed(images, PatientIdentityRemoved="NO"))) == []


@pytest.mark.parametrize(
    ("header", "label", "told"),
    [
        ({"PatientName": "DOE^JANE"}, "Doe Jane boost", True),
        ({"PatientName": "DOE^JANE"}, "Jane boost", False),
        ({"PatientBirthDate": "19600131"}, "plan 1960-01-31", True),
        ({"OtherPatientIDs": "HOSP-4711"}, "of hosp-4711", True),
        ({}, "LUNG_017 boost", False),
        ({}, "LUNG 017", False),
    ],
)
def test_rt142_finds_the_patient_in_a_label_and_not_the_pseudonym(
    header: dict[str, str], label: str, told: bool
) -> None:
    images = ct(2, **{**PSEUDONYM, **CLAIM, **header})
    structures = rtstruct(images, **{**PSEUDONYM, **CLAIM, **header})
    named = changed(rtplan(structures, RTPlanLabel=label), **{**PSEUDONYM, **CLAIM, **header})
    messages = [each.message for each in said("RT142", study(images, structures, named))]
    last = "1 file tells the name, the birth date or another number of an anonymised patient: RTPlanLabel."
    assert (last in messages) is told


def test_rt142_reads_the_names_of_structures_of_objects_that_say_nothing() -> None:
    """The planning system has the true name, and writes it into a structure."""
    images = ct(2, **PSEUDONYM, **CLAIM)
    structures = replace(rtstruct(images), drawing=Drawing((ROI("1", "PTV Doe, Jane", ""),)))
    messages = [each.message for each in said("RT142", study(images, structures))]
    assert messages == [
        "1 file tells the name, the birth date or another number of an anonymised patient: names of structures."
    ]


def test_rt143_counts_those_that_claim_and_those_that_tell() -> None:
    images = ct(3, PatientIdentityRemoved="YES")
    plain = rtstruct(images, PatientIdentityRemoved="NO")
    assert only("RT143", study(images, plain)).message == (
        "3 of 4 files claim to be anonymised; 1 says that it is not, or tells more of the patient."
    )


@pytest.mark.parametrize(
    "more",
    [{"PatientName": "ROE^RICHARD"}, {"PatientBirthDate": "19600131"}, {"OtherPatientIDs": "HOSP-4711"}],
)
def test_rt143_holds_where_an_object_that_says_nothing_knows_more(more: dict[str, str]) -> None:
    images = ct(2, PatientIdentityRemoved="YES")
    found = only("RT143", study(images, rtstruct(images, **more)))
    assert (found.effect, found.severity) == (Effect.HOLD, Severity.ERROR)


def test_rt143_only_tells_of_objects_that_merely_say_nothing() -> None:
    """As planning systems make them of anonymised images."""
    images = ct(2, PatientIdentityRemoved="YES", PatientBirthDate=())
    found = only("RT143", study(images, rtstruct(images, PatientName="Doe^Jane^^")))
    assert found.message == (
        "1 file does not say whether it is anonymised; others of the study say that they are."
    )
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.INFO)
    assert only("RT143", study(images, rtstruct(images)), checks={"RT143": "hold"}).effect is Effect.NOTE


def test_rt143_has_nothing_to_say_of_whole_states() -> None:
    images = ct(2)
    for state in (None, "NO", "YES"):
        assert said("RT143", study(all_changed(images, PatientIdentityRemoved=state))) == []
