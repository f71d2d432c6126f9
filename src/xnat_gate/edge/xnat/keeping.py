"""Rejected objects, kept in XNAT itself: for a gate whose own disk does not outlive it.

Laws: one request is one zip with its reason, under a name of its own; nothing counts as kept before it has been read
back byte for byte, since XNAT answers 200 also to a file that it did not store.
"""

from __future__ import annotations

import json
import re
import secrets
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

from xnat_gate.core.archive import ArchiveRefused, OutcomeUnknown
from xnat_gate.core.keeping import KeepingFailed
from xnat_gate.edge.xnat.connection import Connection
from xnat_gate.edge.xnat.downloads import sha256, shown
from xnat_gate.edge.xnat.paths import data

RESOURCE, REASON = "REJECTED", "reason.json"
_HARMLESS = re.compile(r"[^A-Za-z0-9._-]")
_BLOCK = 1 << 20


class XnatShelf:
    """The resource REJECTED of a project (QUARANTINE). `scratch`: folder for the zip while it is made.

    Each request becomes `<UTC stamp>-<arrival>-<token>.zip`: the files, numbered, and a reason.json with the arrival,
    the time, the names as stored and as they came, and the reason as given. Raises KeepingFailed where XNAT does not
    show it again whole, ArchiveError where XNAT cannot be asked.
    """

    def __init__(self, connection: Connection, project: str, scratch: Path) -> None:
        self._connection = connection
        self._project = project
        self._scratch = scratch

    def keep_members(
        self, members: Iterable[tuple[str, BinaryIO]], reason: Mapping[str, object], *, arrival: str
    ) -> str:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{_HARMLESS.sub('_', arrival)}-{secrets.token_hex(4)}.zip"
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._scratch) as file:
            about = {"arrival": arrival, "kept": now.isoformat(timespec="seconds")}
            _pack(members, {**about, "reason": dict(reason)}, file)
            self._put(data("projects", self._project, "resources", RESOURCE, "files", name), file)
        return f"{self._project} / {RESOURCE} / {name}"

    def _put(self, path: str, file: IO[bytes]) -> None:
        sent = sha256(iter(lambda: file.read(_BLOCK), b""))
        file.seek(0)
        try:
            self._connection.call(
                "PUT",
                path,
                query={"inbody": "true", "event_reason": "xnat-gate"},
                body=file,
                content_type="application/zip",
                timeout=self._connection.account.transfer_timeout,
            )
            lost = None
        except OutcomeUnknown as error:
            lost = error
        except ArchiveRefused as error:
            raise KeepingFailed(f"rejected objects cannot be kept in {self._project}: {error}") from error
        if shown(self._connection, path) != sent:
            if lost is not None:
                raise lost
            raise KeepingFailed(
                f"XNAT says that it keeps the rejected objects in {self._project}, and does not show them again as "
                "they are: may this account edit that project?"
            )


def _pack(members: Iterable[tuple[str, BinaryIO]], about: Mapping[str, object], target: IO[bytes]) -> None:
    """Write the zip and rewind. Raises KeepingFailed where there is nothing to keep, TypeError for a reason that is no
    JSON."""
    files: list[dict[str, str]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for came_as, content in members:
            stored = f"{len(files) + 1:05}-{_HARMLESS.sub('_', came_as.rpartition('/')[2])[-100:]}"
            with bundle.open(zipfile.ZipInfo(stored), "w", force_zip64=True) as sink:
                while block := content.read(_BLOCK):
                    sink.write(block)
            files.append({"stored": stored, "came_as": came_as})
        if not files:
            raise KeepingFailed("there was nothing to keep")
        document = json.dumps({**about, "files": files}, indent=2, ensure_ascii=False) + "\n"
        bundle.writestr(REASON, document.encode(errors="backslashreplace"))
    target.seek(0)
