"""Exit codes: the same at every verb, and decided here alone."""

from __future__ import annotations

from enum import IntEnum

from xnat_gate.core.archive import ArchiveError, ArchiveTroubled, ArchiveUnavailable
from xnat_gate.core.protocol import ProtocolInvalid
from xnat_gate.edge.command_files import CommandFileInvalid
from xnat_gate.edge.drop_folder import DropFolderError
from xnat_gate.edge.journal import JournalError
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.edge.settings import SettingsInvalid
from xnat_gate.roads.prearchive import NoSuchRow


class Exit(IntEnum):
    """What a script is told."""

    PASSED = 0
    STOPPED = 1
    WRONG = 2
    UNAVAILABLE = 3


MEANING = {
    Exit.PASSED: "all is well: everything would be, or was, archived in the hospital project, or done as asked",
    Exit.STOPPED: "something is quarantined, rejected or held, the audit record is not whole, a change of the "
    "protocol was answered with no or met another one, or a protocol that is tried would have sent something elsewhere",
    Exit.WRONG: "usage, settings or protocol are wrong: a person must mend them",
    Exit.UNAVAILABLE: "XNAT cannot be reached: the same call may work later",
}


class Usage(Exception):
    """The call itself cannot be carried out; `str()` says why and what to do."""


EXPECTED = (
    ArchiveError,
    CommandFileInvalid,
    DropFolderError,
    JournalError,
    KeepingFailed,
    NoSuchRow,
    ProtocolInvalid,
    SettingsInvalid,
    Usage,
)
"""Trouble with a sentence for a person; anything else is our own fault and shows its traceback."""


def exit_for(error: Exception) -> Exit:
    """The code for trouble that ended a verb."""
    return Exit.UNAVAILABLE if isinstance(error, (ArchiveUnavailable, ArchiveTroubled)) else Exit.WRONG
