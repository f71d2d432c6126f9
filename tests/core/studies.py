"""Builders of core values: images, RT objects and what they say of each other, without a file and without pydicom.

Laws: everything is pure and deterministic; what a builder does not say stands as a sound object would have it; an
object that is referred to need not be part of the study, which is how links break.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.drawing import ROI, Drawing, Outline
from xnat_gate.core.pointers import Frame, Number, Pointers, Reference
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
        **GRID,
    }
    folder = series.rpartition(".")[2]
    return tuple(
        instance(
            f"CT{folder}/{n}.dcm",
            CT_CLASS,
            "CT",
            f"{series}.{n}",
            series,
            **{**sound, "InstanceNumber": str(n), "ImagePositionPatient": position(n), **header},
        )
        for n in range(1, slices + 1)
    )


GRID = {
    "ImageOrientationPatient": ("1", "0", "0", "0", "1", "0"),
    "PixelSpacing": ("1", "1"),
    "Rows": "100",
    "Columns": "100",
}
"""Axial, 100 mm x 100 mm."""
DISTANCE = 3
"""Of the slices, in mm."""


def position(nth: int) -> tuple[str, str, str]:
    """ImagePositionPatient of the nth slice, from 1: the first lies at z = 0."""
    return "-50", "-50", str((nth - 1) * DISTANCE)


def outline(
    roi: str, at: Iterable[float], image_uid: str = "", kind: str = "CLOSED_PLANAR", size: float = 10.0
) -> Outline:
    """A square contour of four points beginning at this point, or one point."""
    x, y, z = at
    side, points = (0.0, 1) if kind == "POINT" else (size, 4)
    return Outline(roi, kind, image_uid, points, 3 * points, (x, y, z), (x, y, z), (x + side, y + side, z))


def drawn_on(images: Iterable[Instance], *names: str, frame: str = FRAME) -> Drawing:
    """ROIs of these names, numbered from 1, each with a contour in the middle of every image that tells its place."""
    placed = [one for one in images if len(one.values("ImagePositionPatient")) == 3]
    return Drawing(
        rois=tuple(ROI(str(number), name, frame) for number, name in enumerate(names, 1)),
        outlines=tuple(
            outline(str(number), (0, 0, float(one.values("ImagePositionPatient")[2])), one.sop_instance_uid)
            for number in range(1, len(names) + 1)
            for one in placed
        ),
    )


def roi_numbers(*values: str) -> tuple[Number, ...]:
    """What a structure set with ROIs of these numbers says of them, with contours and observations of each."""
    said = {
        "ROINumber": "StructureSetROISequence",
        "ReferencedROINumber": "ROIContourSequence",
    }
    return tuple(
        Number(keyword, value, (path,)) for keyword, path in said.items() for value in values
    ) + tuple(Number("ReferencedROINumber", value, ("RTROIObservationsSequence",)) for value in values)


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
    if "frame_uids" in said:
        old = replace(old, frames=tuple(map(Frame, said.pop("frame_uids"))))
    return replace(old, **said)


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
    references = (
        (refers(STUDY_ITEM, images[0].study_uid, as_class=DETACHED_STUDY) if listed and images else ())
        + (refers(LISTED, *images) if listed else ())
        + (refers(CONTOURED, *images, roi=roi) if contours else ())
    )
    made = _rt("RTSTRUCT", RTSTRUCT_CLASS, number, 3, {"StructureSetLabel": f"RS{number}", **header})
    series = tuple(dict.fromkeys(image.series_uid for image in images)) if listed else ()
    frames = (Frame(frame, ("ReferencedFrameOfReferenceSequence",)),) if frame else ()
    pointers = Pointers(references, series, frames, roi_numbers("1"))
    drawing = drawn_on(images, roi, frame=frame) if contours else Drawing((ROI("1", roi, frame),))
    return replace(made, pointers=pointers, drawing=drawing)


DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"


BEAMS = (
    Number("BeamNumber", "1", ("BeamSequence",)),
    Number("FractionGroupNumber", "1", ("FractionGroupSequence",)),
    Number("ReferencedBeamNumber", "1", ("FractionGroupSequence", "ReferencedBeamSequence")),
)
"""One beam in one fraction group."""


def rtplan(of: Instance | None, number: int = 1, sop_class: str = RTPLAN_CLASS, **header: Any) -> Instance:
    """A plan of one beam made on this structure set."""
    sound = {"RTPlanLabel": f"RP{number}", "RTPlanGeometry": "PATIENT"}
    made = _rt("RTPLAN", sop_class, number, 5, {**sound, **header})
    return blind(made, references=refers(TO_STRUCTURES, of) if of else (), numbers=BEAMS)


def rtdose(
    of: Instance | Iterable[Instance] | None,
    number: int = 1,
    *,
    structures: Instance | None = None,
    summation: str = "PLAN",
    **header: Any,
) -> Instance:
    """A dose of this plan or these plans, on a grid inside the images of `ct`; `structures`: the structure set that its
    DVH names."""
    plans = (of,) if isinstance(of, Instance) else tuple(of or ())
    sound = {
        "SeriesDescription": f"RD{number}",
        "DoseSummationType": summation,
        "FrameOfReferenceUID": FRAME,
        **GRID,
        "Rows": "20",
        "Columns": "20",
        "ImagePositionPatient": ("-10", "-10", "0"),
        "NumberOfFrames": "2",
        "GridFrameOffsetVector": ("0", "3"),
    }
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


ALLOWED = (
    *("CT", "MR", "PT", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "RTRECORD", "RTRAD"),
    *("REG", "FID", "SEG", "PR", "SR", "KO", "RWV"),
)


def a_protocol(**changes: object) -> Protocol:
    """The default protocol's lists and policies, with these keys replaced."""
    tree: dict[str, object] = {
        "protocol": 1,
        "name": "test import",
        "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
        "allow": {"Modality": list(ALLOWED)},
        "deny": {"ManufacturerModelName": ["Aera"]},
    }
    return parse(node({**tree, **changes}), VOCABULARY, "ab" * 32)
