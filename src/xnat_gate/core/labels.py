"""DICOM words become XNAT words: patient to subject, study to session. The language changes here alone.

Law: sanitised exactly as XNAT does it, every character outside [A-Za-z0-9_-] becomes an underscore, so that the
label asked for is the label XNAT shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xnat_gate.core.study import Instance

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Labels:
    """Where a study goes: XNAT project id, subject label, session label."""

    project: str
    subject: str
    session: str


def sanitise(text: str) -> str:
    """The label XNAT makes of a text (org.nrg.xnat Labels)."""
    return _UNSAFE.sub("_", text)


def is_label(text: str) -> bool:
    """Whether XNAT would keep this label as it is."""
    return bool(text) and not _UNSAFE.search(text)


def source_keywords(template: str) -> tuple[str, ...]:
    """The DICOM keywords that a label template asks for."""
    return tuple(_PLACE.findall(template))


def fill(template: str, value_of: Callable[[str], str]) -> str | None:
    """The template with its keywords replaced; None when one of them has no value."""
    if not all(value_of(keyword) for keyword in source_keywords(template)):
        return None
    return _PLACE.sub(lambda place: value_of(place.group(1)), template)


def common_label(template: str, instances: Iterable[Instance]) -> str | None:
    """The one label that all instances agree on, or None.

    Spellings of a name that differ only in empty trailing components (DOE^JANE and DOE^JANE^^, PS3.5 6.2.1) are
    one name; the most frequent spelling makes the label.
    """
    every = tuple(instances)
    if not agree(template, every):
        return None
    spellings = Counter(fill(template, instance.value) or "" for instance in every)
    most = max(spellings.values())
    label = sanitise(min(text for text, count in spellings.items() if count == most))
    return label if label.strip("_-") else None


def agree(template: str, instances: Iterable[Instance]) -> bool:
    """Whether all instances have a value for every keyword of the template, and mean the same by it."""
    meant = {
        None if fill(template, instance.value) is None else _PLACE.sub(_unpadded(instance), template)
        for instance in instances
    }
    return len(meant) == 1 and None not in meant


def _unpadded(instance: Instance) -> Callable[[re.Match[str]], str]:
    return lambda place: instance.value(place.group(1)).rstrip("^ ")
