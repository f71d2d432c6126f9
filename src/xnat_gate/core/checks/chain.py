"""Plans and their structure sets, doses and their plans (RT060, RT061, RT080, RT081)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check
from xnat_gate.core.checks.consequence import own_effect
from xnat_gate.core.checks.inheritance import inherited, of_kinds
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.finding import Severity
from xnat_gate.core.linkage.edges import PLANS, RECORDS
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.references import carriers
from xnat_gate.core.linkage.verdicts import Linkage, Reason, RTLink
from xnat_gate.core.protocol import DoseAlone


@check("RT060", "A plan names its structure set", Severity.ERROR, "Export the plan with its structure set.")
def plan_names_structures(case: Case) -> Iterator[Remark]:
    """A plan with geometry PATIENT must name the structure set it was made on (PS3.3 C.8.8.9, type 1C); a plan with
    geometry TREATMENT_DEVICE has none (RT062)."""
    for link in of_kinds(case, RTKind.PLAN):
        if link.reason is Reason.NO_REFERENCE:
            yield about(
                link, sentence(f"{name(link)} names no structure set"), own_effect(link, case.protocol)
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
    for link in of_kinds(case, RTKind.PLAN):
        if link.own is not Linkage.LINKED and link.referenced:
            yield about(link, _missing(link, "structure set"), own_effect(link, case.protocol))
        yield from inherited(link, case)


@check("RT080", "A dose names its plan", Severity.ERROR, "Export the dose together with its plan.")
def dose_names_plan(case: Case) -> Iterator[Remark]:
    """A dose that sums up a plan or a part of one (DoseSummationType) must name that plan (PS3.3 C.8.8.3, type 1C); so
    must one that does not say what it sums up. A PLAN_OVERVIEW may name images or structure sets instead, and a RECORD
    its treatment records: else nothing says to which images the dose belongs."""
    for link in of_kinds(case, RTKind.DOSE):
        if not link.referenced and link.own is not Linkage.LINKED:
            words = f"{name(link)} does not say to which {_carrier(link)} it belongs"
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
    for link in of_kinds(case, RTKind.DOSE):
        if link.own is not Linkage.LINKED and link.referenced:
            severity = Severity.WARNING if _half_linked(link, case) else Severity.ERROR
            yield about(link, _plan_missing(link), own_effect(link, case.protocol), severity)
        yield from inherited(link, case)


def _half_linked(link: RTLink, case: Case) -> bool:
    alone = link.reason is Reason.PLAN_ABSENT_STRUCT_PRESENT
    as_orphan = alone and case.protocol.rt.dose_without_plan is DoseAlone.ORPHAN
    return link.own is Linkage.PARTIAL and not as_orphan


def _carrier(link: RTLink) -> str:
    """What this dose stands on, in a word."""
    paths = carriers(link.instance)
    if paths == (RECORDS,):
        return "treatment record"
    return "plan" if paths == (PLANS,) else "object"


def _plan_missing(link: RTLink) -> str:
    what = _carrier(link)
    if link.reason is Reason.PLAN_ABSENT_STRUCT_PRESENT:
        also = "" if link.referenced == 1 else "s"
        verb = "is" if link.referenced == 1 else "are"
        return f"The {what}{also} of {name(link)} {verb} missing; its structure set is here."
    return _missing(link, what)


def _missing(link: RTLink, what: str) -> str:
    if link.referenced == 1:
        return f"The {what} of {name(link)} {_what_became_of_it(link)}."
    if link.reason is Reason.TARGET_AMBIGUOUS:
        return f"Several different files claim to be one of the {link.referenced} {what}s of {name(link)}."
    verb = "is" if len(link.missing) == 1 else "are"
    return f"{len(link.missing)} of the {link.referenced} {what}s of {name(link)} {verb} missing."


def _what_became_of_it(link: RTLink) -> str:
    if link.missing and set(link.missing) <= set(link.damaged):
        return "came in a file that cannot be read"
    return {
        Reason.TARGET_AMBIGUOUS: "came in several different files that claim to be it",
        Reason.TARGET_MISMATCH: "is missing: what carries its identity is of another kind or of another patient",
    }.get(link.reason, "is missing")


ALL = (plan_names_structures, plan_has_structures, dose_names_plan, dose_has_plan)
