"""Every file of a folder, read.

Laws: each file ends in exactly one of the four lists, in the order of the paths; nothing outside the folder is
read, no special file is opened; what the disk refuses is told as unreadable, with the remedy.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from xnat_gate.core.media import Directory
from xnat_gate.core.study import Instance, Reading, Unreadable
from xnat_gate.edge.dicom_files.asking import asked_of
from xnat_gate.edge.dicom_files.reading import read_file
from xnat_gate.edge.dicom_files.sameness import digest

Found = Instance | Unreadable | Directory | str
"""What became of one file; a str is the name of one that is no DICOM object."""

WINDOW = 1 << 13
"""Bytes read at once: 98 of 100 headers end within them."""


def read_folder(root: Path, wanted: frozenset[str], progress: Callable[[int], None] | None = None) -> Reading:
    """All below `root` (or `root` itself, when it is a file); `progress` is told how many files are done.

    Links to folders of `root` are passed by, since what they show is met anyway. Instances whose
    SOPInstanceUID is claimed by more than one file get their digest. Raises OSError when `root` cannot be
    listed, KeyError for a wanted name that is none.
    """
    asked_of(wanted)
    found: list[Found] = []
    for path in sorted(_files(root), key=lambda path: path.as_posix()):
        found.append(_look_at(root, path, wanted))
        if progress is not None:
            progress(len(found))
    return reading_of(found, lambda instance: digest(root / instance.file if root.is_dir() else root))


def reading_of(found: Iterable[Found], digest_of: Callable[[Instance], str]) -> Reading:
    """Sort what was found into the four lists, and have those digested that claim one UID together."""
    everything = list(found)
    instances = [each for each in everything if isinstance(each, Instance)]
    claims = Counter(instance.sop_instance_uid for instance in instances)
    return Reading(
        instances=tuple(
            replace(instance, digest=digest_of(instance))
            if claims[instance.sop_instance_uid] > 1 and instance.digest is None
            else instance
            for instance in instances
        ),
        not_dicom=tuple(each for each in everything if isinstance(each, str)),
        unreadable=tuple(each for each in everything if isinstance(each, Unreadable)),
        directories=tuple(each for each in everything if isinstance(each, Directory)),
    )


def _files(root: Path) -> Iterator[Path]:
    """All that is no folder, and the folders that cannot be listed, in no order."""
    if not root.is_dir():
        root.stat()
        yield root
        return
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError:
            if folder == root:
                raise
            yield folder
            continue
        waiting += [Path(entry) for entry in found if entry.is_dir(follow_symlinks=False)]
        yield from (Path(entry) for entry in found if not _is_or_leads_to_folder(entry, root))


def _is_or_leads_to_folder(entry: os.DirEntry[str], root: Path) -> bool:
    """A folder, or a link to one below the root: that is met, and what a link to another one shows is not."""
    try:
        return entry.is_dir() and (not entry.is_symlink() or _leads_into(root, Path(entry)))
    except OSError:
        return False


def _leads_into(root: Path, link: Path) -> bool:
    return link.resolve().is_relative_to(root.resolve())


def _look_at(root: Path, path: Path, wanted: frozenset[str]) -> Found:
    name = path.relative_to(root).as_posix() if path != root else path.name
    try:
        refusal = _refusal(root, path)
        if refusal:
            return Unreadable(name, refusal)
        with open(path, "rb", buffering=WINDOW, opener=_without_waiting) as file:
            return read_file(name, file, wanted) or name
    except OSError as fault:
        return Unreadable(name, _disk_says(fault))


def _refusal(root: Path, path: Path) -> str:
    """Why this is not opened at all; the empty string when it may be."""
    if path.is_symlink() and not path.exists():
        return "It is a link to nothing: put the file itself there."
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        return "It is a link that leads elsewhere, which is not followed: put the files themselves there."
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        return "The folder cannot be listed: give the account of the gate the right to read it."
    if not stat.S_ISREG(mode):
        return "It is no file but a socket, a pipe or a device: remove it."
    return ""


def _without_waiting(path: str, flags: int) -> int:
    """Open so that a pipe put in the place of a file cannot hold the reader up."""
    return os.open(path, flags | os.O_NONBLOCK)


def _disk_says(fault: OSError) -> str:
    reason = fault.strerror or type(fault).__name__
    if isinstance(fault, PermissionError):
        return f"The file cannot be opened ({reason}): give the account of the gate the right to read it."
    return f"The file cannot be read from the disk ({reason}): look at the disk and copy it again."
