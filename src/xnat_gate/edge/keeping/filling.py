"""A kept folder while it is being filled: whole in the end, or not there at all."""

from __future__ import annotations

import errno
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self

from xnat_gate.edge.keeping.bytes_on_disk import blocks, copy_whole, flush_folder, write_whole
from xnat_gate.edge.keeping.clearing import alone_with
from xnat_gate.edge.keeping.naming import REASON, free_names, harmless, harmless_path
from xnat_gate.edge.keeping.refusals import KeepingFailed


class Shelf:
    """A new folder being filled; left without `complete`, everything goes back and the folder with it."""

    def __init__(self, root: Path, arrival: str, reason: Mapping[str, object]) -> None:
        self._arrival = arrival
        self._reason = json.loads(json.dumps(dict(reason), allow_nan=False))
        self._now = datetime.now(UTC)
        self._undo = ExitStack()
        self._copied: list[Path] = []
        self._kept: dict[Path, dict[str, str]] = defaultdict(dict)
        root.mkdir(parents=True, exist_ok=True)
        self.folder = self._new_folder(root, f"{self._now:%Y%m%dT%H%M%SZ}-{harmless(arrival)}")
        self._alone = ExitStack()

    def __enter__(self) -> Self:
        with suppress(OSError, KeepingFailed):  # a help to those who look; what is kept does not rest on it
            self._alone.enter_context(alone_with(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()
        self._alone.close()

    def take(self, name: str, source: Path) -> None:
        """Move one file here; a copied one leaves its source only when the shelf is complete."""
        target = self._place(name)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy_whole(source, target)
            self._undo.callback(target.unlink)
            self._copied.append(source)
        else:
            self._undo.callback(_move_back, target, source)
        self._kept[target.parent][target.name] = name

    def pour(self, name: str, stream: BinaryIO) -> None:
        """Write one stream down."""
        target = self._place(name)
        write_whole(target, blocks(stream))
        self._undo.callback(target.unlink)
        self._kept[target.parent][target.name] = name

    def complete(self) -> Path:
        """Write the reasons, flush, and only then let go of the sources."""
        if not self._kept:
            raise ValueError("a request to keep names at least one file")
        for folder, names in self._kept.items():
            self._explain(folder, names)
        for folder in (*self._kept, self.folder, self.folder.parent):
            flush_folder(folder)
        self._undo.pop_all()
        self._let_go_of_sources()
        return self.folder

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
        """A free path for a file of this name, with the folders that lead to it."""
        *folders, last = harmless_path(name)
        place = self.folder
        for folder in folders:
            inner = place / folder
            place = inner if inner.is_dir() else self._new_folder(place, folder)
        return next(free_names(place, last))

    def _new_folder(self, where: Path, name: str) -> Path:
        for path in free_names(where, name):
            with suppress(FileExistsError):
                path.mkdir()
                self._undo.callback(_remove_folder, path)
                return path
        raise AssertionError("unreachable: the numbers never end")

    def _explain(self, folder: Path, names: Mapping[str, str]) -> None:
        document = {
            "arrival": self._arrival,
            "kept": self._now.isoformat(timespec="seconds"),
            "files": [{"stored": stored, "came_as": name} for stored, name in names.items()],
            "reason": self._reason,
        }
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        path = folder / REASON
        write_whole(path, [text.encode(errors="backslashreplace")])
        self._undo.callback(path.unlink)


def _move_back(kept: Path, source: Path) -> None:
    """What cannot go back stays where it is kept: there it can be found."""
    if not os.path.lexists(source):
        with suppress(OSError):
            kept.rename(source)


def _remove_folder(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
