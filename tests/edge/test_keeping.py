"""Files that wait for a person: moved whole, explained, never overwritten, never outside."""

from __future__ import annotations

import errno
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xnat_gate.edge.keeping import (
    DiskFull,
    InOtherHands,
    Keeping,
    KeepingFailed,
    NothingKept,
    UnsafeName,
)
from xnat_gate.edge.keeping.clearing import alone_with
from xnat_gate.edge.keeping.naming import harmless_path

REASON = {"id": "RT030", "message": "the images it was drawn on are not there"}
HEAD = "import errno, io, json, os, sys\nfrom pathlib import Path\nfrom xnat_gate.edge.keeping import *\n"


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path / "state" / "rejected")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "claim"
    (folder / "series").mkdir(parents=True)
    (folder / "plan").write_bytes(b"plan")
    (folder / "series" / "image").write_bytes(b"pixels")
    return folder


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A folder on another file system than the temporary one."""
    shared_memory = Path("/dev/shm")
    if not os.access(shared_memory, os.W_OK):
        pytest.skip("this machine has no second file system to write to")
    folder = shared_memory / f"xnat-gate-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


def files_under(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "reason.json"
    }


def all_under(folder: Path) -> dict[str, bytes]:
    """Every file, the reasons too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def reason_in(folder: Path) -> dict[str, object]:
    document = json.loads((folder / "reason.json").read_bytes())
    assert isinstance(document, dict)
    return document


def run(script: str, *arguments: Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", HEAD + textwrap.dedent(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# -- what is kept ------------------------------------------------------------------------------------------------


def test_files_move_with_their_relative_paths_into_a_folder_named_by_time_and_arrival(
    keeping: Keeping, source: Path
) -> None:
    kept = keeping.keep(source, ["plan", "series/image"], REASON, arrival="A1")
    assert kept.parent == keeping.root
    assert kept.name.endswith("Z-A1")
    assert files_under(kept) == {"plan": b"plan", "series/image": b"pixels"}
    assert files_under(source) == {}


def test_only_what_was_named_moves(keeping: Keeping, source: Path) -> None:
    keeping.keep(source, ["plan"], REASON, arrival="A1")
    assert files_under(source) == {"series/image": b"pixels"}


def test_in_every_folder_that_received_a_file_the_reason_lies_beside(keeping: Keeping, source: Path) -> None:
    (source / "deep" / "er").mkdir(parents=True)
    (source / "deep" / "er" / "dose").write_bytes(b"dose")
    kept = keeping.keep(source, ["plan", "deep/er/dose"], REASON, arrival="A1")
    assert reason_in(kept)["files"] == [{"stored": "plan", "came_as": "plan"}]
    below = reason_in(kept / "deep" / "er")
    assert below["files"] == [{"stored": "dose", "came_as": "deep/er/dose"}]
    assert (below["reason"], below["arrival"]) == (REASON, "A1")
    assert not (kept / "deep" / "reason.json").exists()


def test_the_reason_is_text_that_a_person_can_read(keeping: Keeping, source: Path) -> None:
    kept = keeping.keep(source, ["plan"], {"message": "größer als erlaubt"}, arrival="A1")
    text = (kept / "reason.json").read_text(encoding="utf-8")
    assert '\n  "reason": {\n    "message": "größer als erlaubt"' in text
    assert text.endswith("}\n")


def test_a_kept_file_called_like_the_reason_does_not_meet_it(keeping: Keeping, source: Path) -> None:
    for name in ("reason.json", "Reason.JSON", "series/REASON.json"):
        (source / name).write_text(name)
    names = ["reason.json", "Reason.JSON", "series/REASON.json"]
    kept = keeping.keep(source, names, REASON, arrival="A1")
    assert reason_in(kept)["reason"] == reason_in(kept / "series")["reason"] == REASON
    assert sorted(files_under(kept).values()) == sorted(name.encode() for name in names)
    assert set(files_under(kept)) == {"reason.json.kept", "Reason.JSON.kept", "series/REASON.json.kept"}


def test_a_folder_called_like_the_reason_does_not_stand_in_its_place(keeping: Keeping) -> None:
    kept = keeping.keep_members(
        [("reason.json/a", io.BytesIO(b"a")), ("b", io.BytesIO(b"b"))], REASON, arrival="A1"
    )
    assert files_under(kept) == {"reason.json.kept/a": b"a", "b": b"b"}


def test_two_requests_for_one_arrival_never_share_a_folder(keeping: Keeping, source: Path) -> None:
    first = keeping.keep(source, ["plan"], REASON, arrival="A1")
    (source / "plan").write_bytes(b"another plan")
    second = keeping.keep(source, ["plan"], REASON, arrival="A1")
    assert first != second
    assert [files_under(first), files_under(second)] == [{"plan": b"plan"}, {"plan": b"another plan"}]


def test_the_names_and_times_of_a_file_stay(keeping: Keeping, source: Path, other_disk: Path) -> None:
    for place in (keeping, Keeping(other_disk)):
        (source / "struct ü 1.dcm").write_bytes(b"x")
        os.utime(source / "struct ü 1.dcm", ns=(1_000, 2_000_000_000))
        kept = place.keep(source, ["struct ü 1.dcm"], REASON, arrival="A1")
        assert (kept / "struct ü 1.dcm").stat().st_mtime_ns == 2_000_000_000


def test_names_that_are_no_valid_text_are_kept_and_explained(keeping: Keeping, source: Path) -> None:
    name = os.fsdecode(b"J\xf6rg")
    (source / name).write_bytes(b"x")
    kept = keeping.keep(source, [name], {"file": name}, arrival="A1")
    assert list(files_under(kept).values()) == [b"x"]
    assert reason_in(kept)["reason"] == {"file": name}


# -- streams -----------------------------------------------------------------------------------------------------


def test_members_of_a_zip_are_written_whole(keeping: Keeping) -> None:
    big = os.urandom(3 << 20)
    members = [("scans/1/a.dcm", io.BytesIO(big)), ("scans/2/b.dcm", io.BytesIO(b""))]
    kept = keeping.keep_members(members, REASON, arrival="A1")
    assert files_under(kept) == {"scans/1/a.dcm": big, "scans/2/b.dcm": b""}


def test_members_of_one_name_are_all_kept(keeping: Keeping) -> None:
    members = [("a/1.dcm", io.BytesIO(text)) for text in (b"one", b"two", b"three")]
    kept = keeping.keep_members(members, REASON, arrival="A1")
    assert files_under(kept) == {"a/1.dcm": b"one", "a/1-2.dcm": b"two", "a/1-3.dcm": b"three"}
    assert reason_in(kept / "a")["files"] == [
        {"stored": stored, "came_as": "a/1.dcm"} for stored in ("1.dcm", "1-2.dcm", "1-3.dcm")
    ]


def test_a_member_named_like_a_folder_of_another_is_kept_beside_it(keeping: Keeping) -> None:
    members = [("a", io.BytesIO(b"file")), ("a/b", io.BytesIO(b"inner")), ("a/c", io.BytesIO(b"more"))]
    kept = keeping.keep_members(members, REASON, arrival="A1")
    assert sorted(files_under(kept).values()) == [b"file", b"inner", b"more"]


HOSTILE = [
    "../../escape",
    "/etc/passwd",
    "a/../../../b",
    "..",
    ".",
    "",
    "/",
    "a\0b",
    "line\nbreak\x1b[31m",
    "..\\..\\windows",
    "x" * 5000,
    "é" * 300 + ".dcm",
    "/".join(["deep"] * 3000) + "/file.dcm",
    "\udcff\ud800",
    "right\u202eto left",
]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name[:20]))
def test_no_name_leads_out_of_the_folder(keeping: Keeping, name: str, tmp_path: Path) -> None:
    kept = keeping.keep_member(name, io.BytesIO(b"x"), REASON, arrival="A1")
    assert list(files_under(tmp_path).values()) == [b"x"]
    [path] = [path for path in kept.rglob("*") if path.is_file() and path.name != "reason.json"]
    assert path.resolve().is_relative_to(kept)
    assert path.name.isprintable()
    [told] = json.loads((path.parent / "reason.json").read_bytes())["files"]
    assert (told["stored"], told["came_as"]) == (path.name, name)


