"""What an object says about other objects, gathered from its sequences at every depth (`core.study.Pointers`).

Laws: every item that holds the pair (0008,1150) and (0008,1155) is a reference, whatever sequence it stands in;
an empty UID refers to nothing; no other value is read, contours least of all, but what is asked for (`answers`): one
walk serves both, as no cursor goes back. A private sequence of defined length in implicit VR cannot be told from bytes
and stays closed.
"""

from __future__ import annotations

from xnat_gate.core.study import Pointers, Reference
from xnat_gate.edge.dicom_files.answers import Layer, asked_items
from xnat_gate.edge.dicom_files.cursor import Cursor
from xnat_gate.edge.dicom_files.dictionary import TAGS, name_of, uid_name
from xnat_gate.edge.dicom_files.elements import Element, elements, text_value
from xnat_gate.edge.dicom_files.text import decode

CLASS = TAGS["ReferencedSOPClassUID"]
INSTANCE = TAGS["ReferencedSOPInstanceUID"]
SERIES = TAGS["SeriesInstanceUID"]
FRAME = TAGS["FrameOfReferenceUID"]
ROI_FRAME = TAGS["ReferencedFrameOfReferenceUID"]
CONTOUR_TYPE = TAGS["ContourGeometricType"]
ROI_NUMBER = TAGS["ROINumber"]
ROI_NAME = TAGS["ROIName"]
CONTOUR_ROI = TAGS["ReferencedROINumber"]
GATHERED = frozenset(
    {CLASS, INSTANCE, SERIES, FRAME, ROI_FRAME, CONTOUR_TYPE, ROI_NUMBER, ROI_NAME, CONTOUR_ROI}
)

ROIS = ("StructureSetROISequence",)
CONTOURS = ("ROIContourSequence",)

POINTING_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.481.",
    "1.2.840.10008.5.1.4.1.1.66.",
    "1.2.840.10008.5.1.4.34.7",
    "1.2.840.10008.5.1.4.34.10",
)
POINTING_MODALITIES = frozenset(
    {"RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "RTRECORD", "RTINTENT", "RTSEGANN", "RTRAD", "PLAN"}
    | {"SEG", "REG", "FID"}
)


def is_pointing(sop_class_uid: str, modality: str) -> bool:
    """Radiotherapy, segmentation, registration: by SOP class, by modality only where the class is unknown."""
    if sop_class_uid.startswith(POINTING_CLASSES):
        return True
    return not uid_name(sop_class_uid) and modality in POINTING_MODALITIES


class Gatherer:
    """Is shown the top-level sequences of one object, one after the other."""

    def __init__(self) -> None:
        self._references: list[tuple[str, str, tuple[str, ...], str]] = []
        self._series: dict[str, None] = {}
        self._frames: dict[str, None] = {}
        self._contour_types: dict[str, None] = {}
        self._roi_names: dict[str, bytes] = {}

    def sequence(
        self, cursor: Cursor, sequence: Element, layer: Layer | None = None, above: tuple[str, ...] = ()
    ) -> None:
        """`layer`: the data set or item that holds the sequence, where something of it is asked for."""
        path = (*above, name_of(sequence.tag))
        for end, item in asked_items(cursor, sequence, layer):
            first = len(self._references)
            values: dict[int, bytes] = {}
            for element in elements(cursor, sequence.coding, end, sequence.depth + 1):
                if element.is_sequence:
                    self.sequence(cursor, element, item, path)
                    continue
                raw = None
                if element.tag in GATHERED:
                    raw = values[element.tag] = text_value(cursor, element)
                if item is not None:
                    item.read(cursor, element, raw)
            self._item(path, values, first)

    def pointers(self, own_frame: str, charset: tuple[str, ...]) -> Pointers:
        """`own_frame`: the FrameOfReferenceUID of the object itself, or the empty string."""
        own = {own_frame: None} if own_frame else {}
        names = {number: decode(name, charset).strip(" \0") for number, name in self._roi_names.items()}
        found = (
            Reference(instance, sop_class, path, (names.get(number) or number) if number else "")
            for instance, sop_class, path, number in self._references
        )
        return Pointers(
            references=tuple(dict.fromkeys(found)),
            series_uids=tuple(self._series),
            frame_uids=tuple(own | self._frames),
            contour_types=tuple(self._contour_types),
        )

    def _item(self, path: tuple[str, ...], values: dict[int, bytes], first: int) -> None:
        """Take in an item whose nested references, from `first` on, are already there."""
        instance, sop_class = _plain(values, INSTANCE), _plain(values, CLASS)
        if instance and sop_class:
            self._references.insert(first, (instance, sop_class, path, ""))
        _note(self._series, _plain(values, SERIES))
        _note(self._frames, _plain(values, FRAME))
        _note(self._frames, _plain(values, ROI_FRAME))
        _note(self._contour_types, _plain(values, CONTOUR_TYPE))
        if path == ROIS:
            self._roi_names[_number(values, ROI_NUMBER)] = values.get(ROI_NAME, b"")
        if path == CONTOURS:
            roi = _number(values, CONTOUR_ROI)
            self._references[first:] = [(*reference[:3], roi) for reference in self._references[first:]]


def _note(seen: dict[str, None], value: str) -> None:
    if value:
        seen[value] = None


def _plain(values: dict[int, bytes], tag: int) -> str:
    return values.get(tag, b"").decode("ascii", "replace").strip(" \0")


def _number(values: dict[int, bytes], tag: int) -> str:
    """An IS as a number without leading zeros, as far as it is one."""
    text = _plain(values, tag)
    return str(int(text)) if text.isdecimal() else text
