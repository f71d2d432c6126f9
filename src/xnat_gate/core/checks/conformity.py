"""Objects that are what they say they are (RT008-RT010, RT023)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.checks.headers import uids_of
from xnat_gate.core.finding import Severity
from xnat_gate.core.linkage.presence import is_volume
from xnat_gate.core.receiving import is_uid
from xnat_gate.core.storage_classes import RECEIVED, kind_and_modality, name_of
from xnat_gate.core.study import Instance, Series

_SAID_TWICE = {
    "MediaStorageSOPClassUID": "SOPClassUID",
    "MediaStorageSOPInstanceUID": "SOPInstanceUID",
}


@check(
    "RT008",
    "The file header names the object that is in the file",
    Severity.WARNING,
    "Nothing is lost: the contents count. Ask whoever runs the anonymiser to let it write the file header anew, too.",
)
def one_header(case: Case) -> Iterator[Remark]:
    """Asks whether class and identity are the same in the file meta information and in the data set (PS3.10 section
    7.1). Where they differ, a tool has changed the one and forgotten the other, and programs that read only the file
    meta take the object for another one. Files without file meta are not asked (RT001)."""
    torn = [one for one in case.study.instances if any(_differ(one, *pair) for pair in _SAID_TWICE.items())]
    if torn:
        yield Remark(
            message=f"{counted(len(torn), 'file names', 'files name')} another object in the file header than in the "
            "contents.",
            about=uids_of(torn),
            files=(one.file for one in torn),
        )


def _differ(instance: Instance, outside: str, inside: str) -> bool:
    """Whether both are there and not the same."""
    said = {instance.value(outside), instance.value(inside)} - {""}
    return len(said) > 1


@check(
    "RT009",
    "XNAT's own receiver takes every kind of object",
    Severity.WARNING,
    "Nothing has to be done here. Send such objects through the gate, never to XNAT's own DICOM receiver.",
)
def kinds_of_the_archive(case: Case) -> Iterator[Remark]:
    """Asks whether each SOP class is on the fixed list of XNAT's own DICOM receiver, which refuses all others: RT
    objects of the second generation from RT Radiation Set on, label maps, softcopy presentation states, private
    classes (PS3.4 B.5). The gate hands objects over by XNAT's import service, which asks for no class: so they are
    kept, but XNAT may show them as a scan of no special type, and a viewer not at all."""
    strange = [
        one for one in case.study.instances if is_uid(one.sop_class_uid) and one.sop_class_uid not in RECEIVED
    ]
    if strange:
        kinds = {name_of(one.sop_class_uid) or "kind unknown to the gate" for one in strange}
        they = "it is" if len(strange) == 1 else "they are"
        yield Remark(
            message=f"XNAT's own receiver would refuse {counted(len(strange), 'file')} "
            f"({listed(sorted(kinds))}); delivered by the gate {they} kept.",
            about=uids_of(strange),
            files=(one.file for one in strange),
        )


@check(
    "RT010",
    "The Modality fits the kind of object",
    Severity.WARNING,
    "Ask the sender which tool wrote the Modality, and export again without it.",
)
def fitting_modality(case: Case) -> Iterator[Remark]:
    """Asks whether the Modality is the one that the standard gives to this kind of object, where it gives one (PS3.3
    C.7.3.1.1.1). The lists of the protocol go by the Modality: an object under a wrong one may pass where it should
    not, or be stopped where it could pass. Empty Modalities are RT002's."""
    wrong: dict[str, list[Instance]] = {}
    for instance in case.study.instances:
        if (told := instance.modality.strip()) and (known := kind_and_modality(instance.sop_class_uid)):
            kind, modality = known
            if told != modality:
                wrong.setdefault(f"{kind} say {told}", []).append(instance)
    if wrong:
        files = [one for some in wrong.values() for one in some]
        they = "file has a Modality that does not fit what it is"
        plural = "files have a Modality that does not fit what they are"
        yield Remark(
            message=f"{counted(len(files), they, plural)}: {listed(sorted(wrong))}.",
            about=uids_of(files),
            files=(one.file for one in files),
        )


@check(
    "RT023",
    "The files of a series agree on what the series is",
    Severity.WARNING,
    "Look whether two series were mixed up under one identifier; if so, export them again as two.",
)
def one_description(case: Case) -> Iterator[Remark]:
    """Asks whether all files of a series give it one number, one description and one frame of reference, which belong
    to the series and not to its files (PS3.3 C.7.3.1). XNAT names the scan by one of them, and the others are not
    seen any more. Files that leave one of them out are not asked; the Modality is RT014's, the frame of reference of
    volumes RT125's."""
    for series in case.study.series:
        disputed = [word for keyword, word in _OF_SERIES.items() if _disagree(series, keyword)]
        if series.uid and disputed:
            yield Remark(
                message=f"The files of one series ({series.name}) do not agree on its {' and its '.join(disputed)}.",
                about=(series.uid,),
            )


_OF_SERIES = {
    "SeriesNumber": "number",
    "SeriesDescription": "description",
    "FrameOfReferenceUID": "frame of reference",
}


def _disagree(series: Series, keyword: str) -> bool:
    if keyword == "FrameOfReferenceUID" and is_volume(series):
        return False
    return len({_meant(one.value(keyword)) for one in series.instances} - {""}) > 1


def _meant(text: str) -> str:
    """7, 007 and ' 7 ' are one number."""
    try:
        return str(int(text))
    except ValueError:
        return text.strip()


ALL = (one_header, kinds_of_the_archive, fitting_modality, one_description)
