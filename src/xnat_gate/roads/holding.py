"""Left in the prearchive for a person: a status that stands out in XNAT's list, and the reason beside the session."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

from xnat_gate.core.archive import ArchiveRefused, PrearchiveRow
from xnat_gate.core.report import finding_document, reason_document
from xnat_gate.core.states import State
from xnat_gate.roads.gate import Gate, Passage, objections, passage, recorded
from xnat_gate.roads.looked import Looked, journalled, record, unjudged, untouched, waiting

CONFLICT, ERROR, READY = "CONFLICT", "ERROR", "READY"
"""Statuses of XNAT's prearchive in which nobody works on a session; the first two ask for a person."""
REASON = "reason.json"


def hold(seen: Looked, gate: Gate, status: str, message: str = "") -> Passage:
    """It waits; `message`: what XNAT has against it, beside what the verdict says. Raises Busy when somebody else has
    it in hand by now: a status set then would stop their work half way."""
    untouched(seen.row, gate)
    also = objections(message)
    _mark(seen.row, status, reason_document(gate.protocol, seen.verdict, *also), gate)
    record(seen, State.HELD, gate, also=also)
    why = f"{status}: {message}" if message else ""
    return passage(seen.verdict, State.HELD, waiting(seen.row), why, seen.row.uri)


def hold_unjudged(row: PrearchiveRow, gate: Gate, message: str) -> Passage:
    """The same for a session on which there is no verdict."""
    document: dict[str, object] = {"findings": [finding_document(one) for one in objections(message)]}
    with contextlib.suppress(ArchiveRefused):  # whoever may not mark it can still be told
        _mark(row, ERROR, document, gate)
    recorded(gate, replace(journalled(row, gate), state=State.HELD), message)
    return unjudged(row, State.HELD, message)


def stay_in_quarantine(seen: Looked, gate: Gate) -> Passage:
    """Quarantined, and kept out of the permanent archive. Raises Busy as `hold`."""
    untouched(seen.row, gate)
    _mark(seen.row, READY, reason_document(gate.protocol, seen.verdict), gate)
    record(seen, State.QUARANTINED, gate)
    return passage(seen.verdict, State.QUARANTINED, waiting(seen.row), uri=seen.row.uri)


def _mark(row: PrearchiveRow, status: str, document: dict[str, object], gate: Gate) -> None:
    gate.archive.annotate(row, REASON, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    gate.archive.mark(row, status)
