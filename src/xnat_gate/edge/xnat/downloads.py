"""What XNAT sends as a zip, piece by piece.

Law: a download that breaks off is told as that, and never ends as if it were whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import requests

from xnat_gate.core.archive import ArchiveRefused, ArchiveUnavailable
from xnat_gate.edge.xnat.connection import Connection
from xnat_gate.edge.xnat.silences import plain

PIECE = 1 << 20


def zipped(connection: Connection, path: str) -> Iterator[bytes]:
    """The zip at this path, asked for when its first piece is. Raises ArchiveUnavailable where it breaks off."""
    yield from downloaded(connection, path, {"format": "zip"})


def downloaded(connection: Connection, path: str, query: dict[str, str] | None = None) -> Iterator[bytes]:
    """As `zipped`, of whatever lies there."""
    answer = connection.call(
        "GET", path, query=query, timeout=connection.account.transfer_timeout, stream=True
    )
    with answer:
        pieces = answer.iter_content(PIECE)
        while True:
            try:
                piece = next(pieces, None)
            except (requests.RequestException, ValueError) as error:
                raise ArchiveUnavailable(f"the download of {path} broke off ({plain(error)})") from error
            if piece is None:
                return
            yield piece


def shown(connection: Connection, path: str) -> str:
    """SHA-256 of what lies there now; empty when nothing does, or nothing that may be seen."""
    try:
        return sha256(downloaded(connection, path))
    except ArchiveRefused:
        return ""


def sha256(pieces: Iterable[bytes]) -> str:
    """In hex, of all pieces together."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
