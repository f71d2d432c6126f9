"""The file in which a protocol is edited.

Laws: what was read of it once is kept until it is in force, whatever the editor makes of the file; nothing is called
kept that is not there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType

from xnat_gate.cli import protocol_files, telling
from xnat_gate.cli.exits import Usage
from xnat_gate.edge import protocol_file


class Draft:
    """A file with the text, which goes when it was called finished; else what is in it is told with its place at the
    end. Raises Usage when there can be none."""

    def __init__(self, text: str) -> None:
        self._begun = self._read = protocol_files.bytes_of(text)
        self._finished = False
        try:
            self.path = _new_file(self._begun)
        except OSError as error:
            raise Usage(
                f"there can be no file to edit it in ({error.strerror}): name a folder with room for it in TMPDIR"
            ) from error

    def read(self, name: str) -> str:
        """What the editor left. Raises Usage, ProtocolInvalid; `name` stands before its faults."""
        content = protocol_files.asked_for(str(self.path))
        if content.strip():  # an editor for which there was no room leaves an empty file
            self._read = content
        return protocol_file.decoded(content, name)

    def finish(self) -> None:
        """It is needed no longer."""
        self._finished = True

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._finished:
            self.path.unlink(missing_ok=True)
            return
        there = self._there()
        if there is not None:
            telling.line(f"the edited text is kept in {self.path}")
        if there != self._read and self._read != self._begun:
            self._keep_what_was_read()
        elif there is None:
            telling.line(f"{self.path} cannot be read, so there is no edited text")

    def _there(self) -> bytes | None:
        try:
            return protocol_files.content_of(str(self.path))
        except OSError:
            return None

    def _keep_what_was_read(self) -> None:
        """The editor changed or took away the file since."""
        try:
            telling.line(f"what was read of it before is kept in {_new_file(self._read)}")
        except OSError as error:
            telling.line(f"what was read of it before cannot be kept ({error.strerror})")


def _new_file(content: bytes) -> Path:
    """Raises OSError, and then leaves none."""
    handle, name = tempfile.mkstemp(prefix="xnat-gate-protocol-", suffix=".yaml")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path
