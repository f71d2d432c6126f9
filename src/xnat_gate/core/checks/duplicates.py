"""Said once: objects and series that claim one identity (RT012-RT014).

Two of the four classes of duplicates, same bytes and other bytes; the two that need the pixels are in core.likeness.
"""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.verification import is_phantom
from xnat_gate.core.study import Instance


@check(
    "RT012",
    "An object is sent once",
    Severity.WARNING,
    "Nothing to do: one copy is kept, the others are dropped.",
)
def same_twice(case: Case) -> Iterator[Remark]:
    """Byte for byte the same file under another name: harmless, one copy goes on."""
    copies = [files for files in _claimed_twice(case) if _identical(files)]
    if copies:
        extra = sum(len(files) - 1 for files in copies)
        yield Remark(
            message=f"{counted(extra, 'file is a copy of another', 'files are copies of others')}, byte for byte.",
            about=(files[0].sop_instance_uid for files in copies),
        )


@check(
    "RT013",
    "An identity belongs to one object",
    Severity.ERROR,
    "Find out which of the files is valid before importing; all of them are kept.",
)
def one_identity(case: Case) -> Iterator[Remark]:
    """Two files with one SOPInstanceUID and different contents: an edited copy that kept the UID. XNAT would keep
    one of them and nobody would know which. What follows is the protocol's `duplicates.other_bytes`."""
    clashes = [files for files in _claimed_twice(case) if not _identical(files)]
    for files in clashes:
        yield Remark(
            message=f"{len(files)} files with different contents claim to be the same object (one SOPInstanceUID).",
            files=(instance.file for instance in files),
            effect=case.protocol.duplicates.other_bytes,
            about=(files[0].sop_instance_uid,),
            bars_delivery=True,
        )


def _claimed_twice(case: Case) -> list[tuple[Instance, ...]]:
    return [files for uid, files in case.study.by_uid.items() if uid and len(files) > 1]


def _identical(files: tuple[Instance, ...]) -> bool:
    """An unknown digest is nobody's twin."""
    digests = {instance.digest for instance in files}
    return len(digests) == 1 and None not in digests


@check(
    "RT014",
    "A series belongs to one study and one modality",
    Severity.ERROR,
    "Export again so that images and RT objects have series of their own, and each study its own series.",
)
def one_series(case: Case) -> Iterator[Remark]:
    """A series holds one modality (PS3.3 C.7.3.1). A structure set that carries the SeriesInstanceUID of the CT would
    be pooled with it in one XNAT scan without a word. Images of a phantom (`phantoms` of the protocol) may come with
    several studies."""
    for series in case.study.series:
        if series.uid and len(series.modalities) > 1:
            yield Remark(
                message=f"Objects of different kinds share one series: {listed(map(_kind, series.modalities))}.",
                effect=Effect.HOLD,
                about=(series.uid,),
            )
    elsewhere = {uid for other in case.companions for uid in other.series_uids}
    prefixes = case.protocol.phantom_uid_prefixes
    shared = [
        series
        for series in case.study.series
        if series.uid in elsewhere - {""} and not all(is_phantom(one, prefixes) for one in series.instances)
    ]
    if shared:
        yield Remark(
            message=f"{counted(len(shared), 'series', 'series')} of this study also arrived as part of another study: "
            f"{listed(series.name for series in shared)}.",
            effect=Effect.HOLD,
            about=(series.uid for series in shared),
        )


def _kind(modality: str) -> str:
    return modality or "some without Modality"


ALL = (same_twice, one_identity, one_series)
