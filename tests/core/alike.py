"""How tests compare: a study whose prints were taken, and those of what came before; findings out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.core.studies import STUDY, a_protocol
from xnat_gate.core import likeness
from xnat_gate.core.finding import Finding
from xnat_gate.core.likeness import Print
from xnat_gate.core.study import Instance, Study

JANE, JOHN = "a1" * 32, "b2" * 32
"""Digests of two patient IDs."""


@dataclass(frozen=True)
class Compared:
    """A study, its prints by file, and the prints that are remembered."""

    study: Study
    prints: Mapping[str, Print] = field(default_factory=dict)
    known: tuple[Print, ...] = ()


def a_print(uid: str, pixels: str = "", content: str = "", patient: str = JANE, study: str = STUDY) -> Print:
    """`pixels` and `content` stand for digests."""
    return Print(sop_instance_uid=uid, study_uid=study, patient=patient, pixels=pixels, content=content)


def prints_of(
    instances: Iterable[Instance], pixels: str = "picture", content: str = "content", patient: str = JANE
) -> dict[str, Print]:
    """Prints by file, each object with pixels and content of its own; the words tell series of prints apart."""
    return {
        one.file: a_print(one.sop_instance_uid, f"{pixels} {n}", f"{content} {n}", patient, one.study_uid)
        for n, one in enumerate(instances)
    }


def found(compared: Compared, **changes: object) -> tuple[Finding, ...]:
    """Under the protocol with these changes."""
    return likeness.findings(compared.study, compared.prints, compared.known, a_protocol(**changes))
