"""How tests ask: a study in, the findings of one check out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.core.studies import ROOT, SC_CLASS, a_protocol, instance, study
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.judge import Verdict, judge, judge_together
from xnat_gate.core.study import Instance, Study


@dataclass(frozen=True)
class Archived:
    """A study, and what the archive holds of the patient: SOPInstanceUID to the label of the session."""

    study: Study
    elsewhere: Mapping[str, str]


ELSEWHERE = f"{ROOT}.9"
"""A UID that nothing in the builders has."""


def judged(studies: Study | tuple[Study, ...], **changes: object) -> Verdict:
    """The verdict on the first of these studies, which arrive together."""
    together = (studies,) if isinstance(studies, Study) else studies
    return judge_together(together, a_protocol(**changes))[0]


def said(id: str, studies: Study | tuple[Study, ...], **changes: object) -> list[Finding]:
    return [finding for finding in judged(studies, **changes).findings if finding.id == id]


def only(id: str, studies: Study | tuple[Study, ...], **changes: object) -> Finding:
    (finding,) = said(id, studies, **changes)
    return finding


SCREENSHOT = instance("sc.dcm", SC_CLASS, "SC", f"{ELSEWHERE}.1", ELSEWHERE, SeriesNumber="99")
"""An object that the allow list does not name."""


def summed(
    *parts: Instance | Iterable[Instance], damaged: tuple[str, ...] = (), **changes: object
) -> Verdict:
    """The verdict on one study of these parts, under the protocol with these changes."""
    return judge(study(*parts, damaged=damaged), a_protocol(**changes))


def ids(verdict: Verdict, effect: Effect) -> list[str]:
    """The ids of the findings of one effect."""
    return [finding.id for finding in verdict.findings if finding.effect is effect]
