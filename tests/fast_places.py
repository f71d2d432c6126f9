"""Where a run of the tests keeps what it makes for itself: files in memory, byte-code beside the sources.

Laws: importing it is enough, and comes before other imports; files go into memory only where neither `--basetemp` nor
TMPDIR names another place; a memory that is small, or that runs no programs, is left alone; what a run leaves in
memory goes with its end, unless a test failed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ROOM = 3 * 2**30
"""Bytes; a run, with the images that it builds, takes about a third of it."""


def use() -> None:
    """For what is imported and made from now on, also by other processes of this run."""
    # without it each worker writes all asserts anew, and each process compiles the sources: a quarter of all time
    sys.dont_write_bytecode = False
    if "TMPDIR" not in os.environ and has_room(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # pytest has asked already


def has_room(place: Path) -> bool:
    """Whether a run fits in there, and may start the programs that it makes."""
    if not (place.is_mount() and os.access(place, os.W_OK | os.X_OK)):
        return False
    facts = os.statvfs(place)
    return not facts.f_flag & os.ST_NOEXEC and facts.f_bavail * facts.f_frsize > ROOM


def leave(config: pytest.Config, status: int) -> None:
    """At the end of a run; its workers leave that to the process that started them."""
    if status != pytest.ExitCode.OK or config.option.basetemp is not None:
        return
    folder: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    if MEMORY in folder.parents:
        shutil.rmtree(folder, ignore_errors=True)


use()
