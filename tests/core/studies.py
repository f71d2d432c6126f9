"""Builders of core values: images, RT objects and what they say of each other, without a file and without pydicom.

Laws: everything is pure and deterministic; what a builder does not say stands as a sound object would have it; an
object that is referred to need not be part of the study, which is how links break.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.drawing import Drawing, Outline
from xnat_gate.core.pointers import Frame, Pointers, Reference
from xnat_gate.core.protocol import Protocol, node, parse
from xnat_gate.core.study import Instance, Reading, Study, Unreadable

ROOT = "1.2.826.0.1.3680043.10.1436"
STUDY, FRAME, IMAGES = f"{ROOT}.1", f"{ROOT}.2", f"{ROOT}.3"

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_CLASS = "1.2.840.10008.5.1.4.1.1.2.1"
PT_CLASS = "1.2.840.10008.5.1.4.1.1.128"
SC_CLASS = "1.2.840.10008.5.1.4.1.1.7"
RTIMAGE_CLASS = "1.2.840.10008.5.1.4.1.1.481.1"
RTDOSE_CLASS = "1.2.840.10008.5.1.4.1.1.481.2"
RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
RTPLAN_CLASS = "1.2.840.10008.5.1.4.1.1.481.5"
RTRECORD_CLASS = "1.2.840.10008.5.1.4.1.1.481.4"
ION_PLAN_CLASS = "1.2.840.10008.5.1.4.1.1.481.8"

STUDY_ITEM = ("ReferencedFrameOfReferenceSequence", "RTReferencedStudySequence")
LISTED = (*STUDY_ITEM, "RTReferencedSeriesSequence", "ContourImageSequence")
CONTOURED = ("ROIContourSequence", "ContourSequence", "ContourImageSequence")
TO_STRUCTURES = ("ReferencedStructureSetSequence",)
TO_PLANS = ("ReferencedRTPlanSequence",)
OVERVIEW_IMAGES = ("PlanOverviewSequence", "ReferencedImageSequence")
TO_RECORDS = ("ReferencedTreatmentRecordSequence",)


def instance(file: str, sop_class: str, modality: str, uid: str, series: str, **header: Any) -> Instance:
    """One object; of `header`, None takes a keyword out, () leaves it there without a value."""
    sound = Instance(
        file,
        {
            "PatientName": ("DOE^JANE",),
            "PatientID": ("4711",),
            "StudyInstanceUID": (STUDY,),
            "SeriesInstanceUID": (series,),
            "SOPInstanceUID": (uid,),
            "SOPClassUID": (sop_class,),
            "Modality": (modality,),
        },
    )
    return changed(sound, **header)


def changed(original: Instance, **header: Any) -> Instance:
    """The same object with other header values."""
    values = dict(original.header)
    for keyword, value in header.items():
        values.pop(keyword, None)
        if value is not None:
            values[keyword] = (value,) if isinstance(value, str) else tuple(value)
    return replace(original, header=values)


def all_changed(instances: Iterable[Instance], **header: Any) -> tuple[Instance, ...]:
    return tuple(changed(one, **header) for one in instances)


def ct(slices: int = 3, series: str = IMAGES, frame: str = FRAME, **header: Any) -> tuple[Instance, ...]:
    """A CT series of so many slices, number 1 unless said otherwise."""
    sound = {
        "FrameOfReferenceUID": frame or None,
        "SeriesNumber": "1",
        "ImageType": ("ORIGINAL", "PRIMARY", "AXIAL"),
    }
    folder = series.rpartition(".")[2]
    return tuple(
        instance(f"CT{folder}/{n}.dcm", CT_CLASS, "CT", f"{series}.{n}", series, **{**sound, **header})
        for n in range(1, slices + 1)
    )


def refers(
    path: tuple[str, ...], *targets: Instance | str, roi: str = "", as_class: str = ""
) -> tuple[Reference, ...]:
    """References on one path; a target that is only a UID, or `as_class`, gets that class (CT if none)."""
    return tuple(
        Reference(target, as_class or CT_CLASS, path, roi)
        if isinstance(target, str)
        else Reference(target.sop_instance_uid, as_class or target.sop_class_uid, path, roi)
        for target in targets
    )


def pointing(original: Instance, *more: Reference, **said: Any) -> Instance:
    """The same object with further references, or with other pointers altogether; `said` as for `blind`."""
    old = original.pointers
    made = _said(old, said)
    return replace(original, pointers=replace(made, references=(*made.references, *more)))


def blind(original: Instance, *, contour_types: Iterable[str] = (), **said: Any) -> Instance:
    """The same object saying nothing about others, but for the pointers given (`frame_uids`: frames that it uses
    without saying where), and with one contour of each of these types."""
    outlines = tuple(Outline("1", kind, "", None, 0) for kind in contour_types)
    return replace(original, pointers=_said(Pointers(), said), drawing=Drawing(outlines=outlines))


def _said(old: Pointers, said: dict[str, Any]) -> Pointers:
    frames = {"frames": tuple(map(Frame, said.pop("frame_uids")))} if "frame_uids" in said else {}
    return replace(old, **frames, **said)


def rtstruct(
    of: Iterable[Instance],
    number: int = 1,
    *,
    contours: bool = True,
    listed: bool = True,
    roi: str = "PTV",
    frame: str = FRAME,
    **header: Any,
) -> Instance:
    """A structure set drawn on these images, which it lists in its header and names in its contours."""
    images = tuple(of)
    references = (refers(LISTED, *images) if listed else ()) + (
        refers(CONTOURED, *images, roi=roi) if contours else ()
    )
    made = _rt("RTSTRUCT", RTSTRUCT_CLASS, number, 3, {"StructureSetLabel": f"RS{number}", **header})
    series = tuple(dict.fromkeys(image.series_uid for image in images)) if listed else ()
    frames = (frame,) if frame else ()
    types = ("CLOSED_PLANAR",) if contours else ()
    return blind(made, references=references, series_uids=series, frame_uids=frames, contour_types=types)


def rtplan(of: Instance | None, number: int = 1, sop_class: str = RTPLAN_CLASS, **header: Any) -> Instance:
    """A plan made on this structure set."""
    sound = {"RTPlanLabel": f"RP{number}", "RTPlanGeometry": "PATIENT"}
    made = _rt("RTPLAN", sop_class, number, 5, {**sound, **header})
    return blind(made, references=refers(TO_STRUCTURES, of) if of else ())


def rtdose(
    of: Instance | Iterable[Instance] | None,
    number: int = 1,
    *,
    structures: Instance | None = None,
    summation: str = "PLAN",
    **header: Any,
) -> Instance:
    """A dose of this plan or these plans; `structures`: the structure set that its DVH names."""
    plans = (of,) if isinstance(of, Instance) else tuple(of or ())
    sound = {"SeriesDescription": f"RD{number}", "DoseSummationType": summation, "FrameOfReferenceUID": FRAME}
    made = _rt("RTDOSE", RTDOSE_CLASS, number, 2, {**sound, **header})
    references = refers(TO_PLANS, *plans) + (refers(TO_STRUCTURES, structures) if structures else ())
    return blind(made, references=references, frame_uids=(FRAME,))


def _rt(modality: str, sop_class: str, number: int, kind: int, header: dict[str, Any]) -> Instance:
    """An RT object in a series of its own, with a series number of its own."""
    series = f"{ROOT}.48{kind}.{number}"
    sound = {"SeriesNumber": f"{kind}0{number}"}
    return instance(
        f"{modality}{number}.dcm", sop_class, modality, f"{series}.1", series, **{**sound, **header}
    )


def chain(slices: int = 3) -> tuple[Instance, ...]:
    """Images, structure set, plan and dose, all linked."""
    images = ct(slices)
    structures = rtstruct(images)
    plan = rtplan(structures)
    return (*images, structures, plan, rtdose(plan, structures=structures))


def study(*parts: Instance | Iterable[Instance], uid: str = STUDY, damaged: Iterable[str] = ()) -> Study:
    """The study of these objects, in this order; `damaged`: files that cannot be read to their end."""
    flat = tuple(one for part in parts for one in ((part,) if isinstance(part, Instance) else part))
    broken = tuple(Unreadable(file, "The file is cut short.", uid) for file in damaged)
    return Study(uid, flat, broken)


def reading(*studies: Study, not_dicom: tuple[str, ...] = ()) -> Reading:
    """What a reader would have told of these studies."""
    return Reading(
        tuple(one for each in studies for one in each.instances),
        not_dicom,
        tuple(one for each in studies for one in each.damaged),
    )


def a_protocol(**changes: object) -> Protocol:
    """The default protocol's lists and policies, with these keys replaced."""
    tree: dict[str, object] = {
        "protocol": 1,
        "name": "test import",
        "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
        "allow": {"Modality": ["CT", "MR", "PT", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "REG"]},
        "deny": {"ManufacturerModelName": ["Aera"]},
    }
    return parse(node({**tree, **changes}), VOCABULARY, "ab" * 32)
