"""A claim: one arrival that is ours alone, until it is released or finished.

Laws: only files that were there when the claim was made, and are still the same, can be removed; folders are
removed only when nothing is left in them; giving back never overwrites.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.core.settling import Look
from xnat_gate.edge.drop_folder.refusals import ClaimChanged, FilesLeft, reachable
from xnat_gate.edge.drop_folder.seeing import folders_in, look_into

LONGEST_NAME = 255
"""Bytes of one name that the usual file systems accept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`path`: the folder with the files, which lies in `drop`'s hidden folder; `content`: what was claimed.

    `id` is unique among all importers and stays the same when another importer recovers the claim; `name` is what
    the folder was called in the drop folder, and may hold a patient's name.
    """

    id: str
    name: str
    path: Path
    drop: Path
    content: Look

    def release(self) -> Path:
        """Put it back into the drop folder, under a numbered name where its own is taken; where it lies now."""
        with reachable(self.drop):
            back = put_back(self.path, self.drop, self.name)
            self.path.parent.rmdir()
        return back

    def remove_files(self, relative: Iterable[str]) -> None:
        """Remove files that the archive has answered for; those gone already are passed over.

        Raises ValueError for a path that was not claimed and ClaimChanged for a file written to since; in both
        cases nothing has been removed.
        """
        paths = tuple(dict.fromkeys(relative))
        with reachable(self.drop):
            self._refuse_others(paths)
            for path in paths:
                (self.path / path).unlink(missing_ok=True)

    def finish(self) -> None:
        """Remove the emptied folders. Raises FilesLeft, with everything in place, when a file is left."""
        with reachable(self.drop):
            left, troubles = look_into(self.path, self.content.at)
            names = {path for path, _, _ in left.files} | {path for path, _ in troubles}
            if names:
                raise FilesLeft(self.id, tuple(sorted(names)))
            for folder in reversed(folders_in(self.path)):
                folder.rmdir()
            if self.path.parent.exists():
                self.path.parent.rmdir()

    def _refuse_others(self, paths: Iterable[str]) -> None:
        claimed = {path: (size, mtime) for path, size, mtime in self.content.files}
        now, _ = look_into(self.path, self.content.at)
        found = {path: (size, mtime) for path, size, mtime in now.files}
        wanted = set(paths)
        if wanted - claimed.keys():
            raise ValueError(f"{len(wanted - claimed.keys())} path(s) are not files of arrival {self.id}")
        changed = {path for path in wanted & found.keys() if found[path] != claimed[path]}
        if changed:
            raise ClaimChanged(self.id, tuple(sorted(changed)))


def put_back(folder: Path, drop: Path, name: str) -> Path:
    """Rename a folder into the drop folder under the first free of name, name-2, name-3 …

    Should somebody make an empty folder of that name in the very moment, the two become one: that loses nothing,
    since the folder never says what belongs together.
    """
    for number in itertools.count(1):
        target = drop / numbered(name, number)
        if os.path.lexists(target):
            continue
        try:
            return folder.rename(target)
        except OSError:
            if not os.path.lexists(target):
                raise
    raise AssertionError("unreachable: the numbers never end")


def numbered(name: str, number: int) -> str:
    """The name itself for 1, else name-2, name-3 …, cut where it would be longer than a name may be."""
    ending = f"-{number}" if number > 1 else ""
    return os.fsdecode(os.fsencode(name)[: LONGEST_NAME - len(ending)]) + ending
