"""What users drop beside folders of files: zips, at the top and inside, hostile ones, and copies of media."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from pydicom.fileset import FileSet

from tests.hospital import Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.core.states import State
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study

CORK = Patient("PHANTOM^CORK", "CORK-1")


def zipped(folder: Path, target: Path) -> Path:
    """All below the folder, as a person's program would pack it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                bundle.write(path, path.relative_to(folder.parent))
    return target


@pytest.mark.parametrize("place", ["study.zip", "folder/study.zip"])
def test_a_zip_is_imported_like_the_folder_it_was_made_of(site: Site, tmp_path: Path, place: str) -> None:
    rt_study(tmp_path / "made", CORK)
    (tmp_path / "made" / "notes.txt").write_text("junk")
    target = site.drop / place
    target.parent.mkdir(exist_ok=True)
    zipped(tmp_path / "made", target)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == digests_of(tmp_path / "made")
    assert list(site.kept("rejected")) == ["notes.txt"]
    assert site.left_in_drop() == []


def test_a_zip_that_would_write_elsewhere_is_refused_whole_and_the_others_go_on(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ct_series(tmp_path / "made", CORK)
    bad = zipped(tmp_path / "made", site.drop / "bad.zip")
    with zipfile.ZipFile(bad, "a") as bundle:
        bundle.writestr("../../escaped.dcm", b"x")
    ct_series(site.drop / "good", Patient("PHANTOM^BARK", "BARK-1"), study=3)
    assert site.import_once() == Exit.STOPPED
    assert "zip file" in capsys.readouterr().out
    assert site.sessions("HOSPITAL") == ["BARK-1"]
    assert list(site.kept("rejected")) == ["bad.zip"]
    assert not list(site.root.rglob("escaped.dcm"))


def test_a_zip_bomb_is_refused_and_leaves_the_disk_as_it_was(site: Site) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as bundle:
        for number in range(3):
            bundle.writestr(f"{number}.dcm", bytes(120 << 20))
    (site.drop / "bomb.zip").write_bytes(body.getvalue())
    assert site.import_once() == Exit.STOPPED
    assert list(site.kept("rejected")) == ["bomb.zip"]
    assert sum(path.stat().st_size for path in site.root.rglob("*.dcm")) == 0


def medium(folder: Path, images: list[Path]) -> None:
    """A CD as a workstation writes it."""
    files = FileSet()
    for path in images:
        files.add(path)
    files.write(folder)
    files._stage["t"].cleanup()  # or it complains when it is forgotten


def test_the_copy_of_a_whole_medium_is_imported_and_its_index_set_aside(site: Site, tmp_path: Path) -> None:
    ct_series(
        tmp_path / "made", CORK, StudyID="1", AccessionNumber="", StudyDate="20260101", StudyTime="101010"
    )
    medium(site.drop / "cd", sorted((tmp_path / "made").glob("*.dcm")))
    assert site.import_once() == Exit.PASSED
    assert len(site.digests("HOSPITAL", "CORK-1")) == 5
    assert list(site.kept("rejected")) == ["DICOMDIR"]


def test_a_medium_that_was_copied_in_part_is_held_with_the_number_of_what_is_missing(
    site: Site, tmp_path: Path
) -> None:
    ct_series(
        tmp_path / "made", CORK, StudyID="1", AccessionNumber="", StudyDate="20260101", StudyTime="101010"
    )
    medium(site.drop / "cd", sorted((tmp_path / "made").glob("*.dcm")))
    left = [
        path for path in sorted((site.drop / "cd").rglob("*")) if path.is_file() and path.name != "DICOMDIR"
    ]
    for path in left[:2]:
        path.unlink()
    assert site.import_once() == Exit.STOPPED
    (row,) = site.waiting("HOSPITAL")
    assert any("2 more objects" in finding["message"] for finding in site.reason_of(row)["findings"])
    assert site.prearchive() == Exit.STOPPED  # a look that knows nothing of the medium holds it, too
    assert site.sessions("HOSPITAL") == []


def test_loose_files_at_the_top_are_left_beside_a_zip_that_is_taken(site: Site, tmp_path: Path) -> None:
    ct_series(tmp_path / "made", CORK)
    zipped(tmp_path / "made", site.drop / "study.ZIP")
    (site.drop / "loose.dcm").write_bytes(b"loose")
    assert site.import_once() == Exit.STOPPED
    assert site.left_in_drop() == ["loose.dcm"]
    with site.journal() as journal:
        assert [one.state for one in journal.entries()] == [State.ARCHIVED]
