"""The journal: what became of every study, in one SQLite file; the only door to sqlite3.

Laws: what `record` has returned from survives the death of the process and of the machine; steps and audit lines are
added and never changed, and every change of state has its audit line in the same transaction; UIDs and ids are
written down, never patient names. The file belongs on a local disk: SQLite's
write-ahead log does not work across hosts.
"""

from xnat_gate.core.audit import Facts, Fault, Line, Verified
from xnat_gate.core.likeness import Print
from xnat_gate.edge.journal.book import Journal
from xnat_gate.edge.journal.entry import Entry, Reason, Step
from xnat_gate.edge.journal.heartbeats import Service
from xnat_gate.edge.journal.protocols import KeptProtocol
from xnat_gate.edge.journal.refusals import (
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalTooNew,
    JournalUnavailable,
)
from xnat_gate.edge.journal.summaries import Summary

__all__ = [
    "Entry",
    "Facts",
    "Fault",
    "Journal",
    "JournalBusy",
    "JournalDamaged",
    "JournalError",
    "JournalTooNew",
    "JournalUnavailable",
    "KeptProtocol",
    "Line",
    "Print",
    "Reason",
    "Service",
    "Step",
    "Summary",
    "Verified",
]
