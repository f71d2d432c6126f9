"""Plans by themselves, and what they name beside their structure set (RT062-RT068)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from xnat_gate.core.checks.check import Case, Check, Remark, check, counted, listed
from xnat_gate.core.checks.consequence import is_ignored, own_effect
from xnat_gate.core.checks.rt_object import about, called, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.edges import Edge
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.parts import named_by_fractions, parts_of
from xnat_gate.core.linkage.references import with_edge
from xnat_gate.core.linkage.verdicts import Reason, RTLink
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance

_UNSENT = "Nothing, unless they are wanted in the archive, too: the plan is whole without them."


def _plans(case: Case) -> Iterator[RTLink]:
    return (
        link for link in case.links if link.kind is RTKind.PLAN and link.reason is not Reason.READ_FAILURE
    )


def _on_structures(case: Case) -> Iterator[tuple[RTLink, tuple[RTLink, ...]]]:
    """The plans of which all structure sets are here, with those; unless nobody wants to hear of them."""
    sets: dict[str, list[RTLink]] = defaultdict(list)
    for link in case.links:
        if link.kind is RTKind.STRUCTURE_SET:
            sets[link.instance.sop_instance_uid].append(link)
    for plan in _plans(case):
        below = tuple(one for uid in plan.stands_on for one in sets[uid])
        if below and not plan.missing and not plan.elsewhere and not is_ignored(plan, case.protocol):
            yield plan, below


class _Images:
    """What the images of a structure set say, each set asked once."""

    def __init__(self, case: Case, keyword: str) -> None:
        self._by_uid, self._keyword = case.study.by_uid, keyword
        self._said: dict[int, frozenset[str]] = {}

    def of(self, structures: Iterable[RTLink]) -> frozenset[str]:
        return frozenset().union(*map(self._of_one, structures))

    def _of_one(self, link: RTLink) -> frozenset[str]:
        if id(link) not in self._said:
            images = (image for uid in link.stands_on for image in self._by_uid.get(uid, ()))
            self._said[id(link)] = frozenset(image.value(self._keyword) for image in images) - {""}
        return self._said[id(link)]


@check(
    "RT062",
    "Plans are made for patients, and on their images",
    Severity.INFO,
    "See whether plans for machines and measurements belong into this project.",
)
def for_patients(case: Case) -> Iterator[Remark]:
    """Asks whether a plan is made for the treatment device alone (RTPlanGeometry TREATMENT_DEVICE, PS3.3 C.8.8.9), or
    to check a treatment or a machine. The first rightly names no structure set; what follows is the protocol's
    `rt.device_plans`. Of the others, and of all that belongs to them, `rt.verification` says what follows: no patient
    was treated with them."""
    checking = [link for link in case.links if link.verification and link.reason is not Reason.READ_FAILURE]
    if checking:
        yield Remark(
            message=_what_checks(checking),
            effect=case.protocol.rt.verification,
            about=[link.instance.sop_instance_uid for link in checking],
            files=[link.instance.file for link in checking],
        )
    for link in _plans(case):
        device = link.reason is Reason.STANDALONE_ALLOWED and not link.verification
        if device and not is_ignored(link, case.protocol):
            words = f"{name(link)} is made for the treatment device alone, without images of a patient"
            yield about(link, sentence(words), own_effect(link, case.protocol))


def _what_checks(links: Sequence[RTLink]) -> str:
    plans = sorted(name(link) for link in links if link.kind is RTKind.PLAN)
    if not plans:
        return f"{counted(len(links), 'RT object belongs', 'RT objects belong')} to images of a phantom."
    words = f"{listed(plans)} {'checks' if len(plans) == 1 else 'check'} a treatment or a machine"
    others = len(links) - len(plans)
    them = "it" if len(plans) == 1 else "them"
    return sentence(
        f"{words}; {counted(others, 'object belongs', 'objects belong')} to {them}" if others else words
    )


@check(
    "RT063",
    "A plan lies in the coordinate system of its structure set or images",
    Severity.WARNING,
    "Compare the isocentre of the plan with the images; export plan, structure set and images together once more.",
)
def in_their_frame(case: Case) -> Iterator[Remark]:
    """Asks whether the FrameOfReferenceUID of a plan, where it has one, is used by its structure set or by the images
    that this was drawn on. Isocentres are given in it (PS3.3 C.7.4.1): in another one they lie somewhere else, and
    nobody can tell where."""
    images = _Images(case, "FrameOfReferenceUID")
    for plan, below in _on_structures(case):
        own = plan.instance.value("FrameOfReferenceUID")
        frames = images.of(below).union(*(one.instance.pointers.frame_uids for one in below))
        if own and frames and own not in frames:
            words = f"{name(plan)} uses another coordinate system than its structure set and images"
            yield about(plan, sentence(words), Effect.NOTE)


@check(
    "RT064",
    "The numbers inside a plan fit together",
    Severity.ERROR,
    "Export the plan again; if it stays so, tell whoever maintains the exporting system.",
)
def numbers_fit(case: Case) -> Iterator[Remark]:
    """Asks whether a plan numbers its beams, application setups, patient setups and fraction groups without using a
    number twice, and whether it has every beam and application setup of which its fraction groups consist (PS3.3
    C.8.8.13-C.8.8.15, C.8.8.25). Doses and treatment records name beams by these numbers alone."""
    for link in _plans(case):
        parts = parts_of(link.instance)
        twice = [one for one, times in parts.items() if times > 1]
        lost = [one for one in sorted(named_by_fractions(link.instance)) if one not in parts]
        flaws = [f"several parts share a number ({called(twice)})"] if twice else []
        flaws += [f"its fraction groups name what it does not have ({called(lost)})"] if lost else []
        if flaws:
            yield about(link, sentence(f"in {name(link)} {' and '.join(flaws)}"), Effect.HOLD)


@check(
    "RT065",
    "A plan uses only structures that its structure set has",
    Severity.WARNING,
    "See whether this is the structure set that the plan was made on; export both together once more.",
)
def known_structures(case: Case) -> Iterator[Remark]:
    """Asks whether the structures that a plan names by ROI number (for dose references, bolus, brachytherapy channels;
    PS3.3 C.8.8.10, C.8.8.14, C.8.8.15) are in its structure set. If not, structures were deleted or renumbered after
    planning, and the plan may speak of others than it means."""
    for plan, below in _on_structures(case):
        known = {roi.number for one in below for roi in one.instance.drawing.rois}
        lost = [number for number in _structures_used(plan) if number not in known]
        if lost:
            words = (
                f"{name(plan)} uses structures that its structure set does not have (number {listed(lost)})"
            )
            yield about(plan, sentence(words), Effect.NOTE)


def _structures_used(plan: RTLink) -> Iterator[str]:
    """Those of its own structure set: inside an item that names another object, numbers are that object's."""
    own = {"", *plan.stands_on}
    for number in plan.instance.pointers.numbers:
        if number.keyword == "ReferencedROINumber" and number.under in own and number.value:
            yield number.value


