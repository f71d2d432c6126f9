"""What is kept: read from a kept folder and from the reasons in it.

Laws: times come from reason.json and never from the file system; no link is followed; what no reason speaks of is
counted and told, never passed over.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xnat_gate.edge.keeping.naming import REASON

SCRAP = re.compile(r"\.keeping-[0-9a-f]{16}")
"""A file that was being written when the process was killed (what it was made from is where it was), or the mark of
files on their way into a kept folder."""
_STAMPED = re.compile(r"\d{8}T\d{6}Z-(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kept folder. `at` and `reason` (as it was given) are None without a readable reason, which is what a kill
    leaves while streams are written down; `arrival` is then taken from the name.

    `files` and `size` (bytes) are of what lies there, without the reasons; `unexplained`: how many things in it no
    reason speaks of; `missing`: how many files the reasons speak of that are gone, taken out by hand or by a `give`
    that was killed, or that never came because of a kill and no `tidy` has been there since.
    """

    name: str
    path: Path
    arrival: str
    at: datetime | None
    reason: Mapping[str, object] | None
    files: int
    size: int
    unexplained: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason.json; `came_as`: the name with which each file came, by its name in this folder."""

    arrival: str
    at: datetime
    reason: Mapping[str, object]
    came_as: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that lies in a kept folder, by path relative to it: `files` with their size, `came_as` of those that the
    reasons speak of (also when they are gone), `strays`: what is neither file nor folder, and never was kept, `scraps`:
    what a kill left of the keeping itself."""

    files: Mapping[str, int]
    came_as: Mapping[str, str]
    reasons: tuple[Reason, ...]
    strays: tuple[str, ...]
    scraps: tuple[str, ...]

    @property
    def unexplained(self) -> int:
        return len(self.files.keys() - self.came_as.keys()) + len(self.strays)

    @property
    def missing(self) -> int:
        return len(self.came_as.keys() - self.files.keys())


def contents(folder: Path) -> Contents:
    """Raises OSError when a part of the folder cannot be seen."""
    files: dict[str, int] = {}
    came_as: dict[str, str] = {}
    reasons: list[Reason] = []
    strays: list[str] = []
    scraps: list[str] = []
    for place, children in places(folder):
        inner = place.relative_to(folder)
        reason = read_reason(place / REASON)
        if reason:
            reasons.append(reason)
            came_as |= {str(inner / stored): name for stored, name in reason.came_as.items()}
        for child in children:
            relative = str(inner / child.name)
            if not child.is_file(follow_symlinks=False):
                strays.append(relative)
            elif relative not in came_as and SCRAP.fullmatch(child.name):
                scraps.append(relative)
            elif child.name != REASON:
                files[relative] = child.stat(follow_symlinks=False).st_size
    return Contents(
        files=files, came_as=came_as, reasons=tuple(reasons), strays=tuple(strays), scraps=tuple(scraps)
    )


def described(folder: Path) -> Kept:
    """Raises OSError as `contents`."""
    found = contents(folder)
    first = found.reasons[0] if found.reasons else None
    stamped = _STAMPED.fullmatch(folder.name)
    return Kept(
        name=folder.name,
        path=folder,
        arrival=first.arrival if first else (stamped.group(1) if stamped else folder.name),
        at=first.at if first else None,
        reason=first.reason if first else None,
        files=len(found.files),
        size=sum(found.files.values()),
        unexplained=found.unexplained,
        missing=found.missing,
    )


def places(folder: Path) -> Iterator[tuple[Path, list[os.DirEntry[str]]]]:
    """The folder and each below it, with what lies in it beside folders, in the order of names."""
    pending = [folder]
    while pending:
        place = pending.pop()
        with os.scandir(place) as found:
            children = sorted(found, key=lambda child: child.name)
        inner = [child for child in children if child.is_dir(follow_symlinks=False)]
        yield place, [child for child in children if child not in inner]
        pending += [Path(child.path) for child in reversed(inner)]


def read_reason(path: Path) -> Reason | None:
    """None when it is not there, cannot be read, or is none of ours."""
    if path.is_symlink():
        return None
    try:
        told = json.loads(path.read_bytes())
        at = datetime.fromisoformat(told["kept"])
        came_as = {file["stored"]: file["came_as"] for file in told["files"]}
        arrival, reason = told["arrival"], told["reason"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = [arrival, *came_as, *came_as.values()]
    if at.tzinfo is None or not isinstance(reason, dict) or not all(isinstance(one, str) for one in texts):
        return None
    return Reason(arrival=arrival, at=at, reason=reason, came_as=came_as)
