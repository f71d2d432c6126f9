"""DropFolder: look, claim, recover.

Beside what people drop, the folder holds `.xnat-gate/<importer>/lock` and `.xnat-gate/<importer>/<claim id>/<name>/`.
While a claim is being made its folder ends in `.taking`: whoever finds one of a dead importer knows that nobody had
yet looked whether it was still settled, and puts it back.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.core.settling import Look
from xnat_gate.edge.drop_folder import owning
from xnat_gate.edge.drop_folder.claim import Claim, put_back
from xnat_gate.edge.drop_folder.refusals import ClaimRefused, reachable
from xnat_gate.edge.drop_folder.seeing import Clock, DropLook, look_into, survey

HOME = ".xnat-gate"
TAKING = ".taking"


class DropFolder:
    """A drop folder as one importer sees it, from construction until `close` alive for all others.

    Any verb raises DropFolderUnavailable when the folder itself cannot be used. Two processes need two of these.
    """

    def __init__(self, root: Path, clock: Clock = time.monotonic) -> None:
        self.root = root.absolute()
        self._clock = clock
        self._home = self.root / HOME
        with reachable(self.root):
            self._own = owning.start(self._home)
        self._until_closed = ExitStack()
        self._until_closed.callback(self._own.stop)

    def look(self) -> DropLook:
        """What lies there now; claims and hidden names do not show."""
        with reachable(self.root):
            return survey(self.root, self._clock)

    def claim(self, name: str, expected: Look) -> Claim | None:
        """Take an entry; None when another importer was faster or it is no longer as `expected`.

        `expected`: the whole look by which it was found settled. Raises ClaimRefused when the file system does not
        let go of it, ValueError when `name` is not one of an entry.
        """
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            raise ValueError("an entry is named by a single name that is not hidden")
        if not expected.whole:
            return None
        with reachable(self.root):
            place = self._own.folder / (_new_id() + TAKING)
            place.mkdir()
            try:
                taken = _take(self.root / name, place / name)
                return self._if_unchanged(taken, expected) if taken else None
            finally:
                _remove_if_empty(place)

    def recover(self) -> tuple[Claim, ...]:
        """Take over what dead importers had claimed; what they were only about to claim goes back to be looked at."""
        claims: list[Claim] = []
        with reachable(self.root):
            for folder in owning.others(self._home, self._own.folder):
                with owning.if_dead(folder) as dead:
                    claims += self._adopt(folder) if dead else ()
        return tuple(claims)

    def close(self) -> None:
        """Stop being alive; what was neither released nor finished is for the next importer. Again does nothing."""
        with reachable(self.root):
            self._until_closed.close()

    def _if_unchanged(self, taken: Path, expected: Look) -> Claim | None:
        content, _ = look_into(taken, self._clock())
        if not content.whole or content.files != expected.files:
            put_back(taken, self.root, taken.name)
            return None
        place = taken.parent.rename(taken.parent.with_name(taken.parent.name.removesuffix(TAKING)))
        return Claim(place.name, taken.name, place / taken.name, self.root, content)

    def _adopt(self, folder: Path) -> list[Claim]:
        """What a dead importer's folder holds becomes ours, under the ids it had."""
        claims = []
        for place in _folders_in(folder):
            if place.name.endswith(TAKING):
                for taken in _folders_in(place):
                    put_back(taken, self.root, taken.name)
                _remove_if_empty(place)
                continue
            ours = place.rename(self._own.folder / place.name)
            for path in _folders_in(ours):
                content, _ = look_into(path, self._clock())
                claims.append(Claim(ours.name, path.name, path, self.root, content))
            _remove_if_empty(ours)
        return claims

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take(entry: Path, target: Path) -> Path | None:
    """None when the entry is gone, which is how another importer's success looks."""
    try:
        return entry.rename(target)
    except FileNotFoundError:
        if entry.exists():
            raise
        return None
    except OSError as error:
        raise ClaimRefused(entry.name, error.strerror or "input/output error") from error


def _folders_in(folder: Path) -> tuple[Path, ...]:
    with os.scandir(folder) as children:
        return tuple(sorted(Path(child.path) for child in children if child.is_dir(follow_symlinks=False)))


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT}:
            raise


def _new_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
