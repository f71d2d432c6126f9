"""Scratch of a reviewer."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest

from tests.hospital import Site
from tests.roads.test_copies import QUICKLY
from tests.roads.test_waiting_room import Clock, drop, service
from xnat_gate.cli.doors import main
from xnat_gate.core.states import State
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study, rtdose, rtplan, rtstruct, study_uid

CORK = Patient("PHANTOM^CORK", "CORK-1")


def split(folder: Path) -> tuple[list[bytes], bytes]:
    files = sorted(folder.glob("*.dcm"))
    ct = [p.read_bytes() for p in files if p.name.startswith("CT")]
    (rs,) = [p.read_bytes() for p in files if not p.name.startswith("CT")]
    return ct, rs


@pytest.mark.parametrize("more", ["", "checks: {RT121: quarantine}\nrt: {partial: quarantine}\n", "rt: {partial: quarantine}\n", "rt: {partial: note}\n", "checks: {RT121: quarantine}\nrt: {partial: note}\n"])
def test_a(site: Site, tmp_path: Path, more: str, capsys) -> None:
    images = ct_series(tmp_path / "m", CORK, slices=7)
    rtstruct(tmp_path / "m", images, patient=CORK)
    ct, rs = split(tmp_path / "m")
    clock = Clock()
    with service(site, clock, site.protocol(more)) as im:
        drop(site, "one", *ct[:2], *ct[4:], rs)
        p = im.next()
        print("A", repr(more), p.state, p.where, p.why, p.files)
        if "quarantine" in more:
            try:
                q = im.next(); print("A2", q.state, q.where, q.why)
            except Exception as e: print(e)
        clock.on(minutes=1)
        drop(site, "two", *ct[2:4])
        p = im.next()
        print("B", p.state, p.where, p.why, p.files)
        if "quarantine" in more:
            p = im.next(); print("B2", p.state, p.where, p.why, p.files)
    print("C", site.prearchive("HOSPITAL", "--protocol", str(site.protocol(more))))
    print("D", site.sessions("HOSPITAL"), site.sessions("QUARANTINE"), [(r["name"], r["status"]) for r in site.waiting("HOSPITAL")], [(r["name"], r["status"]) for r in site.waiting("QUARANTINE")])
    print(capsys.readouterr().out)
    assert 0


def test_rt015_flows(site: Site, tmp_path: Path, capsys) -> None:
    rules = str(site.protocol('labels: {subject: "{PatientName}", session: "{PatientID}"}\nduplicates: {same_bytes: drop}\n'))
    def imp(name, **h):
        ct_series(site.drop / name, Patient(h.pop("n", "PHANTOM^CORK"), h.pop("id", "CORK-1")), slices=2, **h)
        rc = site.import_once("--protocol", rules, *QUICKLY)
        print(name, rc, [(r["name"], [f["id"] for f in site.reason_of(r)["findings"] if f["effect"] != "note"]) for r in site.waiting("HOSPITAL")], site.sessions("HOSPITAL"))
    imp("first")
    imp("again")
    imp("issuer", IssuerOfPatientID="ELSEWHERE")
    imp("blank", id=" CORK-1 ")
    imp("corrected", id="CORK-2")
    row = [r for r in site.waiting("HOSPITAL") if r["name"] == "CORK-2"][0]
    print(main(["prearchive", "HOSPITAL", "--state", str(site.state), "--protocol", rules, "--resolve", row["url"], "--session", "CORK-2"]))
    print(site.sessions("HOSPITAL"))
    imp("corrected again", id="CORK-2")
    print(capsys.readouterr().out)
    assert 0


def test_rt154_session(site: Site, tmp_path: Path, capsys) -> None:
    images = ct_series(site.drop / "a", CORK, slices=3)
    site.import_once(*QUICKLY)
    rtstruct(site.drop / "b", images, patient=CORK, StudyInstanceUID=study_uid(2))
    site.import_once(*QUICKLY)
    print([(r["name"], site.reason_of(r)) for r in site.waiting("HOSPITAL")])
    (row,) = site.waiting("HOSPITAL")
    print(site.prearchive("HOSPITAL", "--resolve", row["url"], "--session", "CORK-1b"))
    from tests.roads.test_moving_road import id_of
    sid = id_of(site, "HOSPITAL", "CORK-1b")
    main(["session", sid, "--state", str(site.state), "--report", str(site.root / "report")])
    d = json.loads((site.root / "report" / "report.json").read_text())
    print(json.dumps(d, indent=1)[:6000])
    print(capsys.readouterr().out)
    assert 0
