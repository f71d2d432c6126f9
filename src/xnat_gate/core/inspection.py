"""What was found in an archived session, and whether the protocol forbids it to be where it is.

Laws: only what sends to QUARANTINE, or cannot be asked, forbids; what would have held or rejected at the door is told;
a finding counts also when it speaks of objects that would have been rejected, because they are in the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from xnat_gate.core import report, summary_text
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import NOTHING, Beside, Outcome, Verdict, judge, judge_together
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.sessions import Session
from xnat_gate.core.study import Reading, Study, group
from xnat_gate.core.summary import Summary

REPORT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """A session, what was read of it, and the verdict on every study in it. `summaries`: what is to be remembered of
    each."""

    session: Session
    protocol: Protocol
    reading: Reading
    verdicts: tuple[Verdict, ...]
    summaries: tuple[Summary, ...] = ()

    @property
    def files(self) -> int:
        """DICOM objects, those that cannot be read included."""
        return len(self.reading.instances) + len(self.reading.unreadable)

    @property
    def forbidding(self) -> tuple[Finding, ...]:
        """Why the session may not be in a hospital project; empty when it may."""
        return tuple(self._forbidding())

    def _forbidding(self) -> Iterator[Finding]:
        for verdict in self.verdicts:
            yield from (one for one in verdict.findings if one.effect is Effect.QUARANTINE)
        if self.reading.unreadable:
            yield Finding(
                id="RT001",
                severity=Severity.ERROR,
                effect=Effect.QUARANTINE,
                message=f"{len(self.reading.unreadable)} file(s) cannot be read, so nobody knows what they are",
                remedy="Look at the files in XNAT; send the study again when they are damaged.",
                files=tuple(one.file for one in self.reading.unreadable),
            )

    @property
    def passed(self) -> bool:
        """It holds something, and nothing stands against anything in it."""
        clean = all(one.outcome is Outcome.ARCHIVE and not one.rejected for one in self.verdicts)
        return bool(self.files) and clean and not self.forbidding

    @property
    def sentence(self) -> str:
        """What was found, in one line without names."""
        if not self.files:
            return "it holds no DICOM object"
        if self.passed:
            return f"nothing stands against its {self.files} objects"
        forbidding = _ids(self.forbidding)
        besides = [one for one in _ids(f for v in self.verdicts for f in v.reasons) if one not in forbidding]
        if not forbidding:
            return f"it is not whole ({', '.join(besides)})"
        more = f", besides {', '.join(besides)}" if besides else ""
        return f"the protocol forbids it ({', '.join(forbidding)}{more})"


def _ids(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(one.id for one in findings))


def inspect(
    session: Session,
    reading: Reading,
    protocol: Protocol,
    beside: Callable[[Study], Beside] = lambda _: NOTHING,
) -> Inspection:
    """Judge all that was read of an archived session. Its label is the one that it has, whoever chose it."""
    studies = group(reading)
    if len(studies) == 1:
        known, label = beside(studies[0]), session.label or None
        verdicts: tuple[Verdict, ...] = (
            judge(studies[0], protocol, session=label, home=known.home, elsewhere=known.elsewhere),
        )
    else:
        verdicts = judge_together(studies, protocol, beside)
    return Inspection(session=session, protocol=protocol, reading=reading, verdicts=verdicts)


def document(seen: Inspection, action: str, asked_at: str) -> report.Json:
    """report.json: the document of `check`, the session, what forbids it, what was done, what is
    remembered. `asked_at`: ISO 8601."""
    return {
        **report.document(seen.protocol, seen.verdicts, seen.reading),
        "report": REPORT_VERSION,
        "asked_at": asked_at,
        "session": {"id": seen.session.id, "project": seen.session.project, "label": seen.session.label},
        "passed": seen.passed,
        "forbidden": [report.finding_document(one) for one in seen.forbidding],
        "sentence": seen.sentence,
        "action": action,
        "summary": [summary_text.document(one) for one in seen.summaries],
    }