@check("RT066", "All doses and images that a plan names are here", Severity.INFO, _UNSENT)
def named_beside(case: Case) -> Iterator[Remark]:
    """Asks whether what a plan names beside its structure set came with it: doses, reference images of its beams
    (DRRs), setup images (PS3.3 C.8.8.9, C.8.8.12, C.8.8.14). It does not stand on them, and planning systems name many
    that they never export."""
    for link in _plans(case):
        doses = _absent(case, link.instance, Edge.BACK)
        others = _absent(case, link.instance, Edge.CROSS)
        images = {uid for uid, ref in others.items() if "Image" in ref.path[-1]}
        counts = (
            (len(doses), "dose"),
            (len(images), "image"),
            (len(others.keys() - images - doses.keys()), "other object"),
        )
        if doses or others:
            what = listed(counted(count, noun) for count, noun in counts if count)
            yield about(link, sentence(f"{name(link)} names {what} that did not come with it"), Effect.NOTE)


@check("RT067", "All plans that a plan is related to are here", Severity.INFO, _UNSENT)
def related_plans(case: Case) -> Iterator[Remark]:
    """Asks whether the plans that a plan names as its predecessor, its alternative or otherwise as related came with it
    (RTPlanRelationship, PS3.3 C.8.8.9). They tell its history, and it does not stand on them."""
    for link in _plans(case):
        count = len(_absent(case, link.instance, Edge.LINEAGE))
        if count:
            words = f"{name(link)} names {counted(count, 'related plan')} that did not come with it"
            yield about(link, sentence(words), Effect.NOTE)


def _absent(case: Case, plan: Instance, edge: Edge) -> dict[str, Reference]:
    """What it names by references of this class and what has not come, by SOPInstanceUID."""
    return {
        ref.sop_instance_uid: ref for ref in with_edge(plan, edge) if ref.sop_instance_uid not in case.come
    }


@check(
    "RT068",
    "A patient is treated as he or she was scanned",
    Severity.WARNING,
    "Ask the planning department whether the treatment position of this plan is meant.",
)
def same_position(case: Case) -> Iterator[Remark]:
    """Asks whether the patient lies for treatment (PatientPosition of the Patient Setup Sequence, PS3.3 C.8.8.12) as
    for the images that the structure set was drawn on (PS3.3 C.7.3.1.1.2). Where this differs, head and feet, or left
    and right, may have been taken for each other."""
    images = _Images(case, "PatientPosition")
    for plan, below in _on_structures(case):
        scanned = images.of(below)
        treated = set(plan.instance.values("PatientSetupSequence.PatientPosition")) - {""}
        other = treated - scanned
        if scanned and other:
            words = f"{name(plan)} treats the patient in position {listed(sorted(other))}"
            yield about(plan, sentence(f"{words}, scanned in {listed(sorted(scanned))}"), Effect.NOTE)


ALL: tuple[Check, ...] = (
    for_patients,
    in_their_frame,
    numbers_fit,
    known_structures,
    named_beside,
    related_plans,
    same_position,
)
OF_LINKS: tuple[Check, ...] = (for_patients,)
"""Those that ask nothing but the links and the protocol."""
