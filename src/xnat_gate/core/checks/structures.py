"""Structure sets and the images they are drawn on (RT030, RT031, RT033-RT035)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.checks.consequence import is_ignored, own_effect
from xnat_gate.core.checks.drawn_on import images_of, named_series, one_series, quoted
from xnat_gate.core.checks.inheritance import unread
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.chain import names_itself
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Study

_BY_FRAME = (Reason.FRAME_UNIQUE, Reason.FRAME_AMBIGUOUS, Reason.STANDALONE_ALLOWED)


def _sets(case: Case, *reasons: Reason) -> Iterator[RTLink]:
    for link in case.links:
        if (
            link.kind is RTKind.STRUCTURE_SET
            and link.reason in reasons
            and not is_ignored(link, case.protocol)
        ):
            yield link


@check(
    "RT030",
    "All images that a structure set lists are here",
    Severity.ERROR,
    "Send the complete image series together with the structure set.",
)
def listed_images(case: Case) -> Iterator[Remark]:
    """A structure set lists the slices that it was drawn on (Contour Image Sequence below Referenced Frame of
    Reference Sequence, PS3.3 C.8.8.5), by SOP instance UID. Each of them must have arrived with it, under the same
    class and for the same patient."""
    reasons = (
        Reason.INSTANCE_SOME,
        Reason.FRAME_ONLY_INSTANCES_ABSENT,
        Reason.TARGET_ABSENT,
        Reason.TARGET_MISMATCH,
        Reason.TARGET_AMBIGUOUS,
    )
    for link in _sets(case, *reasons):
        severity = Severity.ERROR if link.own is Linkage.ORPHAN else Severity.WARNING
        message = f"{_what_is_missing(link, case.study)}{_why(link)}"
        yield about(link, message, own_effect(link, case.protocol), severity)


def _what_is_missing(link: RTLink, study: Study) -> str:
    """`3 of 190 images of "CT series 2 Thorax" that structure set "RS1" was drawn on are missing.`"""
    drawn_on = f"{one_series(link, study)} that {name(link)} was drawn on"
    if not link.missing:
        return f"All images{drawn_on} are here."
    if len(link.missing) < link.referenced:
        verb = "is" if len(link.missing) == 1 else "are"
        return f"{len(link.missing)} of {link.referenced} images{drawn_on} {verb} missing.{unread(link)}"
    if link.referenced == 1:
        return f"The image{drawn_on} is missing.{unread(link)}"
    return f"All {link.referenced} images{drawn_on} are missing.{unread(link)}"


def _why(link: RTLink) -> str:
    return {
        Reason.FRAME_ONLY_INSTANCES_ABSENT: " Other images in the same coordinate system are here.",
        Reason.TARGET_MISMATCH: _MISMATCH,
        Reason.TARGET_AMBIGUOUS: " But different files claim to be one and the same image, and only one can be right.",
    }.get(link.reason, "")


_MISMATCH = " What carries their identities is of another kind, of another patient, or has fewer frames."


@check(
    "RT031",
    "All images that carry contours are here",
    Severity.ERROR,
    "Send the complete image series together with the structure set.",
)
def contoured_images(case: Case) -> Iterator[Remark]:
    """A missing slice on which something is drawn is worse than one that is only listed: the contour hangs in the
    air. Named by the structures concerned (ROI Contour Sequence, PS3.3 C.8.8.6)."""
    for link in _sets(case, *Reason):
        if link.missing_contoured and link.present:
            on_what = f" of {listed(link.missing_rois)}" if link.missing_rois else ""
            verb = "carries" if len(link.missing_contoured) == 1 else "carry"
            what = counted(len(link.missing_contoured), "missing image")
            message = f"{what}{one_series(link, case.study)} {verb} contours{on_what} in {name(link)}."
            yield about(link, message, own_effect(link, case.protocol))


@check(
    "RT033",
    "A structure set says to which images it belongs",
    Severity.ERROR,
    "Export the structure set with its image references.",
)
def names_its_images(case: Case) -> Iterator[Remark]:
    """By the standard a structure set may name neither image nor series (type 3, PS3.3 C.8.8.5). Then nothing
    proves to which images it belongs; a frame of reference that fits is a hint, shared by every image registered
    to it."""
    for link in _sets(case, Reason.NO_REFERENCE, *_BY_FRAME):
        by_frame = link.reason in _BY_FRAME
        hint = " Only its coordinate system fits images that are here." if by_frame else ""
        message = sentence(f"{name(link)} does not say to which images it belongs{_blank(link)}") + hint
        severity = Severity.INFO if by_frame else Severity.ERROR
        yield about(link, message, own_effect(link, case.protocol), severity)


def _blank(link: RTLink) -> str:
    """An anonymiser was here."""
    return ": where it should, it is blank" if link.instance.pointers.blanks else ""


@check(
    "RT034",
    "The series that a structure set names is here",
    Severity.ERROR,
    "Send the named image series together with the structure set.",
)
def series_here(case: Case) -> Iterator[Remark]:
    """A structure set names the series of its images (RT Referenced Series Sequence, PS3.3 C.8.8.5). Where it names
    none of the images themselves, that series must be here, and still no image is proven to be the right one. Where the
    images are here as part of another series, that was changed after they were contoured: the links hold, but programs
    that look for the series do not find it."""
    for link in _sets(case, Reason.SERIES_ABSENT, Reason.SERIES_ONLY):
        absent = link.reason is Reason.SERIES_ABSENT
        words = f"{name(link)} names no images, only their series, which "
        words += "is missing" if absent else f"is here{_as_what(link, case.study)}"
        severity = Severity.ERROR if absent else Severity.INFO
        yield about(link, sentence(words), own_effect(link, case.protocol), severity)
    for link in _sets(case, *Reason):
        if link.other_series:
            words = f"{name(link)} names a series that is not here; its images are here as part of another"
            yield about(link, sentence(words), Effect.NOTE, Severity.WARNING)


def _as_what(link: RTLink, study: Study) -> str:
    series = named_series(link, study)
    images = sum(len(images_of(one)) for one in series)
    what = f" as {counted(images, 'image')} of {listed(map(quoted, series))}" if series else ""
    return f"{what}; whether these are the right images cannot be proven"


@check(
    "RT035",
    "The images are the ones that were contoured, not copies with new identities",
    Severity.ERROR,
    "Send the original images, or export the structure set again from the system that holds these images.",
)
def original_images(case: Case) -> Iterator[Remark]:
    """Images that were exported again, resampled or anonymised in another run keep series, study and frame of
    reference and get new instance UIDs. Everything looks right, and not one contour lies on an image that is here."""
    for link in _sets(case, Reason.SERIES_PRESENT_INSTANCES_ABSENT):
        images = sum(len(images_of(series)) for series in named_series(link, case.study))
        what = counted(images, "image") if images else "Images"
        verb = "is here, but it is" if images == 1 else "are here, but they are"
        missing = _what_is_missing(link, case.study)
        message = f"{missing} {what} of the same series {verb} another copy."
        yield about(link, message, own_effect(link, case.protocol))


@check(
    "RT150",
    "Objects do not refer to each other in a circle",
    Severity.ERROR,
    "Export the objects again; no system should write such references.",
)
def no_circles(case: Case) -> Iterator[Remark]:
    """Whether following the references leads back to where one began. An object that in the end stands on itself
    stands on nothing, and nobody can say what it was made on. One that names itself is RT151."""
    circular = [link for link in case.links if link.reason is Reason.CYCLE and not names_itself(link)]
    if circular:
        yield Remark(
            message=f"{counted(len(circular), _BY_OTHERS, 'RT files refer to each other in a circle')}.",
            effect=Effect.HOLD,
            about=tuple(link.instance.sop_instance_uid for link in circular),
            files=tuple(link.instance.file for link in circular),
        )


_BY_OTHERS = "RT file refers to itself by way of others"


OF_LINKS = (listed_images, contoured_images, names_its_images, series_here, original_images)
"""Those that ask nothing but the links and the protocol: which circle is which, the references tell."""
ALL = (*OF_LINKS, no_circles)
