"""Looking at the drop folder: facts for the decision whether an arrival has settled.

Laws: looking changes nothing; links are never followed; what cannot be seen in full is told about.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xnat_gate.core.settling import Look
from xnat_gate.edge.drop_folder.zipped import is_zip

Clock = Callable[[], float]
LINK = "link, which is never followed: copy the files themselves"


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder at the top of the drop folder, or a zip: one arrival, of any number of studies.

    The look at a zip has one file, which is called as the entry is.
    """

    name: str
    look: Look


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something that is not taken, and why; `name` is a path relative to the drop folder."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class DropLook:
    """All that lies in the drop folder, hidden names at the top left out; each part in the order of names.

    `loose`: files at the top that are no zip, which are left where they are because nobody can tell when the last one
    has come.
    """

    entries: tuple[Entry, ...] = ()
    loose: tuple[str, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()


def survey(root: Path, clock: Clock) -> DropLook:
    """Raises OSError only when the drop folder itself cannot be listed."""
    entries, loose, left_alone = [], [], []
    for child in _children(root):
        kind = _kind(child)
        if child.name.startswith(".") or not kind:
            continue
        if kind not in {"folder", "file"}:
            left_alone.append(LeftAlone(child.name, f"it is a {kind}"))
            continue
        seen = look_into(Path(child.path), clock()) if kind == "folder" else _look_at_zip(child, clock())
        if seen is None:
            loose.append(child.name)
            continue
        look, troubles = seen
        entries.append(Entry(child.name, look))
        left_alone += [LeftAlone(f"{child.name}/{inner}".rstrip("/"), why) for inner, why in troubles]
    return DropLook(tuple(entries), tuple(loose), tuple(left_alone))


Seen = tuple[Look, tuple[tuple[str, str], ...]]
"""What an entry holds, and what of it could not be seen or taken: (relative path, why)."""


def look_into(folder: Path, at: float) -> Seen:
    """What a folder holds at any depth."""
    if folder.is_symlink():
        return Look(frozenset(), at, whole=False), (("", f"it is a {LINK}"),)
    files: set[tuple[str, int, int]] = set()
    troubles: list[tuple[str, str]] = []
    pending = [""]
    while pending:
        inner = pending.pop()
        try:
            pending += _look_into_one(folder, inner, files, troubles)
        except FileNotFoundError:
            continue  # gone since it was listed: so the folder is without it
        except OSError as error:
            troubles.append((inner, error.strerror or "it cannot be read"))
    return Look(frozenset(files), at, whole=not troubles), tuple(sorted(troubles))


def _look_at_zip(child: os.DirEntry[str], at: float) -> Seen | None:
    """None when the file is no zip, or gone."""
    try:
        if not is_zip(Path(child.path)):
            return None
        return Look(frozenset(_facts(child, child.name)), at), ()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Look(frozenset(), at, whole=False), (("", error.strerror or "it cannot be read"),)


def folders_in(folder: Path) -> list[Path]:
    """The folder and all folders below it at any depth, each after the one that holds it."""
    found = [folder] if folder.is_dir() else []
    for each in found:
        found += [Path(child.path) for child in _children(each) if child.is_dir(follow_symlinks=False)]
    return found


def _look_into_one(
    folder: Path, inner: str, files: set[tuple[str, int, int]], troubles: list[tuple[str, str]]
) -> list[str]:
    """Add the files of one folder, and say which folders lie in it."""
    path = folder / inner
    if not os.access(path, os.W_OK | os.X_OK) and path.exists():
        troubles.append(
            (inner, "the importer may not change this folder, so it could not clear it after delivery")
        )
    folders = []
    for child in _children(path):
        relative = f"{inner}/{child.name}" if inner else child.name
        kind = _kind(child)
        if kind == "folder":
            folders.append(relative)
        elif kind == "file":
            files.update(_facts(child, relative))
        elif kind:
            troubles.append((relative, f"it is a {kind}"))
    return folders


def _facts(child: os.DirEntry[str], relative: str) -> Iterator[tuple[str, int, int]]:
    try:
        facts = child.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    yield relative, facts.st_size, facts.st_mtime_ns


def _children(path: Path) -> list[os.DirEntry[str]]:
    with os.scandir(path) as children:
        return sorted(children, key=lambda child: child.name)


def _kind(child: os.DirEntry[str]) -> str:
    """'folder', 'file', what else it is in a person's words, or '' when it is gone."""
    try:
        if child.is_symlink():
            return LINK
        if child.is_dir(follow_symlinks=False):
            return "folder"
        if child.is_file(follow_symlinks=False):
            return "file"
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"thing that cannot be read ({error.strerror})"
    return "device, pipe or socket" if os.path.lexists(child.path) else ""
