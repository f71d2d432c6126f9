"""What the verbs that talk to XNAT say before, and how they end: warnings, wrong calls, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.hospital import Site
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.roads.importing import Importing
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, orphan_structure_set

CORK = Patient("PHANTOM^CORK", "CORK-1")


@pytest.mark.parametrize("project", ["HOSPITAL", "QUARANTINE"])
def test_a_project_that_archives_by_itself_is_warned_of(
    site: Site, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site.import_once()
    assert "warning" not in capsys.readouterr().err
    requests.put(
        f"{site.sandbox.url}/data/projects/{project}/prearchive_code/4", auth=("admin", "admin"), timeout=10
    ).raise_for_status()
    site.import_once()
    assert f"warning: {project} archives by itself" in capsys.readouterr().err


def test_a_watching_importer_warns_of_a_project_that_archives_by_itself(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests.put(
        f"{site.sandbox.url}/data/projects/HOSPITAL/prearchive_code/4", auth=("admin", "admin"), timeout=10
    ).raise_for_status()
    whole = Importing.forever
    monkeypatch.setattr(Importing, "forever", lambda road: (road.stop.set(), whole(road))[1])
    assert main(["import", str(site.drop), "--state", str(site.state)]) == Exit.PASSED
    assert "warning: HOSPITAL archives by itself" in capsys.readouterr().err


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_a_state_folder_in_the_drop_folder_is_a_wrong_call(
    site: Site, inside: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(site.drop / "study", CORK)
    assert main(["import", str(site.drop), "--once", "--state", str(site.drop / inside)]) == Exit.WRONG
    assert "lies in the drop folder" in capsys.readouterr().err
    assert site.left_in_drop() == ["study"]


def test_a_drop_folder_that_is_not_there_is_a_wrong_call(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(site.drop / "typo"), "--once", "--state", str(site.state)]) == Exit.WRONG
    assert "make it, or name another" in capsys.readouterr().err
    assert not (site.drop / "typo").exists()


def test_an_xnat_without_a_protocol_imports_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    requests.delete(
        f"{site.sandbox.url}/data/config/xnat-gate/protocol.yaml", auth=("admin", "admin"), timeout=10
    ).raise_for_status()
    ct_series(site.drop / "study", CORK)
    assert site.import_once() == Exit.WRONG
    assert "name a file with --protocol" in capsys.readouterr().err
    assert site.left_in_drop() == ["study"]


def test_one_run_leaves_word_of_a_protocol_that_was_refused(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    place = f"{site.sandbox.url}/data/config/xnat-gate/protocol.yaml"
    broken = requests.put(
        place, "protocol: 1", params={"inbody": "true"}, auth=("admin", "admin"), timeout=10
    )
    broken.raise_for_status()
    ct_series(site.drop / "study", CORK)
    assert site.import_once() == Exit.PASSED  # by version 1, which stays in force
    assert main(["status", "--state", str(site.state)]) == Exit.STOPPED
    assert "PROTOCOL REFUSED: version 2 of the protocol is refused" in capsys.readouterr().out


def test_a_broken_protocol_is_told_before_xnat_is_asked(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = str(site.protocol("rt: [reject]\n"))
    assert site.import_once("--protocol", protocol, "--xnat", "http://127.0.0.1:1") == Exit.WRONG
    assert "line 4" in capsys.readouterr().err


def test_what_went_where_is_told_even_when_xnat_goes_away_in_the_middle(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    orphan_structure_set(site.drop / "a")
    (site.drop / "a" / "notes.txt").write_text("junk")
    ct_series(site.drop / "b", CORK, study=2)
    with site.sandbox.faults.add(
        Fault(kind=Kind.STATUS, method="POST", path="/data/services/import", code=503)
    ):
        assert site.import_once() == Exit.UNAVAILABLE
    assert "This is no DICOM file" in capsys.readouterr().out
    assert site.left_in_drop() == ["a", "b"]
    assert list(site.kept("rejected")) == ["notes.txt"]


def test_an_importer_that_was_stopped_is_no_success(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Importing.once
    monkeypatch.setattr(Importing, "once", lambda road: (road.stop.set(), whole(road))[1])
    ct_series(site.drop / "study", CORK)
    assert site.import_once() == Exit.STOPPED
    assert "stopped before everything was imported" in capsys.readouterr().err
    assert site.left_in_drop() == ["study"]


def test_an_interrupted_call_ends_as_shells_expect(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Importing) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Importing, "once", interrupted)
    assert site.import_once() == 130


def test_an_xnat_that_breaks_down_over_a_deletion_may_be_asked_again(site: Site) -> None:
    ct_series(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL")
    breaks = Fault(kind=Kind.STATUS, method="DELETE", path="/data/prearchive/*", code=500)
    with site.sandbox.faults.add(breaks):
        assert site.prearchive("HOSPITAL", "--resolve", "CORK-1", "--delete") == Exit.UNAVAILABLE
    assert len(site.waiting("HOSPITAL")) == 1


def test_an_empty_prearchive_is_a_success_and_a_session_that_waits_on_is_none(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert site.prearchive() == Exit.PASSED
    assert "prearchive of HOSPITAL: nothing waits" in capsys.readouterr().out
    ct_series(tmp_path / "files", CORK, PatientID=None)
    site.upload(tmp_path / "files", "HOSPITAL", subject="x", session="x")
    assert site.prearchive() == Exit.STOPPED
