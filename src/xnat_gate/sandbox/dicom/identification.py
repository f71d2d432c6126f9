"""XNAT's default identification of an object (ClassicDicomObjectIdentifier): project, subject, session, auto-archive.

Laws: explicit words of the request go first; a project counts only when `writable` says so, else the object is
Unassigned; characters outside [A-Za-z0-9_-] of what was read from the header become `_`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from xnat_gate.sandbox.dicom.header import Header

LAST_SESSION = "dicom_upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the request says about an object; None when it says nothing."""

    project: str | None = None
    subject: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """`project` None is Unassigned; `auto_archive` is what the object's comments say, None when nothing."""

    project: str | None
    subject: str
    session: str
    auto_archive: bool | None


def identify(header: Header, wish: Wish, writable: Callable[[str], bool]) -> Identity:
    named = _said(header, "AA")
    return Identity(
        project=next((name for name in _projects(header, wish) if name and writable(name)), None),
        subject=wish.subject or clean(_said(header, "Subject") or header.patient_name),
        session=wish.session or clean(_said(header, "Session") or header.patient_id or LAST_SESSION),
        auto_archive=named.lower() == "true" if named.lower() in {"true", "false"} else None,
    )


def clean(label: str) -> str:
    """A label XNAT accepts."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", label)


def _projects(header: Header, wish: Wish) -> list[str]:
    said = [_said(header, "Project")] if _said(header, "Project") else []
    return [wish.project or "", *said, header.study_description, header.accession_number]


def _said(header: Header, word: str) -> str:
    """`word:X` in the three comment fields, in XNAT's order; '' when none says it."""
    for text in (header.patient_comments, header.study_comments, header.patient_history):
        if found := re.search(rf"\b{word}\s*:\s*([\w-]+)", text, re.IGNORECASE):
            return found[1]
    return ""
