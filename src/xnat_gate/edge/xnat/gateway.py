"""The ports of the core, spoken to a real XNAT; a room for each of what XNAT is made of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from xnat_gate.edge.xnat.connection import Connection
from xnat_gate.edge.xnat.containers import Containers
from xnat_gate.edge.xnat.events import Events
from xnat_gate.edge.xnat.late_scans import LateScans
from xnat_gate.edge.xnat.launching import Launching
from xnat_gate.edge.xnat.login import Account
from xnat_gate.edge.xnat.reports import Reports
from xnat_gate.edge.xnat.sessions import ArchivedSessions
from xnat_gate.edge.xnat.site import Site


class Xnat(LateScans, ArchivedSessions, Site, Reports, Containers, Events, Launching):
    """All verbs of the ports over one connection."""


@contextlib.contextmanager
def connected(account: Account) -> Iterator[Xnat]:
    """Log in, hand out, log out. Raises ArchiveUnavailable or LoginRefused."""
    connection = Connection(account)
    try:
        yield Xnat(connection)
    finally:
        connection.close()
