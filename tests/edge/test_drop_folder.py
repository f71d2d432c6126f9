"""The drop folder over real files, with real processes that race and die."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xnat_gate.core.naming import half_made
from xnat_gate.core.settling import Look, Watch
from xnat_gate.edge.drop_folder import (
    Claim,
    ClaimChanged,
    ClaimRefused,
    DropFolder,
    DropFolderUnavailable,
    DropLook,
    FilesLeft,
    LeftAlone,
    returning,
)
from xnat_gate.edge.zips import Limits, unpack

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def drop(root: Path) -> Iterator[DropFolder]:
    with DropFolder(root) as folder:
        yield folder


def fill(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (files or {"image": "pixels"}).items():
        (folder / name).write_text(text)
    return folder


def look_of(seen: DropLook, name: str) -> Look:
    return next(entry.look for entry in seen.entries if entry.name == name)


def claim(drop: DropFolder, name: str) -> Claim:
    claimed = drop.claim(name, look_of(drop.look(), name))
    assert claimed is not None
    return claimed


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if not path.name.startswith("."))


@contextmanager
def importer(root: Path, script: str) -> Iterator[subprocess.Popen[str]]:
    """Another process with a drop folder `drop` over `root`; killed at the end, if it still lives."""
    head = "import sys; from pathlib import Path\nfrom xnat_gate.edge.drop_folder import DropFolder\n"
    code = head + "drop = DropFolder(Path(sys.argv[1]))\n" + textwrap.dedent(script)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@contextmanager
def without_root_rights() -> Iterator[Path]:
    """A folder that this process owns as an ordinary user, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() != 0:
            yield Path(name)
            return
        os.chown(name, NOBODY, -1)
        os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield Path(name)
        finally:
            os.setresuid(0, 0, 0)


HOLD_ONE = """
    [entry] = drop.look().entries
    claim = drop.claim(entry.name, entry.look)
    print(claim.id, flush=True)
    sys.stdin.read()
"""


# -- looking -----------------------------------------------------------------------------------------------------


def test_a_look_sees_every_file_of_an_entry_with_its_size_and_time(root: Path, drop: DropFolder) -> None:
    fill(root / "study" / "series", image="12345")
    os.utime(root / "study" / "series" / "image", ns=(1, 1_234_567_890_123_456_789))
    assert look_of(drop.look(), "study").files == {("series/image", 5, 1_234_567_890_123_456_789)}


def test_the_moment_of_a_look_comes_from_the_clock_that_was_given(root: Path) -> None:
    fill(root / "study")
    with DropFolder(root, clock=lambda: 42.0) as drop:
        assert look_of(drop.look(), "study").at == 42.0


def test_loose_files_are_told_about_and_left_where_they_are(root: Path, drop: DropFolder) -> None:
    fill(root, readme="hello")
    seen = drop.look()
    assert (seen.entries, seen.loose) == ((), ("readme",))
    assert (root / "readme").read_text() == "hello"


def test_hidden_names_at_the_top_are_skipped_and_those_inside_an_entry_are_seen(
    root: Path, drop: DropFolder
) -> None:
    fill(root / ".Trash")
    fill(root, **{".hidden": ""})
    fill(root / "study", **{".DS_Store": "x"})
    seen = drop.look()
    assert [entry.name for entry in seen.entries] == ["study"]
    assert {path for path, _, _ in seen.entries[0].look.files} == {".DS_Store"}
    assert (seen.loose, seen.left_alone) == ((), ())


def test_a_linked_folder_at_the_top_is_not_followed_but_told_about(
    root: Path, drop: DropFolder, tmp_path: Path
) -> None:
    (root / "link").symlink_to(fill(tmp_path / "elsewhere"))
    seen = drop.look()
    assert seen.entries == ()
    [left] = seen.left_alone
    assert left.name == "link"
    assert "link" in left.why


def test_a_link_or_a_pipe_inside_an_entry_keeps_it_from_settling(
    root: Path, drop: DropFolder, tmp_path: Path
) -> None:
    fill(root / "linked")
    (root / "linked" / "a").symlink_to(fill(tmp_path / "elsewhere") / "image")
    fill(root / "piped")
    os.mkfifo(root / "piped" / "b")
    seen = drop.look()
    assert not look_of(seen, "linked").whole
    assert not look_of(seen, "piped").whole
    assert [left.name for left in seen.left_alone] == ["linked/a", "piped/b"]
    assert drop.claim("linked", look_of(seen, "linked")) is None
    assert names(root) == ["linked", "piped"]


def test_a_socket_at_the_top_is_told_about(root: Path, drop: DropFolder) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(root, os.O_RDONLY)
        try:
            listener.bind(f"/proc/self/fd/{here}/s")
        finally:
            os.close(here)
        assert drop.look().left_alone == (LeftAlone("s", "it is a device, pipe or socket"),)


