"""Where a receiver lays down objects in the drop folder: each whole, under a name of its own, never over another.

Laws: a file is written in `.receiving/<receiver>/<association>/`, where no importer looks, and comes into sight by
one link; it never stays in a folder that an importer has claimed meanwhile: the folder is looked for again once the
link is there, and a claim that comes later sees what it did not expect and gives it back. An importer whose quiet
period is over between the two may see an object twice, never not at all. When `place` has returned, the names are as
safe as the bytes.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.core.receiving import Placed, numbered
from xnat_gate.edge.drop_folder import owning
from xnat_gate.edge.drop_folder.placing import Place
from xnat_gate.edge.drop_folder.refusals import reachable

HOME = ".receiving"
ATTEMPTS = 100


class Landing:
    """The drop folder as one receiver sees it, alive until `close`; what dead receivers left half is cleared first.

    Raises DropFolderUnavailable when the folder cannot be used; afterwards the verbs raise OSError, whose number says
    whether the disk is full. Safe for many threads.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._making = threading.Lock()
        with reachable(self.root):
            self._own = owning.start(self.root / HOME)
            for folder in owning.others(self.root / HOME, self._own.folder):
                with owning.if_dead(folder) as dead:
                    if dead:
                        _clear(folder)

    def free(self) -> int:
        """Bytes that may still be written to the disk of the drop folder."""
        facts = os.statvfs(self.root)
        return facts.f_bavail * facts.f_frsize

    def scratch(self, association: str) -> Path:
        """A folder out of sight for the files of one association."""
        folder = self._own.folder / association
        folder.mkdir(exist_ok=True)
        return folder

    def discard(self, association: str) -> None:
        """Remove that folder with all that was never placed."""
        shutil.rmtree(self._own.folder / association, ignore_errors=True)

    def place(self, file: Path, folder: str, name: str) -> Placed:
        """Bring a flushed file out of a scratch folder into sight, as folder/name; then it is gone from there.

        An object that lies there already with the same bytes is not kept twice; with other bytes it stays, and this
        one is called name-2.dcm.
        """
        for _ in range(ATTEMPTS):
            with suppress(FileNotFoundError), self._at(folder) as place:
                placed = _put(file, place, name)
                if placed is not None:
                    place.flush()
                    file.unlink(missing_ok=True)
                    return placed
            for needed in (self.root, file):
                needed.stat()  # without these it is no folder that was claimed, but trouble
        raise OSError(errno.EBUSY, "the folder of the study is claimed again and again")

    def close(self) -> None:
        """Stop being alive; what is left in the scratch folders goes. Once only."""
        with reachable(self.root):
            _clear(self._own.folder)
            self._own.stop()

    @contextmanager
    def _at(self, name: str) -> Iterator[Place]:
        """The folder of that name, made where it was not there; a numbered one where that is no folder."""
        for number in itertools.count(1):
            path = self.root / numbered(name, number)
            self._make(path)
            if path.is_dir() and not path.is_symlink():
                break
            path.lstat()
        with Place.at(path) as place:
            yield place

    def _make(self, path: Path) -> None:
        """Whoever finds the folder there may rely on its name having been flushed."""
        with self._making:
            try:
                path.mkdir()
            except FileExistsError:
                return
            with Place.at(self.root) as root:
                root.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _put(file: Path, place: Place, name: str) -> Placed | None:
    """None when the folder went away with an importer before the object was surely in it."""
    facts = file.lstat()
    for number in itertools.count(1):
        candidate = numbered(name, number)
        if place.link(file, candidate):
            if place.holds(facts, candidate):
                return Placed.NEW if number == 1 else Placed.OTHER
            place.take_back(facts, candidate, file)
            return None
        if place.same_bytes(file, candidate):
            return Placed.SAME
    raise AssertionError("unreachable: the numbers never end")


def _clear(folder: Path) -> None:
    """Everything but the lock."""
    for child in folder.iterdir():
        if child.name != "lock":
            shutil.rmtree(child, ignore_errors=True)
