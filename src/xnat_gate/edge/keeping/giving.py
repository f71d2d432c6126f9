"""Giving back: the files of a kept folder become one new folder in another place.

Laws: the new folder comes into sight by one rename, when all is in it; every file lies whole in the kept folder or in
the new one at any moment, and a copied one leaves the kept folder only when the copy is flushed and verified; after a
kill the same call again completes it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from xnat_gate.edge.keeping.bytes_on_disk import copy_whole, flush_folder
from xnat_gate.edge.keeping.clearing import discard
from xnat_gate.edge.keeping.kept import SCRAP, contents
from xnat_gate.edge.keeping.layout import LONGEST_NAME, layout
from xnat_gate.edge.keeping.naming import free_names, renamed
from xnat_gate.edge.keeping.refusals import HalfWay, UnsafeName, told_plainly


def give(folder: Path, to: Path) -> Path | None:
    """Move what is kept in `folder`, which must be ours alone; the new folder below `to`, None when nothing was left
    to give. Raises KeepingFailed with all as it was; HalfWay when it is on its way."""
    with told_plainly(to, "put back"):
        found = contents(folder)
        if found.strays:
            raise UnsafeName(
                f"something lies in {folder.name} that is no file and was never kept: take it away by hand; "
                "nothing was moved"
            )
        hidden = to / f".{folder.name}.partial"
        places = layout(found)
        if found.files:
            _make(hidden)
        _sweep(hidden, places.values())
        with _Moving(hidden) as moving:
            for stored in found.files:
                moving.move(folder / stored, places[stored])
            moving.flush()
    try:
        moving.let_go_of_sources()
        there = _into_sight(hidden, to, folder.name)
        if not contents(folder).files:
            discard(folder)
    except OSError as error:
        raise HalfWay(
            f"what was kept as {folder.name} is on its way to {to} ({error.strerror or 'input/output error'}): nothing "
            "is lost, give the same command again"
        ) from error
    return there


class _Moving:
    """Files on their way into the hidden folder; left by an exception, all that moved goes back."""

    def __init__(self, hidden: Path) -> None:
        self._hidden = hidden
        self._undo = ExitStack()
        self._copied: list[Path] = []
        self._touched: set[Path] = set()

    def __enter__(self) -> _Moving:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()
        with suppress(OSError):
            self._hidden.rmdir()  # only when nothing is in it

    def move(self, source: Path, place: Path) -> None:
        """To this place in the hidden folder; a file that lies there from a call that was killed stays."""
        target = self._hidden / place
        self._make_parents(place)
        self._touched |= {
            source.parent,
            self._hidden.parent,
            *(self._hidden / inner for inner in place.parents),
        }
        if os.path.lexists(target):
            if _same(source, target):
                self._copied.append(source)
                return
            target = next(free_names(target.parent, target.name))
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy_whole(source, target)
            self._undo.callback(target.unlink)
            self._copied.append(source)
        else:
            self._undo.callback(_move_back, target, source)

    def flush(self) -> None:
        """From here on nothing goes back."""
        for folder in sorted(self._touched):
            flush_folder(folder)
        self._undo.pop_all()

    def let_go_of_sources(self) -> None:
        for source in self._copied:
            source.unlink()

    def _make_parents(self, place: Path) -> None:
        for inner in reversed(place.parents):
            folder = self._hidden / inner
            if not folder.is_dir():
                folder.mkdir()
                self._undo.callback(_remove_folder, folder)


def _make(hidden: Path) -> None:
    """Whoever may write to the drop folder could have put a link there."""
    try:
        hidden.mkdir()
    except FileExistsError:
        if not stat.S_ISDIR(hidden.lstat().st_mode):
            raise


def _sweep(hidden: Path, places: Iterable[Path]) -> None:
    """Halves of files that a call left which was killed while it copied."""
    known = {hidden / place for place in places}
    for path in hidden.rglob(".keeping-*"):
        if SCRAP.fullmatch(path.name) and path not in known:
            path.unlink()


def _move_back(given: Path, source: Path) -> None:
    """What cannot go back waits in the hidden folder for the next call."""
    with suppress(OSError):
        given.rename(source)


def _remove_folder(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _into_sight(hidden: Path, to: Path, name: str) -> Path | None:
    """A folder that holds all the rest is the one that somebody had dropped: it comes back as it was."""
    try:
        children = list(hidden.iterdir())
    except FileNotFoundError:
        return None
    if not children:
        hidden.rmdir()
        return None
    if len(children) > 1 or not _is_arrival(children[0]):
        there = renamed(hidden, to, name)
    else:
        there = renamed(children[0], to, children[0].name)
        hidden.rmdir()
    flush_folder(to)
    return there


def _is_arrival(path: Path) -> bool:
    """Whether an importer would see a folder of this name, also when a number has to be added to it."""
    fits = len(os.fsencode(path.name)) <= LONGEST_NAME - len("-99999")
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".") and fits


def _same(one: Path, other: Path) -> bool:
    if not stat.S_ISREG(other.lstat().st_mode) or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        return hashlib.file_digest(first, "sha256").digest() == hashlib.file_digest(second, "sha256").digest()
