"""What a kill in the middle of keeping leaves on the shelf, set right.

Laws: no kept file is touched; nothing is done where no mark of `filling` or half-written file tells of such a kill, for
an empty folder, or a reason that speaks of more than is there, may be half of a giving back that is to be completed;
the mark goes last, so that after another kill the same call completes it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from xnat_gate.edge.keeping.bytes_on_disk import flush_folder
from xnat_gate.edge.keeping.clearing import discard
from xnat_gate.edge.keeping.filling import write_reason
from xnat_gate.edge.keeping.kept import contents, places, read_reason
from xnat_gate.edge.keeping.naming import REASON

NOT_YET_IN_SIGHT = re.compile(r"\.filling-[0-9a-f]{16}")
"""A folder that `filling` was about to begin with: no file ever came into it."""


def tidy(folder: Path) -> int:
    """In a kept folder that must be ours alone: let the reasons speak of what is there, remove half-written files and
    empty folders, itself too; how many things were removed. Raises OSError, KeepingFailed."""
    if NOT_YET_IN_SIGHT.fullmatch(folder.name):
        discard(folder)
        return 1
    scraps = [folder / scrap for scrap in contents(folder).scraps]
    if not scraps:
        return 0
    marks = [scrap for scrap in scraps if scrap.parent == folder]
    inner = [place for place, _ in places(folder)]
    for place in inner:
        _narrow(place / REASON)
    for scrap in set(scraps) - set(marks):
        scrap.unlink()
    emptied = sum(map(_remove_if_empty, reversed(inner[1:])))
    if set(folder.iterdir()) == set(marks):
        discard(folder)
        return len(scraps) + emptied + 1
    flush_folder(folder)
    for mark in marks:
        mark.unlink()
    flush_folder(folder)
    return len(scraps) + emptied


def _narrow(path: Path) -> None:
    """Leave out the files that never came; a reason for none of them goes."""
    if not read_reason(path):
        return
    document = json.loads(path.read_bytes())
    there = [file for file in document["files"] if os.path.lexists(path.parent / file["stored"])]
    if not there:
        path.unlink()
    elif there != document["files"]:
        write_reason(path, document | {"files": there})
    flush_folder(path.parent)


def _remove_if_empty(folder: Path) -> bool:
    if any(folder.iterdir()):
        return False
    folder.rmdir()
    return True
