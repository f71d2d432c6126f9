"""Scans that are added to an archived session one by one, for what XNAT's own merge refuses.

Law: nothing is overwritten, and nothing counts as stored before it was read back: XNAT answers 200 also to a file that
it did not store, because one of that name is there or the account may not edit.
"""

from __future__ import annotations

from typing import BinaryIO

from xnat_gate.core.archive import (
    ArchivedSession,
    Busy,
    Conflict,
    LateScan,
    OutcomeUnknown,
    Scan,
)
from xnat_gate.edge.xnat.archived import Archived
from xnat_gate.edge.xnat.connection import table
from xnat_gate.edge.xnat.downloads import sha256, shown
from xnat_gate.edge.xnat.paths import data

RESOURCE = "DICOM"
REASON = "xnat-gate: a late part of the study"
_BLOCK = 1 << 20


class LateScans(Archived):
    """PUT /data/experiments/E/scans/S and its resource DICOM."""

    def scans_of_session(self, session: ArchivedSession) -> tuple[Scan, ...]:
        answer = self._connection.call(
            "GET", data("experiments", session.id, "scans"), query={"format": "json", "columns": "ID,UID"}
        )
        return tuple(Scan(cells["ID"], cells["UID"]) for cells in table(answer))

    def add_scan(self, session: ArchivedSession, scan: LateScan) -> None:
        """Made without a word about it first: a PUT to a scan that is there changes nothing of it then, and is refused
        where it is of another type."""
        path = data("experiments", session.id, "scans", scan.id)
        self._connection.call("PUT", path, query={"xsiType": scan.xsi_type, "event_reason": REASON})
        series = self._series_of(session, scan.id)
        if series == scan.series_uid:
            return
        if series:
            raise Busy(f"somebody has made scan {scan.id} of {session.session} in the same moment")
        kind = scan.xsi_type
        fields = {
            f"{kind}/UID": scan.series_uid,
            f"{kind}/modality": scan.modality,
            f"{kind}/series_description": scan.description,
            f"{kind}/type": scan.description or scan.modality,
            f"{kind}/quality": "usable",
        }
        self._connection.call("PUT", path, query={"xsiType": kind, **fields, "event_reason": REASON})
        if self._series_of(session, scan.id) != scan.series_uid:
            raise Busy(f"XNAT does not show scan {scan.id} of {session.session} as it was made")

    def _series_of(self, session: ArchivedSession, scan_id: str) -> str:
        return next((one.series_uid for one in self.scans_of_session(session) if one.id == scan_id), "")

    def add_file(self, session: ArchivedSession, scan_id: str, name: str, content: BinaryIO) -> None:
        path = data("experiments", session.id, "scans", scan_id, "resources", RESOURCE, "files", name)
        sent = sha256(iter(lambda: content.read(_BLOCK), b""))
        content.seek(0)
        lost = None
        try:
            self._connection.call(
                "PUT",
                path,
                query={"inbody": "true", "format": "DICOM", "content": "RAW", "event_reason": "xnat-gate"},
                body=content,
                content_type="application/octet-stream",
                timeout=self._connection.account.transfer_timeout,
            )
        except OutcomeUnknown as error:
            lost = error
        held = shown(self._connection, path)
        if held == sent:
            return
        if lost is not None:
            raise lost
        raise Conflict(
            f"XNAT does not show a file of scan {scan_id} as it was sent: another one of that name is there, or this "
            "account may not edit the session"
        )
