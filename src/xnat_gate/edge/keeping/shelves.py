"""Keeping: keep, look, give back, and let go when its time is over."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from xnat_gate.edge.keeping.clearing import alone_with, discard, finish_removals, in_other_hands
from xnat_gate.edge.keeping.filling import Shelf
from xnat_gate.edge.keeping.giving import give
from xnat_gate.edge.keeping.kept import Kept, described
from xnat_gate.edge.keeping.refusals import (
    InOtherHands,
    KeepingFailed,
    NothingKept,
    UnsafeName,
    told_plainly,
)
from xnat_gate.edge.keeping.tidying import NOT_YET_IN_SIGHT, tidy


def _nobody(_: Kept) -> None:
    """Nobody hears of it."""


class Keeping:
    """One place, such as STATE/rejected, made when it is first needed.

    Each request makes `<UTC stamp>-<arrival>/` in it, and in every folder that received a file a `reason.json`
    with the arrival, the time, the names as stored and as they came, and the reason as given. The verbs that keep
    return the new folder and raise KeepingFailed (DiskFull, UnsafeName) with the source as it was. A process killed in
    the middle of `keep` leaves every file in the source or explained in the folder named after the arrival (a copied
    one perhaps in both); one that wrote down streams may leave copies there without a reason. `tidy` removes the rest.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def keep(
        self, source: Path, relative: Sequence[str], reason: Mapping[str, object], *, arrival: str
    ) -> Path:
        """Move files out of a source folder; across file systems by a verified copy.

        `reason` must be plain JSON (TypeError or ValueError otherwise, before anything is moved).
        """
        with told_plainly(self.root):
            files = {name: _inside(source, name) for name in relative}
            with Shelf(self.root, arrival, reason) as shelf:
                return shelf.move(files)

    def keep_members(
        self, members: Iterable[tuple[str, BinaryIO]], reason: Mapping[str, object], *, arrival: str
    ) -> Path:
        """Write down streams, such as members of a zip, under any relative names; each is read to its end."""
        with told_plainly(self.root), Shelf(self.root, arrival, reason) as shelf:
            for name, stream in members:
                shelf.pour(name, stream)
            return shelf.complete()

    def keep_member(
        self, relative: str, content: BinaryIO, reason: Mapping[str, object], *, arrival: str
    ) -> Path:
        """Write down one stream."""
        return self.keep_members([(relative, content)], reason, arrival=arrival)

    def kept(self) -> tuple[Kept, ...]:
        """All that lies here, in the order of names and so of time; what is being filled, or is already partly given
        back, in this moment left out."""
        with told_plainly(self.root, "looked at"):
            return tuple(self._kept())

    def give(self, name: str, to: Path) -> Path | None:
        """Move all that is kept under this name into a new folder below `to`, under the names with which the files came
        and without the reasons; the kept folder goes.

        The new folder comes into sight whole, named as the folder that holds all the files or else as the kept one,
        numbered where that name is taken. It may have been taken away by an importer on return; None: nothing was left
        to give but the reason. After a kill the same call again completes it. Raises KeepingFailed with all as it was
        (NothingKept: no such name; InOtherHands) or half way (HalfWay).
        """
        folder = self._named(name)
        with told_plainly(self.root, "given back that are kept"), alone_with(folder):
            tidy(folder)
            return give(folder, to.absolute()) if folder.is_dir() else None

    def tidy(self) -> int:
        """Remove what kills in the middle of keeping left: half-written files and empty folders; how many things.

        No kept file is touched, nor anything that somebody fills or gives back in this moment; a reason loses the names
        of files that never came. One folder that cannot be tidied does not keep the others: KeepingFailed is raised
        only when nothing else was there to remove.
        """
        removed = 0
        trouble: KeepingFailed | None = None
        begun = [path for path in _children(self.root) if NOT_YET_IN_SIGHT.fullmatch(path.name)]
        for path in (*begun, *self._folders()):
            try:
                with (
                    told_plainly(self.root, "tidied up that are kept"),
                    suppress(InOtherHands, FileNotFoundError),
                    alone_with(path),
                ):
                    removed += tidy(path)
            except KeepingFailed as error:
                trouble = trouble or error
        if trouble and not removed:
            raise trouble
        return removed

    def expire(self, before: datetime, tell: Callable[[Kept], None] = _nobody) -> tuple[Kept, ...]:
        """Remove what has been kept since before this time (with a zone) by its reason; what was removed. `tell` hears
        of each before it goes, and what it raises leaves that one where it is.

        What no readable reason speaks of stays, whatever its age, and so does what is no longer whole. One that cannot
        be removed does not keep the others: KeepingFailed is raised only when nothing else was there to remove.
        """
        gone: list[Kept] = []
        trouble: KeepingFailed | None = None
        with told_plainly(self.root, "removed"):
            if self.root.is_dir():
                finish_removals(self.root)
        for one in self.kept():
            if not _is_over(one, before):
                continue
            try:
                with told_plainly(self.root, "removed"), alone_with(one.path):
                    if _is_over(described(one.path), before):
                        tell(one)
                        discard(one.path)
                        gone.append(one)
            except KeepingFailed as error:
                trouble = trouble or error
        if trouble and not gone:
            raise trouble
        return tuple(gone)

    def _kept(self) -> Iterator[Kept]:
        for path in self._folders():
            with suppress(FileNotFoundError):  # given back or removed since
                one = described(path)
                whole = one.reason is not None and not one.unexplained and not one.missing
                if whole or not in_other_hands(path):
                    yield one

    def _folders(self) -> list[Path]:
        return [path for path in _children(self.root) if not path.name.startswith(".")]

    def _named(self, name: str) -> Path:
        folder = self.root / name
        single = name and not name.startswith(".") and "/" not in name and "\0" not in name
        if not single or folder.is_symlink() or not folder.is_dir():
            raise NothingKept(f"nothing of this name is kept under {self.root}")
        return folder


def _children(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return [path for path in sorted(root.iterdir()) if path.is_dir() and not path.is_symlink()]


def _is_over(one: Kept, before: datetime) -> bool:
    """One with files missing may be on its way back, and its reasons are needed to complete that."""
    return one.at is not None and not one.unexplained and not one.missing and one.at < before


def _inside(source: Path, name: str) -> Path:
    """The regular file of this name in the source folder; UnsafeName when the name leads elsewhere."""
    path = source / name
    inside = "\0" not in name and path.parent.resolve().is_relative_to(source.resolve())
    if not inside or not stat.S_ISREG(os.lstat(path).st_mode):
        raise UnsafeName("what should be kept is no regular file inside its folder; nothing was moved")
    return path
