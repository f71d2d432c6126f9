"""A claim: one arrival that is ours alone, until it is released or finished.

Laws: only files that were there when the claim was made, or came out of its zips, and are still the same, can be
removed; folders are removed only when nothing is left in them; giving back never overwrites.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from xnat_gate.core.settling import Look
from xnat_gate.edge.drop_folder.refusals import ClaimChanged, FilesLeft, reachable
from xnat_gate.edge.drop_folder.returning import is_zip_alone, put_back, put_back_zip
from xnat_gate.edge.drop_folder.seeing import folders_in, look_into
from xnat_gate.edge.drop_folder.zipped import came_out_of, clear_half_made, is_zip, places


@dataclass(frozen=True, slots=True)
class Claim:
    """`path`: the folder with the files, which lies in `drop`'s hidden folder; `content`: what was claimed.

    `id` is unique among all importers and stays the same when another importer recovers the claim; `name` is what
    the folder, or the zip, was called in the drop folder, and may hold a patient's name.
    """

    id: str
    name: str
    path: Path
    drop: Path
    content: Look

    @property
    def zips(self) -> tuple[str, ...]:
        """Which claimed files are zips and still there, relative to `path`; those that came out of a zip left out."""
        with reachable(self.drop):
            return tuple(sorted(path for path in places(self.content) if self._is_zip(path)))

    def opened(self, zip: str) -> Path:
        """The folder for the content of a claimed zip, beside it. Once it is there, all the content came out, and what
        is missing has been answered for: nothing must come out again. Raises ValueError for a path that is no zip.

        It is called `<zip>.<12 hex digits>.unpacked`, after name, size and time of the zip: a dropped folder has not
        that name, and a zip that was given back with its folder finds it again.
        """
        place = places(self.content).get(zip)
        if place is None:
            raise ValueError(f"that path is no zip of arrival {self.id}")
        return self.path / place

    def seen_again(self) -> Claim:
        """The same claim, to which belongs what came out of its zips by now. What was claimed before stays as it was
        then: a file that was written to since can still not be removed."""
        with reachable(self.drop):
            now, _ = look_into(self.path, self.content.at)
            out = tuple(f"{place}/" for place in came_out_of(self.path, self.content))
        known = {path for path, _, _ in self.content.files}
        more = {facts for facts in now.files if facts[0].startswith(out) and facts[0] not in known}
        return replace(self, content=replace(self.content, files=self.content.files | more))

    def release(self) -> Path:
        """Put it back into the drop folder, under a numbered name where its own is taken; where it lies now.

        A zip that was dropped by itself goes back as that file; once something came out of it, as a folder with both.
        """
        with reachable(self.drop):
            clear_half_made(self.path, self.content)
            if is_zip_alone(self.path):
                back = put_back_zip(self.path, self.drop)
            else:
                back = put_back(self.path, self.drop, self.name)
            self.path.parent.rmdir()
        return back

    def remove_files(self, relative: Iterable[str]) -> None:
        """Remove files that the archive has answered for; those gone already are passed over. A zip goes after what
        came out of it, in whatever order they are given.

        Raises ValueError for a path that was not claimed and ClaimChanged for a file written to since; in both
        cases nothing has been removed.
        """
        paths = tuple(dict.fromkeys(relative))
        with reachable(self.drop):
            self._refuse_others(paths)
            for path in sorted(paths, key=lambda path: -path.count("/")):
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

    def _is_zip(self, path: str) -> bool:
        """One that is gone, or cannot be read, is none: whoever reads the files will tell about it."""
        try:
            return is_zip(self.path / path)
        except OSError:
            return False

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
