"""How a check speaks of objects of some kinds, and of what they inherit from the objects that they stand on."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark
from xnat_gate.core.checks.consequence import effect, is_ignored
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Severity
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink

_TOLD_ELSEWHERE = (Reason.CYCLE, Reason.READ_FAILURE)
"""RT150, RT001."""
_NEEDS = {
    RTKind.STRUCTURE_SET: "images",
    RTKind.SEGMENTATION: "images",
    RTKind.REGISTRATION: "images",
    RTKind.FIDUCIALS: "images",
    RTKind.PLAN: "structure set",
    RTKind.DOSE: "plan",
    RTKind.RECORD: "plan",
    RTKind.RT_IMAGE: "plan",
    RTKind.SECOND_GENERATION: "foundations",
}


def of_kinds(case: Case, *kinds: RTKind) -> Iterator[RTLink]:
    """Those of which the protocol wants to hear, and of which nothing worse is told."""
    for link in case.links:
        if link.kind in kinds and not is_ignored(link, case.protocol) and link.reason not in _TOLD_ELSEWHERE:
            yield link


def inherited(link: RTLink, case: Case) -> Iterator[Remark]:
    """The cause once more, where it is felt; said by nobody who ignores the cause, or a link on the way to it."""
    root = link.root
    if root is not link and not any(is_ignored(one, case.protocol) for one in link.line):
        message = sentence(f"{name(link)} depends on {name(root)}, {_how_bad(root)}")
        severity = Severity.INFO if root.reason is Reason.STANDALONE_ALLOWED else Severity.WARNING
        yield about(link, message, effect(link, case.protocol), severity)


def _how_bad(root: RTLink) -> str:
    if root.reason is Reason.CYCLE:
        return "which refers to itself in a circle"
    if root.reason is Reason.READ_FAILURE:
        return "which cannot be read"
    if root.reason is Reason.STANDALONE_ALLOWED:
        return (
            "which is made for the treatment device alone"
            if root.kind is RTKind.PLAN
            else "which stands alone"
        )
    needs = _NEEDS[root.kind]
    return {
        Linkage.LINKED: f"whose {needs} came with it",
        Linkage.PARTIAL: f"which lacks some of its {needs}",
        Linkage.UNVERIFIABLE: f"whose {needs} cannot be proven to be here",
        Linkage.ORPHAN: f"whose {needs} did not come with it",
    }[root.own]


def share_missing(link: RTLink, what: str) -> str:
    """`2 of the 5 images of segmentation "S"` with its verb, or what carries their identities instead. `what`: in the
    singular, with a plural in s."""
    plural = f"{what}s"
    if link.reason is Reason.TARGET_AMBIGUOUS:
        return f"Several different files claim to be one {what} of {name(link)}."
    lost, all_ = len(link.missing), link.referenced
    if all_ == 1:
        words = f"The {what} of {name(link)} is missing"
    elif lost == all_:
        words = f"All {all_} {plural} of {name(link)} are missing"
    else:
        words = f"{lost} of the {all_} {plural} of {name(link)} {'is' if lost == 1 else 'are'} missing"
    mismatch = link.reason is Reason.TARGET_MISMATCH
    return f"{words}{_MISMATCH if mismatch else ''}.{unread(link)}{_HINTS.get(link.reason, '')}"


_HINTS = {
    Reason.SERIES_PRESENT_INSTANCES_ABSENT: " Images of the same series are here, but they are another copy.",
    Reason.FRAME_ONLY_INSTANCES_ABSENT: " Other images in the same coordinate system are here.",
}


def unread(link: RTLink) -> str:
    """Of the missing ones, those of which a file came."""
    unread, lost = len(link.damaged), len(link.missing)
    if not unread:
        return ""
    which = f"{unread} of them" if unread < lost else "It" if lost == 1 else "They"
    return f" {which} came in {'a file' if unread == 1 else 'files'} that cannot be read."


_MISMATCH = ": what carries the identity is of another kind, of another patient, or has fewer frames"
