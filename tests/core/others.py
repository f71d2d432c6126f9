"""Builders of the objects beside structure set, plan and dose: as sound as those of `tests.core.studies`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.core.studies import (
    FRAME,
    ROOT,
    RTIMAGE_CLASS,
    RTRECORD_CLASS,
    TO_PLANS,
    blind,
    instance,
    refers,
)
from xnat_gate.core.pointers import Frame, Number, Path, Pointers, Reference
from xnat_gate.core.study import Instance

STORAGE = "1.2.840.10008.5.1.4.1.1."
REG_CLASS, FIDUCIALS_CLASS, DEFORMABLE_CLASS = f"{STORAGE}66.1", f"{STORAGE}66.2", f"{STORAGE}66.3"
SEG_CLASS, SURFACE_CLASS = f"{STORAGE}66.4", f"{STORAGE}66.5"
ANNOTATION_CLASS, RADIATION_SET_CLASS, C_ARM_CLASS = (
    f"{STORAGE}481.11",
    f"{STORAGE}481.12",
    f"{STORAGE}481.13",
)
RADIATION_RECORD_CLASS = f"{STORAGE}481.19"
PR_CLASS, SR_CLASS, KO_CLASS, RWV_CLASS = (f"{STORAGE}{tail}" for tail in ("11.1", "88.33", "88.59", "67"))

SESSION = ("TreatmentSessionBeamSequence",)
VERIFYING = (*SESSION, "ReferencedVerificationImageSequence")
DERIVED = ("PerFrameFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence")
LISTED = ("ReferencedSeriesSequence", "ReferencedInstanceSequence")
SOURCES = ("SourceImageSequence",)
IMAGES = ("ReferencedImageSequence",)
RADIATIONS = ("RTRadiationSequence",)
DEFINITION = ("DefinitionSourceSequence",)
SEGMENTS = ("SegmentReferenceSequence", "DirectSegmentReferenceSequence", "ReferencedSOPSequence")
EVIDENCE = ("CurrentRequestedProcedureEvidenceSequence", "ReferencedSeriesSequence", "ReferencedSOPSequence")


def _object(modality: str, sop_class: str, number: int, family: int, header: dict[str, Any]) -> Instance:
    """One in a series of its own, with a series number of its own."""
    series = f"{ROOT}.6{family}.{number}"
    sound = {"SeriesNumber": f"6{family}{number}", "SeriesDescription": f"{modality} {number}"}
    return instance(
        f"{modality}{family}{number}.dcm", sop_class, modality, f"{series}.1", series, **{**sound, **header}
    )


def rtimage(of: Instance | None, number: int = 1, **header: Any) -> Instance:
    """An RT image of beam 1 of this plan."""
    sound = {"RTImageLabel": f"RI{number}", "BurnedInAnnotation": "NO"}
    beam = {"ReferencedBeamNumber": "1"} if of else {}
    made = _object("RTIMAGE", RTIMAGE_CLASS, number, 1, {**sound, **beam, **header})
    return blind(made, references=refers(TO_PLANS, of) if of else ())


def record(
    of: Instance | None, number: int = 1, *, beam: str = "1", sop_class: str = RTRECORD_CLASS, **header: Any
) -> Instance:
    """The record of one session in which this beam of the plan was given."""
    made = _object("RTRECORD", sop_class, number, 2, header)
    numbers = (Number("ReferencedBeamNumber", beam, SESSION),) if beam else ()
    return blind(made, references=refers(TO_PLANS, of) if of else (), numbers=numbers)


Named = str | Iterable[Instance]


def registration(*items: Named, number: int = 1, frame: str = FRAME, **header: Any) -> Instance:
    """Of these items, each naming images, or a frame of reference; into this frame."""
    made = _object("REG", REG_CLASS, number, 3, {"FrameOfReferenceUID": frame or None, **header})
    return _itemised(made, ("RegistrationSequence",), items, frame)


def deformable(*items: Named, number: int = 1, frame: str = FRAME) -> Instance:
    """The same, of source frames that are bent into this one."""
    made = _object("REG", DEFORMABLE_CLASS, number, 4, {"FrameOfReferenceUID": frame})
    return _itemised(made, ("DeformableRegistrationSequence",), items, frame)


def fiducials(*items: Named, number: int = 1) -> Instance:
    """Sets of points, each on images, or in a frame of reference."""
    return _itemised(_object("FID", FIDUCIALS_CLASS, number, 5, {}), ("FiducialSetSequence",), items, "")


def _itemised(made: Instance, path: Path, items: Iterable[Named], frame: str) -> Instance:
    references: list[Reference] = []
    frames = [Frame(frame)] if frame else []
    for place, item in enumerate(items):
        if isinstance(item, str):
            frames.append(Frame(item, path, place))
        else:
            references += [replace(ref, item=place) for ref in refers((*path, *IMAGES), *item)]
    return replace(made, pointers=Pointers(tuple(references), frames=tuple(frames)))


def segmentation(
    of: Iterable[Instance],
    number: int = 1,
    *,
    derived: Iterable[Instance] | None = None,
    frame: str = FRAME,
    **header: Any,
) -> Instance:
    """A segmentation that lists these images, and whose frames are derived from them or from those said."""
    images = tuple(of)
    sources = images if derived is None else tuple(derived)
    sound = {"FrameOfReferenceUID": frame or None, "NumberOfFrames": str(len(sources) or 1)}
    made = _object("SEG", SEG_CLASS, number, 6, {**sound, **header})
    references = refers(LISTED, *images) + refers(DERIVED, *sources)
    series = tuple(dict.fromkeys(image.series_uid for image in images))
    return replace(made, pointers=Pointers(references, series, (Frame(frame),) if frame else ()))


def second_generation(
    path: Path,
    *of: Instance,
    number: int = 1,
    sop_class: str = RADIATION_SET_CLASS,
    listed: Iterable[Instance] | None = None,
    **header: Any,
) -> Instance:
    """An object that names these on this path, and lists them or those said."""
    made = _object("RTRAD", sop_class, number, 7, header)
    index = tuple(of) if listed is None else tuple(listed)
    return blind(made, references=refers(path, *of) + refers(LISTED, *index))


def beside(
    path: Path, *of: Instance, number: int = 1, sop_class: str = PR_CLASS, modality: str = "PR"
) -> Instance:
    """A presentation state, document or value map that points at these."""
    return blind(_object(modality, sop_class, number, 8, {}), references=refers(path, *of))
