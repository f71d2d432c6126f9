"""The log of a service: one line on stderr for each thing that happened, as text or JSON, from any thread.

Laws: times are UTC; a log holds UIDs, ids, AE titles and counts, and no patient data, so what libraries would print
is kept out of it; a log that cannot be written never stops the service.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.cli.telling import printable


class Log:
    """Called with what happened as words and numbers, `event` among them."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._one = threading.Lock()

    def __call__(self, happened: Mapping[str, object]) -> None:
        entry = {"time": _now(), **happened}
        self._write(json.dumps(entry) if self._as_json else " ".join(map(_pair, entry, entry.values())))

    def line(self, text: str) -> None:
        """A sentence of progress."""
        if self._as_json:
            self({"event": "progress", "text": text})
        else:
            self._write(f"{_now()} {text}")

    def passage(self, fields: Mapping[str, object]) -> None:
        """Where a study has come to: `state`, `study_uid`, `files`, `where`, `why`, as far as they are known."""
        self({"event": "study", **fields})

    def _write(self, text: str) -> None:
        with self._one, contextlib.suppress(OSError):
            sys.stderr.write(f"{printable(text)}\n")
            sys.stderr.flush()


def keep_to_the_log(told: Log) -> None:
    """What libraries would print holds values that senders chose."""
    warnings.filterwarnings("ignore", module=r"pydicom(\..*)?")
    threading.excepthook = lambda failed: told(
        {"event": "error", "why": failed.exc_type.__name__, "at": _place(failed)}
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _pair(name: str, value: object) -> str:
    """Text with blanks, quotes or nothing in it is quoted, so that the next name can be told from it."""
    text = value if isinstance(value, str) else json.dumps(value)
    plain = not isinstance(value, str) or (text and not set(text) & set(' "='))
    return f"{name}={text if plain else json.dumps(text)}"


def _place(failed: threading.ExceptHookArgs) -> str:
    frames = traceback.extract_tb(failed.exc_traceback)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
