"""DropFolder: look, claim, recover.

Beside what people drop, the folder holds `.xnat-gate/<importer>/lock` and `.xnat-gate/<importer>/<claim id>/<name>/`.
While a claim is being made its folder ends in `.taking`: whoever finds one of a dead importer knows that nobody had
yet looked whether it was still settled, and puts it back. A zip by itself gets a folder of its own name first, in a
place that ends in `.taking-file`: whoever finds that puts the file back, and the folder, which is ours, goes.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.core.settling import Look
from xnat_gate.edge.drop_folder import owning
from xnat_gate.edge.drop_folder.claim import Claim
from xnat_gate.edge.drop_folder.locks import any_locked
from xnat_gate.edge.drop_folder.refusals import ClaimRefused, reachable
from xnat_gate.edge.drop_folder.returning import put_back, put_back_zip
from xnat_gate.edge.drop_folder.seeing import Clock, DropLook, look_into, survey
from xnat_gate.edge.drop_folder.zipped import clear_half_made

HOME = ".xnat-gate"
TAKING = ".taking"
TAKING_FILE = ".taking-file"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9~._-]{0,99}")


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

    def claim(self, name: str, expected: Look, id: str | None = None) -> Claim | None:
        """Take an entry; None when another importer was faster or it is no longer as `expected`.

        `expected`: the whole look by which it was found settled; `id`: that of the claim, which no other has, made up
        where none is given. Raises ClaimRefused when the file system does not let go of it or a file in it is locked,
        ValueError when `name` is not one of an entry, or `id` none for a claim.
        """
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            raise ValueError("an entry is named by a single name that is not hidden")
        id = _new_id() if id is None else self._free_id(id)
        if not expected.whole:
            return None
        with reachable(self.root):
            is_file = _is_file(self.root / name)
            folder = self.root if is_file else self.root / name
            if any_locked(folder / path for path, _, _ in expected.files):
                raise ClaimRefused(name, "another program holds a file in it locked")
            if is_file:
                return self._claim_file(name, expected, self._own.folder / (id + TAKING_FILE))
            return self._claim_folder(name, expected, self._own.folder / (id + TAKING))

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

    def _claim_folder(self, name: str, expected: Look, place: Path) -> Claim | None:
        place.mkdir()
        try:
            taken = _take(self.root / name, place / name)
            if taken is None:
                return None
            claim = self._if_unchanged(taken, expected, TAKING)
            if claim is None:
                put_back(taken, self.root, name)
            return claim
        finally:
            _remove_if_empty(place)

    def _claim_file(self, name: str, expected: Look, place: Path) -> Claim | None:
        """As above, but the folder that is claimed is made here, and the file taken into it."""
        around = place / name
        around.mkdir(parents=True)
        try:
            if _take(self.root / name, around / name) is None:
                return None
            claim = self._if_unchanged(around, expected, TAKING_FILE)
            if claim is None:
                put_back_zip(around, self.root)
            return claim
        finally:
            _remove_if_empty(around)
            _remove_if_empty(place)

    def _if_unchanged(self, taken: Path, expected: Look, taking: str) -> Claim | None:
        content, _ = look_into(taken, self._clock())
        if not content.whole or content.files != expected.files:
            return None
        place = taken.parent.rename(taken.parent.with_name(taken.parent.name.removesuffix(taking)))
        return Claim(place.name, taken.name, place / taken.name, self.root, content)

    def _adopt(self, folder: Path) -> list[Claim]:
        """What a dead importer's folder holds becomes ours, under the ids it had."""
        claims = []
        for place in _folders_in(folder):
            if place.name.endswith((TAKING, TAKING_FILE)):
                self._untake(place)
                continue
            ours = place.rename(self._own.folder / place.name)
            for path in _folders_in(ours):
                content, _ = look_into(path, self._clock())
                if clear_half_made(path, content):
                    content, _ = look_into(path, self._clock())
                claims.append(Claim(ours.name, path.name, path, self.root, content))
            _remove_if_empty(ours)
        return claims

    def _untake(self, place: Path) -> None:
        """Put back what a dead importer was about to claim, where it had got so far."""
        for taken in _folders_in(place):
            if place.name.endswith(TAKING):
                put_back(taken, self.root, taken.name)
            elif os.path.lexists(taken / taken.name):
                put_back_zip(taken, self.root)
            else:
                _remove_if_empty(taken)
        _remove_if_empty(place)

    def _free_id(self, id: str) -> str:
        if not ID.fullmatch(id) or id.endswith((TAKING, TAKING_FILE)) or id == "lock":
            raise ValueError("the id of a claim is letters, digits and ~._- in one name")
        if any(os.path.lexists(self._own.folder / (id + ending)) for ending in ("", TAKING, TAKING_FILE)):
            raise ValueError("another claim has this id")
        return id

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


def _is_file(entry: Path) -> bool:
    try:
        return stat.S_ISREG(entry.lstat().st_mode)
    except FileNotFoundError:
        return False


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
