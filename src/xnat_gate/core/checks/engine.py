"""What the checking itself comes upon: links to itself, to other patients, to other sessions, and its own limits
(RT151-RT154). Circles are RT150."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted
from xnat_gate.core.checks.headers import uids_of
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.chain import names_itself
from xnat_gate.core.linkage.edges import Edge
from xnat_gate.core.linkage.references import support, with_edge
from xnat_gate.core.linkage.verdicts import Linkage, RTLink
from xnat_gate.core.linkage.verification import is_phantom


@check(
    "RT151",
    "No object refers to itself",
    Severity.ERROR,
    "Export the object again; no system should write such a reference.",
)
def no_self_reference(case: Case) -> Iterator[Remark]:
    """Whether an object stands on its own SOP instance UID. It was damaged, or made by a tool that mixed up two UIDs,
    and what it really belongs to is unknown."""
    for link in case.links:
        if names_itself(link):
            yield about(link, sentence(f"{name(link)} refers to itself"), Effect.HOLD)


@check(
    "RT152",
    "Objects refer to objects of the same patient",
    Severity.ERROR,
    "Find out whose images these are: export images and RT objects of one patient together.",
)
def same_patient(case: Case) -> Iterator[Remark]:
    """Whether what an object stands on carries its PatientID. A plan on another patient's images is the worst that can
    happen to a link; where it is meant, as with a phantom, the protocol can say so (`phantoms`)."""
    for link in case.links:
        foreign = _foreign(link, case)
        if foreign:
            verb = "belongs" if len(foreign) == 1 else "belong"
            words = f"{counted(len(foreign), 'object')} that {name(link)} refers to {verb} to another patient"
            yield about(link, sentence(words), Effect.HOLD)


def _foreign(link: RTLink, case: Case) -> set[str]:
    patient = link.instance.values("PatientID")
    named = {ref.sop_instance_uid for ref in with_edge(link.instance, Edge.SUPPORT)}
    prefixes = case.protocol.phantom_uid_prefixes
    return {
        uid
        for uid in named & case.study.by_uid.keys()
        if all(
            one.values("PatientID") != patient and not is_phantom(one, prefixes)
            for one in case.study.by_uid[uid]
        )
    }


@check(
    "RT153",
    "Everything can be checked to its end",
    Severity.WARNING,
    "Look at the file in the system it came from: is it really that large? Export it in smaller parts if it can be.",
)
def within_limits(case: Case) -> Iterator[Remark]:
    """Whether a file is larger, or nested deeper, than is ever read: nobody can say then what it refers to, and the
    study waits for a person. Of a structure set with more contours than are measured the links are checked in full,
    and only the places of the contours beyond are not."""
    beyond = [one for one in case.study.damaged if one.limit]
    if beyond:
        yield Remark(
            message=f"{counted(len(beyond), 'file is', 'files are')} too large to be checked completely.",
            effect=Effect.HOLD,
            files=(one.file for one in beyond),
            bars_delivery=True,
        )
    unmeasured = [one for one in case.study.instances if one.drawing.unmeasured]
    if unmeasured:
        contours = sum(one.drawing.unmeasured for one in unmeasured)
        words = f"The places of {counted(contours, 'contour')} were not checked, because there are too many"
        yield Remark(
            message=f"{words}, or they are too long.", about=uids_of(unmeasured), severity=Severity.INFO
        )


@check(
    "RT154",
    "Links end in this session",
    Severity.WARNING,
    "Nothing to do if the other session is the right one; else send everything that belongs together as one study.",
)
def within_this_session(case: Case) -> Iterator[Remark]:
    """Whether images, structure set or plan lie in another archived session of the same subject. DICOM allows that, and
    whoever exports this session alone gets half of it. Its label stands beside the files. What follows is the
    protocol's `rt.elsewhere`."""
    for link in case.links:
        if link.sessions:
            count = _in_others(link, case)
            what = "all" if count == link.referenced else str(count)
            others = len(link.sessions)
            where = "another session" if others == 1 else f"{others} other sessions"
            words = f"{name(link)} refers to {counted(link.referenced, 'object')}, {what} of them in {where}"
            yield Remark(
                message=sentence(f"{words} of the same subject"),
                effect=case.protocol.rt.elsewhere,
                about=uids_of((link.instance,)),
                files=(link.instance.file, *(f"in session {label}" for label in link.sessions)),
                severity=Severity.INFO if link.own is Linkage.LINKED else Severity.WARNING,
            )


def _in_others(link: RTLink, case: Case) -> int:
    """Of what it stands on; what lies in the session that it is going to join has no label (`Case.elsewhere`)."""
    named = {ref.sop_instance_uid for ref in support(link.instance, link.kind).named}
    return sum(bool(case.elsewhere.get(uid)) for uid in named - case.study.by_uid.keys())


ALL = (no_self_reference, same_patient, within_limits, within_this_session)