def test_an_unreadable_folder_is_told_about_and_never_a_crash() -> None:
    with without_root_rights() as root:
        fill(root / "study" / "closed")
        fill(root / "other")
        (root / "study" / "closed").chmod(0)
        try:
            with DropFolder(root) as drop:
                seen = drop.look()
        finally:
            (root / "study" / "closed").chmod(0o700)
        assert look_of(seen, "other").whole
        assert not look_of(seen, "study").whole
        assert {left.name for left in seen.left_alone} == {"study/closed"}


def test_a_folder_that_could_not_be_cleared_after_delivery_does_not_settle() -> None:
    """Copied from a CD with its rights: the files could be read and delivered, but never removed."""
    with without_root_rights() as root:
        fill(root / "study")
        (root / "study").chmod(0o500)
        try:
            with DropFolder(root) as drop:
                seen = drop.look()
        finally:
            (root / "study").chmod(0o700)
        assert not look_of(seen, "study").whole
        assert seen.left_alone[0].name == "study"


def test_names_that_are_no_valid_text_are_seen_claimed_and_removed(root: Path, drop: DropFolder) -> None:
    name = os.fsdecode(b"J\xf6rg\n")
    fill(root / name, **{name: "x"})
    claimed = claim(drop, name)
    claimed.remove_files([name])
    claimed.finish()
    assert names(root) == []


def test_a_folder_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DropFolderUnavailable, match="mounted"):
        DropFolder(tmp_path / "missing")


def test_a_folder_that_goes_away_is_told_with_what_to_do(root: Path) -> None:
    drop = DropFolder(root)
    root.rename(root.with_name("unmounted"))
    with pytest.raises(DropFolderUnavailable, match="mounted"):
        drop.look()
    drop.close()


def test_closing_twice_closes_nothing_of_somebody_else(root: Path, tmp_path: Path) -> None:
    drop = DropFolder(root)
    drop.close()
    with (tmp_path / "other").open("w") as other:  # gets the number of the descriptor that was closed
        drop.close()
        other.write("still open")


# -- claiming ----------------------------------------------------------------------------------------------------


def test_a_claim_takes_the_entry_out_of_everybodys_sight(root: Path, drop: DropFolder) -> None:
    fill(root / "study", image="pixels")
    claimed = claim(drop, "study")
    assert claimed.name == claimed.path.name == "study"
    assert (claimed.path / "image").read_text() == "pixels"
    assert claimed.path.is_relative_to(root / ".xnat-gate")
    assert claimed.path.parent.name == claimed.id
    assert drop.look() == DropLook()


def test_an_entry_settles_is_claimed_emptied_and_finished(root: Path, drop: DropFolder) -> None:
    fill(root / "study" / "series", image="pixels", other="more")
    watch = Watch()
    for _ in range(2):
        watch = watch.seen_all({entry.name: entry.look for entry in drop.look().entries})
    [(name, expected)] = watch.all_settled(0)
    claimed = drop.claim(name, expected)
    assert claimed is not None
    claimed.remove_files(["series/image", "series/other"])
    claimed.finish()
    assert names(root) == []
    drop.close()
    assert list((root / ".xnat-gate").iterdir()) == []


