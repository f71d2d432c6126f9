"""The port `core.archive.Archive`, spoken to a real XNAT; its rooms are the prearchive and the permanent archive."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from xnat_gate.edge.xnat.archived import Archived
from xnat_gate.edge.xnat.connection import Connection
from xnat_gate.edge.xnat.intake import Intake
from xnat_gate.edge.xnat.login import Account


class Xnat(Intake, Archived):
    """All verbs of the port over one connection."""


@contextlib.contextmanager
def connected(account: Account) -> Iterator[Xnat]:
    """Log in, hand out, log out. Raises ArchiveUnavailable or LoginRefused."""
    connection = Connection(account)
    try:
        yield Xnat(connection)
    finally:
        connection.close()
