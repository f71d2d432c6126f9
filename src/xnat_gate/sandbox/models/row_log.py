"""The log of a prearchive session: one text file per entry below its folder, named by the moment in milliseconds."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.sandbox.models.clock import now, printed


@dataclass(frozen=True, slots=True)
class LogEntry:
    """`date` as tables print it, `text` as the single entry prints it."""

    id: str
    date: str
    text: str


def write(session: Path, message: str) -> None:
    """Add an entry; nothing happens when the session's folder is gone."""
    if not session.is_dir():
        return
    folder = session / "logs"
    folder.mkdir(exist_ok=True)
    moment = now()
    first = int(moment.timestamp() * 1000)
    for millis in itertools.count(first):
        try:
            with (folder / f"{millis}.log").open("x", encoding="utf-8") as entry:
                entry.write(f"{moment:%m/%d/%Y %H:%M:%S}:{message}")
        except FileExistsError:
            continue
        return


def entries(session: Path) -> list[LogEntry]:
    """All entries, the oldest first."""
    found = [path for path in (session / "logs").glob("*.log") if re.fullmatch(r"\d+", path.stem)]
    return [_entry(path) for path in sorted(found, key=lambda path: int(path.stem))]


def _entry(path: Path) -> LogEntry:
    moment = datetime.fromtimestamp(int(path.stem) / 1000, UTC)
    return LogEntry(path.stem, printed(moment), path.read_text(encoding="utf-8"))
