"""The images that a structure set is drawn on: those that are here, and the series they belong to.

Law: nothing is asked of the protocol, so that an answer that hangs on this alone can be remembered as it was given.
"""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case
from xnat_gate.core.drawing import ROI
from xnat_gate.core.linkage.edges import CONTOUR_IMAGES, HEADER_IMAGES, STUDY_ITEMS
from xnat_gate.core.linkage.kinds import RTKind, is_rt_class
from xnat_gate.core.linkage.presence import ambiguous
from xnat_gate.core.linkage.references import on
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.study import Instance, Series, Study

FRAMES, SERIES_ITEMS = STUDY_ITEMS[:1], HEADER_IMAGES[:3]
"""The items above its list of images."""


def structure_sets(case: Case) -> Iterator[RTLink]:
    """All of them, whether the protocol wants to hear of their links or not."""
    return (link for link in case.links if link.kind is RTKind.STRUCTURE_SET)


def images_here(link: RTLink, study: Study) -> dict[str, Instance]:
    """By SOPInstanceUID, without those that files of different content claim to be: nobody knows which one is meant."""
    claims = {uid: study.by_uid[uid] for uid in link.stands_on}
    return {uid: files[0] for uid, files in claims.items() if not ambiguous(files)}


def contoured_here(link: RTLink, study: Study) -> dict[str, Instance]:
    """Those of them that contours name; all, where no contour names any."""
    here = images_here(link, study)
    named = {ref.sop_instance_uid for ref in on(link.instance, CONTOUR_IMAGES)}
    return {uid: image for uid, image in here.items() if uid in named} if named else here


def named_series(link: RTLink, study: Study) -> tuple[Series, ...]:
    """The image series it names that are here, in its order."""
    here = {one.uid: one for one in study.series}
    series = (here[uid] for uid in link.instance.pointers.series_uids if uid in here)
    return tuple(one for one in series if images_of(one))


def images_of(series: Series) -> tuple[Instance, ...]:
    """The series without RT objects that share its UID."""
    return tuple(one for one in series.instances if not is_rt_class(one.sop_class_uid))


def one_series(link: RTLink, study: Study) -> str:
    """` of "CT series 2 Thorax"`, where it lists all its images under this one series and this is here; else nothing,
    since images that are missing cannot tell to which series they belong."""
    listed = {ref.sop_instance_uid for ref in on(link.instance, HEADER_IMAGES)}
    if len(link.instance.pointers.series_uids) != 1 or not listed.issuperset(link.missing):
        return ""
    named = named_series(link, study)
    if not named or any(image.series_uid != named[0].uid for image in images_here(link, study).values()):
        return ""
    return f" of {quoted(named[0])}"


def quoted(series: Series) -> str:
    """Its name as one word of a sentence."""
    return f'"{series.name}"'


def called(roi: ROI) -> str:
    """By the name that a person gave it."""
    return roi.name or (f"number {roi.number}" if roi.number else "one without a name")
