"""What a structure set lists and says of its lists (RT032, RT038-RT041, RT048, RT049)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from xnat_gate.core.checks.check import Case, Check, Remark, check, counted, listed
from xnat_gate.core.checks.drawn_on import (
    FRAMES,
    SERIES_ITEMS,
    contoured_here,
    images_here,
    quoted,
    structure_sets,
)
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.edges import (
    CONTOUR_IMAGES,
    HEADER_IMAGES,
    LISTED,
    PLANS,
    STRUCTURES,
    STUDY_ITEMS,
)
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.references import on
from xnat_gate.core.linkage.verdicts import Reason, RTLink
from xnat_gate.core.pointers import Path
from xnat_gate.core.study import Instance, Series, Study


@check(
    "RT032",
    "Contours lie on images that the structure set lists",
    Severity.WARNING,
    "Ask which system wrote the structure set, and export it again from there.",
)
def lists_agree(case: Case) -> Iterator[Remark]:
    """A structure set names its images twice: in a list of its own and at each contour (Contour Image Sequence, PS3.3
    C.8.8.5 and C.8.8.6). Both are optional; where both are given, an image of a contour that is not in the list means
    that a program changed one of them and forgot the other."""
    for link in structure_sets(case):
        in_header = {ref.sop_instance_uid for ref in on(link.instance, HEADER_IMAGES)}
        at_contours = {ref.sop_instance_uid for ref in on(link.instance, CONTOUR_IMAGES)}
        alone = len(at_contours - in_header) if in_header else 0
        if alone:
            message = (
                f"Contours of {name(link)} name {counted(alone, 'image')} that its own list does not have."
            )
            yield about(link, message, Effect.NOTE)


@check(
    "RT038",
    "A structure set is drawn on one series",
    Severity.WARNING,
    "Look at the structure set in the planning system; export one for each image series.",
)
def one_series_each(case: Case) -> Iterator[Remark]:
    """Viewers and research tools show a structure set on one series. DICOM allows more (PS3.3 C.8.8.5), and contours on
    the others are then lost from sight. Asked of the images that contours name, where any does; sets for CT, MR and PET
    side by side are no fault."""
    for link in structure_sets(case):
        series = _series_of(contoured_here(link, case.study), case.study)
        if len(series) > 1:
            names = listed(map(quoted, series))
            yield about(
                link,
                sentence(f"{name(link)} is drawn on images of {len(series)} series: {names}"),
                Effect.NOTE,
            )


def _series_of(images: Mapping[str, Instance], study: Study) -> list[Series]:
    uids = {image.series_uid for image in images.values()}
    return [series for series in study.series if series.uid in uids]


@check(
    "RT039",
    "The study that a structure set names is that of its images",
    Severity.WARNING,
    "Nothing for the images are here; some planning systems refuse such a structure set, so tell who anonymised it.",
)
def study_named(case: Case) -> Iterator[Remark]:
    """Above its list of images a structure set names their study (RT Referenced Study Sequence, PS3.3 C.8.8.5). It is
    often out of date after an anonymisation that treated it as an instance. The images themselves are found by their
    own identifiers; systems that compare the study refuse the set."""
    for link in structure_sets(case):
        named: defaultdict[int, set[str]] = defaultdict(set)
        for reference in on(link.instance, STUDY_ITEMS):
            named[reference.item].add(reference.sop_instance_uid)
        here = set(link.stands_on)
        items = {ref.item for ref in on(link.instance, HEADER_IMAGES) if ref.sop_instance_uid in here}
        if case.study.uid and any(item in named and case.study.uid not in named[item] for item in items):
            words = f"{name(link)} names another study than that of its images"
            yield about(link, sentence(words), Effect.NOTE)


@check(
    "RT040",
    "A structure set lies in the study of its images",
    Severity.WARNING,
    "Send the structure set in the study of its images, or ask for the two studies to be merged.",
)
def images_in_this_study(case: Case) -> Iterator[Remark]:
    """By the standard objects that refer to each other may lie in different studies (PS3.3 A.86.1.1.1.1); an XNAT
    session is one study, so the structures would stand in one session and their images in another. The structure set is
    judged without them."""
    elsewhere = {uid for other in case.companions for uid in other.instance_uids}
    for link in structure_sets(case):
        torn = sum(1 for uid in link.missing if uid in elsewhere)
        if torn:
            some = f"All {torn}" if torn == link.referenced else f"{torn} of the {link.referenced}"
            images = "The image" if link.referenced == 1 else f"{some} images"
            message = f"{images} that {name(link)} was drawn on came as part of another study."
            yield about(link, message, Effect.NOTE)


@check(
    "RT041",
    "Images are of the type that the structure set says",
    Severity.WARNING,
    "Export the structure set again from the system that holds these images.",
)
def classes_agree(case: Case) -> Iterator[Remark]:
    """A reference is an identifier and a type together (SOP Class and Instance UID, PS3.3 10.8). An image of this
    identifier and another type is not the one that is meant, or was converted since; it counts as missing."""
    for link in structure_sets(case):
        others = _of_another_class(link.instance, case.study)
        if others:
            what = counted(len(others), "image is", "images are")
            kinds = listed(sorted({one.modality for one in others.values()} - {""}))
            message = f"{what} of another type{f' ({kinds})' if kinds else ''} than {name(link)} says."
            yield about(link, message, Effect.NOTE)


def _of_another_class(structures: Instance, study: Study) -> dict[str, Instance]:
    others: dict[str, Instance] = {}
    for reference in on(structures, HEADER_IMAGES, CONTOUR_IMAGES):
        claims = study.by_uid.get(reference.sop_instance_uid, ())
        said = reference.sop_class_uid
        if claims and said and all(one.sop_class_uid != said for one in claims):
            others[reference.sop_instance_uid] = claims[0]
    return others


_MATTER: Mapping[RTKind, Mapping[Path, str]] = {
    RTKind.STRUCTURE_SET: {
        FRAMES: "its coordinate system",
        STUDY_ITEMS: "the study of its images",
        SERIES_ITEMS: "the series of its images",
        HEADER_IMAGES: "its images",
        CONTOUR_IMAGES: "the images of its contours",
    },
    RTKind.PLAN: {STRUCTURES: "its structure set"},
    RTKind.DOSE: {PLANS: "its plan", STRUCTURES: "its structure set"},
    RTKind.SEGMENTATION: {LISTED[:1]: "the series of its images", LISTED: "its images"},
}
"""Where blanks are faults. The plan of a treatment record and the source images of a segment may lawfully be blank
(type 2, PS3.3 C.8.8.17 and C.7.6.16.2.6)."""


@check(
    "RT048",
    "What names other objects is not blank",
    Severity.WARNING,
    "Ask who anonymised or converted the data; it must be done again without removing these references.",
)
def nothing_blank(case: Case) -> Iterator[Remark]:
    """A list of references that is there and has no item, or an item without its identifier, was most likely emptied by
    an anonymiser: who writes no reference leaves the list out (types 1 and 3, PS3.3 C.8.8.5). Where nothing at all is
    named any more, RT033 says so."""
    for link in case.links:
        matter = _MATTER.get(link.kind, {})
        blank = [matter[path] for path in link.instance.pointers.blanks if path in matter]
        told = link.kind is RTKind.STRUCTURE_SET and link.reason is Reason.NO_REFERENCE
        if blank and not told:
            words = f"{name(link)} is blank where it should name {listed(blank)}"
            yield about(link, sentence(words), Effect.NOTE)


@check(
    "RT049",
    "There is one structure set for the images",
    Severity.INFO,
    "Nothing, if all of them are wanted; else keep the one that was treated.",
)
def one_set(case: Case) -> Iterator[Remark]:
    """Several structure sets on the same images are lawful and usual: one for each author, purpose or version
    (Structure Set Label and Date, PS3.3 C.8.8.5). Whoever takes one out of the archive should know that there are
    others, and which is the newest."""
    for series, sets in _shared(case):
        names = listed(map(quoted, series))
        newest = _newest(sets)
        message = f"{len(sets)} structure sets are drawn on {names}{newest}."
        yield Remark(
            message=message,
            about=tuple(link.instance.sop_instance_uid for link in sets),
            files=tuple(link.instance.file for link in sets),
        )


def _shared(case: Case) -> Iterator[tuple[list[Series], list[RTLink]]]:
    """The series on which the same sets are drawn, and those sets; of files that claim to be one, the first by name."""
    sets: dict[str, RTLink] = {}
    for link in structure_sets(case):
        known = sets.setdefault(link.instance.sop_instance_uid, link)
        if link.instance.file < known.instance.file:
            sets[link.instance.sop_instance_uid] = link
    on_series: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for uid, link in sets.items():
        for image in images_here(link, case.study).values():
            on_series[image.series_uid][uid] = None
    groups: defaultdict[tuple[str, ...], list[Series]] = defaultdict(list)
    for series in case.study.series:
        if len(on_series.get(series.uid, ())) > 1:
            groups[tuple(on_series[series.uid])].append(series)
    for uids, together in groups.items():
        yield together, [sets[uid] for uid in uids]


def _newest(sets: list[RTLink]) -> str:
    """Nothing where one of them has no date, or another one of the last day may be as late."""
    dated = sorted((_moment(link.instance), place) for place, link in enumerate(sets))
    (day, time), place = dated[-1]
    rivals = {earlier for (on_day, earlier), _ in dated[:-1] if on_day == day}
    if not dated[0][0][0] or rivals & {"", time}:
        return ""
    written = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return f"; the newest is {name(sets[place])} of {written}"


def _moment(structures: Instance) -> tuple[str, str]:
    """Date and time, each empty where it is none; a time without seconds may be any time of its minute."""
    day = structures.value("StructureSetDate")
    time = structures.value("StructureSetTime").replace(":", "")
    told = _SECONDS.fullmatch(time)
    return day if len(day) == 8 and day.isdecimal() else "", ".".join(told.groups("")) if told else ""


_SECONDS = re.compile(r"(\d{6})(?:\.(\d*?)0*)?")


ALL: tuple[Check, ...] = (
    lists_agree,
    one_series_each,
    study_named,
    images_in_this_study,
    classes_agree,
    nothing_blank,
    one_set,
)
