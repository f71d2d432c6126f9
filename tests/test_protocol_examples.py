"""The protocols that come along: what each of them does to studies as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from tests.core.studies import (
    ROOT,
    SC_CLASS,
    all_changed,
    chain,
    changed,
    ct,
    instance,
    rtdose,
    rtplan,
    rtstruct,
)
from tests.core.studies import study as study_of
from tests.core.test_vectors import found
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.judge import judge
from xnat_gate.core.protocol.keys import KEYS
from xnat_gate.core.study import Instance
from xnat_gate.edge.protocol_file import default_text, load, loads

FOLDER = Path(__file__).resolve().parents[1] / "protocol" / "examples"
PROTOCOLS = {path.stem: load(path, VOCABULARY) for path in sorted(FOLDER.glob("*.yaml"))}

CT = ct()
STRUCTURES = rtstruct(CT)
DOSE, BEAM = rtdose(None, structures=STRUCTURES), rtdose(None, 2, structures=STRUCTURES, summation="BEAM")
WHOLE = tuple(
    changed(
        one, PatientID="RT-0042", StudyDate="20260131", SliceThickness="2.5", ApprovalStatus="APPROVED",
        PlanIntent="CURATIVE", DoseUnits="GY"
    )
    for one in chain()
)  # fmt: skip
THICK = tuple(changed(one, SliceThickness="5") if one.modality == "CT" else one for one in WHOLE)
RELATIVE = all_changed(WHOLE, DoseUnits="RELATIVE")
UNAPPROVED = tuple(changed(one, ApprovalStatus=None) if one.modality == "RTPLAN" else one for one in WHOLE)


def shot(modality: str = "SC", **header: object) -> Instance:
    return instance("shot.dcm", SC_CLASS, modality, f"{ROOT}.9.1", f"{ROOT}.9", SeriesNumber="9", **header)


def us(**header: object) -> Instance:
    return shot("US", **header)


def site(name: str, **header: object) -> tuple[Instance, ...]:
    """Images of this institution with a structure set that names none."""
    return (*all_changed(CT, InstitutionName=name, **header), rtstruct(CT))


CASES: dict[str, tuple[tuple[Iterable[Instance | Iterable[Instance]], list[str], str, str], ...]] = {
    "smallest": (
        ((chain(),), [], "HOSPITAL", "archive"),
        ((CT, shot()), ["ALLOW"], "QUARANTINE", "quarantine"),
    ),
    "strict": (
        ((all_changed(chain(), Manufacturer="Varian Medical Systems"),), [], "RT_TRIAL", "archive"),
        ((chain(),), ["ALLOW"], "RT_QUARANTINE", "quarantine"),
    ),
    "burnt-in": (
        ((us(StudyDate="20260131"),), [], "HOSPITAL", "archive"),
        ((us(StudyDate="20260131", BurnedInAnnotation="YES"),), ["DENY"], "QUARANTINE", "quarantine"),
        ((us(StudyDate="20260131", ManufacturerModelName="Voluson E10"),), ["DENY"], "QUARANTINE", "quarantine"),
    ),
    "ultrasound-and-secondary-captures": (
        ((chain(),), [], "HOSPITAL", "archive"),
        ((CT, us(BurnedInAnnotation="NO")), [], "HOSPITAL", "archive"),
        ((CT, us(Manufacturer="ACME", DeviceSerialNumber="4711")), [], "HOSPITAL", "archive"),
        ((CT, us(Manufacturer="ACME")), ["BURNT-001"], "QUARANTINE", "quarantine"),
        ((CT, us()), ["BURNT-001"], "QUARANTINE", "quarantine"),
        ((CT, us(BurnedInAnnotation=())), ["BURNT-001"], "QUARANTINE", "quarantine"),
        ((CT, shot(BurnedInAnnotation="YES")), ["BURNT-001", "BURNT-002"], "QUARANTINE", "quarantine"),
        ((all_changed(CT, RecognizableVisualFeatures="YES"),), ["BURNT-002"], "QUARANTINE", "quarantine"),
        ((CT, shot("CT", ConversionType="SI")), ["BURNT-003"], "QUARANTINE", "quarantine"),
    ),
    "one-blocked-model": (
        ((us(ManufacturerModelName="Voluson E10", SoftwareVersions="EC3.1"),), [], "HOSPITAL", "archive"),
        ((us(ManufacturerModelName="Voluson E6", SoftwareVersions="EC2"),), ["MODEL-001"], "QUARANTINE", "quarantine"),
        ((us(ManufacturerModelName="Voluson E6"),), ["MODEL-001"], "QUARANTINE", "quarantine"),
        ((us(ManufacturerModelName="Other"),), [], "HOSPITAL", "archive"),
        ((us(),), [], "HOSPITAL", "archive"),
    ),
    "rt-only-trial": (
        ((WHOLE,), [], "RT_TRIAL", "archive"),
        ((WHOLE, shot(PatientID="RT-0042", StudyDate="20260131")), ["ALLOW"], "RT_QUARANTINE", "quarantine"),
        ((all_changed(WHOLE, PatientID="4711"),), ["TRIAL-001"], "RT_QUARANTINE", "quarantine"),
        ((WHOLE[:-1],), ["TRIAL-002"], "RT_TRIAL", "hold"),
        ((THICK,), ["TRIAL-005"], "RT_TRIAL", "hold"),
        ((UNAPPROVED,), ["TRIAL-003"], "RT_TRIAL", "hold"),
        ((RELATIVE,), ["TRIAL-004"], "RT_TRIAL", "hold"),
    ),
    "dose-without-plan": (
        ((chain(),), [], "HOSPITAL", "archive"),
        ((CT, STRUCTURES, DOSE), [], "HOSPITAL", "archive"),
        ((CT, STRUCTURES, rtdose(rtplan(STRUCTURES))), [], "HOSPITAL", "archive"),
        ((DOSE,), [], "QUARANTINE", "quarantine"),
        ((CT, STRUCTURES, DOSE, BEAM), ["DOSE-001"], "HOSPITAL", "hold"),
        ((CT, STRUCTURES, rtplan(STRUCTURES), BEAM), [], "HOSPITAL", "archive"),
        ((CT, STRUCTURES, changed(DOSE, DoseSummationType=None)), ["DOSE-002"], "HOSPITAL", "hold"),
    ),
    "several-sites": (
        ((site("St. Elsewhere"),), [], "ST_ELSEWHERE", "archive"),
        ((site("St. Elsewhere, Radiology", StudyDescription="TRIAL-B 7"),), [], "TRIAL_B", "archive"),
        ((site("General Hospital", ReceivingApplicationEntityTitle="TRIAL_A"),), [], "TRIAL_A", "archive"),
        ((site("General Hospital Annex"),), [], "GENERAL", "archive"),
        ((site("Nowhere"),), [], "INCOMING", "archive"),
        ((chain(),), ["SITES-001"], "INCOMING", "archive"),
        ((site("General Hospital"), us(InstitutionName="St. Elsewhere")), ["ALLOW", "ROUTE"], "QUARANTINE", "hold"),
    ),
}  # fmt: skip
"""Example to what comes, what its lines find, and where it goes."""


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, cases in CASES.items() for number in range(len(cases))]
)
def test_a_study_goes_where_the_example_sends_it(name: str, number: int) -> None:
    parts, ids, project, outcome = CASES[name][number]
    verdict = judge(study_of(*parts), PROTOCOLS[name])
    assert (found(verdict), verdict.project, str(verdict.outcome)) == (ids, project, outcome), verdict.reasons


def test_every_example_is_tried_and_every_line_of_it_finds_something() -> None:
    assert CASES.keys() == PROTOCOLS.keys()
    for name, protocol in PROTOCOLS.items():
        told = {id for _, ids, *_ in CASES[name] for id in ids}
        assert {rule.id for rule in protocol.rules} <= told, name
        assert {one.project for one in protocol.routes} <= {project for _, _, project, _ in CASES[name]}


def test_the_commented_lines_of_the_default_are_a_good_protocol() -> None:
    text = default_text()
    opened = re.sub(r"^# ((?:rules|route|checks):\n)((?:#   .*\n)+)", _uncommented, text, flags=re.MULTILINE)
    protocol = loads(opened, VOCABULARY, "default.yaml")
    assert [rule.id for rule in protocol.rules] == ["SITE-001", "SITE-002"]
    assert (len(protocol.routes), list(protocol.checks)) == (2, ["RT022"])
    plain = loads(text, VOCABULARY, "default.yaml")
    assert (plain.rules, plain.routes, dict(plain.checks)) == ((), (), {})


def _uncommented(found: re.Match[str]) -> str:
    return found[1] + found[2].replace("#   ", "  ")


@pytest.mark.parametrize(
    "path", [FOLDER.parent / "default.yaml", *sorted(FOLDER.glob("*.yaml"))], ids=lambda p: p.name
)
def test_an_editor_finds_the_schema_of_a_protocol_that_comes_along(path: Path) -> None:
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
    assert found is not None
    assert (path.parent / found[1]).resolve() == FOLDER.parent / "protocol.schema.json"


def test_the_default_is_complete_but_for_what_dasher_did_not_have() -> None:
    tree = yaml.safe_load(default_text())
    written = {
        f"{group}.{name}" for group, of in tree.items() if isinstance(of, dict) for name in of
    } | tree.keys()
    assert {key.path for key in KEYS} - written == {"rules", "route", "checks", "phantoms.uid_prefixes"}
