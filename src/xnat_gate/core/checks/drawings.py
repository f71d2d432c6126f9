"""What is drawn is consistent (RT042-RT044, RT047)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from xnat_gate.core.checks.check import Case, Check, Remark, check, counted, listed
from xnat_gate.core.checks.drawn_on import called, structure_sets
from xnat_gate.core.checks.rt_object import about, name, sentence
from xnat_gate.core.drawing import Drawing, Outline
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.study import Instance

_ROIS = ("StructureSetROISequence",)
_CONTOURS = ("ROIContourSequence",)
_OBSERVATIONS = ("RTROIObservationsSequence",)
_OPEN = frozenset({"POINT", "OPEN_PLANAR", "OPEN_NONPLANAR"})


@check(
    "RT042",
    "Every contour belongs to one structure of the list",
    Severity.ERROR,
    "Export the structure set again from the system that made it.",
)
def rois_known(case: Case) -> Iterator[Remark]:
    """Contours and observations name their structure by its ROI number alone (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8). Where
    two structures share a number, or a number is not in the list, nobody can tell which organ an outline shows."""
    for link in structure_sets(case):
        faults = tuple(_faults_of_numbers(link.instance))
        if faults:
            message = f"The structures of {name(link)} are inconsistent: {'; '.join(faults)}."
            yield about(link, message, Effect.HOLD)


def _faults_of_numbers(structures: Instance) -> Iterator[str]:
    known = _numbers(structures, "ROINumber", _ROIS)
    shared = [number for number, times in known.items() if times > 1]
    if shared:
        names = _names(structures.drawing, shared)
        yield f"{listed(names)} share a number" if len(names) > 1 else "several share a number"
    contoured = _numbers(structures, "ReferencedROINumber", _CONTOURS).keys() - known.keys()
    if contoured:
        yield f"contours belong to {counted(len(contoured), 'structure that is', 'structures that are')} not listed"
    observed = _numbers(structures, "ReferencedROINumber", _OBSERVATIONS).keys() - known.keys()
    if observed:
        yield f"{counted(len(observed), 'structure is', 'structures are')} described and not listed"


def _numbers(structures: Instance, keyword: str, path: tuple[str, ...]) -> Counter[str]:
    """How often each number is said in these items."""
    numbers: Counter[str] = Counter()
    for said in structures.pointers.numbers:
        if said.keyword == keyword and said.path == path:
            numbers[said.value] += said.times
    return numbers


def _names(drawing: Drawing, numbers: Iterable[str]) -> list[str]:
    wanted = set(numbers)
    return list(dict.fromkeys(roi.name for roi in drawing.rois if roi.number in wanted and roi.name))


@check(
    "RT043",
    "Every structure has contours",
    Severity.INFO,
    "Nothing, unless one of these structures should have been drawn.",
)
def rois_drawn(case: Case) -> Iterator[Remark]:
    """A structure without contours is lawful (Contour Sequence, type 3, PS3.3 C.8.8.6): planning systems keep the empty
    ones of a template. Told because a structure that somebody forgot to draw looks just the same."""
    for link in structure_sets(case):
        drawing = link.instance.drawing
        if not drawing.unmeasured:
            drawn = {outline.roi for outline in drawing.outlines}
            empty = [called(roi) for roi in drawing.rois if roi.number not in drawn]
            if empty:
                words = f"{name(link)} has {counted(len(empty), 'empty structure')}: {listed(empty)}"
                yield about(link, sentence(words), Effect.NOTE)


@check(
    "RT044",
    "A structure set encloses something",
    Severity.INFO,
    "Nothing, if the set is meant to mark points or lines only.",
)
def encloses(case: Case) -> Iterator[Remark]:
    """A set of points or open lines marks isocentres, seeds or catheters (Contour Geometric Type, PS3.3 C.8.8.6.1). It
    is lawful, and no volume or dose statistics can be made of it; its points often name no image."""
    for link in structure_sets(case):
        drawing = link.instance.drawing
        kinds = {outline.kind for outline in drawing.outlines}
        if kinds and kinds <= _OPEN and not drawing.unmeasured:
            what = "points" if kinds == {"POINT"} else "lines" if "POINT" not in kinds else "points and lines"
            yield about(link, sentence(f"{name(link)} holds {what} only, and encloses nothing"), Effect.NOTE)


@check(
    "RT047",
    "Contours are well formed",
    Severity.WARNING,
    "Open the structure set in the system that made it, correct these structures and export it again.",
)
def well_formed(case: Case) -> Iterator[Remark]:
    """A contour says how many points it has and gives three coordinates for each; a closed one needs three points to
    enclose anything (PS3.3 C.8.8.6). Programs leave out what does not fit, or stop at it, and each does so in its own
    way."""
    for link in structure_sets(case):
        drawing = link.instance.drawing
        faults = Counter[str]()
        rois: dict[str, None] = {}
        for outline in drawing.outlines:
            fault = _fault(outline)
            if fault:
                faults[fault] += 1
                rois[outline.roi] = None
        if faults:
            names = _names(drawing, rois)
            where = f" ({listed(names)})" if names else ""
            kinds = ", ".join(f"{number} {fault}" for fault, number in faults.items())
            what = counted(faults.total(), "contour is", "contours are")
            yield about(link, f"{what} malformed in {name(link)}{where}: {kinds}.", Effect.NOTE)


def _fault(outline: Outline) -> str:
    if not outline.values:
        return "without coordinates"
    if outline.values % 3 or outline.declared not in (None, outline.values // 3):
        return "with another number of points than given"
    if outline.first is None:
        return "with coordinates that are no numbers"
    if outline.kind.startswith("CLOSED") and outline.values < 9:
        return "closed with fewer than three points"
    return ""


ALL: tuple[Check, ...] = (rois_known, rois_drawn, encloses, well_formed)
