"""What is remembered of judged studies, so that another protocol can be tried on them (`core.replay`).

Laws: what is remembered of an arrival is what was judged when all of it was there; it is written down before anything
is done with the study, and goes when it is old.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from xnat_gate.core.impersonal import keepable
from xnat_gate.core.judge import Verdict
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.summarising import summarise
from xnat_gate.core.summary import Summary
from xnat_gate.core.summary_text import write
from xnat_gate.edge.dicom_files import ASKABLE, TAGS
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.opening import DECIDED

MEMORY = timedelta(days=400)
"""How long a summary is kept: a little more than a year, so that what comes once a year is no news."""


def summary_of(verdict: Verdict, protocol: Protocol, *, archived: bool = False) -> Summary:
    """`protocol`: the one that judged; `archived`: the study was judged in the archive."""
    names = keepable(protocol.keywords, ASKABLE, TAGS)
    return summarise(verdict, protocol, names, archived=archived)


def remember(verdicts: Iterable[Verdict], arrival: str, gate: Gate) -> None:
    """Those on which nothing was decided before. Raises JournalError."""
    for verdict in verdicts:
        before = gate.journal.entry(arrival, verdict.study.uid)
        if before is None or before.state not in DECIDED:
            text = write(summary_of(verdict, gate.protocol))
            gate.journal.keep_summary(arrival, verdict.study.uid, text)


def forget(gate: Gate) -> None:
    """What is old. Raises JournalError."""
    gate.journal.forget_summaries(gate.now() - MEMORY)
