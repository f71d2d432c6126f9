"""How a finding speaks of one RT object: in words for people, by UID and file for programs."""

from __future__ import annotations

from collections.abc import Iterable

from xnat_gate.core.checks.check import Remark, listed
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.parts import Named
from xnat_gate.core.linkage.verdicts import RTLink

_LABELS = ("StructureSetLabel", "RTPlanLabel", "SeriesDescription")


def name(link: RTLink) -> str:
    """`plan "B1"`, by the label that a person gave it; else `the plan in series 7`."""
    label = next(filter(None, map(link.instance.value, _LABELS)), "")
    if label:
        return f'{link.kind} "{label}"'
    number = link.instance.value("SeriesNumber")
    return f"the {link.kind} in {f'series {number}' if number else 'a series without a number'}"


def sentence(words: str) -> str:
    """The words with a capital at their beginning and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def about(link: RTLink, message: str, effect: Effect, severity: Severity | None = None) -> Remark:
    """A remark about this object and no other."""
    return Remark(
        message=message,
        effect=effect,
        about=(link.instance.sop_instance_uid,),
        files=(link.instance.file,),
        severity=severity,
    )


def called(parts: Iterable[Named]) -> str:
    """`beam 1, application setup 2`."""
    return listed(f"{part} {number}" for part, number in parts)
