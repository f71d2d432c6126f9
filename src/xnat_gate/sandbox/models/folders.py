"""Where things lie on disk below the state folder.

prearchive/{P or Unassigned}/{timestamp}/{folder}/SCANS/{dir}/DICOM/{file}, the session XML beside the folder;
direct/{P}/{timestamp}/{folder} the same of a session on its way straight into the archive;
archive/{P}/arc001/{label}/SCANS/{dir}/DICOM/{file} and .../RESOURCES/{R}/{file};
archive/{P}/subjects/{label}/{R}/{file}; archive/{P}/resources/{R}/{file}; cache/ holds what was removed.

Laws: nothing is deleted, it goes to cache/; a path that came from outside is joined by `within` alone.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path

from xnat_gate.sandbox.exceptions import BadRequest
from xnat_gate.sandbox.models.clock import now, stamp

UNASSIGNED = "Unassigned"


def within(base: Path, relative: str) -> Path:
    """`base/relative`; raises BadRequest when that would lie outside `base` or is no usable name."""
    parts = relative.replace("\\", "/").split("/")
    if "\0" in relative or any(part in {"", ".", ".."} for part in parts):
        raise BadRequest(f"Invalid path: {relative}")
    return base.joinpath(*parts)


class Folders:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._serial = itertools.count()
        for name in ("prearchive", "direct", "archive", "cache", "tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def waiting(self, project: str | None, timestamp: str, folder: str) -> Path:
        """The folder of a prearchive session."""
        return within(self.root / "prearchive", f"{project or UNASSIGNED}/{timestamp}/{folder}")

    def direct(self, project: str | None, timestamp: str, folder: str) -> Path:
        """The folder of a session that is archived directly, until it is archived."""
        return within(self.root / "direct", f"{project or UNASSIGNED}/{timestamp}/{folder}")

    def session(self, project: str, label: str) -> Path:
        """The folder of an archived session."""
        return within(self.root / "archive", f"{project}/arc001/{label}")

    def subject(self, project: str, label: str) -> Path:
        return within(self.root / "archive", f"{project}/subjects/{label}")

    def project(self, project: str) -> Path:
        return within(self.root / "archive", project)

    def temporary(self) -> Path:
        """A fresh, empty file on the same file system as the archive; the caller removes or renames it."""
        handle, name = tempfile.mkstemp(dir=self.root / "tmp")
        os.close(handle)
        return Path(name)

    def discard(self, place: Path) -> None:
        """Move a file or folder to cache/; nothing happens when it is not there."""
        if not place.exists():
            return
        grave = self.root / "cache" / f"{stamp(now())}-{next(self._serial)}"
        grave.mkdir(parents=True, exist_ok=True)
        shutil.move(place, grave / place.name)
        _prune(place.parent, self.root)


def _prune(folder: Path, root: Path) -> None:
    """Remove folders that have become empty, upward, but never the top ones."""
    while len(folder.relative_to(root).parts) > 2:
        try:
            folder.rmdir()
        except OSError:  # not empty, or somebody else was quicker
            return
        folder = folder.parent
