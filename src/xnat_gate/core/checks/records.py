"""RT images and treatment records (RT100-RT102, RT109)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xnat_gate.core.checks.absence import Absence
from xnat_gate.core.checks.check import Case, Check, Remark, check, counted, listed
from xnat_gate.core.checks.consequence import own_effect
from xnat_gate.core.checks.inheritance import inherited, of_kinds, share_missing
from xnat_gate.core.checks.rt_object import about, name
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.parts import Named, named_by_treatment, parts_of
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.study import Instance


@check(
    "RT100",
    "The plan of an RT image is here, and whole",
    Severity.WARNING,
    "Send the plan together with its images, if they are to be compared with it.",
)
def image_has_plan(case: Case) -> Iterator[Remark]:
    """Whether the plan that an RT image names (a portal image, or a radiograph reconstructed from the planning CT) came
    with it. An RT image that names none is lawful (PS3.3 C.8.8.2, type 3) and is told for information."""
    alone = []
    for link in of_kinds(case, RTKind.RT_IMAGE):
        if link.reason is Reason.STANDALONE_ALLOWED:
            alone.append(link)
        else:
            yield from _by_plan(link, case, Severity.WARNING)
    if alone:
        yield _standing_alone(alone, counted(len(alone), "RT image names", "RT images name"))


@check(
    "RT101",
    "The plan of a treatment record is here, and whole",
    Severity.ERROR,
    "Send the plan, its structure set and its images together with the treatment record.",
)
def record_has_plan(case: Case) -> Iterator[Remark]:
    """Whether the plan that a treatment record names came with it. What was given can be understood only beside what
    was planned; a record whose list of plans is empty is lawful (PS3.3 C.8.8.17, type 2) and is told for
    information."""
    alone = []
    for link in of_kinds(case, RTKind.RECORD):
        if link.reason is Reason.STANDALONE_ALLOWED:
            alone.append(link)
        else:
            yield from _by_plan(link, case, Severity.ERROR)
    if alone:
        yield _standing_alone(alone, counted(len(alone), "treatment record names", "treatment records name"))


def _by_plan(link: RTLink, case: Case, severity: Severity) -> Iterator[Remark]:
    if link.own is not Linkage.LINKED:
        yield about(link, share_missing(link, "plan"), own_effect(link, case.protocol), severity)
    yield from inherited(link, case)


def _standing_alone(links: Iterable[RTLink], words: str) -> Remark:
    every = tuple(links)
    return Remark(
        message=f"{words} no plan.",
        about=tuple(dict.fromkeys(link.instance.sop_instance_uid for link in every)),
        files=tuple(link.instance.file for link in every),
        severity=Severity.INFO,
    )


@check(
    "RT102",
    "The verification images of a treatment record are here",
    Severity.INFO,
    "Nothing, unless the images are wanted in the archive, too: the record is whole without them.",
)
def record_has_verification_images(case: Case) -> Iterator[Remark]:
    """Whether the images that were taken to check the patient's position, and that a treatment record names (Referenced
    Verification Image Sequence, PS3.3 C.8.8.21), came with it. Most systems do not export them."""
    absence = Absence(case)
    for link in case.links:
        if link.kind is RTKind.RECORD:
            named = (ref for ref in link.instance.pointers.references if ref.path[-1] == _VERIFYING)
            absence.of(link.instance, named)
    if absence.naming:
        images = counted(len(absence.lost), "verification image")
        records = counted(len(absence.naming), "treatment record names", "treatment records name")
        whom = "it" if len(absence.naming) == 1 else "them"
        yield absence.remark(f"{images} that {records} did not come with {whom}.")


_VERIFYING = "ReferencedVerificationImageSequence"


@check(
    "RT109",
    "The beams that RT images and treatment records name are in their plan",
    Severity.ERROR,
    "Find out which plan was meant, and export it again together with what belongs to it.",
)
def parts_are_in_the_plan(case: Case) -> Iterator[Remark]:
    """Whether the plan has the beams, application setups and fraction groups by whose numbers an RT image or a record
    speaks of it (PS3.3 C.8.8.2, C.8.8.21, C.8.8.22). A number that the plan does not have means that the plan was
    changed since, or is another one; of an RT image, which many systems number in their own way, it is a warning."""
    for link in case.links:
        if link.kind in (RTKind.RECORD, RTKind.RT_IMAGE) and link.own is Linkage.LINKED:
            unknown = _unknown_parts(link, case)
            if unknown:
                parts = listed(f"{part} {number}" for part, number in unknown)
                strict = link.kind is RTKind.RECORD
                yield about(
                    link,
                    f"The plan of {name(link)} does not have its {parts}.",
                    Effect.HOLD if strict else Effect.NOTE,
                    None if strict else Severity.WARNING,
                )


def _unknown_parts(link: RTLink, case: Case) -> list[Named]:
    """None where not every plan is here to be asked, or one of them tells nothing of its parts."""
    plans: list[Instance] = [plan for uid in link.stands_on for plan in case.study.by_uid.get(uid, ())]
    known = [parts_of(plan) for plan in plans]
    if link.elsewhere or not known or not all(known):
        return []
    named = named_by_treatment(link.instance)
    return sorted(one for one in named if not any(one in parts for parts in known))


OF_LINKS: tuple[Check, ...] = (image_has_plan, record_has_plan)
"""Those that ask nothing but the links and the protocol."""

ALL: tuple[Check, ...] = (*OF_LINKS, record_has_verification_images, parts_are_in_the_plan)
