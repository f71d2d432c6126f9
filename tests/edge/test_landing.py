"""Objects that come to rest in a drop folder while importers claim what lies there."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from xnat_gate.core.receiving import Placed
from xnat_gate.edge.drop_folder import Claim, DropFolder, DropFolderUnavailable, Landing

STUDY = "1.2.3"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def landing(root: Path) -> Iterator[Landing]:
    with Landing(root) as open_one:
        yield open_one


def written(landing: Landing, text: str, association: str = "a", name: str = "1.part") -> Path:
    file = landing.scratch(association) / name
    file.write_text(text, encoding="utf-8")
    return file


def put(landing: Landing, text: str, name: str = "one.dcm") -> Placed:
    return landing.place(written(landing, text), STUDY, name)


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_a_file_comes_into_sight_whole_and_leaves_nothing_behind(landing: Landing, root: Path) -> None:
    file = written(landing, "bytes")
    with DropFolder(root) as drop:
        assert drop.look().entries == ()
    assert landing.place(file, STUDY, "one.dcm") is Placed.NEW
    assert (texts(root / STUDY), file.exists()) == ({"one.dcm": "bytes"}, False)
    assert (root / STUDY / "one.dcm").stat().st_nlink == 1


def test_the_same_bytes_are_kept_once_and_other_bytes_beside_them(landing: Landing, root: Path) -> None:
    placed = [put(landing, text) for text in ("first", "first", "other", "other", "third", "first")]
    assert placed == [Placed.NEW, Placed.SAME, Placed.OTHER, Placed.SAME, Placed.OTHER, Placed.SAME]
    assert texts(root / STUDY) == {"one.dcm": "first", "one-2.dcm": "other", "one-3.dcm": "third"}
    assert list(landing.scratch("a").iterdir()) == []


def test_a_file_system_without_links_is_served_as_well(
    landing: Landing, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    assert [put(landing, text) for text in ("first", "first", "other")] == [
        Placed.NEW,
        Placed.SAME,
        Placed.OTHER,
    ]
    assert texts(root / STUDY) == {"one.dcm": "first", "one-2.dcm": "other"}
    assert list(landing.scratch("a").iterdir()) == []


@pytest.mark.parametrize("hindrance", ["file", "link", "dangling"])
def test_what_is_no_folder_is_passed_by(landing: Landing, root: Path, tmp_path: Path, hindrance: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if hindrance == "file":
        (root / STUDY).write_text("loose", encoding="utf-8")
    else:
        (root / STUDY).symlink_to(elsewhere if hindrance == "link" else tmp_path / "nowhere")
    assert put(landing, "bytes") is Placed.NEW
    assert texts(root / f"{STUDY}-2") == {"one.dcm": "bytes"}
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("hindrance", ["folder", "link", "pipe"])
def test_what_is_no_file_is_never_read_as_one(landing: Landing, root: Path, hindrance: str) -> None:
    (root / STUDY).mkdir()
    taken = root / STUDY / "one.dcm"
    if hindrance == "folder":
        taken.mkdir()
    elif hindrance == "link":
        taken.symlink_to("/etc/hostname")
    else:
        os.mkfifo(taken)
    assert put(landing, "bytes") is Placed.OTHER
    assert (root / STUDY / "one-2.dcm").read_text(encoding="utf-8") == "bytes"


def test_a_study_whose_folder_was_claimed_gets_a_new_one(landing: Landing, root: Path) -> None:
    put(landing, "first", "one.dcm")
    with DropFolder(root) as drop:
        claim = claimed(drop)
        assert put(landing, "second", "two.dcm") is Placed.NEW
        assert (texts(claim.path), texts(root / STUDY)) == ({"one.dcm": "first"}, {"two.dcm": "second"})


@pytest.mark.parametrize("links", [True, False])
def test_a_folder_claimed_in_the_very_moment_does_not_keep_the_object(
    landing: Landing, root: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """As if the kernel had found the folder before it was renamed, and put the object in afterwards."""
    put(landing, "first", "one.dcm")
    claims: list[Claim] = []
    link, rename = os.link, Path.rename

    def late_link(file: Path, target: Path, **_: object) -> None:
        if not links:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        link(file, later(target))

    def late_rename(file: Path, target: Path) -> Path:
        return rename(file, later(target) if file.suffix == ".part" else target)

    def later(target: Path) -> Path:
        if claims:
            return target
        claims.append(claimed(drop))
        return claims[0].path / target.name

    with DropFolder(root) as drop:
        monkeypatch.setattr(os, "link", late_link)
        monkeypatch.setattr(Path, "rename", late_rename)
        assert put(landing, "second", "two.dcm") is Placed.NEW
        assert texts(claims[0].path) == {"one.dcm": "first"}
        assert texts(root / STUDY) == {"two.dcm": "second"}


def test_a_claimed_object_of_the_same_name_is_left_alone_when_one_is_taken_back(
    landing: Landing, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(landing, "first", "one.dcm")
    claims: list[Claim] = []
    link = os.link

    def late(file: Path, target: Path, **_: object) -> None:
        if not claims:
            claims.append(claimed(drop))
            target.parent.mkdir()
        link(file, target)

    with DropFolder(root) as drop:
        monkeypatch.setattr(os, "link", late)
        put(landing, "second", "one.dcm")
        assert texts(claims[0].path) == {"one.dcm": "first"}
        assert texts(root / STUDY) == {"one.dcm": "second"}


def claimed(drop: DropFolder) -> Claim:
    (entry,) = drop.look().entries
    claim = drop.claim(entry.name, entry.look)
    assert claim is not None
    return claim


def taken_from(claim: Claim) -> Iterator[str]:
    files = [path for path, _, _ in claim.content.files]
    for path in files:
        with suppress(FileNotFoundError):  # taken back
            yield (claim.path / path).read_text(encoding="utf-8")
    claim.remove_files(files)


def test_under_an_importer_that_claims_at_once_no_object_is_lost_or_left_in_a_claim(root: Path) -> None:
    """One without a quiet period, so it may claim between link and look, and see an object twice."""
    senders, each = 4, 150
    done = threading.Event()
    got: set[str] = set()
    strays: list[str] = []

    def importer() -> None:
        with DropFolder(root) as drop:
            ending = False
            while not ending:
                ending = done.is_set()
                for entry in drop.look().entries:
                    claim = drop.claim(entry.name, entry.look)
                    if claim is not None:
                        got.update(taken_from(claim))
                        strays.extend(path.name for path in claim.path.iterdir())
                        claim.finish()

    def sender(landing: Landing, number: int) -> None:
        for index in range(each):
            file = written(landing, f"{number}.{index}", association=str(number))
            landing.place(file, STUDY, f"{number}.{index}.dcm")

    with Landing(root) as landing:
        importing = threading.Thread(target=importer)
        sending = [threading.Thread(target=sender, args=(landing, number)) for number in range(senders)]
        for thread in (importing, *sending):
            thread.start()
        for thread in sending:
            thread.join(60)
        done.set()
        importing.join(60)
    assert strays == []
    assert got == {f"{number}.{index}" for number in range(senders) for index in range(each)}


def test_what_a_dead_receiver_had_begun_is_cleared_and_what_a_living_one_has_is_not(root: Path) -> None:
    dead = root / ".receiving" / "dead-1-0" / "association"
    dead.mkdir(parents=True)
    (dead / "1.part").write_text("half", encoding="utf-8")
    with Landing(root) as living:
        file = written(living, "whole")
        with Landing(root):
            assert (dead.exists(), file.exists()) == (False, True)
        assert put(living, "whole") is Placed.NEW
    assert list((root / ".receiving").iterdir()) == []


def test_an_object_that_went_away_is_trouble_and_not_a_claim(landing: Landing, root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        landing.place(root / ".receiving" / "nothing", STUDY, "one.dcm")


def test_a_drop_folder_that_is_not_there_is_told(root: Path) -> None:
    root.rmdir()
    with pytest.raises(DropFolderUnavailable, match="see that it is mounted"):
        Landing(root)


def test_free_is_what_the_disk_has_left(landing: Landing) -> None:
    assert 0 < landing.free() < 2**60
