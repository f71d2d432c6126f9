"""The ways the journal says no, each with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class JournalError(Exception):
    """`str()` is one sentence for a person, with the remedy."""


class JournalUnavailable(JournalError):
    """It cannot be opened, written or locked: rights, room on the disk, or a file system that is no use for it."""


class JournalBusy(JournalError):
    """Another process held it for longer than we wait."""


class JournalDamaged(JournalError):
    """The file is no journal, or not a whole one."""


class JournalTooNew(JournalError):
    """A newer xnat-gate has written it."""


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Speak of SQLite's troubles as a person's."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise _plain(error, path) from error


def _plain(error: sqlite3.Error, path: Path) -> JournalError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in DAMAGED:
        return JournalDamaged(
            f"the journal {path} is damaged or no journal ({error}): stop all importers, move it away together with "
            "its -wal and -shm files and start again; studies are safe, only their history begins anew"
        )
    if code in BUSY:
        return JournalBusy(
            f"the journal {path} is held by another process: see which one hangs, then try again"
        )
    return JournalUnavailable(
        f"the journal {path} cannot be used ({error}): see that its folder is on a local disk, has room "
        "and may be written"
    )
