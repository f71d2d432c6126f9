"""Several hospital projects: what goes where by the protocol's routes, and what comes late follows the rest of its
study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
import requests

from tests.hospital import Site, digests_of
from tests.roads.looking import container, looked, once_before
from tests.roads.test_launched_look import Containers
from tests.roads.test_moving_road import go, id_of
from tests.roads.test_second_thoughts import somebody
from tests.roads.test_session_road import archived, check
from tests.roads.test_waiting_room import Clock, drop, service
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.launched import Launched
from xnat_gate.roads.passage_lines import line
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtdose, rtplan, rtstruct

CORK = Patient("PHANTOM^CORK", "CORK-1")
ELSEWHERE, ALMA = "St. Elsewhere", "Alma Mater"
ROUTES = """
route:
  - {project: TRIAL_A, when: {InstitutionName: [St. Elsewhere]}}
  - {project: TRIAL_B, when: {any: [{StudyDescription: {prefix: "Trial B"}}, {InstitutionName: [Alma Mater]}]}}
  - {project: TRIAL_B, when: {ReceivingApplicationEntityTitle: TRIALB}}
deny: {ManufacturerModelName: [Leaky]}
"""


def admin(site: Site, method: str, path: str) -> None:
    answer = requests.request(method, site.sandbox.url + path, auth=("admin", "admin"), timeout=30)
    assert answer.status_code in (200, 201), answer.text


@pytest.fixture
def site(site: Site) -> Site:
    """The hospital with two projects more."""
    for project in ("TRIAL_A", "TRIAL_B"):
        admin(site, "PUT", f"/data/projects/{project}")
        admin(site, "PUT", f"/data/projects/{project}/prearchive_code/0")
    return site


@pytest.fixture
def protocol(site: Site) -> Path:
    return site.protocol(ROUTES)


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.dcm"))]


def received_as(folder: Path, title: str) -> None:
    """As a receiver leaves it that writes down which title was called."""
    for path in folder.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.ReceivingApplicationEntityTitle = title
        dataset.save_as(path)


def of_two_projects(folder: Path) -> None:
    """One study that the routes would lead into two projects."""
    ct_series(folder, CORK, slices=2, InstitutionName=ELSEWHERE)
    ct_series(folder, CORK, series=7, number=7, slices=2, InstitutionName=ALMA)


# --- on arrival


def test_each_study_goes_where_its_first_route_leads_and_the_rest_to_the_default(
    site: Site, protocol: Path
) -> None:
    arm = "Trial B, arm 1"
    patients = [Patient(f"PHANTOM^{name}", f"{name}-1") for name in ("CORK", "WAX", "CLAY", "PEAT")]
    ct_series(site.drop / "first", patients[0], slices=1, InstitutionName=ELSEWHERE, StudyDescription=arm)
    ct_series(site.drop / "second", patients[1], study=2, slices=1, StudyDescription=arm)
    ct_series(site.drop / "third", patients[2], study=3, slices=1)
    received_as(site.drop / "third", "TRIALB")
    ct_series(site.drop / "fourth", patients[3], study=4, slices=1)
    assert site.import_once("--protocol", str(protocol)) == Exit.PASSED
    assert site.sessions("TRIAL_A") == ["CORK-1"]
    assert site.sessions("TRIAL_B") == ["CLAY-1", "WAX-1"]
    assert site.sessions("HOSPITAL") == ["PEAT-1"]
    with site.journal() as journal:
        kept = {one.session: (one.project, one.state) for one in journal.entries()}
    assert kept["CORK-1"] == ("TRIAL_A", State.ARCHIVED)


def test_a_study_whose_objects_belong_into_two_projects_is_held_and_lies_in_none(
    site: Site, protocol: Path
) -> None:
    of_two_projects(site.drop / "study")
    assert site.import_once("--protocol", str(protocol)) == Exit.STOPPED
    assert len(site.kept("held")) == 4
    with site.journal() as journal:
        (entry,) = journal.entries()
    assert [one.id for one in entry.reasons if one.effect == "hold"] == ["ROUTE"]
    assert [site.waiting(project) for project in ("HOSPITAL", "TRIAL_A", "TRIAL_B")] == [[], [], []]


def test_what_a_route_would_have_let_in_and_a_list_forbids_goes_to_quarantine(
    site: Site, protocol: Path
) -> None:
    ct_series(site.drop / "study", CORK, slices=1, model="Leaky", InstitutionName=ELSEWHERE)
    assert site.import_once("--protocol", str(protocol)) == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert site.sessions("TRIAL_A") == []


def test_what_belongs_into_a_project_that_is_not_there_is_held_and_the_rest_goes_on(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = site.protocol(ROUTES.replace("TRIAL_A", "TRIAL_C"))
    ct_series(site.drop / "study", CORK, slices=1, InstitutionName=ELSEWHERE)
    ct_series(site.drop / "other", Patient("PHANTOM^WAX", "WAX-1"), study=2, slices=1)
    assert site.import_once("--protocol", str(protocol)) == Exit.STOPPED
    assert len(site.kept("held")) == 1
    assert site.sessions("HOSPITAL") == ["WAX-1"]
    assert "there is no project TRIAL_C for this account" in capsys.readouterr().err


# --- what comes late


def test_rt_without_an_institution_follows_its_images(site: Site, protocol: Path) -> None:
    images = ct_series(site.drop / "images", CORK, slices=1, InstitutionName=ELSEWHERE)
    digests = digests_of(site.drop)
    assert site.import_once("--protocol", str(protocol)) == Exit.PASSED
    rtstruct(site.drop / "late", images)
    digests += digests_of(site.drop)
    assert site.import_once("--protocol", str(protocol)) == Exit.PASSED
    assert site.digests("TRIAL_A", "CORK-1") == sorted(digests)
    assert site.sessions("HOSPITAL") == []


def test_a_session_that_is_shared_is_followed_where_it_belongs(site: Site, protocol: Path) -> None:
    images = ct_series(site.root / "files", CORK, slices=1)
    archived(site, "TRIAL_A")
    admin(site, "PUT", "/data/projects/TRIAL_A/experiments/CORK-1/projects/HOSPITAL")
    rtstruct(site.drop / "late", images)
    assert site.import_once("--protocol", str(protocol)) == Exit.PASSED
    assert len(site.digests("TRIAL_A", "CORK-1")) == 2


def test_images_follow_those_of_their_study_that_wait_in_the_prearchive(site: Site, protocol: Path) -> None:
    ct_series(site.root / "files", CORK, series=1, slices=1)
    site.upload(site.root / "files", "TRIAL_A", SUBJECT_ID="PHANTOM_CORK", EXPT_LABEL="CORK-1")
    ct_series(site.drop / "late", CORK, series=7, number=7, slices=1)
    assert site.import_once("--protocol", str(protocol)) == Exit.PASSED
    assert len(site.digests("TRIAL_A", "CORK-1")) == 2


def test_a_late_part_that_a_route_leads_away_from_its_study_waits_for_a_person(
    site: Site, protocol: Path
) -> None:
    images = ct_series(site.drop / "images", CORK, slices=1, InstitutionName=ELSEWHERE)
    assert site.import_once("--protocol", str(protocol)) == Exit.PASSED
    rtstruct(site.drop / "late", images, InstitutionName=ALMA)
    assert site.import_once("--protocol", str(protocol)) == Exit.STOPPED
    assert site.sessions("TRIAL_B") == []
    (row,) = site.waiting("TRIAL_B")
    assert row["status"] == "CONFLICT"
    (why,) = [one["message"] for one in site.reason_of(row)["findings"] if one["id"] == "XNAT"]
    assert why.startswith("other objects of this study are in session CORK-1 of TRIAL_A")
    with container(site, protocol) as its:
        (late,) = its.archive.rows("TRIAL_B")
        its.archive.move(late, "TRIAL_A")
    assert site.prearchive("TRIAL_A", "--protocol", str(protocol)) == Exit.PASSED
    assert len(site.digests("TRIAL_A", "CORK-1")) == 2


def test_what_goes_ahead_goes_where_the_part_that_waits_belongs(site: Site, protocol: Path) -> None:
    """The structure set alone tells where the study comes from; what it is drawn on comes later."""
    made = site.root / "made"
    ct_series(made / "here", CORK, slices=1)
    late = ct_series(made / "late", CORK, series=9, number=9, slices=1)
    rtstruct(made / "here", late, series=14, InstitutionName=ELSEWHERE)
    with service(site, Clock(), protocol) as importer:
        drop(site, "first", *files(made / "here"))
        assert {importer.next().state, importer.next().state} == {State.ARCHIVED, State.WAITING}
        assert site.sessions("TRIAL_A") == ["CORK-1"]
        drop(site, "second", *files(made / "late"))
        assert [importer.next().state, importer.next().state] == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("TRIAL_A", "CORK-1") == digests_of(made)


def test_images_that_say_nothing_follow_the_rt_that_waits_for_them(site: Site, protocol: Path) -> None:
    made = site.root / "made"
    images = ct_series(made / "images", CORK, slices=1)
    rtstruct(made / "rt", images, InstitutionName=ELSEWHERE)
    with service(site, Clock(), protocol) as importer:
        drop(site, "rt", *files(made / "rt"))
        assert importer.next().state is State.WAITING
        drop(site, "images", *files(made / "images"))
        assert [importer.next().state, importer.next().state] == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("TRIAL_A", "CORK-1") == digests_of(made)


def test_a_plan_that_waits_follows_the_rest_that_came_meanwhile(site: Site, protocol: Path) -> None:
    made = site.root / "made"
    structures = rtstruct(
        made / "2", ct_series(made / "1", CORK, slices=1, InstitutionName=ELSEWHERE), series=14
    )
    rtdose(made / "3", rtplan(made / "3", structures, series=15), series=16)
    with service(site, Clock(), protocol) as importer:
        drop(site, "plan", *files(made / "3"))
        assert importer.next().state is State.WAITING
        drop(site, "rest", *files(made / "1"), *files(made / "2"))
        assert [importer.next().state, importer.next().state] == [State.ARCHIVED, State.ARCHIVED]
    assert site.digests("TRIAL_A", "CORK-1") == digests_of(made)


# --- what is in XNAT already


def test_a_row_that_somebody_put_into_a_hospital_project_stays_there(site: Site, protocol: Path) -> None:
    of_two_projects(site.root / "files")
    site.upload(site.root / "files", "TRIAL_A")
    assert site.prearchive("TRIAL_A", "--protocol", str(protocol)) == Exit.PASSED
    assert site.sessions("TRIAL_A") == ["CORK-1"]


def test_a_row_of_a_routed_project_that_is_forbidden_goes_to_quarantine(site: Site, protocol: Path) -> None:
    ct_series(site.root / "files", CORK, slices=1, model="Leaky", InstitutionName=ELSEWHERE)
    site.upload(site.root / "files", "TRIAL_A")
    assert site.prearchive("TRIAL_A", "--protocol", str(protocol)) == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]
    assert site.waiting("TRIAL_A") == []


def test_two_studies_that_wait_in_a_routed_project_to_become_one_session_are_held(
    site: Site, protocol: Path
) -> None:
    for study in (1, 2):
        ct_series(site.root / str(study), CORK, study=study, slices=1)
        site.upload(site.root / str(study), "TRIAL_A", SUBJECT_ID="PHANTOM_CORK", EXPT_LABEL="CORK-1")
    assert [one.state for one in looked(site, "TRIAL_A", protocol)] == [State.HELD, State.HELD]


def test_a_row_in_a_project_that_the_protocol_names_no_longer_waits_for_a_person(site: Site) -> None:
    ct_series(site.root / "files", CORK, slices=1)
    site.upload(site.root / "files", "TRIAL_A")
    (passage,) = looked(site, "TRIAL_A", site.protocol(""))
    assert passage.state is State.HELD
    assert passage.why.startswith("the protocol in force says nothing of project TRIAL_A")
    assert site.sessions("TRIAL_A") == []


def test_a_container_that_archived_a_row_of_a_routed_project_is_believed(
    site: Site, protocol: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct_series(site.root / "files", CORK, slices=1)
    url = site.upload(site.root / "files", "TRIAL_A", SUBJECT_ID="PHANTOM_CORK", EXPT_LABEL="CORK-1")
    at_work = lambda: somebody(site, "POST", "/data/services/archive", src=url)  # noqa: E731
    once_before(monkeypatch, Containers, "workflow", at_work)
    with container(site, protocol) as its:
        (row,) = its.archive.rows("TRIAL_A")
        told = Passage(
            what="1 CT", files=1, state=State.ARCHIVED, where="TRIAL_A / CORK-1", study_uid=row.study_uid
        )
        (passage,) = Launched()(row, replace(its, launching=Containers(log=line(told) + "\n")))
        assert (passage.state, passage.files) == (State.ARCHIVED, 1)
        assert [one.project for one in its.journal.of_study(row.study_uid)] == ["TRIAL_A"]


def test_a_session_of_a_routed_project_is_checked_where_it_is_and_leaves_when_it_is_forbidden(
    site: Site, protocol: Path
) -> None:
    of_two_projects(site.root / "files")
    session = archived(site, "TRIAL_A")
    options = ("--protocol", str(protocol), "--on-violation", "quarantine")
    assert check(site, session, *options) == Exit.PASSED
    assert site.sessions("TRIAL_A") == ["CORK-1"]
    stricter = site.protocol(ROUTES.replace("Leaky", "Phantom*"))
    assert check(site, session, "--protocol", str(stricter), "--on-violation", "quarantine") == Exit.STOPPED
    assert site.sessions("QUARANTINE") == ["CORK-1"]


def test_out_of_quarantine_a_session_goes_under_its_subject_in_a_routed_project(
    site: Site, protocol: Path
) -> None:
    admin(site, "PUT", "/data/projects/TRIAL_A/subjects/PHANTOM_CORK")
    ct_series(site.root / "files", CORK, slices=1)
    session = archived(site, "QUARANTINE")
    path = "/data/config/xnat-gate/protocol.yaml?inbody=true"
    requests.put(
        site.sandbox.url + path, data=protocol.read_bytes(), headers={"Content-Type": "text/plain"},
        auth=("admin", "admin"), timeout=30,
    ).raise_for_status()  # fmt: skip
    assert go(site, session, "TRIAL_A") == Exit.PASSED
    assert id_of(site, "TRIAL_A", "CORK-1") == session


def test_only_the_projects_of_the_protocol_are_looked_at(
    site: Site, protocol: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert site.prearchive("TRIAL_B", "--protocol", str(protocol)) == Exit.PASSED
    assert site.prearchive("TRIAL_C", "--protocol", str(protocol)) == Exit.WRONG
    assert "it names HOSPITAL and TRIAL_A and TRIAL_B and QUARANTINE" in capsys.readouterr().err


def test_an_installer_is_told_that_the_protocol_in_force_names_other_projects(
    site: Site, protocol: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "--protocol", str(protocol)]) == Exit.WRONG
    assert "names the projects HOSPITAL and TRIAL_A and TRIAL_B and QUARANTINE" in capsys.readouterr().err


def test_a_project_that_archives_by_itself_is_warned_of(
    site: Site, protocol: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    admin(site, "PUT", "/data/projects/TRIAL_B/prearchive_code/4")
    site.import_once("--protocol", str(protocol))
    assert "warning: TRIAL_B archives by itself" in capsys.readouterr().err
