"""Coordinate systems of structure sets agree with their images (RT036, RT037)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Check, Remark, check, counted, listed
from xnat_gate.core.checks.drawn_on import (
    FRAMES,
    called,
    images_here,
    images_of,
    named_series,
    structure_sets,
)
from xnat_gate.core.checks.rt_object import about, name
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.edges import HEADER_IMAGES
from xnat_gate.core.linkage.references import on
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.study import Instance, Study


@check(
    "RT036",
    "A structure set and its images lie in one coordinate system",
    Severity.WARNING,
    "Ask which system wrote the structure set, and look at the contours on the images before they are used.",
)
def frames_agree(case: Case) -> Iterator[Remark]:
    """The frame of reference under which a structure set lists an image, and that of the structures drawn on it, must
    be the image's own (PS3.3 C.8.8.5.1, C.7.4.1). Contours are millimetres in that system: in another one they lie
    elsewhere in the body. Where images are named one by one the identifier alone may be wrong; where only their series
    is named, nothing is left that speaks for it, and the study waits."""
    for link in structure_sets(case):
        if link.stands_on:
            images = _images_elsewhere(link, case.study)
            if images:
                verb = "lies" if images == 1 else "lie"
                what = counted(images, "image")
                message = (
                    f"{what} that {name(link)} was drawn on {verb} in another coordinate system than it says."
                )
                yield about(link, message, Effect.NOTE)
        elif _series_elsewhere(link, case.study):
            message = f"The images of the series that {name(link)} names lie in another coordinate system than it says."
            yield about(link, message, Effect.HOLD, Severity.ERROR)


def _images_elsewhere(link: RTLink, study: Study) -> int:
    """How many of the images here have another frame of reference than is said of them."""
    said = _said_of_images(link.instance)
    frames = {uid: image.value("FrameOfReferenceUID") for uid, image in images_here(link, study).items()}
    return sum(1 for uid, frame in frames.items() if frame and said.get(uid, set()) - {frame})


def _said_of_images(structures: Instance) -> dict[str, set[str]]:
    """Of each image, the frames of reference under which it is listed and of the structures drawn on it. A structure in
    a frame that is not listed is the matter of RT037."""
    said: defaultdict[str, set[str]] = defaultdict(set)
    header = {frame.item: frame.uid for frame in structures.pointers.frames if frame.path == FRAMES}
    for reference in on(structures, HEADER_IMAGES):
        if reference.item in header:
            said[reference.sop_instance_uid].add(header[reference.item])
    known = set(header.values())
    rois = {
        roi.number: roi.frame_uid
        for roi in structures.drawing.rois
        if roi.frame_uid and (roi.frame_uid in known or not known)
    }
    for outline in structures.drawing.outlines:
        if outline.image_uid and outline.roi in rois:
            said[outline.image_uid].add(rois[outline.roi])
    return said


def _series_elsewhere(link: RTLink, study: Study) -> bool:
    """Whether the series that it names are here, and not one of them lies in a frame that it uses."""
    used = set(link.instance.pointers.frame_uids)
    images = (image for series in named_series(link, study) for image in images_of(series))
    frames = {image.value("FrameOfReferenceUID") for image in images} - {""}
    return bool(used and frames) and used.isdisjoint(frames)


@check(
    "RT037",
    "The coordinate system of every structure is listed",
    Severity.WARNING,
    "Ask which system wrote the structure set, and export it again from there.",
)
def frames_listed(case: Case) -> Iterator[Remark]:
    """Each structure says in which frame of reference it is drawn, and the header lists each of these once, with the
    images that lie in it (PS3.3 C.8.8.5.1). A structure in a frame that is not listed may be meant for images that
    nobody named."""
    for link in structure_sets(case):
        known = {frame.uid for frame in link.instance.pointers.frames if frame.path == FRAMES}
        lost = [called(roi) for roi in link.instance.drawing.rois if known and roi.frame_uid not in known]
        if lost:
            what = counted(len(lost), "structure lies", "structures lie")
            message = f"{what} in no coordinate system that {name(link)} lists: {listed(lost)}."
            yield about(link, message, Effect.NOTE)


ALL: tuple[Check, ...] = (frames_agree, frames_listed)
