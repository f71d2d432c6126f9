"""Where the files of a kept folder go when they are given back: under the names with which they came.

Laws: no name leads out of the new folder; no two files have one place; the same kept folder, also with some files gone
from it, always gives the same places.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from xnat_gate.core.settling import still_written
from xnat_gate.edge.keeping.kept import Contents
from xnat_gate.edge.keeping.naming import LONGEST_PATH, numbered

LONGEST_NAME = 255
"""Bytes of one name that the usual file systems accept."""


def layout(found: Contents) -> dict[str, Path]:
    """Where each file goes, by its path in the kept folder: under the name with which it came, where that is a name
    and free, else as it is stored. Files that are gone have their place, too, so that a second call finds the same."""
    names = sorted(found.came_as) + sorted(found.files.keys() - found.came_as.keys())
    files: set[Path] = set()
    folders: set[Path] = {Path()}
    places: dict[str, Path] = {}
    for stored in names:
        for place in _candidates(stored, found.came_as.get(stored, "")):
            if place not in files | folders and files.isdisjoint(place.parents):
                break
        places[stored] = place
        files.add(place)
        folders.update(place.parents)
    return places


def _candidates(stored: str, came_as: str) -> Iterator[Path]:
    usable = _usable(came_as)
    if usable:
        yield usable
    path = Path(*map(_settling, PurePosixPath(stored).parts))
    number = 1
    while True:
        yield path.with_name(numbered(path.name, number))
        yield Path(f"more-{number}") / path  # where a file lies in the place of one of its folders
        number += 1


def _usable(came_as: str) -> Path | None:
    """The name as a path below a folder, None where it is none, or none that a file system takes."""
    parts = [_settling(part) for part in came_as.split("/") if part not in {"", "."}]
    try:
        lengths = [len(os.fsencode(part)) for part in parts]
    except UnicodeEncodeError:
        return None
    fits = all(length <= LONGEST_NAME for length in lengths) and sum(lengths) + len(lengths) <= LONGEST_PATH
    return Path(*parts) if parts and fits and ".." not in parts and "\0" not in came_as else None


def _settling(name: str) -> str:
    """A name that says that somebody still writes to it would never be taken from a drop folder."""
    return f"{name}.kept" if still_written(name) else name
