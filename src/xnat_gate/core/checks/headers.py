"""Files whole, headers there, UIDs real (RT001-RT003)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.labels import source_keywords
from xnat_gate.core.study import IDENTITY, Instance

UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")


@check(
    "RT001",
    "Every file can be read as DICOM to its end",
    Severity.ERROR,
    "Export the study again from the source system and send it whole; the damaged files are kept.",
)
def readable(case: Case) -> Iterator[Remark]:
    """A file that is cut off, damaged, or lacks the header that DICOM files begin with (PS3.10 section 7.1) would
    leave a hole in the study that nobody sees later. The study waits until it has been sent whole."""
    damaged = [item for item in case.study.damaged if not item.limit]
    if damaged:
        yield Remark(
            message=f"{counted(len(damaged), 'file')} of this study cannot be read to the end.",
            effect=Effect.HOLD,
            files=(item.file for item in damaged),
            bars_delivery=True,
        )
    bare = [instance for instance in case.study.instances if not instance.part10]
    if bare:
        yield Remark(
            message=f"{counted(len(bare), 'file lacks', 'files lack')} the DICOM file header (preamble and file meta).",
            effect=Effect.HOLD,
            files=(instance.file for instance in bare),
            about=(instance.sop_instance_uid for instance in bare),
            bars_delivery=True,
        )


@check(
    "RT002",
    "The headers that identify an object are there and not empty",
    Severity.ERROR,
    "Complete the registration in the source system and export again.",
)
def identified(case: Case) -> Iterator[Remark]:
    """PatientName becomes the XNAT subject and PatientID the session; the UIDs say what belongs together; the
    Modality decides where a study may go. None of them is ever made up here."""
    for keyword in dict.fromkeys((*IDENTITY, *label_keywords(case))):
        lacking = [instance for instance in case.study.instances if not instance.value(keyword)]
        if lacking:
            yield Remark(
                message=f"{keyword} is missing or empty in {counted(len(lacking), 'file')}.",
                effect=Effect.HOLD,
                files=(instance.file for instance in lacking),
                about=uids_of(lacking),
                bars_delivery=keyword in UIDS,
            )


def templates(case: Case) -> tuple[str, str]:
    return case.protocol.subject_label, case.protocol.session_label


def label_keywords(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for template in templates(case) for word in source_keywords(template)))


@check(
    "RT003",
    "UIDs are real",
    Severity.ERROR,
    "Ask the sender which tool rewrote the identifiers, and export again without it.",
)
def real_uids(case: Case) -> Iterator[Remark]:
    """A UID holds digits and dots, at most 64 characters, no component with a leading zero (PS3.5 9.1), and comes
    from a root that somebody owns. A constant such as 1111 merges data that have nothing to do with each other."""
    for keyword in UIDS:
        malformed = [
            i for i in case.study.instances if i.value(keyword) and not _well_formed(i.value(keyword))
        ]
        if malformed:
            yield Remark(
                message=f"{keyword} is not a valid UID in {counted(len(malformed), 'file')}.",
                effect=Effect.HOLD,
                files=(instance.file for instance in malformed),
                about=uids_of(malformed),
                bars_delivery=True,
            )
        invented = [
            i for i in case.study.instances if _well_formed(i.value(keyword)) and _constant(i.value(keyword))
        ]
        if invented:
            yield Remark(
                message=f"{keyword} looks made up, not like a real identifier, in {counted(len(invented), 'file')}.",
                effect=Effect.HOLD,
                files=(instance.file for instance in invented),
                about=uids_of(invented),
                bars_delivery=True,
            )


_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


def _well_formed(uid: str) -> bool:
    return len(uid) <= 64 and _UID.fullmatch(uid) is not None


def _constant(uid: str) -> bool:
    """Fewer than three components, or the same one again and again: no registered root looks like that."""
    components = uid.split(".")
    return len(components) < 3 or len(set(components)) == 1


def uids_of(instances: Iterable[Instance]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(instance.sop_instance_uid for instance in instances))


ALL = (readable, identified, real_uids)
