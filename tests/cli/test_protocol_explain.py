"""`xnat-gate protocol explain`: which line decided, with which value, about which object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.hospital import Site
from tests.roads.test_session_road import CORK, archived
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.phantoms import ct_series, rt_study, sc, ultrasound

MINE = """\
protocol: 1
name: explain me
projects: {hospital: HOSPITAL, quarantine: QUARANTINE}
allow: {Modality: [CT, OT, RTSTRUCT, RTPLAN, RTDOSE]}
deny: {ManufacturerModelName: ["Phantom C*"]}
rules:
  - id: SITE-001
    title: Screen shots show nobody's name
    when: {Modality: [SC, OT]}
    require: {BurnedInAnnotation: "NO"}
    otherwise: quarantine
  - id: SITE-002
    title: CT has a tube voltage
    when: {Modality: CT}
    require: {KVP: {range: {from: 80, to: 140}}}
    otherwise: hold
  - {id: SITE-003, title: No MR, when: {Modality: MR}, otherwise: note}
route:
  - project: SITE_A
    when: {InstitutionName: Royal}
"""


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return str(path)


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["protocol", "explain", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_each_line_that_decided_is_told_with_value_and_object(
    tmp_path: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    ct_series(files, slices=2, model="Phantom CT9")
    sc(files, BurnedInAnnotation="YES", InstitutionName="Royal", ManufacturerModelName="")
    code, told = explained(capsys, str(files), "--protocol", mine)
    assert code == Exit.STOPPED
    (study,) = told["studies"]
    assert (study["outcome"], study["project"]) == ("quarantine", "QUARANTINE")
    decided = {(one["by"], one["id"]): one for one in study["decisions"]}
    denied = decided["list", "deny.ManufacturerModelName"]
    assert denied["words"] == 'ManufacturerModelName is "Phantom CT9", which meets "Phantom C*"'
    assert len(denied["files"]) == 2
    burnt = decided["rule", "SITE-001"]
    assert burnt["applied"] == 'Modality is "OT"'
    assert burnt["words"] == 'BurnedInAnnotation is "YES", and has to be "NO"'
    assert len(burnt["files"]) == 1
    assert decided["route", "SITE_A"]["words"] == 'InstitutionName is "Royal"'
    assert study["rules"] == {"SITE-001": "broken", "SITE-002": "kept", "SITE-003": "does not apply"}


def test_a_person_reads_the_same_in_words(
    tmp_path: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ultrasound(tmp_path / "files")
    assert main(["protocol", "explain", str(tmp_path / "files"), "--protocol", mine]) == Exit.STOPPED
    told = capsys.readouterr().out
    assert 'by the protocol "explain me"' in told
    assert "  goes to QUARANTINE / " in told
    assert "  ! list allow.Modality: quarantine\n" in told
    assert '      Modality is "US", which is not on the list\n      1 of 1 objects: ' in told
    assert "  rules that do not apply: SITE-001, SITE-002, SITE-003\n" in told


def test_an_archived_session_is_explained_by_the_protocol_in_force(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rt_study(site.root / "files", CORK)
    session = archived(site)
    code, told = explained(capsys, session, "--state", str(site.state))
    assert code == Exit.PASSED
    assert told["protocol"]["version"] == "1"
    assert told["studies"][0]["project"] == "HOSPITAL"
    assert site.sessions("HOSPITAL") == ["CORK-1"]


@pytest.mark.parametrize("name", ["no/such/folder", "gone.dcm"])
def test_what_is_not_there_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocol", "explain", name]) == Exit.WRONG
    assert "is not there" in capsys.readouterr().err
