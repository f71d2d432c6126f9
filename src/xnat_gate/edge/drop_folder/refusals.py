"""The ways the drop folder says no.

Law: names of folders and files may hold a patient's name, so they stand in attributes and never in the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DropFolderError(Exception):
    """`str()` is one sentence for a person, with what to do, and without names of arrivals."""


class DropFolderUnavailable(DropFolderError):
    """The folder itself cannot be used (not mounted, no rights, no locks): a person mends it, then try again."""


class ClaimRefused(DropFolderError):
    """The file system does not let go of this entry: it stays where it is."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"a settled folder cannot be taken for import ({why}): see that the importer may rename it"
        )
        self.name = name


class ClaimChanged(DropFolderError):
    """A claimed file is no longer the one that was claimed: nothing was removed."""

    def __init__(self, claim_id: str, files: tuple[str, ...]) -> None:
        super().__init__(
            f"{len(files)} file(s) of arrival {claim_id} changed after it was claimed; nothing was removed: "
            "release it, so that it settles and is read again"
        )
        self.files = files


class FilesLeft(DropFolderError):
    """A claim that still holds something cannot be finished: nothing was removed."""

    def __init__(self, claim_id: str, files: tuple[str, ...]) -> None:
        super().__init__(f"arrival {claim_id} still holds {len(files)} file(s) nobody has answered for")
        self.files = files


@contextmanager
def reachable(folder: Path) -> Iterator[None]:
    """Speak of any trouble with the file system as a drop folder that cannot be used."""
    try:
        yield
    except OSError as error:
        why = error.strerror or "input/output error"
        raise DropFolderUnavailable(
            f"the drop folder {folder} cannot be used ({why}): see that it is mounted and may be written"
        ) from error
