"""Words that tell who somebody is: what an anonymiser should have emptied, and texts that repeat the patient's own.

Law: a field is named, its value never.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from xnat_gate.core.impersonal import Privacy
from xnat_gate.core.study import Header, Instance

CLAIM = "PatientIdentityRemoved"

FIELDS = (
    "InstitutionAddress",
    "InstitutionName",
    "OperatorsName",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientBirthName",
    "PerformingPhysicianName",
    "PhysiciansOfRecord",
    "ReferringPhysicianName",
    "ReviewerName",
    "StationName",
)
"""Elements that lead to the patient, to those who treated him or to where, and that the basic profile empties (PS3.15
table E.1-1)."""

PATIENT = (
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientBirthDate",
    "PatientBirthName",
    "PatientID",
    "PatientName",
)

_TEXTS = ("RTImageLabel", "RTPlanLabel", "SeriesDescription", "StructureSetLabel")
_PLACEHOLDER = re.compile(r"(anon(ym(ous|[iz]+ed|ised))?|de-?identified|removed|none|unknown|n/?a|null|x+)?")
_NAMES = ("OtherPatientNames", "PatientBirthName", "PatientName")
_SHORTEST = 4
"""Characters of what is looked for in texts."""


def claim(instance: Instance) -> str:
    """YES, NO, or the empty string where the object says nothing usable of it."""
    said = instance.value(CLAIM).strip().upper()
    return said if said in ("YES", "NO") else ""


def filled(instance: Instance) -> Iterator[str]:
    """The fields that hold somebody's words: no placeholder, and no repetition of the pseudonym."""
    own = {_bare(value) for keyword in ("PatientName", "PatientID") for value in instance.values(keyword)}
    for field in FIELDS:
        words = {_bare(value) for value in instance.values(field)}
        if any(not _PLACEHOLDER.fullmatch(word) for word in words - own):
            yield field


def _bare(value: str) -> str:
    """Without what pads a PN, and without brackets around a placeholder."""
    return value.strip("^= <>[]().-*_").casefold()


class Tellers:
    """Says which texts of an object name its patient. The answer about one patient is prepared once.

    `claiming`: the objects that say they are anonymised, whose numbers and names are pseudonyms, but for a family name
    with a given one.
    """

    def __init__(self, claiming: Iterable[Instance]) -> None:
        self._pseudonyms = {
            _bare(value)
            for one in claiming
            for keyword in ("PatientID", "PatientName")
            for value in one.values(keyword)
            if keyword == "PatientID" or not _is_full_name(value)
        }
        self._known: dict[tuple[tuple[str, ...], ...], Privacy] = {}

    def naming(self, instance: Instance) -> Iterator[str]:
        """The names of those texts, as people call them."""
        privacy = self._privacy(instance)
        for keyword in _TEXTS:
            if any(map(privacy.forbids, instance.values(keyword))):
                yield keyword
        if any(privacy.forbids(roi.name) for roi in instance.drawing.rois):
            yield "names of structures"

    def _privacy(self, instance: Instance) -> Privacy:
        own = tuple(instance.values(keyword) for keyword in PATIENT)
        if own not in self._known:
            self._known[own] = Privacy([Instance("", self._telling(instance))])
        return self._known[own]

    def _telling(self, instance: Instance) -> Header:
        """What of the patient's own words can be told from anatomy: family with given name, or the whole of anything
        else, since a name by itself may be LUNG or BRAIN."""
        told: dict[str, list[str]] = {"PatientName": [], "OtherPatientIDs": []}
        for keyword in PATIENT:
            for value in instance.values(keyword):
                bare = _bare(value)
                if (
                    len(bare) >= _SHORTEST
                    and not _PLACEHOLDER.fullmatch(bare)
                    and bare not in self._pseudonyms
                ):
                    full = keyword in _NAMES and _is_full_name(value)
                    told["PatientName" if full else "OtherPatientIDs"].append(value.strip("^= "))
        return {keyword: tuple(values) for keyword, values in told.items()}


def _is_full_name(value: str) -> bool:
    """Whether it has a family name and a given name, both of letters."""
    family, given, *_ = [*value.split("=")[0].split("^"), ""]
    return all(sum(map(str.isalpha, part)) > 1 for part in (family, given))