def test_no_arrival_leads_out_of_the_place(keeping: Keeping, source: Path) -> None:
    assert keeping.keep(source, ["plan"], REASON, arrival="../../x\n").parent == keeping.root


@given(
    st.text(max_size=600)
    | st.lists(st.sampled_from(["..", ".", "", "a", "\0", "reason.json", "Reason.JSON"])).map("/".join)
)
def test_a_harmless_path_is_made_of_single_short_printable_names(relative: str) -> None:
    parts = harmless_path(relative)
    assert parts
    for part in parts:
        assert part.isprintable()
        assert part not in {"", ".", ".."}
        assert "/" not in part
        assert len(part.encode()) <= 250
        assert part.casefold() != "reason.json"
    assert len("/".join(parts).encode()) <= 1024


@given(st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,30}", fullmatch=True), min_size=1, max_size=5))
def test_ordinary_names_stay_as_they_are(parts: list[str]) -> None:
    assert harmless_path("/".join(parts)) == tuple(
        f"{p}.kept" if p.lower() == "reason.json" else p for p in parts
    )


# -- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/hostname", "series/../../outside", "a\0b", "", "series", "link"]
)
def test_nothing_but_a_file_inside_the_source_is_moved(
    keeping: Keeping, source: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "outside").write_bytes(b"outside")
    (source / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(UnsafeName):
        keeping.keep(source, ["plan", name], REASON, arrival="A1")
    assert (tmp_path / "outside").read_bytes() == b"outside"
    assert (source / "plan").exists()


def test_a_linked_folder_does_not_lead_out_of_the_source(
    keeping: Keeping, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(b"x")
    (source / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeName):
        keeping.keep(source, ["link/file"], REASON, arrival="A1")
    assert (tmp_path / "elsewhere" / "file").exists()


@pytest.mark.parametrize("reason", [{"at": object()}, {"dose": float("nan")}])
def test_a_reason_that_is_no_json_is_refused_before_anything_moves(
    keeping: Keeping, source: Path, reason: dict[str, object]
) -> None:
    with pytest.raises((TypeError, ValueError)):
        keeping.keep(source, ["plan"], reason, arrival="A1")
    assert (source / "plan").exists()


def test_a_request_without_files_is_refused_and_leaves_no_folder(keeping: Keeping, source: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        keeping.keep(source, [], REASON, arrival="A1")
    assert list(keeping.root.iterdir()) == []


# -- all or nothing ----------------------------------------------------------------------------------------------


def test_when_one_file_cannot_be_moved_all_others_go_back(keeping: Keeping, source: Path) -> None:
    with pytest.raises(KeepingFailed) as refusal:
        keeping.keep(source, ["plan", "series/image", "./plan"], REASON, arrival="A1")
    assert "plan" not in str(refusal.value).removeprefix(str(keeping.root))
    assert files_under(source) == {"plan": b"plan", "series/image": b"pixels"}
    assert list(keeping.root.iterdir()) == []


class BrokenStream(io.BytesIO):
    """Gives some bytes and then fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__(b"some")
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        if block := super().read(size):
            return block
        raise self._error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left"), DiskFull),
        (OSError(errno.EDQUOT, "Quota exceeded"), DiskFull),
        (OSError(errno.EIO, "Input/output error"), KeepingFailed),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_a_stream_that_breaks_leaves_nothing_half_kept(
    keeping: Keeping, error: Exception, told: type[Exception]
) -> None:
    with pytest.raises(told):
        keeping.keep_members([("a/1", io.BytesIO(b"x")), ("a/2", BrokenStream(error))], REASON, arrival="A1")
    assert list(keeping.root.iterdir()) == []


def test_a_place_that_is_no_folder_is_told_plainly(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeepingFailed, match="cannot be kept under"):
        Keeping(tmp_path / "file" / "rejected").keep(source, ["plan"], REASON, arrival="A1")
    assert (source / "plan").exists()


# -- another disk ------------------------------------------------------------------------------------------------


def test_files_are_kept_across_file_systems(source: Path, other_disk: Path) -> None:
    assert source.stat().st_dev != other_disk.stat().st_dev
    kept = Keeping(other_disk).keep(source, ["plan", "series/image"], REASON, arrival="A1")
    assert files_under(kept) == {"plan": b"plan", "series/image": b"pixels"}
    assert files_under(source) == {}


def test_names_and_bytes_are_flushed_before_the_source_lets_go(
    source: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync
    flushed: set[Path] = set()

    def watch(descriptor: int) -> None:
        flush(descriptor)
        assert (source / "plan").exists()
        flushed.add(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", watch)
    kept = Keeping(other_disk).keep(source, ["series/image", "plan"], REASON, arrival="A1")
    assert {kept / "series", kept, other_disk} <= flushed
    assert len(flushed - {kept / "series", kept, other_disk}) == 4, "two files and two reasons"


def test_a_copy_that_reads_differently_is_not_relied_on(
    source: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def spoil(descriptor: int) -> None:
        flush(descriptor)
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(other_disk):
            os.pwrite(descriptor, b"?", 0)

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(KeepingFailed, match="reads differently"):
        Keeping(other_disk / "rejected").keep(source, ["plan"], REASON, arrival="A1")
    assert (source / "plan").read_bytes() == b"plan"
    assert list((other_disk / "rejected").iterdir()) == []


def test_a_file_written_to_while_it_is_copied_stays(
    source: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def write_more(descriptor: int) -> None:
        flush(descriptor)
        (source / "plan").write_bytes(b"a longer plan")

    monkeypatch.setattr(os, "fsync", write_more)
    with pytest.raises(KeepingFailed, match="written to while"):
        Keeping(other_disk / "rejected").keep(source, ["plan"], REASON, arrival="A1")
    assert (source / "plan").read_bytes() == b"a longer plan"
    assert list((other_disk / "rejected").iterdir()) == []


def test_a_full_disk_is_told_by_name_and_leaves_the_source_untouched(source: Path, tmp_path: Path) -> None:
    """A real file system of 256 KiB, in a mount namespace of its own."""
    full = tmp_path / "full"
    full.mkdir()
    for number in range(4):
        (source / f"dose{number}").write_bytes(os.urandom(100_000))
    before = files_under(source)
    script = """
        source, place = map(Path, sys.argv[1:])
        try:
            Keeping(place / "rejected").keep(source, [f"dose{n}" for n in range(4)], {}, arrival="A1")
        except DiskFull as error:
            print(error)
            print(os.listdir(place / "rejected"))
    """
    mount = f'mount -t tmpfs -o size=256k tmpfs "{full}" && exec "$@"'
    before_it = ("unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh")
    if (
        not shutil.which("unshare")
        or subprocess.run([*before_it, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine lets us mount no small file system")
    done = run(script, source, full, before=before_it)
    assert done.stderr == ""
    message, left = done.stdout.splitlines()
    assert "make room" in message
    assert left == "[]"
    assert files_under(source) == before


# -- sudden death ------------------------------------------------------------------------------------------------

DIE_AT_FLUSH = """
    def die(descriptor):
        os.kill(os.getpid(), 9)
    os.fsync = die
    Keeping(Path(sys.argv[2])).keep(Path(sys.argv[1]), ["plan", "series/image"], {}, arrival="A1")
"""


DIE_WRITING = """
    class Deadly(io.BytesIO):
        def read(self, size=-1):
            os.kill(os.getpid(), 9)
    streams = {"plan": io.BytesIO(b"plan"), "series/image": io.BytesIO(b"pixels"), "series/last": Deadly()}
    Keeping(Path(sys.argv[1])).keep_members(streams.items(), {}, arrival="A1")
"""


def test_a_process_killed_while_copying_leaves_the_source_whole_and_no_half_file_under_its_name(
    source: Path, other_disk: Path
) -> None:
    assert run(DIE_AT_FLUSH, source, other_disk).returncode == -signal.SIGKILL
    assert files_under(source) == {"plan": b"plan", "series/image": b"pixels"}
    assert all(Path(name).name.startswith(".keeping") for name in files_under(other_disk))


CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.utime"}


def killed_at(fatal: Callable[[str, tuple[object, ...]], bool], do: Callable[[], object]) -> bool:
    """Do it in a process that is killed before the first fatal change to the disk; whether one came."""
    child = os.fork()
    if child == 0:

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            creates = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            if (event in CHANGES or creates) and fatal(event, arguments):
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            do()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def killed_before_change(number: int, do: Callable[[], object]) -> bool:
    """Do it in a process that is killed before it makes its n-th change to the disk; whether it came so far."""
    changes = itertools.count()
    return killed_at(lambda *_: next(changes) >= number, do)


def killed_between_two_files(keeping: Keeping, source: Path) -> Path:
    """What a keep of three files leaves that was killed when one had moved."""
    (source / "dose").write_bytes(b"dose")
    second = source / "series" / "image"
    keep = partial(keeping.keep, source, ["plan", "series/image", "dose"], REASON, arrival="A1")
    assert killed_at(lambda event, arguments: event == "os.rename" and arguments[0] == str(second), keep)
    [folder] = keeping.root.iterdir()
    assert (folder / "plan").exists()
    assert second.exists()
    return folder


def assert_in_order(keeping: Keeping) -> None:
    """Everything whole and explained, and nothing else."""
    told = [(one.reason, one.files > 0, one.unexplained, one.missing) for one in keeping.kept()]
    assert told == [(REASON, True, 0, 0)] * len(told)
    names = [path.name for path in keeping.root.rglob("*")]
    assert not [name for name in names if name.startswith(".")]
    assert all(any(path.iterdir()) for path in keeping.root.rglob("*") if path.is_dir())


@pytest.mark.parametrize("across", [False, True])
def test_after_a_kill_at_any_moment_of_keeping_every_file_is_kept_with_its_reason(
    across: bool, tmp_path: Path, other_disk: Path
) -> None:
    whole = {"plan": b"plan", "series/image": b"pixels", "series/a": b"a", "deep/er/dose": b"dose"}
    for number in range(100):
        source = tmp_path / str(number) / "claim"
        for name, content in whole.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
        keeping = Keeping((other_disk if across else tmp_path) / str(number) / "rejected")
        names = sorted(whole)
        killed = killed_before_change(number, partial(keeping.keep, source, names, REASON, arrival="A1"))
        before = files_under(keeping.root)
        keeping.tidy()
        assert keeping.tidy() == 0
        assert_in_order(keeping)
        left = files_under(source)
        kept = files_under(keeping.root)
        assert kept.items() == {(name, data) for name, data in before.items() if ".keeping-" not in name}
        assert sorted({*left.values(), *kept.values()}) == sorted(whole.values())
        if not across:
            assert len(left) + len(kept) == len(whole), "nothing twice"
        if left:
            keeping.keep(source, sorted(left), REASON, arrival="A1")
        assert files_under(source) == {}
        assert_in_order(keeping)
        keeping.expire(datetime.now(UTC) + timedelta(days=1))
        assert list(keeping.root.iterdir()) == []
        if not killed:
            assert number > 20, "there was next to nothing to kill"
            return
    pytest.fail("it never came to an end")


def test_tidying_that_is_killed_at_any_moment_is_completed_by_the_next(tmp_path: Path) -> None:
    for number in range(100):
        source = tmp_path / str(number) / "claim"
        (source / "series").mkdir(parents=True)
        (source / "plan").write_bytes(b"plan")
        (source / "series" / "image").write_bytes(b"pixels")
        keeping = Keeping(tmp_path / str(number) / "rejected")
        folder = killed_between_two_files(keeping, source)
        killed = killed_before_change(number, keeping.tidy)
        keeping.tidy()
        assert_in_order(keeping)
        assert all_under(folder).keys() == {"plan", "reason.json"}
        if not killed:
            assert number > 3, "there was next to nothing to kill"
            return
    pytest.fail("it never came to an end")


def test_what_a_kill_left_half_moved_is_not_whole_before_it_is_tidied(keeping: Keeping, source: Path) -> None:
    folder = killed_between_two_files(keeping, source)
    [one] = keeping.kept()
    assert (one.reason, one.files, one.unexplained, one.missing) == (REASON, 1, 0, 2)
    assert keeping.expire(datetime.now(UTC) + timedelta(days=1)) == ()
    assert keeping.tidy() > 0
    assert reason_in(folder)["files"] == [{"stored": "plan", "came_as": "plan"}]
    assert [one.missing for one in keeping.kept()] == [0]


def test_what_a_kill_left_half_moved_can_be_given_back_untidied(
    keeping: Keeping, source: Path, drop: Path
) -> None:
    folder = killed_between_two_files(keeping, source)
    assert keeping.give(folder.name, drop) == drop / folder.name
    assert all_under(drop) == {f"{folder.name}/plan": b"plan"}
    assert list(keeping.root.iterdir()) == []


def test_tidying_leaves_streams_without_a_reason_and_removes_the_half_one(keeping: Keeping) -> None:
    assert run(DIE_WRITING, keeping.root).returncode == -signal.SIGKILL
    [folder] = keeping.root.iterdir()
    assert len(all_under(folder)) == 4, "two streams, half of one, and the mark"
    assert keeping.tidy() == 2
    assert all_under(folder) == {"plan": b"plan", "series/image": b"pixels"}


def test_what_is_on_its_way_back_is_left_alone_by_tidying(keeping: Keeping, source: Path, drop: Path) -> None:
    kept = keeping.keep(source, ["plan", "series/image"], REASON, arrival="A1")
    give = partial(keeping.give, kept.name, drop)
    image = kept / "series" / "image"
    assert killed_at(lambda event, arguments: event == "os.rename" and arguments[0] == str(image), give)
    before = all_under(kept)
    assert keeping.tidy() == 0
    assert all_under(kept) == before
    assert [one.missing for one in keeping.kept()] == [1]


def test_an_unexplained_folder_emptied_by_a_give_that_was_killed_is_left_for_the_next_give(
    keeping: Keeping, drop: Path
) -> None:
    assert run(DIE_WRITING, keeping.root).returncode == -signal.SIGKILL
    [folder] = keeping.root.iterdir()
    give = partial(keeping.give, folder.name, drop)
    assert killed_at(
        lambda event, arguments: event == "os.rename" and arguments[1] == str(drop / folder.name), give
    )
    assert files_under(folder) == {}
    assert keeping.tidy() == 0
    give()
    assert all_under(drop) == {f"{folder.name}/plan": b"plan", f"{folder.name}/series/image": b"pixels"}


def test_a_kept_file_named_like_our_own_half_written_ones_is_left_by_tidying(
    keeping: Keeping, source: Path
) -> None:
    name = ".keeping-0123456789abcdef"
    (source / name).write_bytes(b"a patient's")
    kept = keeping.keep(source, [name], REASON, arrival="A1")
    (kept / ".keeping-00000000000000ff").write_bytes(b"half")
    assert keeping.tidy() == 1
    assert files_under(kept) == {name: b"a patient's"}


def test_a_file_that_cannot_go_back_stays_with_its_reason(
    keeping: Keeping, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def meddle(path: Path, target: Path) -> None:
        if path == source / "series" / "image":
            (source / "plan").write_bytes(b"another plan")
            raise OSError(errno.EIO, "Input/output error")
        rename(path, target)

    monkeypatch.setattr(os, "rename", meddle)
    with pytest.raises(KeepingFailed):
        keeping.keep(source, ["plan", "series/image"], REASON, arrival="A1")
    keeping.tidy()
    assert_in_order(keeping)
    assert list(files_under(keeping.root).values()) == [b"plan"]
    assert files_under(source) == {"plan": b"another plan", "series/image": b"pixels"}


def test_names_that_become_one_do_not_meet_before_their_files_are_there(
    keeping: Keeping, source: Path
) -> None:
    names = ["a\nb", "a\tb", "a\rb/inner"]
    for name in names:
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(name)
    kept = keeping.keep(source, names, REASON, arrival="A1")
    assert sorted(files_under(kept).values()) == sorted(name.encode() for name in names)
    assert_in_order(keeping)


# -- what lies there ---------------------------------------------------------------------------------------------


def test_what_is_kept_is_told_with_its_arrival_its_time_and_its_reason(
    keeping: Keeping, source: Path
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    path = keeping.keep(source, ["plan", "series/image"], REASON, arrival="A1")
    [one] = keeping.kept()
    assert (one.name, one.path, one.arrival, one.reason) == (path.name, path, "A1", REASON)
    assert (one.files, one.size, one.unexplained, one.missing) == (2, len(b"plan" + b"pixels"), 0, 0)
    assert one.at is not None
    assert before <= one.at <= datetime.now(UTC)


def test_a_place_where_nothing_was_ever_kept_is_empty_and_not_made(keeping: Keeping) -> None:
    assert keeping.kept() == keeping.expire(datetime.now(UTC)) == ()
    assert keeping.tidy() == 0
    assert not keeping.root.exists()


def test_what_a_kill_left_without_a_reason_is_told_all_the_same(keeping: Keeping) -> None:
    assert run(DIE_WRITING, keeping.root).returncode == -signal.SIGKILL
    [one] = keeping.kept()
    assert (one.arrival, one.at, one.reason, one.files, one.unexplained) == ("A1", None, None, 2, 2)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kept": 3}', "[" * 100_000, "\xff"])
def test_a_reason_that_cannot_be_read_is_as_none(keeping: Keeping, source: Path, text: str) -> None:
    path = keeping.keep(source, ["plan"], REASON, arrival="A1")
    (path / "reason.json").write_text(text, encoding="latin-1")
    [one] = keeping.kept()
    assert (one.arrival, one.reason, one.files) == ("A1", None, 1)


def test_what_is_being_filled_in_this_moment_is_neither_told_nor_given(
    keeping: Keeping, tmp_path: Path
) -> None:
    seen: list[object] = []

    class Curious(io.BytesIO):
        """Looks at the shelf while it is being written to it."""

        def read(self, size: int | None = -1, /) -> bytes:
            [name] = [path.name for path in keeping.root.iterdir()]
            with pytest.raises(InOtherHands, match="try again"):
                keeping.give(name, tmp_path)
            seen.append((keeping.kept(), keeping.tidy()))
            return super().read(size)

    keeping.keep_member("plan", Curious(b"plan"), REASON, arrival="A1")
    assert set(seen) == {((), 0)}
    assert len(keeping.kept()) == 1


def test_links_and_loose_files_on_the_shelf_are_nothing_kept(keeping: Keeping, tmp_path: Path) -> None:
    keeping.root.mkdir(parents=True)
    (keeping.root / "file").write_text("")
    (keeping.root / "link").symlink_to(tmp_path)
    assert keeping.kept() == ()
    for name in ("link", "file", "none", "..", "", ".hidden", "a/b", "\0"):
        with pytest.raises(NothingKept):
            keeping.give(name, tmp_path)


# -- giving back -------------------------------------------------------------------------------------------------


def test_files_come_back_as_the_folder_that_was_dropped_and_the_kept_one_goes(
    keeping: Keeping, source: Path, drop: Path
) -> None:
    names = ["claim/plan", "claim/series/image"]
    kept = keeping.keep(source.parent, names, REASON, arrival="A1")
    assert keeping.give(kept.name, drop) == drop / "claim"
    assert all_under(drop) == {"claim/plan": b"plan", "claim/series/image": b"pixels"}
    assert list(keeping.root.iterdir()) == []


def test_files_that_came_without_one_folder_come_back_in_one_named_as_they_were_kept(
    keeping: Keeping, source: Path, drop: Path
) -> None:
    kept = keeping.keep(source, ["plan", "series/image"], REASON, arrival="A1")
    assert keeping.give(kept.name, drop) == drop / kept.name
    assert all_under(drop) == {f"{kept.name}/plan": b"plan", f"{kept.name}/series/image": b"pixels"}


def test_nothing_that_lies_there_is_overwritten_or_joined(keeping: Keeping, source: Path, drop: Path) -> None:
    (drop / "claim").mkdir()
    (drop / "claim" / "plan").write_bytes(b"another")
    kept = keeping.keep(source.parent, ["claim/plan"], REASON, arrival="A1")
    assert keeping.give(kept.name, drop) == drop / "claim-2"
    assert all_under(drop) == {"claim/plan": b"another", "claim-2/plan": b"plan"}


def test_names_come_back_byte_for_byte_also_those_that_had_to_be_changed(
    keeping: Keeping, tmp_path: Path, drop: Path
) -> None:
    names = ["top/reason.json", "top/J\udcf6rg", "top/a\nb", "top/" + "x" * 250, "top/back\\slash"]
    for name in names:
        (tmp_path / "top").mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(os.fsencode(name))
    kept = keeping.keep(tmp_path, names, REASON, arrival="A1")
    keeping.give(kept.name, drop)
    assert all_under(drop) == {name: os.fsencode(name) for name in names}


def test_a_name_that_says_that_it_is_still_written_would_never_settle_and_gets_another(
    keeping: Keeping, drop: Path
) -> None:
    members = [("top/whole", io.BytesIO(b"1")), ("top/half.partial", io.BytesIO(b"2"))]
    kept = keeping.keep_members(members, REASON, arrival="A1")
    keeping.give(kept.name, drop)
    assert all_under(drop) == {"top/whole": b"1", "top/half.partial.kept": b"2"}


def test_a_hidden_folder_would_not_be_seen_and_comes_back_in_one_that_is(
    keeping: Keeping, drop: Path
) -> None:
    kept = keeping.keep_member(".hidden/plan", io.BytesIO(b"1"), REASON, arrival="A1")
    keeping.give(kept.name, drop)
    assert all_under(drop) == {f"{kept.name}/.hidden/plan": b"1"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.sampled_from("ab/.\\\0é\n\ud800"), max_size=7), min_size=1, max_size=6))
def test_whatever_the_names_all_files_come_back_and_none_outside(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / "drop").mkdir()
    members = [(name, io.BytesIO(str(number).encode())) for number, name in enumerate(names)]
    keeping = Keeping(root / "rejected")
    kept = keeping.keep_members(members, REASON, arrival="A1")
    there = keeping.give(kept.name, root / "drop")
    assert there is not None
    assert sorted(all_under(there).values()) == sorted(str(number).encode() for number in range(len(names)))
    assert sorted(path.name for path in root.iterdir()) == ["drop", "rejected"]
    assert [*(root / "drop").iterdir(), *keeping.root.iterdir()] == [there]


def test_what_no_reason_speaks_of_comes_back_as_it_is_stored(keeping: Keeping, drop: Path) -> None:
    assert run(DIE_WRITING, keeping.root).returncode == -signal.SIGKILL
    [one] = keeping.kept()
    keeping.give(one.name, drop)
    assert all_under(drop) == {f"{one.name}/plan": b"plan", f"{one.name}/series/image": b"pixels"}
    assert list(keeping.root.iterdir()) == []


def test_a_kept_folder_with_nothing_left_but_its_reason_just_goes(
    keeping: Keeping, source: Path, drop: Path
) -> None:
    kept = keeping.keep(source, ["plan"], REASON, arrival="A1")
    (kept / "plan").unlink()
    assert keeping.kept()[0].missing == 1
    assert keeping.give(kept.name, drop) is None
    assert [*drop.iterdir(), *keeping.root.iterdir()] == []


def test_a_link_among_what_is_kept_is_told_and_nothing_moves(
    keeping: Keeping, source: Path, drop: Path
) -> None:
    kept = keeping.keep(source, ["plan"], REASON, arrival="A1")
    (kept / "link").symlink_to(source)
    assert keeping.kept()[0].unexplained == 1
    with pytest.raises(UnsafeName, match="by hand"):
        keeping.give(kept.name, drop)
    assert files_under(kept)["plan"] == b"plan"
    assert list(drop.iterdir()) == []


def test_a_link_in_the_drop_folder_leads_nothing_out_of_it(
    keeping: Keeping, source: Path, drop: Path, tmp_path: Path
) -> None:
    kept = keeping.keep(source, ["plan"], REASON, arrival="A1")
    (tmp_path / "elsewhere").mkdir()
    (drop / f".{kept.name}.partial").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeepingFailed, match="nothing was moved"):
        keeping.give(kept.name, drop)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert files_under(kept) == {"plan": b"plan"}


def test_files_come_back_across_file_systems_with_their_times(
    source: Path, other_disk: Path, drop: Path
) -> None:
    os.utime(source / "plan", ns=(10**18, 10**18))
    keeping = Keeping(other_disk / "rejected")
    kept = keeping.keep(source.parent, ["claim/plan", "claim/series/image"], REASON, arrival="A1")
    there = keeping.give(kept.name, drop)
    assert there == drop / "claim"
    assert all_under(drop) == {"claim/plan": b"plan", "claim/series/image": b"pixels"}
    assert (there / "plan").stat().st_mtime_ns == 10**18
    assert list(keeping.root.iterdir()) == []


def test_when_there_is_no_room_in_the_drop_folder_all_stays_kept(
    source: Path, other_disk: Path, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping(other_disk / "rejected")
    kept = keeping.keep(source, ["plan", "series/image"], REASON, arrival="A1")
    before, flush = all_under(kept), os.fsync

    def full(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().parent.name == "series":
            raise OSError(errno.ENOSPC, "No space left")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="make room"):
        keeping.give(kept.name, drop)
    assert all_under(kept) == before
    assert list(drop.iterdir()) == []


@pytest.mark.parametrize("across", [False, True])
def test_a_kill_at_any_moment_loses_nothing_and_the_same_call_completes_it(
    across: bool, tmp_path: Path, other_disk: Path
) -> None:
    whole = {"claim/plan": b"plan", "claim/series/image": b"pixels", "claim/series/a": b"a"}
    for number in range(100):
        root = tmp_path / str(number)
        for name, content in whole.items():
            (root / "claimed" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "claimed" / name).write_bytes(content)
        keeping = Keeping((other_disk if across else root) / "rejected")
        kept = keeping.keep(root / "claimed", sorted(whole), REASON, arrival="A1")
        drop = root / "drop"
        drop.mkdir()
        killed = killed_before_change(number, partial(keeping.give, kept.name, drop))
        in_sight = {path.name for path in drop.iterdir() if not path.name.startswith(".")}
        assert in_sight <= {"claim"}
        found = [*all_under(drop).values(), *all_under(keeping.root).values()]
        assert set(whole.values()) <= set(found)
        if in_sight:
            assert {name: data for name, data in all_under(drop).items() if name[0] != "."} == whole
        if keeping.kept():
            keeping.give(kept.name, drop)
        keeping.expire(datetime.now(UTC))
        assert all_under(drop) == whole
        assert [path.name for path in drop.iterdir()] == ["claim"]
        assert list(keeping.root.iterdir()) == []
        if not killed:
            assert number > 10, "there was next to nothing to kill"
            return
    pytest.fail("it never came to an end")


# -- its time is over --------------------------------------------------------------------------------------------


def kept_at(keeping: Keeping, source: Path, at: datetime, arrival: str) -> Path:
    (source / arrival).write_bytes(arrival.encode())
    path = keeping.keep(source, [arrival], REASON, arrival=arrival)
    document = reason_in(path) | {"kept": at.isoformat()}
    (path / "reason.json").write_text(json.dumps(document), encoding="utf-8")
    return path


NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_what_is_older_by_its_reason_goes_and_the_time_of_its_files_says_nothing(
    keeping: Keeping, source: Path
) -> None:
    old = kept_at(keeping, source, NOW - timedelta(days=31), "old")
    new = kept_at(keeping, source, NOW - timedelta(days=29), "new")
    os.utime(new / "new", (0, 0))
    told: list[str] = []
    gone = keeping.expire(NOW - timedelta(days=30), lambda one: told.append(one.name))
    assert [(one.name, one.files, one.size) for one in gone] == [(old.name, 1, 3)]
    assert told == [old.name]
    assert list(keeping.root.iterdir()) == [new]


def test_what_cannot_be_told_of_first_is_not_removed(keeping: Keeping, source: Path) -> None:
    old = kept_at(keeping, source, NOW - timedelta(days=31), "old")

    def refuse(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keeping.expire(NOW, refuse)
    assert files_under(old) == {"old": b"old"}


def test_what_no_reason_speaks_of_and_what_is_on_its_way_back_stays_for_ever(
    keeping: Keeping, source: Path, tmp_path: Path
) -> None:
    unreadable = kept_at(keeping, source, NOW, "unreadable")
    (unreadable / "reason.json").write_text("{")
    more = kept_at(keeping, source, NOW, "more")
    (more / "besides").write_text("a file that no reason speaks of")
    link = kept_at(keeping, source, NOW, "link")
    (link / "elsewhere").symlink_to(tmp_path)
    half = kept_at(keeping, source, NOW, "half")
    (half / "half").unlink()
    assert keeping.expire(NOW + timedelta(days=1000)) == ()
    assert {path.name for path in keeping.root.iterdir()} == {
        path.name for path in (unreadable, more, link, half)
    }


def test_what_somebody_gives_back_in_this_moment_is_not_removed_under_his_hands(
    keeping: Keeping, source: Path
) -> None:
    held = kept_at(keeping, source, NOW - timedelta(days=2), "held")
    free = kept_at(keeping, source, NOW - timedelta(days=2), "free")
    with alone_with(held):
        assert [one.path for one in keeping.expire(NOW)] == [free]
        with pytest.raises(InOtherHands):
            keeping.expire(NOW)
    assert [one.path for one in keeping.expire(NOW)] == [held]


def test_a_removal_that_was_killed_is_not_seen_and_finished_by_the_next(
    keeping: Keeping, source: Path, tmp_path: Path
) -> None:
    path = kept_at(keeping, source, NOW, "old")
    (path / "more").mkdir()
    going = path.rename(path.with_name(".removing-0123456789abcdef"))
    (tmp_path / "outside").write_text("outside")
    (going / "link").symlink_to(tmp_path / "outside")
    assert keeping.kept() == ()
    assert keeping.expire(NOW) == ()
    assert list(keeping.root.iterdir()) == []
    assert (tmp_path / "outside").read_text() == "outside"
