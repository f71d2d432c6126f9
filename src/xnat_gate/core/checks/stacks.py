"""Slices that make a volume (RT121-RT124, RT129)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import atan, degrees

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.geometry.stacks import Level, Stack, aside, distance, is_wide
from xnat_gate.core.geometry.vectors import whole
from xnat_gate.core.linkage.ground import divided_series
from xnat_gate.core.study import Instance, Series

Gap = tuple[Level, Level]


def _stacks(case: Case) -> Iterator[tuple[Series, Stack]]:
    for series in case.study.series:
        stack = case.geometry.stacks.get(series.uid)
        if stack is not None:
            yield series, stack


def _of(
    series: Series, message: str, effect: Effect = Effect.NOTE, severity: Severity | None = None
) -> Remark:
    return Remark(message=message, effect=effect, about=(series.uid,), severity=severity)


@check(
    "RT121",
    "No slice of a series is missing",
    Severity.ERROR,
    "Compare the number of images with the source system and send the complete series again.",
)
def no_gaps(case: Case) -> Iterator[Remark]:
    """Within a series, no two neighbouring slices may be more than one and a half times as far apart as neighbours
    usually are, by their positions along the normal of the slices (PS3.3 C.7.6.2), whatever their numbers say. Scouts
    and slices that are turned otherwise are left out, several slices at one position are one, and fewer than four
    positions are too few. A slice that was lost on the way falsifies volumes and doses, and a series looks whole
    without it: the study waits where RT refers to the series. A scan whose distances were chosen to change along the
    patient is noted: its numbers run on, and the new distance lasts for three slices or more, or no RT refers to it."""
    divided = divided_series(case.study, case.elsewhere)
    for series, stack in _stacks(case):
        if not stack.gaps or stack.spacing is None or series.uid in divided:
            continue
        referred = series.uid in case.referred
        if all(map(_numbers_run_on, stack.gaps)) and (not referred or _lasting(stack)):
            yield _of(series, _uneven(series, stack), severity=Severity.WARNING)
        else:
            effect, severity = (Effect.HOLD, Severity.ERROR) if referred else (Effect.NOTE, Severity.WARNING)
            yield _of(series, _missing(series, stack, stack.spacing), effect, severity)


def _numbers_run_on(gap: Gap) -> bool:
    """Whether the numbers of the slices, or of frames of one image, say that nothing lies between them."""
    below, above = ({plane.number for plane in level.planes} for level in gap)
    return any(number is not None and not above.isdisjoint((number - 1, number + 1)) for number in below)


_STEPS = 3
_EQUAL = 1.1


def _lasting(stack: Stack) -> bool:
    """Whether every gap is one of several equal ones in a row."""
    row, spacing = list[float](), stack.spacing or 0.0
    for pair in stack.neighbours:
        step = distance(pair)
        wide = is_wide(step, spacing)
        if row and not (wide and max(*row, step) <= _EQUAL * min(*row, step)):
            if len(row) < _STEPS:
                return False
            row = []
        if wide:
            row.append(step)
    return not row or len(row) >= _STEPS


def _missing(series: Series, stack: Stack, spacing: float) -> str:
    about = sum(max(1, round(distance(gap) / spacing) - 1) for gap in stack.gaps)
    return f"Slices are missing {_where(stack)} in {series.name}: about {about}."


def _uneven(series: Series, stack: Stack) -> str:
    widest = max(map(distance, stack.gaps))
    return (
        f"The slices of {series.name} do not lie evenly: {_mm(widest)} mm apart {_where(stack)}, "
        f"and {_mm(stack.spacing or 0.0)} mm as a rule."
    )


def _where(stack: Stack) -> str:
    """In millimetres towards the head, the left or the back of the patient, whatever the normal says."""
    normal = stack.orientation.normal
    sign = 1 if max(normal, key=abs) > 0 else -1
    places = [sorted(sign * level.at for level in gap) for gap in stack.gaps]
    return listed(f"between {_mm(low)} and {_mm(high)} mm" for low, high in sorted(places))


def _mm(length: float) -> str:
    return f"{round(length, 1) + 0.0:g}"


@check(
    "RT122",
    "No two slices of a series lie at the same position",
    Severity.WARNING,
    "Ask the source system for one series per time phase, and see that no image was exported twice.",
)
def no_coincidence(case: Case) -> Iterator[Remark]:
    """Images of one series that are turned alike and begin at the same point must differ in time, acquisition, echo or
    type of image, as those of a 4D or dynamic series do; else they are copies, or phases that nobody can part. A
    series of several phases is noted, too, where RT refers to it: contours of one phase are easily shown on another.
    MR images differ in more ways than are asked for: as many of them at every position are not taken for copies.
    Frames of one multi-frame image are told apart by the image itself (PS3.3 C.7.6.17) and are not compared."""
    for series, stack in _stacks(case):
        crowded = [level for level in stack.levels if len(level.planes) > 1]
        if not crowded:
            continue
        images = {one.sop_instance_uid: one for one in case.geometry.slices[series.uid]}
        alike = 0 if _repeated_mr(series, stack) else sum(_indistinct(level, images) for level in crowded)
        if alike:
            lie, are = ("lies", "it is a copy") if alike == 1 else ("lie", "they are copies")
            what = f"{counted(alike, 'image')} of {series.name} {lie} where another one lies already"
            yield _of(series, f"{what}: {are}, or of another time phase.")
        elif series.uid in case.referred and any(
            len({one.uid for one in each.planes}) > 1 for each in crowded
        ):
            what = f"{series.name} holds several images at {counted(len(crowded), 'position')}"
            yield _of(series, f"{what}, as a scan of several phases does, and RT refers to it.")


_TELLING = (
    "AcquisitionNumber",
    "AcquisitionTime",
    "EchoTime",
    "ImageType",
    "TemporalPositionIdentifier",
    "TriggerTime",
)


def _repeated_mr(series: Series, stack: Stack) -> bool:
    """Diffusion weights, flip angles, components of a complex signal: every slice was taken as often as the others."""
    return series.modalities == ("MR",) and len({len(level.planes) for level in stack.levels}) == 1


def _indistinct(level: Level, images: dict[str, Instance]) -> int:
    """How many images there are at this place beyond those that differ."""
    told = Counter(
        (tuple(round(part, 1) for part in plane.origin), *map(images[plane.uid].values, _TELLING))
        for plane in level.planes
        if plane.uid in images and (whole(images[plane.uid].value("NumberOfFrames")) or 1) == 1
    )
    return sum(told.values()) - len(told)


@check(
    "RT123",
    "All slices of a series are turned alike",
    Severity.WARNING,
    "Take scouts and reformatted images out of the series in the source system, or see that they do no harm.",
)
def one_orientation(case: Case) -> Iterator[Remark]:
    """A series of cross-sections has one orientation (PS3.3 C.7.6.2); systems that make a volume of it fail or guess
    where a scout is among them. Images that call themselves LOCALIZER are not asked, nor are surveys in several
    directions, of which none holds most of the images, unless RT refers to them."""
    for series in case.study.series:
        images = case.geometry.planes.get(series.uid)
        stack = case.geometry.stacks.get(series.uid)
        if stack is None and images and series.uid in case.referred:
            yield _of(series, f"The slices of {series.name} are turned in several directions.")
        elif stack is not None and stack.strays:
            every = stack.strays + len(stack.planes)
            verb = "is" if stack.strays == 1 else "are"
            what = f"{stack.strays} of {every} slices of {series.name} {verb} turned otherwise than the rest"
            yield _of(series, f"{what}; a scout may be among them.")


@check(
    "RT124",
    "All slices of a series have the same matrix and the same pixels",
    Severity.WARNING,
    "Ask the source system for the series as it was reconstructed, without images of another size.",
)
def one_matrix(case: Case) -> Iterator[Remark]:
    """Rows, Columns and PixelSpacing are the same for all slices of a volume. Where they change, images of another
    reconstruction are among them, and what is drawn or calculated on the volume may be drawn out of scale."""
    for series, stack in _stacks(case):
        sizes = {plane.size for plane in stack.planes if plane.size is not None}
        if len(sizes) > 1:
            words = listed(f"{rows} x {columns}" for rows, columns in sorted(sizes))
            yield _of(series, f"The image size changes inside {series.name}: {words} pixels.")
            continue
        spacings = {plane.spacing for plane in stack.planes if plane.spacing is not None}
        differing = next(filter(_differ, zip(*spacings, strict=True)), None)
        if differing:
            words = f"from {min(differing):g} to {max(differing):g} mm"
            yield _of(series, f"The size of the pixels changes inside {series.name}: {words}.")


def _differ(lengths: Iterable[float]) -> bool:
    """By more than rounding."""
    found = sorted(lengths)
    return found[-1] > 1.001 * found[0]


@check(
    "RT129",
    "The slices that RT refers to stand upright on each other",
    Severity.WARNING,
    "Check in the planning system that the contours lie right, or scan without tilt.",
)
def no_tilt(case: Case) -> Iterator[Remark]:
    """Slices of a tilted gantry are shifted sideways from one to the next: their stack leans, and is no rectangular
    volume. Many systems take it for one and show contours and dose in the wrong place. Asked of series that RT refers
    to: the direction from slice to slice must not differ by more than a degree from their normal. An oblique stack
    that stands upright on its slices is a volume like any other."""
    for series, stack in _stacks(case):
        if (
            series.uid in case.referred
            and stack.lean > _MOST_LEAN
            and aside((stack.levels[0], stack.levels[-1])) > 1
        ):
            tilt = round(degrees(atan(stack.lean)))
            yield _of(series, f"The slices of {series.name} are tilted by {counted(tilt, 'degree')}.")


_MOST_LEAN = 0.0175
"""The tangent of a degree."""

ALL = (no_gaps, no_coincidence, one_orientation, one_matrix, no_tilt)
