"""Doses and the plans they name (RT082-RT084, RT087, RT088)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import prod

from xnat_gate.core.checks.check import Case, Check, Remark, check, listed
from xnat_gate.core.checks.consequence import is_ignored
from xnat_gate.core.checks.rt_object import about, called, name, sentence
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.edges import PLANS, STRUCTURES
from xnat_gate.core.linkage.kinds import RTKind
from xnat_gate.core.linkage.parts import Named, Part, named_by_dose, parts_of
from xnat_gate.core.linkage.references import on
from xnat_gate.core.linkage.summation import Summation, summation_of
from xnat_gate.core.linkage.verdicts import Reason, RTLink
from xnat_gate.core.study import Instance


def _doses(case: Case) -> Iterator[RTLink]:
    return (
        link for link in case.links if link.kind is RTKind.DOSE and link.reason is not Reason.READ_FAILURE
    )


class _Plans:
    """The plans of a study, by their UIDs: several files may claim to be one."""

    def __init__(self, case: Case) -> None:
        self._links: dict[str, list[RTLink]] = defaultdict(list)
        self._parts: dict[str, Mapping[Named, int]] = {}
        for link in case.links:
            if link.kind is RTKind.PLAN and link.reason is not Reason.READ_FAILURE:
                self._links[link.instance.sop_instance_uid].append(link)

    def of(self, dose: RTLink) -> list[RTLink]:
        """Those that the dose stands on, and that are here."""
        return [link for uid in dose.stands_on for link in self._links.get(uid, ())]

    def parts(self, uid: str) -> Mapping[Named, int]:
        """Of all that claim to be it."""
        if uid not in self._parts:
            files = self._links.get(uid, ())
            self._parts[uid] = {part: 1 for link in files for part in parts_of(link.instance)}
        return self._parts[uid]

    def beams(self, uid: str) -> int:
        """How many of its beams give dose: those for images do not. None are known of a plan that is not here."""
        imaging = max((_imaging_beams(link.instance) for link in self._links.get(uid, ())), default=0)
        return max(sum(part is Part.BEAM for part, _ in self.parts(uid)) - imaging, 0)


_FOR_IMAGES = frozenset({"SETUP", "OPEN_PORTFILM", "TRMT_PORTFILM"})
"""TreatmentDeliveryTypes of beams by which nobody is treated (PS3.3 C.8.8.14)."""


def _imaging_beams(plan: Instance) -> int:
    return sum(
        purpose in _FOR_IMAGES
        for sequence in ("BeamSequence", "IonBeamSequence")
        for purpose in plan.values(f"{sequence}.TreatmentDeliveryType")
    )


@check(
    "RT082",
    "A dose and its plan belong to one structure set",
    Severity.WARNING,
    "Find out which structure set is the right one; export structure set, plan and dose together once more.",
)
def one_structure_set(case: Case) -> Iterator[Remark]:
    """Asks whether the structure set that a dose names for its dose statistics (DVH, PS3.3 C.8.8.4) is the one that its
    plan was made on, or has come, where the plan names none. If not, statistics and contours do not belong to each
    other."""
    plans = _Plans(case)
    for dose in _doses(case):
        named = {ref.sop_instance_uid for ref in on(dose.instance, STRUCTURES)}
        here = plans.of(dose)
        if not named or not here or dose.missing or dose.elsewhere or is_ignored(dose, case.protocol):
            continue
        of_plans = {ref.sop_instance_uid for plan in here for ref in on(plan.instance, STRUCTURES)}
        if of_plans and not named <= of_plans:
            words = f"{name(dose)} names another structure set than {listed(map(name, here))}"
            yield about(dose, sentence(words), Effect.NOTE)
        elif not of_plans and not named <= case.come:
            yield about(dose, f"The structure set that {name(dose)} names is missing.", Effect.NOTE)


@check(
    "RT083",
    "A dose names only parts that its plan has",
    Severity.ERROR,
    "Find out for which plan the dose was calculated; export plan and dose together once more.",
)
def parts_of_its_plan(case: Case) -> Iterator[Remark]:
    """Asks whether each fraction group, beam and application setup for which a dose was calculated is one of the plan
    under which the dose names it (PS3.3 C.8.8.3). If not, the plan was changed after the calculation, or is another
    one: the dose is not what this plan gives."""
    plans = _Plans(case)
    for dose in _doses(case):
        if is_ignored(dose, case.protocol):
            continue
        here = {plan.instance.sop_instance_uid: plan for plan in plans.of(dose)}
        lost: dict[str, list[Named]] = defaultdict(list)
        for uid, part in named_by_dose(dose.instance):
            if uid in here and part not in plans.parts(uid):
                lost[uid].append(part)
        if lost:
            whats = (
                f"{called(sorted(parts))}, which {name(here[uid])} does not have"
                for uid, parts in lost.items()
            )
            yield about(dose, sentence(f"{name(dose)} names {'; and '.join(whats)}"), Effect.HOLD)


@check(
    "RT084",
    "The type of a dose fits what it names",
    Severity.WARNING,
    "Before using the dose, find out what it sums up: one beam, several, or the whole plan.",
)
def type_fits(case: Case) -> Iterator[Remark]:
    """Asks whether DoseSummationType fits what the dose names (PS3.3 C.8.8.3): several plans only as MULTI_PLAN, one
    fraction group as FRACTION, some beams of a plan as BEAM, a whole plan as PLAN. Whoever adds up doses, or picks the
    one of the plan, goes by this type; a sum labelled BEAM is counted twice, or not at all."""
    plans = _Plans(case)
    for dose in _doses(case):
        doubt = _doubt(dose.instance, plans)
        if doubt:
            said = dose.instance.value("DoseSummationType")
            label = f"has the type {said}" if said else "has no type"
            yield about(dose, sentence(f"{name(dose)} {label} and {doubt}"), Effect.NOTE)


_ONE_GROUP = (Summation.FRACTION, Summation.FRACTION_SESSION)
_MAY_NAME_SEVERAL = (Summation.MULTI_PLAN, Summation.PLAN_OVERVIEW, Summation.RECORD)


def _doubt(dose: Instance, plans: _Plans) -> str:
    """What does not fit, or nothing."""
    summation = summation_of(dose)
    uids = {ref.sop_instance_uid for ref in on(dose, PLANS)}
    if len(uids) > 1 and summation not in _MAY_NAME_SEVERAL:
        return f"names {len(uids)} plans"
    if len(uids) == 1 and summation is Summation.MULTI_PLAN:
        return "names only one plan"
    named = set(named_by_dose(dose))
    groups = sum(part is Part.FRACTION_GROUP for _, (part, _) in named)
    if groups > 1 and summation in _ONE_GROUP:
        return f"names {groups} fraction groups"
    beams = [(uid, one) for uid, one in named if one[0] is Part.BEAM]
    its_own = sum(one in plans.parts(uid) for uid, one in beams)
    in_all = sum(map(plans.beams, uids))
    return _doubt_of_beams(summation, len(beams), its_own, in_all) if beams else ""


def _doubt_of_beams(summation: Summation | None, beams: int, its_own: int, in_all: int) -> str:
    """`its_own`: how many of the beams are those of its plan, others being RT083's; `in_all`: how many the plan has, 0
    where that is not known."""
    if summation is Summation.PLAN and its_own < in_all:
        return f"names {f'only {its_own}' if its_own else 'none'} of the {in_all} treatment beams of its plan"
    if summation is Summation.CONTROL_POINT and beams > 1:
        return f"names {beams} beams"
    if summation is Summation.BEAM and beams > 1 and its_own >= in_all:
        whole = in_all and its_own == in_all
        return f"names all {in_all} treatment beams of its plan" if whole else f"names {beams} beams"
    return ""


@check(
    "RT087",
    "A dose has a grid",
    Severity.WARNING,
    "If the dose distribution is wanted, export it again with its grid.",
)
def has_a_grid(case: Case) -> Iterator[Remark]:
    """Asks whether the grid of a dose, where it has one, is more than a single point (Rows, Columns, NumberOfFrames;
    PS3.3 C.7.6.3, C.8.8.3). Some planning systems write such objects beside the real ones; a dose without pixels that
    only carries its DVH is none of them."""
    for dose in _doses(case):
        if _is_empty(dose.instance):
            yield about(
                dose, sentence(f"{name(dose)} is empty: its grid is no more than a point"), Effect.NOTE
            )


def _is_empty(dose: Instance) -> bool:
    sizes = (dose.value("Rows"), dose.value("Columns"), dose.value("NumberOfFrames") or "1")
    told = all(size.isdecimal() and len(size) <= _DIGITS for size in sizes)
    return told and prod(map(int, sizes)) <= 1


_DIGITS = 12
"""Of a number in an IS (PS3.5 6.2)."""


@check(
    "RT088",
    "There is one dose for one thing",
    Severity.WARNING,
    "Find out which of the doses is valid before one of them is used.",
)
def one_dose_each(case: Case) -> Iterator[Remark]:
    """Asks whether several doses name the same plans and the same parts of them under the same type, in the same units
    (DoseSummationType, DoseType, DoseUnits; PS3.3 C.8.8.3). One of them is usually an older calculation, and nothing in
    the data tells which one was used for treatment. A dose without pixels that only carries its DVH is no rival of one
    with a grid."""
    alike: dict[tuple[object, ...], dict[str, RTLink]] = defaultdict(dict)
    for dose in _doses(case):
        what = _what_it_sums(dose.instance)
        if what is not None:
            alike[what].setdefault(dose.instance.sop_instance_uid, dose)
    plans = _Plans(case)
    for doses in alike.values():
        if len(doses) > 1:
            first = next(iter(doses.values()))
            several = len({ref.sop_instance_uid for ref in on(first.instance, PLANS)}) > 1
            of = listed(map(name, plans.of(first))) or ("the same plans" if several else "one plan")
            type_ = first.instance.value("DoseSummationType")
            yield Remark(
                message=f"{len(doses)} doses of {of} have the same type ({type_}) and are for the same parts.",
                about=tuple(doses),
                files=tuple(dose.instance.file for dose in doses.values()),
            )


_BY_PARTS = {
    Summation.PLAN: None,
    Summation.MULTI_PLAN: None,
    Summation.FRACTION: Part.FRACTION_GROUP,
    Summation.BEAM: Part.BEAM,
    Summation.BRACHY: Part.APPLICATION_SETUP,
}
"""The types of dose of which there should be one each, and the parts that tell them apart."""


def _what_it_sums(dose: Instance) -> tuple[object, ...] | None:
    """None where two that look alike may yet be two things: those of sessions, control points and records."""
    summation = summation_of(dose)
    uids = frozenset(ref.sop_instance_uid for ref in on(dose, PLANS))
    if summation not in _BY_PARTS or not uids or _is_empty(dose):
        return None
    named = frozenset(named_by_dose(dose))
    telling = _BY_PARTS[summation]
    if telling is not None and all(part is not telling for _, (part, _) in named):
        return None
    parts = frozenset() if telling is None else named
    grid = bool(dose.value("Rows"))
    return summation, dose.value("DoseType"), dose.value("DoseUnits"), grid, uids, parts


ALL: tuple[Check, ...] = (one_structure_set, parts_of_its_plan, type_fits, has_a_grid, one_dose_each)
