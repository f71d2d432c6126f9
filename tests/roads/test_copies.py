"""Copies of what came before, under other names or the same: noted, dropped, quarantined or held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hospital import Site, digests_of
from tests.roads.test_several_at_once import QUICKLY
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import gate, settings_for
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import Verdict
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.roads.copies import UnderWay
from xnat_gate.roads.opening import judged, read
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, study_uid

CORK, WAX = Patient("PHANTOM^CORK", "CORK-1"), Patient("PHANTOM^WAX", "WAX-1")
SENT = Fault(kind=Kind.LATENCY, method="POST", path="/data/services/import")
"""Does nothing, and counts what is sent."""
ONE, TWO = (study_uid(number).replace(".", "_") for number in (1, 2))
"""Labels of the sessions, so that no two studies are one session."""


def protocol(site: Site, duplicates: str) -> str:
    words = f'labels: {{subject: "{{PatientName}}", session: "{{StudyInstanceUID}}"}}\nduplicates: {{{duplicates}}}\n'
    return str(site.protocol(words))


def images(folder: Path, patient: Patient = CORK, study: int = 1, **header: str) -> list[str]:
    """Two studies of these numbers differ in nothing but their UIDs; the digests of the files."""
    ct_series(folder, patient, study=study, slices=2, StudyID="1", AccessionNumber="PH1", **header)
    return digests_of(folder)


def imported(site: Site, rules: str) -> int:
    return site.import_once("--protocol", rules, *QUICKLY)


def verdict_on_arrival(site: Site, rules: str) -> Verdict:
    """What is found of the one folder that is dropped; it is put back."""
    with (
        gate(settings_for(None), protocol=Path(rules), state=site.state, tell=print) as parts,
        DropFolder(site.drop) as folder,
    ):
        (entry,) = folder.look().entries
        claim = folder.claim(entry.name, entry.look)
        assert claim is not None
        (verdict,) = judged(read(claim, parts), parts, UnderWay()).verdicts
        claim.release()
    return verdict


def noted(verdict: Verdict) -> list[tuple[str, str, Effect]]:
    return [(one.id, one.message, one.effect) for one in verdict.findings]


def test_a_copy_is_noted_with_how_near_the_earlier_one_is(site: Site) -> None:
    rules = protocol(site, "new_uid: note, same_pixels: note")
    images(site.drop / "first")
    assert noted(verdict_on_arrival(site, rules)) == []
    assert imported(site, rules) == Exit.PASSED
    images(site.drop / "copy", study=2)
    message = "2 objects are, but for their UIDs, the same as objects of another study that came before"
    assert noted(verdict_on_arrival(site, rules)) == [
        ("RT017", f"{message} (the same patient ID).", Effect.NOTE)
    ]
    images(site.drop / "copy", WAX, study=2)
    message = "2 images are pixel for pixel the same as images of another study that came before"
    assert noted(verdict_on_arrival(site, rules)) == [
        ("RT016", f"{message} (another patient ID).", Effect.NOTE)
    ]
    written = b"".join(path.read_bytes() for path in site.state.glob("journal.sqlite3*"))
    written = written.replace(str(rules).encode(), b"")  # pytest names its folder after this test
    assert not [name for name in (b"CORK", b"WAX", b"first", b"copy") if name in written]


def test_a_note_is_told_to_somebody(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    rules = protocol(site, "new_uid: note")
    for number, name in enumerate(("first", "copy"), start=1):
        images(site.drop / name, study=number)
        assert imported(site, rules) == Exit.PASSED
    with site.journal() as journal:
        written = [reason.id for one in journal.entries() for reason in one.reasons]
    told = capsys.readouterr()
    assert "RT017" in f"{told.out}{told.err}{written}"


def test_what_never_came_to_xnat_is_nothing_that_came_before(site: Site) -> None:
    rules = protocol(site, "new_uid: hold")
    images(site.drop / "held", PatientName="")
    assert imported(site, rules) == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    images(site.drop / "copy", study=2, PatientName="")
    assert "RT017" not in {one.id for one in verdict_on_arrival(site, rules).findings}


def test_a_whole_study_that_is_archived_already_is_not_sent_again(site: Site) -> None:
    rules = protocol(site, "same_bytes: drop")
    with site.sandbox.faults.add(SENT) as sent:
        for name in ("first", "again"):
            whole = images(site.drop / name)
            assert imported(site, rules) == Exit.PASSED
        assert sent.fired == 1
    assert site.digests("HOSPITAL", ONE) == whole
    assert site.waiting("HOSPITAL") == []
    assert site.left_in_drop() == []
    with site.journal() as journal:
        assert [one.state for one in journal.entries()] == [State.ARCHIVED, State.ARCHIVED]
        assert journal.verify().whole


def test_an_edited_copy_that_kept_its_uids_is_not_dropped_for_the_same(site: Site) -> None:
    rules = protocol(site, "same_bytes: drop")
    whole = images(site.drop / "first")
    assert imported(site, rules) == Exit.PASSED
    edited = images(site.drop / "edited", StudyDescription="edited")
    assert imported(site, rules) == Exit.STOPPED
    assert site.digests("HOSPITAL", ONE) == whole
    assert digests_of(site.root / "xnat" / "prearchive") == edited


def test_a_copy_is_held_where_the_protocol_says_so_and_stays_it_whoever_looks_until_a_person_lifts_it(
    site: Site,
) -> None:
    rules = protocol(site, "new_uid: hold")
    images(site.drop / "first")
    assert imported(site, rules) == Exit.PASSED
    copy = images(site.drop / "copy", study=2)
    assert imported(site, rules) == Exit.STOPPED
    for state in ("state", "another state"):
        look = ["prearchive", "HOSPITAL", "--state", str(site.root / state), "--protocol", rules]
        assert main(look) == Exit.STOPPED
        (row,) = site.waiting("HOSPITAL")
        assert "RT017" in {one["id"] for one in site.reason_of(row)["findings"]}
    assert site.sessions("HOSPITAL") == [ONE]
    assert main([*look, "--resolve", row["url"], "--session", TWO]) == Exit.PASSED
    assert site.digests("HOSPITAL", TWO) == copy


def test_a_copy_goes_to_quarantine_where_the_protocol_says_so_and_stays_there_whoever_looks(
    site: Site,
) -> None:
    rules = protocol(site, "new_uid: quarantine")
    images(site.drop / "first")
    assert imported(site, rules) == Exit.PASSED
    copy = images(site.drop / "copy", study=2)
    with site.sandbox.faults.add(
        Fault(kind=Kind.STATUS, method="POST", path="/data/services/archive", code=500)
    ):
        assert imported(site, rules) == Exit.STOPPED
    assert len(site.waiting("QUARANTINE")) == 1
    look = ["prearchive", "QUARANTINE", "--state", str(site.root / "another state"), "--protocol", rules]
    assert main(look) == Exit.STOPPED
    assert site.digests("QUARANTINE", TWO) == copy
    assert site.sessions("HOSPITAL") == [ONE]
    assert site.waiting("HOSPITAL") == site.waiting("QUARANTINE") == []
