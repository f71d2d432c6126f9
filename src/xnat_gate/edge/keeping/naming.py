"""Names under which files are kept: as they came where that is harmless, else made so (`core.naming`).

Law: a kept name is never the one of the reason; the name as it came stands in the reason.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from xnat_gate.core import naming
from xnat_gate.core.naming import LONGEST_PATH, numbered

__all__ = ["LONGEST_PATH", "REASON", "free_names", "harmless", "harmless_path", "numbered", "renamed"]

REASON = "reason.json"


def harmless_path(relative: str) -> tuple[str, ...]:
    """The parts under which a file of this relative path is kept, at least one; any text is accepted."""
    return naming.harmless_path(relative, harmless)


def harmless(name: str) -> str:
    """One part of a path."""
    safe = naming.harmless(name)
    return f"{safe}.kept" if safe.casefold() == REASON else safe


def free_names(folder: Path, name: str) -> Iterator[Path]:
    """The name in the folder, then numbered ones, those left out that are taken."""
    number = 1
    while True:
        path = folder / numbered(name, number)
        if not os.path.lexists(path):
            yield path
        number += 1


def renamed(path: Path, to: Path, name: str) -> Path:
    """To this name in the folder, numbered where it is taken. Raises OSError."""
    for free in free_names(to, name):
        try:
            return path.rename(free)
        except OSError:
            if not os.path.lexists(free):
                raise  # else somebody was faster with that name
    raise AssertionError("unreachable: the numbers never end")
