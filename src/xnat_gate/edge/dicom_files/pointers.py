"""What an object says about other objects, gathered from its sequences at every depth (`core.pointers`).

Laws: every item that names an instance (0008,1155) is a reference, whatever sequence it stands in, and even where it
lacks the class (0008,1150), so that nobody takes a list for whole that is not; an empty UID refers to nothing; no other
value is read but contours, which are measured (`contours`), and what is asked for (`answers`): one walk serves all, as
no cursor goes back; what is kept is bounded (`bounds`). A private sequence of defined length in implicit VR cannot be
told from bytes and stays closed.
"""

from __future__ import annotations

from collections import Counter

from xnat_gate.core.drawing import ROI, Drawing
from xnat_gate.core.pointers import Frame, Number, Path, Pointers, Reference
from xnat_gate.edge.dicom_files.answers import Layer, asked_items
from xnat_gate.edge.dicom_files.bounds import (
    LONGEST_WORD,
    MOST_FRAME_NUMBERS,
    MOST_OTHERS,
    MOST_REFERENCES,
    Words,
    bounded,
)
from xnat_gate.edge.dicom_files.contours import CONTOUR_DATA, Pen
from xnat_gate.edge.dicom_files.cursor import Cursor, TooLarge
from xnat_gate.edge.dicom_files.dictionary import TAGS, name_of, uid_name
from xnat_gate.edge.dicom_files.elements import Element, elements, text_value
from xnat_gate.edge.dicom_files.text import decode

CLASS = TAGS["ReferencedSOPClassUID"]
INSTANCE = TAGS["ReferencedSOPInstanceUID"]
FRAME_NUMBER = TAGS["ReferencedFrameNumber"]
SERIES = TAGS["SeriesInstanceUID"]
FRAMES = tuple(
    TAGS[name]
    for name in ("FrameOfReferenceUID", "ReferencedFrameOfReferenceUID", "SourceFrameOfReferenceUID")
)
CONTOUR_TYPE = TAGS["ContourGeometricType"]
CONTOUR_POINTS = TAGS["NumberOfContourPoints"]
ROI_NUMBER = TAGS["ROINumber"]
ROI_NAME = TAGS["ROIName"]
ROI_FRAME = TAGS["ReferencedFrameOfReferenceUID"]
CONTOUR_ROI = TAGS["ReferencedROINumber"]
NUMBERS = {
    TAGS[name]: name
    for name in (
        "ApplicationSetupNumber",
        "BeamNumber",
        "DoseReferenceNumber",
        "FractionGroupNumber",
        "PatientSetupNumber",
        "ROINumber",
        "ReferencedBeamNumber",
        "ReferencedBrachyApplicationSetupNumber",
        "ReferencedDoseReferenceNumber",
        "ReferencedFractionGroupNumber",
        "ReferencedPatientSetupNumber",
        "ReferencedROINumber",
    )
}
GATHERED = frozenset(
    {CLASS, INSTANCE, FRAME_NUMBER, SERIES, *FRAMES, CONTOUR_TYPE, CONTOUR_POINTS, ROI_NAME, *NUMBERS}
)

ROIS = ("StructureSetROISequence",)
CONTOURS = ("ROIContourSequence",)
CONTOUR = (*CONTOURS, "ContourSequence")
NAMING_SERIES = frozenset({"RTReferencedSeriesSequence", "ReferencedSeriesSequence", "SourceSeriesSequence"})
NAMING_FRAMES = frozenset({"ReferencedFrameOfReferenceSequence"})
NAMING_OBJECTS = frozenset(
    {
        "ContourImageSequence",
        "RTReferencedStudySequence",
        "ReferencedImageSequence",
        "ReferencedInstanceSequence",
        "ReferencedRTPlanSequence",
        "ReferencedSOPSequence",
        "ReferencedStructureSetSequence",
        "SourceImageSequence",
    }
)
"""Sequences whose items are there to name an object, a series or a frame of reference, and nothing else."""
NAMING = NAMING_OBJECTS | NAMING_SERIES | NAMING_FRAMES
LONGEST_IS = 12

