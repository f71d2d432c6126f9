"""With several hospital projects: a study lies in one of them, whatever changes, and what cannot be asked stays out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hospital import QUIET, Site
from tests.roads.looking import container, looked, never
from tests.roads.test_moving_road import act_as, go, id_of
from tests.roads.test_routes import ALMA, CORK, ELSEWHERE, ROUTES, admin, files
from tests.roads.test_routes import protocol as protocol
from tests.roads.test_routes import site as site
from tests.roads.test_second_thoughts import archived_by_somebody, latest
from tests.roads.test_session_road import archived, check
from tests.roads.test_waiting_room import Clock, drop, service
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import gate, settings_for
from xnat_gate.core.archive import NotAllowed, PrearchiveRow
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.edge.journal import Entry
from xnat_gate.edge.xnat import Xnat
from xnat_gate.roads import delivery
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.sandbox.models import projects
from xnat_gate.sandbox.models.projects import Role
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtstruct, study_uid

WAX = Patient("PHANTOM^WAX", "WAX-1")
ALL = ("HOSPITAL", "TRIAL_A", "TRIAL_B", "QUARANTINE")
WITHOUT_A = ROUTES.replace("  - {project: TRIAL_A, when: {InstitutionName: [St. Elsewhere]}}\n", "")
RENAMED = ROUTES.replace("TRIAL_A", "TRIAL_B", 1)
SWAPPED = ROUTES.replace(ELSEWHERE, "?").replace(ALMA, ELSEWHERE).replace("?", ALMA)


def images(folder: Path, patient: Patient = CORK, series: int = 1, slices: int = 1, **header: str) -> None:
    ct_series(folder, patient, series=series, number=series, slices=slices, **header)


def imported(site: Site, routes: str = ROUTES) -> int:
    return site.import_once("--protocol", str(site.protocol(routes)))


def lying(site: Site) -> list[tuple[str, str]]:
    """Where anything waits or is archived."""
    return [
        *(("waits", project) for project in ALL for _ in site.waiting(project)),
        *(("archived", project) for project in ALL for _ in site.sessions(project)),
    ]


def archived_in_a(site: Site) -> None:
    """An image of a study, as if an importer had taken it there."""
    images(site.root / "files", InstitutionName=ELSEWHERE)
    session = archived(site, "TRIAL_A")
    with site.journal() as journal:
        journal.record(
            Entry(
                arrival="before",
                study_uid=study_uid(1),
                state=State.ARCHIVED,
                project="TRIAL_A",
                session="CORK-1",
                xnat_uri=f"/archive/experiments/{session}",
            )
        )


def told_of(site: Site, project: str) -> str:
    """Why the one row of a project waits."""
    (row,) = site.waiting(project)
    return " ".join(one["message"] for one in site.reason_of(row)["findings"])


def sent_and_killed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An importer that dies when XNAT has taken what it sent."""
    whole = delivery._send

    def dying(*given: object) -> None:
        whole(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_send", dying)
        imported(site)
    assert lying(site) == [("waits", "TRIAL_A")]
    assert latest(site).state is State.DELIVERING


# --- sent before the protocol changed


@pytest.mark.parametrize(
    ("changed", "lies"),
    [(WITHOUT_A, ("waits", "TRIAL_A")), (SWAPPED, ("archived", "TRIAL_A"))],
    ids=["route gone", "routes swapped"],
)
def test_a_study_sent_before_a_crash_lies_where_it_was_sent_after_the_protocol_has_changed(
    site: Site, changed: str, lies: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    images(site.drop / "study", InstitutionName=ELSEWHERE)
    sent_and_killed(site, monkeypatch)
    imported(site, changed)
    assert lying(site) == [lies]
    assert latest(site).project == "TRIAL_A"
    assert site.left_in_drop() == []


def test_a_study_of_which_a_part_was_sent_elsewhere_is_held_and_not_sent_again(
    site: Site, protocol: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images(site.drop / "study", InstitutionName=ELSEWHERE)
    images(site.drop / "study", series=7, InstitutionName=ELSEWHERE)
    sent_and_killed(site, monkeypatch)
    with container(site, protocol) as its:
        (row,) = its.archive.rows("TRIAL_A")
        its.archive.remove_scan(row, its.archive.scans(row)[0])
    assert imported(site, SWAPPED) == Exit.STOPPED
    assert lying(site) == [("waits", "TRIAL_A")]
    assert len(site.kept("held")) == 2
    assert (latest(site).state, latest(site).project) == (State.HELD, "TRIAL_A")


def test_the_same_study_is_not_archived_a_second_time_where_its_project_is_named_no_longer(
    site: Site,
) -> None:
    archived_in_a(site)
    images(site.drop / "again", InstitutionName=ELSEWHERE)
    assert imported(site, RENAMED) == Exit.STOPPED
    (passage,) = looked(
        site, "TRIAL_B", site.protocol(RENAMED)
    )  # by a container, whose journal knows nothing
    assert passage.state is State.HELD
    assert site.sessions("TRIAL_B") == []
    assert "are in session CORK-1 of TRIAL_A, of which the protocol in force says nothing" in passage.why


def test_late_images_are_not_archived_apart_from_a_study_in_a_project_named_no_longer(site: Site) -> None:
    archived_in_a(site)
    images(site.drop / "late", series=7)
    assert imported(site, "") == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []


def test_a_session_in_a_project_that_the_protocol_does_not_name_is_told_to_be_in_such_a_one(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    images(site.root / "files")
    session = archived(site, "TRIAL_A")
    assert check(site, session, "--protocol", str(site.protocol(WITHOUT_A))) == Exit.PASSED
    told = capsys.readouterr().out
    assert "goes to HOSPITAL" not in told
    assert "it stays in TRIAL_A, of which the protocol in force says nothing (it names HOSPITAL, " in told


def test_a_session_let_out_into_a_project_that_the_protocol_does_not_name_is_warned_of(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    images(site.root / "files")
    session = archived(site, "QUARANTINE")
    assert go(site, session, "TRIAL_A") == Exit.PASSED
    assert "warning: TRIAL_A is no project of the protocol in force" in capsys.readouterr().err
    assert site.sessions("TRIAL_A") == ["CORK-1"]


# --- of another patient


def test_images_of_another_patient_do_not_follow_rt_that_waits_under_the_same_study_uid(
    site: Site, protocol: Path
) -> None:
    """As of a study that was given a pseudonym for a trial, and whose original comes from the clinic."""
    made = site.root / "made"
    rtstruct(made / "rt", ct_series(made / "images", CORK, slices=1), InstitutionName=ELSEWHERE)
    images(made / "other", WAX, series=9)
    with service(site, Clock(), protocol) as importer:
        drop(site, "rt", *files(made / "rt"))
        assert importer.next().state is State.WAITING
        drop(site, "other", *files(made / "other"))
        importer.next()
    assert site.sessions("TRIAL_A") == []


def test_images_of_another_patient_do_not_follow_a_session_with_the_same_study_uid(site: Site) -> None:
    archived_in_a(site)
    images(site.drop / "other", WAX, series=7)
    assert imported(site) == Exit.STOPPED
    assert site.waiting("TRIAL_A") == []
    assert "CORK-1 of TRIAL_A has the same StudyInstanceUID and is of another" in told_of(site, "HOSPITAL")


# --- what cannot be asked


def importer_of(site: Site, monkeypatch: pytest.MonkeyPatch, *may: str) -> None:
    """From now on an account is used that may work in these projects and sees no others."""
    for project in may:
        projects.admit(site.sandbox.world.db, project, "owner", Role.OWNER)
    act_as(monkeypatch, "owner")


def test_late_images_are_not_archived_while_a_routed_project_cannot_be_looked_into(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archived_in_a(site)
    importer_of(site, monkeypatch, "HOSPITAL", "TRIAL_B", "QUARANTINE")
    images(site.drop / "late", series=7)
    assert imported(site) == Exit.STOPPED
    assert lying(site) == [("archived", "TRIAL_A")]
    assert site.left_in_drop() == ["late"]
    told = "this account does not see TRIAL_A, so that nobody can say whether a part of this study lies there"
    assert told in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("hidden", ["TRIAL_A", "QUARANTINE"])
def test_a_waiting_part_is_not_archived_while_the_rest_of_it_cannot_be_looked_for(
    site: Site, protocol: Path, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    images(site.root / "files")
    archived(site, hidden)
    images(site.root / "late", series=7)
    site.upload(site.root / "late", "HOSPITAL", SUBJECT_ID="PHANTOM_CORK", EXPT_LABEL="CORK-1")
    importer_of(site, monkeypatch, *(project for project in ALL if project != hidden))
    (passage,) = looked(site, "HOSPITAL", protocol)
    assert (passage.state, site.sessions("HOSPITAL")) == (State.HELD, [])
    assert passage.why.endswith(
        "must see all projects of the protocol (HOSPITAL, TRIAL_A, TRIAL_B, QUARANTINE)"
    )


def test_without_routes_nobody_is_asked_for_what_the_journal_does_not_know(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("project_of", "standing"):
        never(monkeypatch, Xnat, name)
    images(site.drop / "study")
    assert imported(site, "") == Exit.PASSED


# --- what somebody did in XNAT


def test_a_part_is_not_archived_beside_a_session_that_is_only_shown_in_its_project(site: Site) -> None:
    admin(site, "PUT", "/data/projects/RESEARCH")
    images(site.root / "files")
    archived(site, "RESEARCH")
    admin(site, "PUT", "/data/projects/RESEARCH/experiments/CORK-1/projects/HOSPITAL")
    images(site.drop / "late", series=7)
    assert imported(site) == Exit.STOPPED
    assert [row["status"] for row in site.waiting("HOSPITAL")] == ["CONFLICT"]
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert "belongs to RESEARCH, and is only shown there" in told_of(site, "HOSPITAL")


def test_objects_that_another_hospital_project_holds_already_are_not_told_as_others_to_be_joined(
    site: Site,
) -> None:
    archived_in_a(site)
    images(site.drop / "again", InstitutionName=ELSEWHERE)
    assert imported(site, SWAPPED) == Exit.STOPPED
    told = told_of(site, "TRIAL_B")
    assert "to join them" not in told
    assert "1 of 1 objects are already in session CORK-1 of TRIAL_A" in told


def test_a_study_sent_twice_is_dropped_as_asked_where_somebody_moved_it_to_another_hospital_project(
    site: Site,
) -> None:
    archived_in_a(site)
    assert go(site, id_of(site, "TRIAL_A", "CORK-1"), "HOSPITAL") == Exit.PASSED
    images(site.drop / "again", InstitutionName=ELSEWHERE)
    assert imported(site, f"{ROUTES}duplicates: {{same_bytes: drop}}\n") == Exit.PASSED
    assert lying(site) == [("archived", "HOSPITAL")]
    assert (latest(site).state, latest(site).project) == (State.ARCHIVED, "HOSPITAL")


@pytest.mark.parametrize("archives", [True, False], ids=["archived", "only moved"])
def test_a_study_that_somebody_took_into_another_hospital_project_is_not_told_as_failed(
    site: Site, protocol: Path, archives: bool
) -> None:
    def refused(*_: object) -> Iterator[Passage]:
        raise NotAllowed("nobody looks")
        yield

    images(site.drop / "study", InstitutionName=ELSEWHERE)
    with (
        gate(settings_for(None), protocol=protocol, state=site.state, tell=print) as its,
        DropFolder(site.drop) as folder,
    ):
        road = Importing(drop=folder, gate=its, quiet_period=float(QUIET.rstrip("s")), look=refused)
        assert [one.state for one in road.once()] == [State.DELIVERED]
        (row,) = its.archive.rows("TRIAL_A")
        moved: PrearchiveRow = its.archive.move(row, "TRIAL_B")
    if archives:
        archived_by_somebody(site, {"url": moved.uri}, subject="PHANTOM_CORK", session="CORK-1")
    imported(site)
    assert (latest(site).state, latest(site).project) == (State.ARCHIVED, "TRIAL_B")
    assert lying(site) == [("archived", "TRIAL_B")]
