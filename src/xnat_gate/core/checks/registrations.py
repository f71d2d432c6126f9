"""Registrations and fiducials (RT103, RT104)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.absence import Absence
from xnat_gate.core.checks.check import Case, Check, Remark, check, counted, listed
from xnat_gate.core.checks.consequence import own_effect
from xnat_gate.core.checks.inheritance import inherited, of_kinds, share_missing
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.items import items_of
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.pointers import Reference

_BY_FRAME = (Reason.FRAME_UNIQUE, Reason.FRAME_AMBIGUOUS)


@check(
    "RT103",
    "The images of a registration are here",
    Severity.ERROR,
    "Send all image series that were registered, or marked, together with it.",
)
def registered_images(case: Case) -> Iterator[Remark]:
    """Whether every item of a registration or of a set of fiducials finds what it names: the images (PS3.3 C.20.2,
    C.20.3, C.21.2), or, where it names only a frame of reference, a series in that frame. A registration of images
    that are not here moves nothing, and one that connects no two coordinate systems is told for information."""
    for link in of_kinds(case, RTKind.REGISTRATION, RTKind.FIDUCIALS):
        if link.own is not Linkage.LINKED:
            yield about(link, _what_is_open(link), own_effect(link, case.protocol), _severity(link))
        yield from inherited(link, case)
        if _connects_nothing(link, case):
            words = f"{name(link)} connects no two coordinate systems"
            yield about(link, sentence(words), Effect.NOTE, Severity.INFO)


def _severity(link: RTLink) -> Severity:
    if link.reason in _BY_FRAME:
        return Severity.INFO
    return Severity.ERROR if link.own is Linkage.ORPHAN else Severity.WARNING


def _what_is_open(link: RTLink) -> str:
    if link.reason in _BY_FRAME:
        return sentence(f"{name(link)} names no images; only its coordinate systems fit images that are here")
    if link.reason is Reason.FRAME_SOME:
        return f"No images in one of the coordinate systems of {name(link)} are here."
    if not link.referenced:
        return f"No images in the coordinate systems of {name(link)} are here."
    return share_missing(link, "image")


def _connects_nothing(link: RTLink, case: Case) -> bool:
    """All that it speaks of lies in one frame of reference, as far as that is known of all. Series that share a frame
    can be registered to each other by their images."""
    if link.kind is not RTKind.REGISTRATION or link.missing or link.elsewhere:
        return False
    items = items_of(link.instance, link.kind)
    images = (image for uid in link.stands_on for image in case.study.by_uid.get(uid, ()))
    of_images = {(image.value("FrameOfReferenceUID"), image.series_uid) for image in images}
    series = {one for _, one in of_images}
    frames = {frame for frame, _ in of_images} | {uid for item in items for uid in item.frames}
    frames |= {link.instance.value("FrameOfReferenceUID")}
    return bool(items) and len(frames - {""}) == 1 and "" not in frames and len(series) < 2


@check(
    "RT104",
    "What a registration was made with is here",
    Severity.INFO,
    "Nothing, unless it is wanted in the archive, too: the registration is whole without it.",
)
def used_objects(case: Case) -> Iterator[Remark]:
    """Whether the structure sets, segmentations and fiducials by which images were registered (Used RT Structure Set
    ROI, Used Segments and Used Fiducials Sequences, PS3.3 C.20.2) came with it, and whether the structure sets have
    the ROIs that are named. Without them nobody can see what the registration was made by."""
    absence = Absence(case)
    for link in case.links:
        if link.kind is RTKind.REGISTRATION:
            used = [ref for ref in link.instance.pointers.references if ref.path[-1] in _USED]
            lost = absence.of(link.instance, used)
            if lost:
                words = f"{counted(len(lost), 'object')} that {name(link)} was made with did not come with it"
                yield about(link, sentence(words), Effect.NOTE)
            unknown = _unknown_rois(link, used, case)
            if unknown:
                words = f"the structure set that {name(link)} was made with has no ROI {listed(unknown)}"
                yield about(link, sentence(words), Effect.NOTE)


_ROIS = "UsedRTStructureSetROISequence"
_USED = (_ROIS, "UsedSegmentsSequence", "UsedFiducialsSequence")


def _unknown_rois(link: RTLink, used: list[Reference], case: Case) -> list[str]:
    """Of structure sets that are here, by number."""
    here = {
        ref.sop_instance_uid: {
            roi.number for one in case.study.by_uid.get(ref.sop_instance_uid, ()) for roi in one.drawing.rois
        }
        for ref in used
        if ref.path[-1] == _ROIS
    }
    return [
        number.value
        for number in link.instance.pointers.numbers
        if number.path[-1] == _ROIS and number.value and here.get(number.under)
        if number.value not in here[number.under]
    ]


OF_LINKS: tuple[Check, ...] = (registered_images,)
"""Those that ask nothing but the links and the protocol; of made-up links, which have no pointers, nothing more is
told than that."""

ALL: tuple[Check, ...] = (*OF_LINKS, used_objects)
