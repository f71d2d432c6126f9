"""Plans and their structure sets, doses and their plans (RT060, RT061, RT080, RT081)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check
from xnat_gate.core.checks.consequence import effect, is_ignored, own_effect
from xnat_gate.core.checks.structures import name
from xnat_gate.core.finding import Severity
from xnat_gate.core.linkage.references import RTKind
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink


def _of(case: Case, kind: RTKind) -> Iterator[RTLink]:
    for link in case.links:
        if link.kind is kind and not is_ignored(link, case.protocol) and link.reason is not Reason.CYCLE:
            yield link


def _about(link: RTLink) -> tuple[str, ...]:
    return (link.instance.sop_instance_uid,)


@check("RT060", "A plan names its structure set", Severity.ERROR, "Export the plan with its structure set.")
def plan_names_structures(case: Case) -> Iterator[Remark]:
    """A plan with geometry PATIENT must name the structure set it was made on (PS3.3 C.8.8.9, type 1C); a plan with
    geometry TREATMENT_DEVICE has none."""
    for link in _of(case, RTKind.PLAN):
        if link.reason is Reason.NO_REFERENCE:
            yield Remark(
                message=f"Plan {name(link)} names no structure set.",
                effect=own_effect(link, case.protocol),
                about=_about(link),
            )
        elif link.reason is Reason.STANDALONE_ALLOWED:
            yield Remark(
                message=f"Plan {name(link)} is made on a treatment device, without patient images.",
                about=_about(link),
                severity=Severity.INFO,
            )


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
            twins = link.reason is Reason.TARGET_AMBIGUOUS
            what = "is claimed by several different files" if twins else "is missing"
            yield Remark(
                message=f"The structure set of plan {name(link)} {what}.",
                effect=own_effect(link, case.protocol),
                about=_about(link),
            )
        elif link.inherited_from is not None:
            yield _inherited(link, case, "plan")


@check("RT080", "A dose names its plan", Severity.ERROR, "Export the dose together with its plan.")
def dose_names_plan(case: Case) -> Iterator[Remark]:
    """A dose that sums up a plan, a fraction or a beam must name that plan (PS3.3 C.8.8.3, type 1C)."""
    for link in _of(case, RTKind.DOSE):
        if not link.referenced and link.own is not Linkage.LINKED:
            yield Remark(
                message=f"Dose {name(link)} does not say to which plan it belongs.",
                effect=own_effect(link, case.protocol),
                about=_about(link),
            )


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
            yield Remark(
                message=_plan_missing(link),
                effect=own_effect(link, case.protocol),
                about=_about(link),
                severity=Severity.WARNING if link.own is Linkage.PARTIAL else Severity.ERROR,
            )
        elif link.inherited_from is not None:
            yield _inherited(link, case, "dose")


def _plan_missing(link: RTLink) -> str:
    if link.reason is Reason.TARGET_AMBIGUOUS:
        return f"The plan of dose {name(link)} is claimed by several different files."
    if link.reason is Reason.PLAN_ABSENT_STRUCT_PRESENT:
        return f"The plan of dose {name(link)} is missing; its structure set is here."
    if link.referenced == 1:
        return f"The plan of dose {name(link)} is missing."
    return f"{len(link.missing)} of the {link.referenced} plans of dose {name(link)} are missing."


def _inherited(link: RTLink, case: Case, noun: str) -> Remark:
    root = link
    while root.inherited_from is not None:
        root = root.inherited_from
    return Remark(
        message=f"The {noun} {name(link)} stands on {root.kind} {name(root)}, whose links are "
        f"{root.effective.value.lower()}.",
        effect=effect(link, case.protocol),
        about=_about(link),
        severity=Severity.WARNING,
    )


ALL = (plan_names_structures, plan_has_structures, dose_names_plan, dose_has_plan)
