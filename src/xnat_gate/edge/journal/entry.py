"""What the journal holds, as values and as rows of text and numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from xnat_gate.core.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A finding in short; `effect` as in core.finding.Effect."""

    id: str
    effect: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where one study of one arrival stands; it is named by (`arrival`, `study_uid`).

    `arrival` is the claim's id; `study_uid` is empty as long as nothing has been read; `outcome` is empty before the
    verdict. `session` is the session label. `files` and `rejected` are counts; `tries` counts those that failed so
    far. `until` (ISO 8601, UTC; '' none): it waits, or is not tried again, until then. `created` and `updated` are
    set by the journal (ISO 8601, UTC, microseconds: their order as text is their order in time).
    """

    arrival: str
    study_uid: str = ""
    state: State
    outcome: str = ""
    project: str = ""
    session: str = ""
    xnat_uri: str = ""
    files: int = 0
    rejected: int = 0
    reasons: tuple[Reason, ...] = ()
    protocol_name: str = ""
    protocol_sha256: str = ""
    protocol_version: str = ""
    tries: int = 0
    until: str = ""
    created: str = ""
    updated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One `record` of the past."""

    arrival: str
    study_uid: str
    state: State
    at: str
    note: str


COLUMNS = tuple(field.name for field in fields(Entry))
STEP_COLUMNS = tuple(field.name for field in fields(Step))


def as_row(entry: Entry) -> dict[str, str | int]:
    """Text that is no valid Unicode (file names may bring such) is written with backslashes."""
    row: dict[str, str | int] = {
        name: plain(value) if isinstance(value := getattr(entry, name), str) else value
        for name in COLUMNS
        if name != "reasons"
    }
    return row | {"reasons": json.dumps([asdict(reason) for reason in entry.reasons])}


def as_entry(row: Mapping[str, str | int]) -> Entry:
    """The inverse of `as_row`."""
    values = dict(row)
    reasons = tuple(Reason(**reason) for reason in json.loads(str(values.pop("reasons"))))
    state = State(str(values.pop("state")))
    return Entry(**values, state=state, reasons=reasons)  # type: ignore[arg-type]


def plain(text: str) -> str:
    """Text that SQLite can hold."""
    return text.encode(errors="backslashreplace").decode()
