"""One patient, one session, a name that can stand in XNAT (RT004, RT007, RT011)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.checks.headers import label_keywords, templates, uids_of
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.labels import agree, common_label, source_keywords
from xnat_gate.core.linkage.kinds import RTKind


@check(
    "RT004",
    "A session holds one patient",
    Severity.ERROR,
    "Find out which files belong to whom, split them and send each patient's study by itself.",
)
def one_patient(case: Case) -> Iterator[Remark]:
    """Two PatientIDs under one StudyInstanceUID mean that files of two people were mixed, or that a tool gave two
    people one identity. Such a study has no session of its own and stays out of XNAT."""
    several = [(keyword, counts) for keyword in _PERSON if len(counts := _values(case, keyword)) > 1]
    if several:
        keyword, counts = several[0]
        files = ", ".join(counted(number, "file") for number in sorted(counts.values(), reverse=True))
        yield _two_people(
            case, f"The files of this study carry {len(counts)} different values of {keyword} ({files})."
        )
    elif case.labels is None and (disputed := _disputed(case)):
        yield _two_people(case, f"The files of this study do not agree on {' and '.join(disputed)}.")


_PERSON = ("PatientID", "IssuerOfPatientID")
"""What tells people apart. The issuer says so only where it is given: planning systems often leave it out."""


def _values(case: Case, keyword: str) -> Counter[str]:
    return Counter(filter(None, (instance.value(keyword) for instance in case.study.instances)))


def _two_people(case: Case, message: str) -> Remark:
    return Remark(message=message, effect=Effect.HOLD, about=(case.study.uid,), bars_delivery=True)


def _disputed(case: Case) -> list[str]:
    """The keywords of the labels for which every file has a value, and not the same."""
    return [
        keyword
        for template in templates(case)
        if not agree(template, case.study.instances)
        for keyword in source_keywords(template)
        if all(instance.value(keyword) for instance in case.study.instances)
    ]


@check(
    "RT007",
    "One session is one study",
    Severity.ERROR,
    "Send the studies under session labels of their own, or give the waiting one a new session ID.",
)
def one_study(case: Case) -> Iterator[Remark]:
    """An XNAT session is one study, and its label comes from the PatientID. Two studies of one patient that arrive
    together would both become the same session; a person says which is to be called what. RT objects whose images
    lie in another study are judged without them."""
    same = [other for other in case.companions if case.labels is not None and other.labels == case.labels]
    if same:
        yield Remark(
            message=f"{len(same) + 1} studies that arrived together would all become the same session.",
            effect=Effect.HOLD,
            about=(case.study.uid, *(other.study_uid for other in same)),
        )
    elsewhere = {uid for other in case.companions for uid in other.instance_uids}
    torn = [
        link
        for link in case.links
        if link.kind is not RTKind.STRUCTURE_SET and not elsewhere.isdisjoint(link.missing)
    ]  # of structure sets RT040 says so
    if torn:
        yield Remark(
            message=f"{counted(len(torn), 'RT file')} of this study {'needs' if len(torn) == 1 else 'need'} objects "
            "that arrived as part of another study.",
            about=uids_of(link.instance for link in torn),
            severity=Severity.WARNING,
        )


LONGEST_LABEL = 64
"""PatientID is LO, 64 characters (PS3.5 6.2); XNAT's own limit lies above that."""

_UNSAFE = {
    "a path separator": re.compile(r"[/\\]"),
    "a control character": re.compile(r"[\x00-\x1f\x7f]"),
    "a quotation mark": re.compile(r"[\"`]"),
    "a wildcard": re.compile(r"[*?]"),
    "an angle bracket or bar": re.compile(r"[<>|]"),
    "a dot at either end": re.compile(r"^\.|\.$"),
    "a character that the file's character set does not have": re.compile("\ufffd"),
}


@check(
    "RT011",
    "Patient name and number can become labels",
    Severity.ERROR,
    "Correct the patient number or name in the source system and export again.",
)
def safe_labels(case: Case) -> Iterator[Remark]:
    """XNAT turns every character outside letters, digits, hyphen and underscore into an underscore. That is harmless
    for the carets and blanks of a name; a path separator, a quotation mark, a wildcard or a control character in an
    identifier is a sign of damage or of mischief, and two numbers may become the same label."""
    for keyword in label_keywords(case):
        if any(len(instance.values(keyword)) > 1 for instance in case.study.instances):
            yield Remark(
                message=f"{keyword} holds a backslash, by which DICOM parts several values, and cannot safely become "
                "a label.",
                effect=Effect.HOLD,
                about=(case.study.uid,),
                bars_delivery=True,
            )
        for value in sorted({instance.value(keyword) for instance in case.study.instances}):
            problems = [words for words, pattern in _UNSAFE.items() if pattern.search(value)]
            if len(value) > LONGEST_LABEL:
                problems.append(f"more than {LONGEST_LABEL} characters")
            if problems:
                yield Remark(
                    message=f"{keyword} holds {listed(problems)} and cannot safely become a label.",
                    effect=Effect.HOLD,
                    about=(case.study.uid,),
                )
    for template in templates(case) if case.labels is None else ():
        if agree(template, case.study.instances) and common_label(template, case.study.instances) is None:
            yield Remark(
                message=f"{' and '.join(source_keywords(template))} cannot become a label: XNAT keeps only the letters "
                "A to Z, digits, hyphen and underscore, and nothing of it would be left.",
                effect=Effect.HOLD,
                about=(case.study.uid,),
            )


ALL = (one_patient, one_study, safe_labels)