_STORAGE = "1.2.840.10008.5.1.4.1.1."
POINTING_CLASSES = (
    f"{_STORAGE}481.",
    f"{_STORAGE}66.",
    f"{_STORAGE}11.",
    f"{_STORAGE}88.",
    f"{_STORAGE}67",
    "1.2.840.10008.5.1.4.34.7",
    "1.2.840.10008.5.1.4.34.10",
)
"""Radiotherapy; registrations, fiducials, segmentations; presentation states; documents; real world values."""
POINTING_MODALITIES = frozenset(
    {"RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "RTRECORD", "RTINTENT", "RTSEGANN", "RTRAD", "PLAN"}
    | {"SEG", "REG", "FID", "PR", "SR", "KO", "RWV"}
)


def is_pointing(sop_class_uid: str, modality: str) -> bool:
    """Whether an object is there to speak of others: by SOP class, by modality only where the class is unknown."""
    if sop_class_uid.startswith(POINTING_CLASSES):
        return True
    return not uid_name(sop_class_uid) and modality in POINTING_MODALITIES


class Gatherer:
    """Is shown the top-level sequences of one object, one after the other."""

    def __init__(self) -> None:
        self._references: list[tuple[str, str, Path, str, int, tuple[int, ...]]] = []
        self._series: dict[str, None] = {}
        self._frames: dict[Frame, None] = {}
        self._numbers: Counter[tuple[str, str, Path, str]] = Counter()
        self._blanks: dict[Path, None] = {}
        self._rois: list[tuple[str, bytes, str]] = []
        self._pen = Pen()
        self._item_number = 0
        self._words = Words()
        self._frame_numbers = 0

    def sequence(
        self,
        cursor: Cursor,
        sequence: Element,
        layer: Layer | None = None,
        above: Path = (),
        under: str = "",
    ) -> None:
        """`layer`: the data set or item that holds the sequence, where something of it is asked for; `under`: the
        object that an item around it names."""
        path = (*above, name_of(sequence.tag))
        count = 0
        for end, item in asked_items(cursor, sequence, layer):
            if not above:
                self._item_number = count
            count += 1
            first = len(self._references)
            self._item(cursor, sequence, path, under, end, item)
            if not above:  # the contours of an ROI say the same again and again
                self._references[first:] = dict.fromkeys(self._references[first:])
        if not count and path[-1] in NAMING:
            self._blank(path)

    def pointers(self, own_frame: str, charset: tuple[str, ...]) -> Pointers:
        """`own_frame`: the FrameOfReferenceUID of the object itself, or the empty string."""
        own = {Frame(own_frame): None} if own_frame else {}
        names = {number: _text(name, charset) for number, name, _ in self._rois}
        found = (
            Reference(uid, sop_class, path, (names.get(roi) or roi) if roi else "", item, frames)
            for uid, sop_class, path, roi, item, frames in self._references
        )
        return Pointers(
            references=tuple(found),
            series_uids=tuple(self._series),
            frames=tuple(own | self._frames),
            numbers=tuple(Number(*said, times) for said, times in self._numbers.items()),
            blanks=tuple(self._blanks),
        )

    def drawing(self, charset: tuple[str, ...]) -> Drawing:
        """What is drawn in it."""
        return self._pen.drawing(
            ROI(number, _text(name, charset), frame) for number, name, frame in self._rois
        )

    def _item(
        self,
        cursor: Cursor,
        sequence: Element,
        path: Path,
        under: str,
        end: int | None,
        item: Layer | None,
    ) -> None:
        first = len(self._references)
        values: dict[int, bytes] = {}
        data: bytes | None = b""
        for element in elements(cursor, sequence.coding, end, sequence.depth + 1):
            if element.is_sequence:
                self.sequence(cursor, element, item, path, self._word(values, INSTANCE) or under)
                continue
            raw = None
            if element.tag in GATHERED:
                longest = None if element.tag == FRAME_NUMBER else LONGEST_WORD
                raw = values[element.tag] = text_value(cursor, element, longest)
            elif element.tag == CONTOUR_DATA and path == CONTOUR:
                data = self._pen.data(cursor, element)
            if item is not None:
                item.read(cursor, element, raw)
        self._note(path, values, first, under)
        if path == CONTOUR:
            images = {reference[0] for reference in self._references[first:]}
            image = images.pop() if len(images) == 1 else ""
            kind, points = self._word(values, CONTOUR_TYPE), self._number(values, CONTOUR_POINTS)
            self._pen.contour(kind, points, image, data)

    def _note(self, path: Path, values: dict[int, bytes], first: int, under: str) -> None:
        """Take in an item whose nested references, from `first` on, are already there."""
        instance, sop_class = self._word(values, INSTANCE), self._word(values, CLASS)
        if instance:
            frames = self._frames_named(values)
            self._references.insert(first, (instance, sop_class, path, "", self._item_number, frames))
            bounded(self._references, MOST_REFERENCES, "references")
        series = self._word(values, SERIES)
        if series:
            self._series[series] = None
            bounded(self._series, MOST_OTHERS, "series")
        frames_here = [uid for uid in (self._word(values, tag) for tag in FRAMES) if uid]
        for uid in frames_here:
            self._frames[Frame(uid, path, self._item_number)] = None
            bounded(self._frames, MOST_OTHERS, "frames of reference")
        for tag in values.keys() & NUMBERS.keys():
            said = (NUMBERS[tag], self._number(values, tag), path, instance or under)
            self._numbers[said] += 1
            bounded(self._numbers, MOST_OTHERS, "numbers of parts")
        self._note_blank(path, instance=instance, series=series, frames=frames_here)
        if path == ROIS:
            self._note_roi(values)
        if path == CONTOURS:
            roi = self._number(values, CONTOUR_ROI)
            self._pen.contours_of(roi)
            self._references[first:] = [(*one[:3], roi, *one[4:]) for one in self._references[first:]]

    def _note_roi(self, values: dict[int, bytes]) -> None:
        name = values.get(ROI_NAME, b"")
        self._words.count(name)
        self._rois.append((self._number(values, ROI_NUMBER), name, self._word(values, ROI_FRAME)))
        bounded(self._rois, MOST_OTHERS, "ROIs")

    def _word(self, values: dict[int, bytes], tag: int) -> str:
        return self._words.word(values.get(tag, b""))

    def _number(self, values: dict[int, bytes], tag: int) -> str:
        return self._words.number(values.get(tag, b""))

    def _frames_named(self, values: dict[int, bytes]) -> tuple[int, ...]:
        frames = _frame_numbers(values.get(FRAME_NUMBER, b""))
        self._frame_numbers += len(frames)
        if self._frame_numbers > MOST_FRAME_NUMBERS:
            raise TooLarge(f"its references name more than {MOST_FRAME_NUMBERS:,} frames")
        return frames

    def _blank(self, path: Path) -> None:
        self._blanks[path] = None
        bounded(self._blanks, MOST_OTHERS, "empty sequences")

    def _note_blank(self, path: Path, *, instance: str, series: str, frames: list[str]) -> None:
        named = {NAMING_OBJECTS: instance, NAMING_SERIES: series, NAMING_FRAMES: frames}
        if any(path[-1] in naming and not name for naming, name in named.items()):
            self._blank(path)


def _text(raw: bytes, charset: tuple[str, ...]) -> str:
    return decode(raw, charset).strip(" \0")


def _frame_numbers(raw: bytes) -> tuple[int, ...]:
    """A number with more digits than an IS can have stays large, and is not counted out."""
    texts = (one.strip(b" \0").removeprefix(b"+") for one in raw.split(b"\\"))
    return tuple(int(text.lstrip(b"0")[:LONGEST_IS] or b"0") for text in texts if text.isdigit())
