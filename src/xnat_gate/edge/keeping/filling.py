"""A kept folder while it is being filled: whole in the end, or not there at all.

Laws: what is moved is explained, on disk, before the first file moves; until it is whole a mark lies in the folder, by
which `tidying` tells a kill in that time from one in the middle of giving back.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self

from xnat_gate.edge.keeping.bytes_on_disk import blocks, copy_whole, flush_folder, write_whole
from xnat_gate.edge.keeping.clearing import alone_with
from xnat_gate.edge.keeping.naming import REASON, free_names, harmless, harmless_path, renamed
from xnat_gate.edge.keeping.refusals import KeepingFailed


class Shelf:
    """A new folder being filled, by `move` or by `pour` and `complete`; left without either having returned, everything
    goes back and the folder with it. The folder comes into sight locked and marked."""

    def __init__(self, root: Path, arrival: str, reason: Mapping[str, object]) -> None:
        self._arrival = arrival
        self._reason = json.loads(json.dumps(dict(reason), allow_nan=False))
        self._now = datetime.now(UTC)
        self._undo = ExitStack()
        self._alone = ExitStack()
        self._whole = False
        self._copied: list[Path] = []
        self._made: list[Path] = []
        self._kept: dict[Path, dict[str, str]] = defaultdict(dict)
        self._root = root
        self._mark = f".keeping-{secrets.token_hex(8)}"

    def __enter__(self) -> Self:
        self._root.mkdir(parents=True, exist_ok=True)
        hidden = self._root / f".filling-{secrets.token_hex(8)}"
        hidden.mkdir()
        try:
            # A help to those who look and tidy; what is kept does not rest on it.
            with suppress(OSError, KeepingFailed):
                self._alone.enter_context(alone_with(hidden))
            (hidden / self._mark).touch(exist_ok=False)
            self.folder = renamed(hidden, self._root, f"{self._now:%Y%m%dT%H%M%SZ}-{harmless(self._arrival)}")
        except OSError:
            self._alone.close()
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        self._made.append(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        with self._alone:
            self._undo.close()
            if not self._whole:
                self._withdraw()

    def move(self, sources: Mapping[str, Path]) -> Path:
        """Move files here, by the names with which they came: explain them all, flush, and only then begin. A copied
        one leaves its source only when all are here."""
        targets = {self._place(name): source for name, source in sources.items()}
        self._explain()
        for target, source in targets.items():
            self._take(target, source)
        return self._done()

    def _take(self, target: Path, source: Path) -> None:
        if os.path.lexists(target):  # somebody else's, or two names are one on this disk
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._undo.callback(target.unlink, missing_ok=True)
            copy_whole(source, target)
            self._copied.append(source)
        else:
            self._undo.callback(_move_back, target, source)

    def pour(self, name: str, stream: BinaryIO) -> None:
        """Write one stream down."""
        target = self._place(name)
        write_whole(target, blocks(stream))
        self._undo.callback(target.unlink)

    def complete(self) -> Path:
        """Explain what was written down."""
        self._explain()
        return self._done()

    def _done(self) -> Path:
        self._flush()
        self._undo.pop_all()
        self._whole = True
        self._let_go_of_sources()
        with suppress(OSError):  # it does no harm, and `tidying` takes it away
            (self.folder / self._mark).unlink()
        return self.folder

    def _flush(self) -> None:
        for folder in (*self._made, self._root):
            flush_folder(folder)

    def _let_go_of_sources(self) -> None:
        try:
            for source in self._copied:
                source.unlink()
        except OSError as error:
            raise KeepingFailed(
                f"files are kept in {self.folder} but could not be removed from where they came "
                f"({error.strerror}): remove them there by hand"
            ) from error

    def _place(self, name: str) -> Path:
        """A free path for a file of this name, which nobody gets again, with the folders that lead to it."""
        *folders, last = harmless_path(name)
        place = self.folder
        for folder in folders:
            inner = place / folder
            place = inner if inner.is_dir() else self._new_folder(place, folder)
        target = next(self._free(place, last))
        self._kept[place][target.name] = name
        return target

    def _new_folder(self, where: Path, name: str) -> Path:
        for path in self._free(where, name):
            with suppress(FileExistsError):
                path.mkdir()
                self._made.append(path)
                return path
        raise AssertionError("unreachable: the numbers never end")

    def _free(self, where: Path, name: str) -> Iterator[Path]:
        """What is placed may not be there yet."""
        return (path for path in free_names(where, name) if path.name not in self._kept.get(where, {}))

    def _explain(self) -> None:
        if not self._kept:
            raise ValueError("a request to keep names at least one file")
        for folder, names in self._kept.items():
            document = {
                "arrival": self._arrival,
                "kept": self._now.isoformat(timespec="seconds"),
                "files": [{"stored": stored, "came_as": name} for stored, name in names.items()],
                "reason": self._reason,
            }
            write_reason(folder / REASON, document)
        self._flush()

    def _withdraw(self) -> None:
        """A file that could not go back keeps its reason, and the mark with which `tidying` sets that right."""
        if any(os.path.lexists(folder / stored) for folder, names in self._kept.items() for stored in names):
            return
        with suppress(OSError):
            for word in (*(folder / REASON for folder in self._kept), self.folder / self._mark):
                word.unlink(missing_ok=True)
            for folder in reversed(self._made):
                folder.rmdir()


def write_reason(path: Path, document: Mapping[str, object]) -> None:
    """In one step, also over one that is there. Raises OSError, KeepingFailed."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    write_whole(path, [text.encode(errors="backslashreplace")])


def _move_back(kept: Path, source: Path) -> None:
    """What cannot go back stays where it is kept: there it can be found."""
    if not os.path.lexists(source):
        with suppress(OSError):
            kept.rename(source)
