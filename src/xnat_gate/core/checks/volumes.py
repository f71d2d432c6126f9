"""Series that are whole, in one coordinate system (RT125-RT128)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from math import prod

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.checks.rt_object import about, name
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.geometry.planes import frames_of
from xnat_gate.core.geometry.vectors import whole
from xnat_gate.core.linkage.kinds import VOLUMES
from xnat_gate.core.linkage.verdicts import Reason
from xnat_gate.core.study import Instance, Series


def _volumes(case: Case) -> Iterator[tuple[Series, tuple[Instance, ...]]]:
    """The series that hold slices, with these."""
    for series in case.study.series:
        images = case.geometry.slices.get(series.uid)
        if images:
            yield series, images


@check(
    "RT125",
    "All images of a series lie in one coordinate system",
    Severity.ERROR,
    "Export the series again from the system that made it, with its frame of reference.",
)
def one_frame(case: Case) -> Iterator[Remark]:
    """The FrameOfReferenceUID says in which coordinate system positions are told; CT, MR and PET images must have one,
    and one series has only one (PS3.3 C.7.4.1). Without it, no contour and no dose can be proven to lie on the images:
    the study waits where RT refers to the series. Scouts are not asked."""
    for series, images in _volumes(case):
        frames = Counter(one.value("FrameOfReferenceUID") for one in images)
        lacking, several = frames.pop("", 0), len(frames)
        if not lacking and several < 2:
            continue
        words = []
        if lacking:
            verb = "has" if lacking == 1 else "have"
            words.append(f"{counted(lacking, 'image')} of {series.name} {verb} no coordinate system.")
        if several > 1:
            words.append(f"The images of {series.name} lie in {several} different coordinate systems.")
        referred = series.uid in case.referred
        yield Remark(
            message=" ".join(words),
            effect=Effect.HOLD if referred else Effect.NOTE,
            severity=Severity.ERROR if referred else Severity.WARNING,
            about=(series.uid,),
        )


@check(
    "RT126",
    "The images of a series are numbered without repetition and holes",
    Severity.INFO,
    "Nothing, if the series is complete: some systems number so, and a part of a series has holes.",
)
def well_numbered(case: Case) -> Iterator[Remark]:
    """InstanceNumber, where it is told, differs between the images of a CT, MR or PET series and leaves no number
    out, scouts included; it need not begin with 1, and the parts of a concatenation share one. It proves nothing,
    since every system numbers as it likes, but a hole may tell of an image that was left behind."""
    for series, _ in _volumes(case):
        each = {
            one.value("ConcatenationUID") or one.sop_instance_uid: one.value("InstanceNumber")
            for one in series.instances
            if _is_volume(one)
        }
        numbers = [number for number in map(whole, each.values()) if number is not None]
        if not numbers:
            continue
        repeated = len(numbers) - len(set(numbers))
        holes = max(numbers) - min(numbers) + 1 - len(set(numbers))
        words = []
        if repeated:
            words.append(
                f"{counted(repeated, 'image')} of {series.name} {_has(repeated)} a number that another one has"
            )
        if holes:
            words.append(
                f"{counted(holes, 'number')} between {min(numbers)} and {max(numbers)} {_is(holes)} not used"
            )
        if words:
            place = "" if repeated else f" in {series.name}"
            sentence = ", and ".join(words)
            yield Remark(message=f"{sentence}{place}.", about=(series.uid,))


def _is_volume(instance: Instance) -> bool:
    return instance.sop_class_uid in VOLUMES


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


@check(
    "RT127",
    "A series holds as many images as it declares",
    Severity.WARNING,
    "Compare with the source system and send the series again if images were left behind.",
)
def as_declared(case: Case) -> Iterator[Remark]:
    """A PET series declares its slices, and how many times it has them: as time slices when dynamic, as time slots and
    R-R intervals when gated (PS3.3 C.8.9.1). A volume that was parted into a concatenation declares how many parts
    there are (C.7.6.16.2.2.4), and a multi-frame image how many frames, each of which must have its place. More than
    declared is not asked: systems count differently."""
    for series, images in _volumes(case):
        for held, declared, of_what in (*_pet(images), *_concatenations(images), *_frames(images)):
            message = f"{series.name} is incomplete: {held} of {declared} {of_what}."
            yield Remark(message=message, about=(series.uid,))


Count = tuple[int, int, str]
"""How many there are, how many there should be, of what."""

_TIMES = {
    "DYNAMIC": ("NumberOfTimeSlices",),
    "GATED": ("NumberOfTimeSlots", "NumberOfRRIntervals"),
}


def _pet(images: Iterable[Instance]) -> Iterator[Count]:
    every = [one for one in images if one.modality == "PT" and not one.value("NumberOfFrames")]
    declared = {_declared_slices(one) for one in every} - {0}
    if len(declared) == 1 and len(every) < min(declared):
        yield len(every), min(declared), "images"


def _declared_slices(image: Instance) -> int:
    """Zero where it is not told."""
    times = (whole(image.value(keyword)) or 1 for keyword in _TIMES.get(image.value("SeriesType"), ()))
    return max(0, (whole(image.value("NumberOfSlices")) or 0) * prod(times))


def _concatenations(images: Iterable[Instance]) -> Iterator[Count]:
    parts: dict[str, list[Instance]] = defaultdict(list)
    for one in images:
        if one.value("ConcatenationUID"):
            parts[one.value("ConcatenationUID")].append(one)
    for _, every in sorted(parts.items()):
        declared = max(whole(one.value("InConcatenationTotalNumber")) or 0 for one in every)
        if len(every) < declared:
            yield len(every), declared, "parts of a volume"


_PLACES = "PerFrameFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient"


def _frames(images: Iterable[Instance]) -> Iterator[Count]:
    for one in images:
        declared, placed = frames_of(one), sum(map(bool, one.values(_PLACES))) // 3
        if declared > 1 and 0 < placed < declared:
            yield placed, declared, "frames of an image"


@check(
    "RT128",
    "No link rests on a coordinate system that several series share",
    Severity.INFO,
    "Export the object again with references to its images.",
)
def one_series_per_frame(case: Case) -> Iterator[Remark]:
    """PET and CT, the phases of a 4D scan, and everything registered share one frame of reference; that is as it should
    be, and is not asked. Only where an object names no image and is bound by its frame of reference alone (PS3.3
    C.8.8.5, type 3), several series could be meant, and they are named."""
    ambiguous = [link for link in case.links if link.reason is Reason.FRAME_AMBIGUOUS]
    sharing = _by_frame(case) if ambiguous else {}
    for link in ambiguous:
        for frame in link.instance.pointers.frame_uids:
            names = sharing.get(frame, ())
            if len(names) > 1:
                words = f"{listed(names)} share the coordinate system of {name(link)}"
                yield about(link, f"{words}, which names none of them.", Effect.NOTE)


def _by_frame(case: Case) -> dict[str, list[str]]:
    """The names of the series in each frame of reference."""
    found: dict[str, list[str]] = defaultdict(list)
    for series, images in _volumes(case):
        for frame in {one.value("FrameOfReferenceUID") for one in images} - {""}:
            found[frame].append(series.name)
    return found


ALL = (one_frame, well_numbered, as_declared, one_series_per_frame)