@pytest.mark.parametrize("lock", [fcntl.flock, fcntl.lockf])
def test_an_entry_with_a_file_that_another_program_holds_locked_stays_where_it_is(
    root: Path, drop: DropFolder, lock: Callable[[int, int], None]
) -> None:
    fill(root / "study", one="1", two="2")
    expected = look_of(drop.look(), "study")
    script = (
        "import fcntl, sys, time\n"
        "file = open(sys.argv[1], 'r+')\n"
        f"fcntl.{lock.__name__}(file, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(root / "study" / "two")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(ClaimRefused, match="locked"):
            drop.claim("study", expected)
        assert names(root) == ["study"]
        other.communicate()
    assert drop.claim("study", expected) is not None


def test_what_changed_since_the_look_goes_back_untouched(root: Path, drop: DropFolder) -> None:
    fill(root / "study", image="pixels")
    expected = look_of(drop.look(), "study")
    fill(root / "study", image="pixels and more")
    assert drop.claim("study", expected) is None
    assert (root / "study" / "image").read_text() == "pixels and more"
    assert look_of(drop.look(), "study").files != expected.files


def test_what_is_gone_is_nobodys_claim_and_leaves_no_trace(root: Path, drop: DropFolder) -> None:
    fill(root / "study")
    expected = look_of(drop.look(), "study")
    claim(drop, "study").release().rename(root.parent / "study")
    assert drop.claim("study", expected) is None
    assert [path.name for path in (root / ".xnat-gate").glob("*/*")] == ["lock"]


def test_an_entry_that_got_a_link_since_the_look_is_not_taken(root: Path, drop: DropFolder) -> None:
    fill(root / "study")
    expected = look_of(drop.look(), "study")
    (root / "study" / "link").symlink_to("image")
    assert drop.claim("study", expected) is None
    assert names(root) == ["study"]


def test_an_entry_swapped_for_a_link_or_a_file_is_not_taken(
    root: Path, drop: DropFolder, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        fill(root / name)
    seen = drop.look()
    (root / "one").rename(tmp_path / "elsewhere")
    (root / "one").symlink_to(tmp_path / "elsewhere")
    (root / "two").rename(tmp_path / "gone")
    (root / "two").write_text("a file")
    assert drop.claim("one", look_of(seen, "one")) is None
    assert drop.claim("two", look_of(seen, "two")) is None
    assert (root / "one").is_symlink()
    assert (root / "two").read_text() == "a file"


def test_a_look_that_was_not_whole_claims_nothing_even_when_it_would_be_whole_now(
    root: Path, drop: DropFolder
) -> None:
    fill(root / "study")
    (root / "study" / "link").symlink_to("image")
    expected = look_of(drop.look(), "study")
    (root / "study" / "link").unlink()
    assert drop.claim("study", expected) is None
    assert names(root) == ["study"]


@pytest.mark.parametrize("name", ["", ".", "..", "../drop", "a/b", ".xnat-gate", "a\0b"])
def test_only_an_entry_can_be_named(drop: DropFolder, name: str) -> None:
    with pytest.raises(ValueError, match="single name"):
        drop.claim(name, Look(frozenset(), 0.0))


def test_an_entry_the_file_system_holds_on_to_stays_and_is_told_without_its_name() -> None:
    with without_root_rights() as root:
        fill(root / "DOE JOHN")
        with DropFolder(root) as drop:
            expected = look_of(drop.look(), "DOE JOHN")
            (root / "DOE JOHN").chmod(
                0o500
            )  # the owner of a folder needs write rights in it to move it elsewhere
            try:
                with pytest.raises(ClaimRefused) as refusal:
                    drop.claim("DOE JOHN", expected)
            finally:
                (root / "DOE JOHN").chmod(0o700)
        assert refusal.value.name == "DOE JOHN"
        assert "DOE" not in str(refusal.value)
        assert names(root) == ["DOE JOHN"]


def test_importers_that_race_never_take_the_same_study_and_leave_none(root: Path) -> None:
    studies = {f"study-{number:03}" for number in range(200)}
    for study in studies:
        fill(root / study)
    script = """
        looks = {entry.name: entry.look for entry in drop.look().entries}
        print("ready", flush=True)
        sys.stdin.readline()
        print(*(name for name, look in looks.items() if drop.claim(name, look)), flush=True)
        sys.stdin.read()
    """
    with importer(root, script) as one, importer(root, script) as two, importer(root, script) as three:
        racers = (one, two, three)
        assert [line_of(racer) for racer in racers] == ["ready"] * 3
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        taken = [name for racer in racers for name in line_of(racer).split()]
    assert len(taken) == len(set(taken))
    assert set(taken) == studies
    assert names(root) == []


# -- releasing and finishing -------------------------------------------------------------------------------------


def test_a_released_claim_lies_where_it_was(root: Path, drop: DropFolder) -> None:
    fill(root / "study", image="pixels")
    claimed = claim(drop, "study")
    assert claimed.release() == root / "study"
    assert (root / "study" / "image").read_text() == "pixels"
    assert not claimed.path.parent.exists()


def test_a_release_never_overwrites(root: Path, drop: DropFolder) -> None:
    claims = []
    for text in ("first", "second"):
        fill(root / "study", image=text)
        claims.append(claim(drop, "study"))
    fill(root / "study", image="third")
    assert [claimed.release().name for claimed in claims] == ["study-2", "study-3"]
    texts = {name: (root / name / "image").read_text() for name in names(root)}
    assert texts == {"study": "third", "study-2": "first", "study-3": "second"}


def test_a_release_leaves_an_empty_folder_to_whoever_is_about_to_fill_it(
    root: Path, drop: DropFolder
) -> None:
    fill(root / "study")
    claimed = claim(drop, "study")
    (root / "study").mkdir()
    assert claimed.release().name == "study-2"
    assert names(root) == ["study", "study-2"]


def test_a_release_finds_room_for_a_number_in_the_longest_of_names(root: Path, drop: DropFolder) -> None:
    name = "é" * 127
    fill(root / name)
    claimed = claim(drop, name)
    fill(root / name)
    assert len(os.fsencode(claimed.release().name)) <= 255
    assert len(names(root)) == 2


def test_a_claim_with_a_file_left_is_not_finished_and_loses_nothing(root: Path, drop: DropFolder) -> None:
    fill(root / "study" / "series", image="pixels", other="more")
    claimed = claim(drop, "study")
    claimed.remove_files(["series/image"])
    with pytest.raises(FilesLeft) as refusal:
        claimed.finish()
    assert refusal.value.files == ("series/other",)
    assert "other" not in str(refusal.value)
    assert (claimed.path / "series" / "other").read_text() == "more"


def test_emptied_folders_of_any_depth_go_with_the_claim(root: Path, drop: DropFolder) -> None:
    fill(root / "study" / "a" / "b" / "c", image="x")
    (root / "study" / "empty" / "inner").mkdir(parents=True)
    claimed = claim(drop, "study")
    claimed.remove_files(["a/b/c/image"])
    claimed.finish()
    claimed.finish()
    assert not claimed.path.parent.exists()


def test_folders_in_each_other_beyond_the_depth_of_python_are_no_difficulty(
    root: Path, drop: DropFolder
) -> None:
    inner = "/".join(["d"] * 1200)
    for depth in range(1200):
        (root / "study" / inner[: 2 * depth]).mkdir()
    fill(root / "study" / inner)
    try:
        claimed = claim(drop, "study")
        claimed.remove_files([f"{inner}/image"])
        claimed.finish()
        assert not claimed.path.parent.exists()
    finally:
        subprocess.run(["rm", "-rf", str(root)], check=True)


def test_a_file_written_to_since_it_was_claimed_is_not_removed_nor_any_other(
    root: Path, drop: DropFolder
) -> None:
    fill(root / "study", image="pixels", other="more")
    with (root / "study" / "other").open("a") as late_writer:
        claimed = claim(drop, "study")
        late_writer.write(" and more")
    with pytest.raises(ClaimChanged) as refusal:
        claimed.remove_files(["image", "other"])
    assert refusal.value.files == ("other",)
    assert sorted(path.name for path in claimed.path.iterdir()) == ["image", "other"]


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/hostname", "image/../image", "", ".", "unknown", "late"]
)
def test_only_files_that_were_claimed_can_be_removed(root: Path, drop: DropFolder, path: str) -> None:
    fill(root / "study")
    claimed = claim(drop, "study")
    fill(claimed.path.parent, outside="x")
    fill(claimed.path, late="x")
    with pytest.raises(ValueError, match="are not files of arrival"):
        claimed.remove_files(["image", path])
    assert (claimed.path / "image").exists()
    assert (claimed.path.parent / "outside").exists()


def test_removing_again_what_is_gone_is_no_error(root: Path, drop: DropFolder) -> None:
    fill(root / "study")
    claimed = claim(drop, "study")
    claimed.remove_files(["image"])
    claimed.remove_files(["image", "image"])
    claimed.finish()


# -- recovering --------------------------------------------------------------------------------------------------


def test_the_claim_of_an_importer_killed_with_it_is_recovered_whole(root: Path, drop: DropFolder) -> None:
    fill(root / "study" / "series", image="pixels")
    with importer(root, HOLD_ONE) as victim:
        claim_id = line_of(victim)
        assert drop.recover() == ()
        kill(victim)
        [recovered] = drop.recover()
    assert (recovered.id, recovered.name) == (claim_id, "study")
    assert (recovered.path / "series" / "image").read_text() == "pixels"
    assert drop.recover() == ()
    recovered.remove_files(["series/image"])
    recovered.finish()
    drop.close()
    assert list((root / ".xnat-gate").iterdir()) == []


def test_the_claims_of_the_living_are_never_recovered(root: Path, drop: DropFolder) -> None:
    fill(root / "study")
    with importer(root, HOLD_ONE) as neighbour:
        assert line_of(neighbour)
        with DropFolder(root) as third:
            assert third.recover() == drop.recover() == ()
    fill(root / "mine")
    mine = claim(drop, "mine")
    with DropFolder(root) as third:
        assert [recovered.name for recovered in third.recover()] == ["study"]
        assert mine.path.exists()


def test_a_claim_neither_released_nor_finished_is_recovered_after_close(root: Path) -> None:
    fill(root / "study")
    with DropFolder(root) as first:
        left = claim(first, "study")
    with DropFolder(root) as second:
        assert [recovered.id for recovered in second.recover()] == [left.id]


def test_a_study_whose_importer_died_before_it_had_looked_again_goes_back_to_settle(
    root: Path, drop: DropFolder
) -> None:
    fill(root / "study", image="pixels")
    script = """
        from xnat_gate.edge.drop_folder import folder
        [entry] = drop.look().entries
        def wait_for_ever(path, at):
            print(path, flush=True)
            sys.stdin.read()
        folder.look_into = wait_for_ever
        drop.claim(entry.name, entry.look)
    """
    with importer(root, script) as victim:
        taken = Path(line_of(victim))
        assert taken.is_dir()
        assert names(root) == []
        kill(victim)
        assert drop.recover() == ()
    assert (root / "study" / "image").read_text() == "pixels"
    assert not taken.parent.parent.exists()


def test_importers_that_recover_at_once_share_the_claims_of_the_dead(root: Path) -> None:
    studies = {f"study-{number:02}" for number in range(40)}
    for study in studies:
        fill(root / study)
        with DropFolder(root) as dead:
            claim(dead, study)
    script = """
        print("ready", flush=True)
        sys.stdin.readline()
        print(*(claim.name for claim in drop.recover()), flush=True)
        sys.stdin.read()
    """
    with importer(root, script) as one, importer(root, script) as two:
        assert [line_of(one), line_of(two)] == ["ready", "ready"]
        for racer in (one, two):
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        taken = line_of(one).split() + line_of(two).split()
    assert sorted(taken) == sorted(studies)


def test_an_importer_whose_folder_is_cleared_away_while_it_starts_makes_another(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    cleared: list[Path] = []

    def clear_away_first(descriptor: int, operation: int) -> None:
        if not cleared:
            [folder] = (root / ".xnat-gate").iterdir()
            (folder / "lock").unlink()
            folder.rmdir()
            cleared.append(folder)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", clear_away_first)
    fill(root / "study")
    with DropFolder(root) as drop:
        assert claim(drop, "study").path.exists()
    assert cleared


def test_importers_start_while_others_recover(root: Path) -> None:
    """A folder whose lock is just being made must not be cleared away under its owner."""
    script = """
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(150):
            with DropFolder(Path(sys.argv[1])) as other:
                other.recover()
                name = f"{sys.argv[0]}{number}-{id(other)}-{__import__('os').getpid()}"
                (drop.root / name).mkdir()
                (drop.root / name / "image").write_text("x")
                look = next(entry.look for entry in other.look().entries if entry.name == name)
                other.claim(name, look).release()
        print("done", flush=True)
    """
    with importer(root, script) as one, importer(root, script) as two:
        assert [line_of(one), line_of(two)] == ["ready", "ready"]
        for racer in (one, two):
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        assert [line_of(one), line_of(two)] == ["done", "done"]
    assert len(names(root)) == 300


# -- zips --------------------------------------------------------------------------------------------------------

MEMBERS = ("DICOM/IM1", "DICOM/IM2", "notes.tmp")
ROOM = Limits(reserve=0)


def zip_at(path: Path, *members: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as bundle:
        for name in members or MEMBERS:
            bundle.writestr(name, name)
    return path


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def opened(claimed: Claim, zip: str) -> Claim:
    """The claim with the content of its zip."""
    unpack(claimed.path / zip, claimed.opened(zip), ROOM)
    return claimed.seen_again()


def test_a_zip_by_itself_is_an_arrival_with_the_zip_as_its_only_file(root: Path, drop: DropFolder) -> None:
    facts = zip_at(root / "DOE JOHN.ZIP").stat()
    seen = drop.look()
    assert look_of(seen, "DOE JOHN.ZIP").files == {("DOE JOHN.ZIP", facts.st_size, facts.st_mtime_ns)}
    assert (seen.loose, seen.left_alone) == ((), ())


@pytest.mark.parametrize(
    ("name", "content"),
    [("study.zip", b"no zip"), ("study.zip", b""), ("study.zip.part", b"PK\3\4"), ("zip", b"PK\3\4")],
)
def test_a_file_that_is_a_zip_by_name_or_signature_alone_is_loose(
    root: Path, drop: DropFolder, name: str, content: bytes
) -> None:
    (root / name).write_bytes(content)
    assert (drop.look().entries, drop.look().loose) == ((), (name,))


def test_a_hidden_zip_and_one_behind_a_link_are_no_arrivals(
    root: Path, drop: DropFolder, tmp_path: Path
) -> None:
    zip_at(root / ".study.zip")
    (root / "link.zip").symlink_to(zip_at(tmp_path / "elsewhere.zip"))
    seen = drop.look()
    assert (seen.entries, seen.loose) == ((), ())
    assert [left.name for left in seen.left_alone] == ["link.zip"]


def test_a_zip_that_may_not_be_read_is_told_about_and_does_not_settle() -> None:
    with without_root_rights() as root:
        zip_at(root / "study.zip").chmod(0)
        with DropFolder(root) as drop:
            seen = drop.look()
    assert not look_of(seen, "study.zip").whole
    assert seen.left_alone == (LeftAlone("study.zip", "Permission denied"),)


def test_a_zip_is_claimed_into_a_folder_of_its_name(root: Path, drop: DropFolder) -> None:
    content = zip_at(root / "study.zip").read_bytes()
    claimed = claim(drop, "study.zip")
    assert claimed.path == claimed.path.parent / "study.zip"
    assert (claimed.path.parent.name, claimed.name) == (claimed.id, "study.zip")
    assert (claimed.path / "study.zip").read_bytes() == content
    assert claimed.zips == ("study.zip",)
    assert drop.look() == DropLook()


def test_a_claimed_zip_is_opened_emptied_and_finished(root: Path, drop: DropFolder) -> None:
    zip_at(root / "study.zip")
    claimed = opened(claim(drop, "study.zip"), "study.zip")
    place = claimed.opened("study.zip")
    assert place.parent == claimed.path
    assert below(place) == list(MEMBERS)
    content = {path for path, _, _ in claimed.content.files}
    assert content == {"study.zip"} | {f"{place.name}/{member}" for member in MEMBERS}
    claimed.remove_files(content)
    claimed.finish()
    drop.close()
    assert (names(root), list((root / ".xnat-gate").iterdir())) == ([], [])


def test_a_released_zip_is_the_file_again_and_never_over_another(root: Path, drop: DropFolder) -> None:
    claims = []
    for text in ("first", "second"):
        zip_at(root / "study.Zip", text)
        claims.append(claim(drop, "study.Zip"))
    zip_at(root / "study.Zip", "third")
    assert [claimed.release().name for claimed in claims] == ["study-2.Zip", "study-3.Zip"]
    inside = {name: zipfile.ZipFile(root / name).namelist() for name in names(root)}
    assert inside == {"study.Zip": ["third"], "study-2.Zip": ["first"], "study-3.Zip": ["second"]}
    assert [path.name for path in (root / ".xnat-gate").glob("*/*")] == ["lock"]


def test_a_zip_that_comes_to_lie_there_in_the_very_moment_is_not_replaced(
    root: Path, drop: DropFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    zip_at(root / "study.zip", "mine")
    claimed = claim(drop, "study.zip")
    truly = returning.moved

    def beaten(source: Path, target: Path) -> bool:
        if target.name == "study.zip":
            zip_at(target, "theirs")
        return truly(source, target)

    monkeypatch.setattr(returning, "moved", beaten)
    assert claimed.release() == root / "study-2.zip"
    assert zipfile.ZipFile(root / "study.zip").namelist() == ["theirs"]
    assert zipfile.ZipFile(root / "study-2.zip").namelist() == ["mine"]


def test_where_a_rename_could_replace_a_zip_goes_back_in_its_folder(
    root: Path, drop: DropFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "_renameat2", None)
    zip_at(root / "study.zip")
    assert claim(drop, "study.zip").release() == root / "study.zip"
    assert below(root / "study.zip") == ["study.zip"]
    again = claim(drop, "study.zip")
    assert again.zips == ("study.zip",)
    fill(root / "study.zip")
    assert again.release().name == "study.zip-2"


def test_the_longest_name_of_a_zip_has_room_for_what_is_made_of_it(root: Path, drop: DropFolder) -> None:
    name = "é" * 125 + ".zip"
    zip_at(root / name)
    claimed = claim(drop, name)
    zip_at(root / name)
    back = claimed.release()
    assert back.name.endswith("-2.zip")
    again = opened(claim(drop, back.name), back.name)
    assert below(again.opened(back.name)) == list(MEMBERS)
    assert len(os.fsencode(half_made(again.opened(back.name).name))) <= 255


def test_a_zip_that_grew_since_the_look_goes_back_untouched(root: Path, drop: DropFolder) -> None:
    zip_at(root / "study.zip")
    expected = look_of(drop.look(), "study.zip")
    with (root / "study.zip").open("ab") as late:
        late.write(b"more")
    assert drop.claim("study.zip", expected) is None
    assert (root / "study.zip").read_bytes().endswith(b"more")
    assert names(root) == ["study.zip"]
    assert [path.name for path in (root / ".xnat-gate").glob("*/*")] == ["lock"]


def test_a_zip_swapped_for_a_link_is_not_taken(root: Path, drop: DropFolder, tmp_path: Path) -> None:
    zip_at(root / "study.zip")
    expected = look_of(drop.look(), "study.zip")
    (root / "study.zip").rename(tmp_path / "elsewhere.zip")
    (root / "study.zip").symlink_to(tmp_path / "elsewhere.zip")
    assert drop.claim("study.zip", expected) is None
    assert (root / "study.zip").is_symlink()


def test_zips_inside_a_folder_are_found_at_any_depth_and_those_inside_a_zip_are_not(
    root: Path, drop: DropFolder
) -> None:
    zip_at(root / "study" / "a.zip")
    zip_at(root / "study" / "deep" / "b.ZIP")
    fill(root / "study", **{"false.zip": "not one"})
    with zipfile.ZipFile(root / "study" / "a.zip", "a") as bundle:
        bundle.write(root / "study" / "deep" / "b.ZIP", "inner.zip")
    claimed = claim(drop, "study")
    assert claimed.zips == ("a.zip", "deep/b.ZIP")
    claimed = opened(claimed, "a.zip")
    assert (claimed.opened("a.zip") / "inner.zip").exists()
    assert claimed.zips == ("a.zip", "deep/b.ZIP")
    assert claimed.opened("deep/b.ZIP").parent == claimed.path / "deep"


def test_the_content_of_a_zip_has_a_place_that_no_dropped_folder_has(root: Path, drop: DropFolder) -> None:
    zip_at(root / "study" / "a.zip")
    fill(root / "study" / "a.zip.unpacked")
    claimed = claim(drop, "study")
    assert not claimed.opened("a.zip").exists()
    assert below(opened(claimed, "a.zip").path / "a.zip.unpacked") == ["image"]


def test_two_zips_of_one_name_have_places_of_their_own(root: Path, drop: DropFolder) -> None:
    """Written over by hand: what came out of the old one is not taken for the content of the new one."""
    zip_at(root / "study" / "a.zip")
    back = opened(claim(drop, "study"), "a.zip").release()
    zip_at(back / "a.zip", "quite another")
    assert not claim(drop, back.name).opened("a.zip").exists()


@pytest.mark.parametrize("path", ["image", "unknown.zip", "../study.zip"])
def test_only_a_claimed_zip_has_a_place_for_its_content(root: Path, drop: DropFolder, path: str) -> None:
    zip_at(fill(root / "study") / "a.zip")
    with pytest.raises(ValueError, match="is no zip of arrival"):
        claim(drop, "study").opened(path)


def test_what_did_not_come_out_of_a_zip_does_not_belong_to_the_claim_when_it_is_seen_again(
    root: Path, drop: DropFolder
) -> None:
    zip_at(root / "study" / "a.zip")
    claimed = claim(drop, "study")
    fill(claimed.path, late="x")
    fill(claimed.path / half_made(claimed.opened("a.zip").name), half="x")
    assert claimed.seen_again() == claimed


def test_a_zip_written_to_since_it_was_claimed_keeps_its_place_and_is_not_removed(
    root: Path, drop: DropFolder
) -> None:
    zip_at(root / "study.zip")
    claimed = opened(claim(drop, "study.zip"), "study.zip")
    with (claimed.path / "study.zip").open("ab") as late:
        late.write(b"more")
    again = claimed.seen_again()
    assert again.opened("study.zip") == claimed.opened("study.zip")
    with pytest.raises(ClaimChanged):
        again.remove_files(["study.zip"])


def test_a_zip_is_removed_after_what_came_out_of_it(
    root: Path, drop: DropFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    zip_at(root / "study.zip")
    claimed = opened(claim(drop, "study.zip"), "study.zip")
    gone: list[str] = []
    unlink = Path.unlink

    def noted(path: Path, missing_ok: bool = False) -> None:
        gone.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", noted)
    claimed.remove_files(["study.zip", *(path for path, _, _ in claimed.content.files)])
    assert gone[-1] == "study.zip"
    assert len(gone) == 4


def test_a_zip_of_which_something_was_delivered_goes_back_with_the_rest_and_only_that_comes_again(
    root: Path, drop: DropFolder
) -> None:
    zip_at(root / "study.zip")
    claimed = opened(claim(drop, "study.zip"), "study.zip")
    place = claimed.opened("study.zip").name
    claimed.remove_files([f"{place}/DICOM/IM1"])
    assert claimed.release() == root / "study.zip"
    watch = Watch()
    for _ in range(2):
        watch = watch.seen_all({entry.name: entry.look for entry in drop.look().entries})
    [(name, expected)] = watch.all_settled(0)  # though it was called notes.tmp in the zip
    again = drop.claim(name, expected)
    assert again is not None
    assert again.zips == ("study.zip",)
    assert below(again.opened("study.zip")) == ["DICOM/IM2", "notes.tmp"]


def test_a_zip_of_which_everything_was_delivered_does_not_come_again_from_the_beginning(
    root: Path, drop: DropFolder
) -> None:
    zip_at(root / "study.zip")
    claimed = opened(claim(drop, "study.zip"), "study.zip")
    place = claimed.opened("study.zip").name
    claimed.remove_files([f"{place}/{member}" for member in MEMBERS])
    claimed.release()
    again = claim(drop, "study.zip")
    assert (again.zips, below(again.path)) == (("study.zip",), ["study.zip"])
    assert again.opened("study.zip").is_dir()


def test_a_claim_has_the_id_that_it_was_given(root: Path, drop: DropFolder) -> None:
    fill(root / "study")
    zip_at(root / "study.zip")
    seen = drop.look()
    for name, id in (("study", "20260102T030405Z-ab~1"), ("study.zip", "A2")):
        claimed = drop.claim(name, look_of(seen, name), id)
        assert claimed is not None
        assert claimed.id == claimed.path.parent.name == id


@pytest.mark.parametrize(
    "id", ["", ".a", "a/b", "..", "a.taking", "a.taking-file", "lock", "a\n", "x" * 101, "taken"]
)
def test_an_id_that_is_none_for_a_claim_or_that_of_another_takes_nothing(
    root: Path, drop: DropFolder, id: str
) -> None:
    fill(root / "first")
    assert drop.claim("first", look_of(drop.look(), "first"), "taken")
    zip_at(root / "study.zip")
    with pytest.raises(ValueError, match=r"the id of a claim|this id"):
        drop.claim("study.zip", look_of(drop.look(), "study.zip"), id)
    assert names(root) == ["study.zip"]


# -- zips, and an importer that is killed between any two steps --------------------------------------------------

KILLED_AT_EACH_STEP = """
import os, shutil, signal, sys
from pathlib import Path
from xnat_gate.edge.drop_folder import DropFolder, returning
from xnat_gate.edge.zips import Limits, unpack

def mortal(verb, death, done=[0]):
    def step(*arguments, **options):
        done[0] += 1
        if done[0] == death:
            os.kill(os.getpid(), signal.SIGKILL)
        return verb(*arguments, **options)
    return step

def live(root, kept, death):
    drop = DropFolder(root)
    [entry] = drop.look().entries
    os.mkdir, os.rename, os.rmdir, os.unlink, returning.moved = (
        mortal(verb, death) for verb in (os.mkdir, os.rename, os.rmdir, os.unlink, returning.moved)
    )
    claim = drop.claim(entry.name, entry.look)
    {what}

base = Path(sys.argv[1])
for death in range(1, 100):
    root, kept = base / str(death) / "drop", base / str(death) / "kept"
    root.mkdir(parents=True)
    kept.mkdir()
    shutil.copy(sys.argv[2], root / "study.zip")
    child = os.fork()
    if not child:
        live(root, kept, death)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""
OPEN = 'unpack(claim.path / "study.zip", claim.opened("study.zip"), Limits(reserve=0)); claim = claim.seen_again()'
KEEP = """[
        (claim.path / path).rename(kept / path.split("/")[-1])
        for path in sorted(path for path, _, _ in claim.content.files if path != "study.zip")
    ]
    claim.remove_files(["study.zip"]); claim.finish()"""


def deaths(tmp_path: Path, what: str) -> list[Path]:
    """A drop folder for each step at which an importer died, and one where it lived to the end."""
    (tmp_path / "deaths").mkdir()
    zip_at(tmp_path / "study.zip")
    script = KILLED_AT_EACH_STEP.replace("{what}", what)
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "deaths"), str(tmp_path / "study.zip")], check=True
    )
    return sorted((tmp_path / "deaths").iterdir(), key=lambda path: int(path.name))


def back_again(root: Path) -> None:
    """What the next importer does that gives everything back."""
    with DropFolder(root) as drop:
        for claimed in drop.recover():
            if claimed.content.files:
                claimed.release()
            else:
                claimed.finish()
    assert list((root / ".xnat-gate").iterdir()) == []


def test_a_zip_is_the_same_file_again_wherever_its_importer_died_while_it_took_and_released_it(
    tmp_path: Path,
) -> None:
    places = deaths(tmp_path, "claim.release()")
    assert len(places) >= 8
    for place in places:
        back_again(place / "drop")
        assert names(place / "drop") == ["study.zip"], place.name
        assert (place / "drop" / "study.zip").read_bytes() == (tmp_path / "study.zip").read_bytes()


def test_a_zip_is_there_once_and_its_content_whole_wherever_its_importer_died_after_opening_it(
    tmp_path: Path,
) -> None:
    kinds = set()
    for place in deaths(tmp_path, f"{OPEN}; claim.release()"):
        back_again(place / "drop")
        assert names(place / "drop") == ["study.zip"], place.name
        back = place / "drop" / "study.zip"
        kinds.add(back.is_dir())
        if back.is_dir():
            whole, [folder] = back / "study.zip", [path for path in back.iterdir() if path.is_dir()]
            assert below(folder) == list(MEMBERS), place.name
        else:
            whole = back
        assert whole.read_bytes() == (tmp_path / "study.zip").read_bytes()
    assert kinds == {True, False}


def test_every_file_of_a_zip_is_kept_once_wherever_its_importer_died(tmp_path: Path) -> None:
    places = deaths(tmp_path, f"{OPEN}; {KEEP}")
    assert len(places) >= 18
    for place in places:
        root, kept = place / "drop", place / "kept"
        with DropFolder(root) as drop:
            claims = [*drop.recover(), *(claim(drop, name) for name in names(root))]
            assert len(claims) <= 1
            for claimed in claims:
                for path in claimed.zips:
                    if not claimed.opened(path).exists():
                        claimed = opened(claimed, path)
                for path, _, _ in claimed.content.files:
                    if path != "study.zip":
                        assert not (kept / path.split("/")[-1]).exists(), place.name
                        (claimed.path / path).rename(kept / path.split("/")[-1])
                claimed.remove_files(["study.zip"] if claimed.content.files else [])
                claimed.finish()
        assert below(kept) == ["IM1", "IM2", "notes.tmp"], place.name
        assert names(root) == []
        assert list((root / ".xnat-gate").iterdir()) == []


# -- links that lead out -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["elsewhere", "elsewhere/image", "elsewhere/a.zip", "nothing"])
@pytest.mark.parametrize("name", ["link", "link.zip", "deep/link"])
def test_a_link_inside_a_folder_blocks_it_and_is_told(
    root: Path, drop: DropFolder, tmp_path: Path, name: str, target: str
) -> None:
    zip_at(fill(tmp_path / "elsewhere") / "a.zip")
    fill(root / "study" / "deep")
    (root / "study" / name).symlink_to(tmp_path / target)
    seen = drop.look()
    assert not look_of(seen, "study").whole
    assert [left.name for left in seen.left_alone] == [f"study/{name}"]
    assert drop.claim("study", look_of(seen, "study")) is None


def test_a_link_that_gets_into_a_claim_is_never_a_zip_and_keeps_it_from_being_finished(
    root: Path, drop: DropFolder, tmp_path: Path
) -> None:
    zip_at(root / "study" / "a.zip")
    claimed = claim(drop, "study")
    (claimed.path / "a.zip").rename(tmp_path / "a.zip")
    (claimed.path / "a.zip").symlink_to(tmp_path / "a.zip")
    claimed.opened("a.zip").symlink_to(tmp_path)
    assert claimed.zips == ()
    assert claimed.seen_again() == claimed
    with pytest.raises(FilesLeft):
        claimed.finish()
    assert (tmp_path / "a.zip").is_file()
