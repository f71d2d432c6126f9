"""From a folder of files to what is said of them, with the protocol that comes with the program."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydicom.dataset import Dataset

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.finding import Effect
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Verdict, judge_together
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Reading, group
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.edge.protocol_file import default_path, load
from xnat_gate.sandbox.phantoms import EXPLICIT, save

Told = tuple[str, str, str]
"""Effective verdict, own verdict and reason of one RT object."""

LINKED: Told = ("LINKED", "LINKED", "INSTANCE_ALL")


@cache
def protocol() -> Protocol:
    return load(default_path(), VOCABULARY)


def read(folder: Path) -> Reading:
    return read_folder(folder, to_read(protocol()))


def judged(folder: Path) -> tuple[Verdict, ...]:
    """One verdict for each study in the folder, in the order of their UIDs."""
    return judge_together(group(read(folder)), protocol())


def judged_one(folder: Path) -> Verdict:
    (verdict,) = judged(folder)
    return verdict


def written(folder: Path, *parts: Dataset | Iterable[Dataset], syntax: str = EXPLICIT) -> Path:
    """A file for each object, named by its place in the row: what shares a UID is a file of its own."""
    flat = (one for part in parts for one in ((part,) if isinstance(part, Dataset) else part))
    for place, one in enumerate(flat):
        save(one, folder / f"{place:03}.dcm", syntax)
    return folder


def links(verdict: Verdict) -> dict[str, Told]:
    """Of each RT object by its kind; several of one kind must be told alike."""
    told: dict[str, Told] = {}
    for link in verdict.links:
        one = (link.effective.value, link.own.value, link.reason.value)
        assert told.setdefault(link.kind.value, one) == one, (
            "objects of one kind are told apart by `told_each`"
        )
    return told


def told_each(verdict: Verdict) -> list[tuple[str, Told]]:
    """Of each RT object, kind and verdict, in order."""
    return sorted(
        (link.kind.value, (link.effective.value, link.own.value, link.reason.value)) for link in verdict.links
    )


def weighing(verdict: Verdict) -> set[str]:
    """The ids of the findings that are more than a note."""
    return {finding.id for finding in verdict.findings if finding.effect is not Effect.NOTE}


def noted(verdict: Verdict) -> set[str]:
    """The ids of the findings that are no more than a note."""
    return {finding.id for finding in verdict.findings if finding.effect is Effect.NOTE}


def said(verdict: Verdict, id: str) -> str:
    """The messages of this check."""
    return "\n".join(finding.message for finding in verdict.findings if finding.id == id)
