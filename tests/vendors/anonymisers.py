"""What anonymisers do to identifiers, as functions on data sets: the pattern of each is told where it is built.

Law: a data set is changed in place; an element that a pattern misses stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

from pydicom.dataset import Dataset

from xnat_gate.sandbox.phantoms import attributes

OWN = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
NAMING = (
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ReferencedFrameOfReferenceUID",
    "ReferencedSOPInstanceUID",
)
"""What names another object, series or frame inside sequences."""

Function = Callable[[str], str]


def hashed(salt: str = "") -> Function:
    """A UID for each UID, as scripts with a site's own prefix make them."""
    return lambda uid: f"2.25.{int(sha256(f'{salt}{uid}'.encode()).hexdigest()[:30], 16)}"


def remap_header(datasets: Iterable[Dataset], function: Function, keywords: Iterable[str] = OWN) -> None:
    """The elements at the top of each data set, and none inside sequences."""
    wanted = tuple(keywords)
    for dataset in datasets:
        attributes(dataset, {one: function(dataset[one].value) for one in wanted if one in dataset})


def remap_nested(
    datasets: Iterable[Dataset], function: Function, below: Iterable[str] = (), missed: Iterable[str] = ()
) -> None:
    """What names others, at every depth but the top. `below`: only in these sequences of the top, all where none is
    named; `missed`: sequences, wherever they are, whose own items are left as they are."""
    outermost, skipped = frozenset(below), frozenset(missed)
    for dataset in datasets:
        for element in dataset:
            if element.VR == "SQ" and (not outermost or element.keyword in outermost):
                _remap_items(element.keyword, element.value, function, skipped)


def _remap_items(sequence: str, items: Iterable[Dataset], function: Function, missed: frozenset[str]) -> None:
    for one in items:
        if sequence not in missed:
            remap_header([one], function, NAMING)
        for element in one:
            if element.VR == "SQ":
                _remap_items(element.keyword, element.value, function, missed)


def remap(datasets: Iterable[Dataset], function: Function) -> None:
    """All of it, everywhere: the links survive."""
    whole = list(datasets)
    remap_header(whole, function)
    remap_nested(whole, function)


def declared(datasets: Iterable[Dataset]) -> None:
    """As an anonymiser says that it was here."""
    for dataset in datasets:
        attributes(dataset, {"PatientIdentityRemoved": "YES", "DeidentificationMethod": "Phantom"})
