"""Plans and their structure sets, doses and their plans (RT060, RT061, RT080, RT081)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check
from xnat_gate.core.checks.consequence import effect, is_ignored, own_effect
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink


def _of(case: Case, kind: RTKind) -> Iterator[RTLink]:
    for link in case.links:
        if link.kind is kind and not is_ignored(link, case.protocol) and link.reason is not Reason.CYCLE:
            yield link


@check("RT060", "A plan names its structure set", Severity.ERROR, "Export the plan with its structure set.")
def plan_names_structures(case: Case) -> Iterator[Remark]:
    """A plan with geometry PATIENT must name the structure set it was made on (PS3.3 C.8.8.9, type 1C); a plan with
    geometry TREATMENT_DEVICE has none."""
    for link in _of(case, RTKind.PLAN):
        if link.reason is Reason.NO_REFERENCE:
            yield about(
                link, sentence(f"{name(link)} names no structure set"), own_effect(link, case.protocol)
            )
        elif link.reason is Reason.STANDALONE_ALLOWED:
            words = f"{name(link)} is made for the treatment device alone, without images of a patient"
            yield about(link, sentence(words), Effect.NOTE, Severity.INFO)


@check(
    "RT061",
    "The structure set of a plan is here, and whole",
    Severity.ERROR,
    "Send the structure set, and the images it was drawn on, together with the plan.",
)
def plan_has_structures(case: Case) -> Iterator[Remark]:
    """A plan reaches its images only through its structure set. Where that is missing, or is itself without its
    images, the plan hangs in the air."""
    for link in _of(case, RTKind.PLAN):
        if link.own is not Linkage.LINKED and link.referenced:
            message = f"The structure set of {name(link)} {_what_became_of_it(link)}."
            yield about(link, message, own_effect(link, case.protocol))
        else:
            yield from _inherited(link, case)


@check("RT080", "A dose names its plan", Severity.ERROR, "Export the dose together with its plan.")
def dose_names_plan(case: Case) -> Iterator[Remark]:
    """A dose that sums up a plan, a fraction or a beam must name that plan (PS3.3 C.8.8.3, type 1C)."""
    for link in _of(case, RTKind.DOSE):
        if not link.referenced and link.own is not Linkage.LINKED:
            words = f"{name(link)} does not say to which plan it belongs"
            yield about(link, sentence(words), own_effect(link, case.protocol))


@check(
    "RT081",
    "The plan of a dose is here, and whole",
    Severity.ERROR,
    "Send the plan, its structure set and its images together with the dose.",
)
def dose_has_plan(case: Case) -> Iterator[Remark]:
    """A dose reaches its images through plan and structure set. With the plan missing and the structure set here,
    the chain to the images exists and the dose is half linked."""
    for link in _of(case, RTKind.DOSE):
        if link.own is not Linkage.LINKED and link.referenced:
            severity = Severity.WARNING if link.own is Linkage.PARTIAL else Severity.ERROR
            yield about(link, _plan_missing(link), own_effect(link, case.protocol), severity)
        else:
            yield from _inherited(link, case)


def _plan_missing(link: RTLink) -> str:
    if link.reason is Reason.PLAN_ABSENT_STRUCT_PRESENT:
        return f"The plan of {name(link)} is missing; its structure set is here."
    if link.referenced == 1:
        return f"The plan of {name(link)} {_what_became_of_it(link)}."
    if link.reason is Reason.TARGET_AMBIGUOUS:
        return f"Several different files claim to be one of the {link.referenced} plans of {name(link)}."
    verb = "is" if len(link.missing) == 1 else "are"
    return f"{len(link.missing)} of the {link.referenced} plans of {name(link)} {verb} missing."


def _what_became_of_it(link: RTLink) -> str:
    return {
        Reason.TARGET_AMBIGUOUS: "came in several different files that claim to be it",
        Reason.TARGET_MISMATCH: "is missing: what carries its identity is of another kind or of another patient",
    }.get(link.reason, "is missing")


def _inherited(link: RTLink, case: Case) -> Iterator[Remark]:
    """The cause once more, where it is felt; said by nobody who ignores the cause."""
    root = link
    while root.inherited_from is not None:
        root = root.inherited_from
    if root is not link and not is_ignored(root, case.protocol):
        message = sentence(f"{name(link)} depends on {name(root)}, {_how_bad(root)}")
        yield about(link, message, effect(link, case.protocol), Severity.WARNING)


def _how_bad(root: RTLink) -> str:
    if root.reason is Reason.CYCLE:
        return "which refers to itself in a circle"
    needs = "images" if root.kind is RTKind.STRUCTURE_SET else "structure set"
    return {
        Linkage.LINKED: f"whose {needs} came with it",
        Linkage.PARTIAL: f"which lacks some of its {needs}",
        Linkage.UNVERIFIABLE: f"whose {needs} cannot be proven to be here",
        Linkage.ORPHAN: f"whose {needs} did not come with it",
    }[root.own]


ALL = (plan_names_structures, plan_has_structures, dose_names_plan, dose_has_plan)
