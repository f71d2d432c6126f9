"""Verification plans of several patients on the images of one phantom, which carry the same UIDs for each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hospital import Site
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtdose, rtplan, rtstruct, series_uid

FIRST, SECOND = Patient("PHANTOM^ALDER", "ALDER-1"), Patient("PHANTOM^BEECH", "BEECH-1")
LENT = f"phantoms: {{uid_prefixes: [{series_uid(1, 1)}]}}\n"


def quality_assurance(folder: Path, patient: Patient, series: int) -> None:
    """The phantom's images under this patient's name, and a plan of the patient's made on them."""
    images = ct_series(folder, patient, slices=3)
    structures = rtstruct(folder, images, patient=patient, series=series)
    plan = rtplan(folder, structures, patient=patient, series=series + 1, PlanIntent="VERIFICATION")
    rtdose(folder, plan, patient=patient, series=series + 2)


def both(site: Site, protocol: str) -> None:
    for number, patient in enumerate((FIRST, SECOND)):
        quality_assurance(site.root / "drop" / patient.id, patient, 11 + 10 * number)
        site.import_once("--protocol", str(site.protocol(protocol)))


def test_each_patient_has_a_session_of_his_own_where_the_protocol_lets_them_in(site: Site) -> None:
    both(site, f"{LENT}rt: {{verification: note}}\n")
    assert sorted(site.sessions("HOSPITAL")) == ["ALDER-1", "BEECH-1"]
    assert site.waiting("HOSPITAL") == []


def test_they_wait_for_a_person_where_it_says_nothing_of_them(site: Site) -> None:
    both(site, LENT)
    assert site.sessions("HOSPITAL") == []
    for row in site.waiting("HOSPITAL"):
        assert "RT062" in {one["id"] for one in site.reason_of(row)["findings"]}
    assert len(site.waiting("HOSPITAL")) == 2


@pytest.mark.parametrize("policy", ["note", "hold"])
def test_images_that_nobody_has_called_a_phantom_never_pass_under_a_second_patient(
    site: Site, policy: str
) -> None:
    both(site, f"rt: {{verification: {policy}}}\n")
    waiting = [row for row in site.waiting("HOSPITAL") if row["name"] == "BEECH-1"]
    assert len(waiting) == 1
    assert "RT015" in {one["id"] for one in site.reason_of(waiting[0])["findings"]}
    assert "BEECH-1" not in site.sessions("HOSPITAL")
