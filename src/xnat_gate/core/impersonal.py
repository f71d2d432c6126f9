"""What may be remembered of a study's headers: elements that speak of machines and of kinds of objects.

Laws: no element of group 0010, no person's name, no date, no id, no free text and nothing private is remembered; a text
is remembered only of the elements that are named here; and of none of them where it names the study's own patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from xnat_gate.core.answers import TELLABLE
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import READ_ALWAYS, Instance

KEPT = TELLABLE | {
    "AcquisitionType",
    "Columns",
    "ConvolutionKernel",
    "DoseType",
    "InstitutionName",
    "InstitutionalDepartmentName",
    "LossyImageCompression",
    "MRAcquisitionType",
    "MagneticFieldStrength",
    "NumberOfFrames",
    "PatientPosition",
    "PixelSpacing",
    "RTPlanGeometry",
    "Rows",
    "SamplesPerPixel",
    "SecondaryCaptureDeviceManufacturer",
    "SecondaryCaptureDeviceManufacturerModelName",
    "SeriesNumber",
    "SeriesType",
    "SpacingBetweenSlices",
    "TransferSyntaxUID",
    "Units",
}
"""What is remembered of every study, whatever the protocol asks for."""

WHEN_ASKED = frozenset({"ProtocolName", "SeriesDescription", "StudyDescription"})
"""Texts that people write, and that are remembered only as long as the protocol in force asks for them."""

PERSONAL = frozenset(
    {
        "OtherPatientIDs",
        "OtherPatientNames",
        "PatientBirthDate",
        "PatientBirthName",
        "PatientID",
        "PatientName",
    }
)
"""The patient's own words, read so that they can be kept out."""

SERIES = "SeriesInstanceUID"
"""It names the series of a summary, and so need not stand in its headers."""

_NAMES = frozenset({"OtherPatientNames", "PatientBirthName", "PatientName"})
_PATIENT = 0x0010
_CODED = frozenset(
    {
        *("CS", "DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS"),
        *("SQ", "OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW", "US or OW", "US or SS or OW"),
    }
)
"""VRs of codes and numbers, and of what a header tells nothing of but that it is there."""
_KINDS = ("SOPClassUID", "TransferSyntaxUID")
MOST_PATIENTS = 50
"""A study of more patients is none, and no text of it is remembered."""
_SHORTEST = 4
"""Letters or digits of what is looked for within others."""


def keepable(names: Iterable[str], vrs: Mapping[str, str], tags: Mapping[str, int]) -> frozenset[str]:
    """`KEPT`, and those of the names (`core.addresses`) that may be remembered, too. `vrs`, `tags`: VR and tag of every
    keyword."""
    return KEPT | {name for name in names if _is_impersonal(name, vrs, tags)}


def _is_impersonal(name: str, vrs: Mapping[str, str], tags: Mapping[str, int]) -> bool:
    """What has no keyword, on whatever step of its path, is not known well enough."""
    steps = name.split(".")
    if not all(step in tags and tags[step] >> 16 != _PATIENT for step in steps):
        return False
    last = steps[-1]
    return last in WHEN_ASKED or vrs.get(last, "") in _CODED or last.endswith(_KINDS)


def to_read(protocol: Protocol) -> frozenset[str]:
    """What has to be read of every object: for checks and links, for the protocol, and to be remembered. All readers
    read the same, so that none finds damage in what another one has not looked at."""
    return READ_ALWAYS | KEPT | PERSONAL | protocol.keywords


class Privacy:
    """Tells whether a text names one study's patient: by an id or the day of birth, or by family and given name, since
    one of them alone may be the name of a hospital; in what people write freely one is enough."""

    def __init__(self, instances: Iterable[Instance]) -> None:
        every = {
            (keyword, value) for one in instances for keyword in PERSONAL for value in one.values(keyword)
        }
        self._crowd = len(every) > MOST_PATIENTS * len(PERSONAL)
        self._names = {name for keyword, value in every if keyword in _NAMES for name in _called(value)} - {
            frozenset()
        }
        self._marks = {mark for _, value in every for mark in _marks(value)}
        self._long = tuple(mark for mark in self._marks if len(mark) >= _SHORTEST and not mark.isdigit())
        self._known: dict[tuple[str, bool], bool] = {}

    def forbids(self, value: str, element: str = "") -> bool:
        if self._crowd:
            return True
        asked = value, element in WHEN_ASKED
        if asked not in self._known:
            self._known[asked] = self._names_the_patient(value.strip().casefold(), free=asked[1])
        return self._known[asked]

    def _names_the_patient(self, text: str, *, free: bool) -> bool:
        if text in self._marks or any(mark in text for mark in self._long):
            return True
        numbers = {piece for piece in re.split(r"[^0-9]+", text) if len(piece) >= _SHORTEST}
        words = _words(text)
        named = any(words & name if free else name <= words for name in self._names)
        return named or not numbers.isdisjoint(self._marks)


def _called(name: str) -> Iterator[frozenset[str]]:
    """Family and given name of each component group (PS3.5 6.2.1), as words; middle names and titles are left out of
    what people write."""
    for group in name.split("="):
        parts = [part.strip().casefold() for part in group.split("^")[:2]]
        yield _words(" ".join(parts))
        if not group.isascii():
            yield frozenset({"".join(parts)}) - {""}


def _words(text: str) -> frozenset[str]:
    """One letter, or a number, is a word of anybody's."""
    pieces = re.split(r"[\W_]+", text.casefold())
    return frozenset(piece for piece in pieces if len(piece) > 1 and not piece.isdigit())


def _marks(value: str) -> Iterator[str]:
    """The value itself, and a day as people write it."""
    text = value.strip().casefold()
    if text:
        yield text
    if re.fullmatch(r"[0-9]{8}", text):
        year, month, day = text[:4], text[4:6], text[6:]
        yield from (
            f"{year}-{month}-{day}",
            f"{day}.{month}.{year}",
            f"{month}/{day}/{year}",
            f"{day}/{month}/{year}",
        )
