"""A verdict as JSON (version 1 of the public contract) and as text.

Law: the JSON shape changes only with a changelog entry; messages carry no patient names, labels are what XNAT shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from xnat_gate.core.checks.check import listed
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.judge import Verdict
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Reading

VERSION = 1

Json = dict[str, Any]


def document(protocol: Protocol, verdicts: Iterable[Verdict], reading: Reading) -> Json:
    """What `check --format json` prints."""
    return {
        "version": VERSION,
        "protocol": protocol_stamp(protocol),
        "studies": [study_document(verdict) for verdict in verdicts],
        "not_dicom": list(reading.not_dicom),
        "directories": [index.file for index in reading.directories],
        "unreadable": [{"file": item.file, "why": item.why} for item in reading.unreadable],
    }


def protocol_stamp(protocol: Protocol) -> Json:
    """Which protocol decided: its name, its number in XNAT (empty for a file) and the digest of its text."""
    return {"name": protocol.name, "version": protocol.version, "sha256": protocol.sha256}


def study_document(verdict: Verdict) -> Json:
    labels = verdict.labels
    return {
        "study_uid": verdict.study.uid,
        "outcome": verdict.outcome.value,
        "labels": {
            "project": verdict.project,
            "subject": labels.subject if labels else None,
            "session": labels.session if labels else None,
        },
        "files": len(verdict.study.instances),
        "rejected": [instance.file for instance in verdict.rejected],
        "rt": [_link_document(link) for link in verdict.links],
        "findings": [finding_document(finding) for finding in verdict.findings],
        "asked": list(verdict.asked),
    }


def reason_document(protocol: Protocol, verdict: Verdict, *more: Finding) -> Json:
    """Why a study or its objects lie where they lie: the verdict on it, after what else stood against it."""
    document = study_document(verdict)
    document["findings"] = [*map(finding_document, more), *document["findings"]]
    return {"protocol": protocol_stamp(protocol), **document}


def _link_document(link: RTLink) -> Json:
    return {
        "sop_instance_uid": link.instance.sop_instance_uid,
        "modality": link.instance.modality,
        "file": link.instance.file,
        "linkage": link.effective.value,
        "reason": link.reason.value,
        "own": link.own.value,
        "referenced": link.referenced,
        "present": link.present,
        "elsewhere": link.elsewhere,
    }


def finding_document(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "effect": finding.effect.value,
        "about": list(finding.about),
        "files": list(finding.files),
        "message": finding.message,
        "remedy": finding.remedy,
    }


def text(verdicts: Sequence[Verdict], reading: Reading) -> str:
    """The same for a person at a terminal."""
    lines: list[str] = []
    for verdict in verdicts:
        lines += [*_study_lines(verdict), ""]
    lines += [f"not DICOM: {name}" for name in reading.not_dicom]
    lines += [f"index of a medium (DICOMDIR): {index.file}" for index in reading.directories]
    lines += [f"cannot be read: {item.file}: {item.why}" for item in reading.unreadable]
    if not verdicts:
        lines.append("No DICOM study was found here.")
    return "\n".join(map(_printable, lines)).rstrip("\n")


def _printable(line: str) -> str:
    """DICOM text and file names are hostile: what could move the cursor or end the line is shown as a mark."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


def _study_lines(verdict: Verdict) -> Iterator[str]:
    yield f"{verdict.outcome.value.upper()}: study {verdict.study.uid or '(without StudyInstanceUID)'}"
    yield f"  goes to   {destination(verdict)}"
    yield f"  holds     {contents(verdict)}"
    for link in verdict.links:
        yield f"  {link.instance.modality:<9} {link.instance.file}: {_linkage_words(link)}"
    for finding in verdict.findings:
        mark = "-" if finding.effect is Effect.NOTE else "!"
        yield f"  {mark} {finding.id} {finding.effect.value}: {finding.message}"
        if finding.files:
            yield f"      {listed(finding.files)}"
        if finding.effect is not Effect.NOTE and finding.remedy:
            yield f"      {finding.remedy}"


def destination(verdict: Verdict) -> str:
    """`PROJECT / subject / session`, or why there is none."""
    if verdict.labels is None:
        return f"{verdict.project}, but cannot be labelled"
    return f"{verdict.project} / {verdict.labels.subject} / {verdict.labels.session}"


def contents(verdict: Verdict) -> str:
    """`190 CT, 1 RTSTRUCT`."""
    counts = Counter(instance.modality or "without modality" for instance in verdict.study.instances)
    return ", ".join(f"{count} {modality}" for modality, count in counts.most_common())


def _linkage_words(link: RTLink) -> str:
    words = f"{link.effective.value} {link.present}/{link.referenced} ({link.reason.value})"
    if link.inherited_from is not None:
        words += f", own links {link.own.value}"
    return words


def why(verdict: Verdict) -> str:
    """One line for a table: the heaviest reason, with its id; empty when nothing stands against the study."""
    if not verdict.reasons:
        return ""
    first, *more = verdict.reasons
    return f"{first.id}: {first.message}" + (f" (and {len(more)} more)" if more else "")
