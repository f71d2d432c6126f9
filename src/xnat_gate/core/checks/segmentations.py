"""Segmentations and their images (RT105, RT106)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Check, Remark, check, counted
from xnat_gate.core.checks.consequence import own_effect
from xnat_gate.core.checks.inheritance import inherited, of_kinds, share_missing
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.edges import DERIVED_ALL, DERIVED_EACH, LISTED, LISTED_ELSEWHERE
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.references import on
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink


@check(
    "RT105",
    "The images of a segmentation are here",
    Severity.ERROR,
    "Send the complete image series that was segmented together with the segmentation.",
)
def segmented_images(case: Case) -> Iterator[Remark]:
    """Whether the images that a segmentation was made on have come: those that its segments are derived from, and those
    that it lists (PS3.3 C.8.20.2, C.12.2). A segmentation may lawfully be tied to images by its series or its frame of
    reference alone (PS3.3 A.51.5); then nothing proves which images are the right ones."""
    for link in of_kinds(case, RTKind.SEGMENTATION):
        if link.own is not Linkage.LINKED:
            yield about(link, _what_is_open(link), own_effect(link, case.protocol), _severity(link))
        yield from inherited(link, case)


def _severity(link: RTLink) -> Severity:
    if link.own is Linkage.ORPHAN:
        return Severity.ERROR
    proven = link.own is Linkage.PARTIAL or link.reason is Reason.TARGET_AMBIGUOUS
    return Severity.WARNING if proven else Severity.INFO


def _what_is_open(link: RTLink) -> str:
    words = {
        Reason.SERIES_ONLY: "names no images, only their series, which is here; "
        "whether these are the right images cannot be proven",
        Reason.SERIES_ABSENT: "names no images, only their series, which is missing",
        Reason.FRAME_UNIQUE: "names no images; only its coordinate system fits images that are here",
        Reason.FRAME_AMBIGUOUS: "names no images; only its coordinate system fits images that are here, "
        "in more than one series",
        Reason.NO_REFERENCE: "does not say to which images it belongs",
    }.get(link.reason)
    if words:
        return sentence(f"{name(link)} {words}")
    return share_missing(link, "image")


@check(
    "RT106",
    "The two image lists of a segmentation agree",
    Severity.WARNING,
    "Export the segmentation again; if it stays so, tell whoever runs the program that wrote it.",
)
def lists_agree(case: Case) -> Iterator[Remark]:
    """Whether all images that the segments are derived from (Derivation Image Sequence) are among those that the
    segmentation lists (Referenced Series Sequence, PS3.3 C.12.2). The list may hold more: slices on which nothing was
    found. Where it lacks some, an anonymiser or a converter has changed one of the two."""
    for link in case.links:
        if link.kind is RTKind.SEGMENTATION:
            listed = {ref.sop_instance_uid for ref in on(link.instance, LISTED, LISTED_ELSEWHERE)}
            derived = {ref.sop_instance_uid for ref in on(link.instance, DERIVED_EACH, DERIVED_ALL)}
            unlisted = derived - listed
            if listed and unlisted:
                what = counted(len(unlisted), "image")
                verb = "is" if len(unlisted) == 1 else "are"
                words = f"{what} that {name(link)} is derived from {verb} not in its own list of images"
                yield about(link, sentence(words), Effect.NOTE)


OF_LINKS: tuple[Check, ...] = (segmented_images,)
"""Those that ask nothing but the links and the protocol."""

ALL: tuple[Check, ...] = (*OF_LINKS, lists_agree)
