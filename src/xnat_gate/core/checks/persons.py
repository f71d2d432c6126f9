"""One patient tells the same of himself everywhere (RT005, RT006)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

from xnat_gate.core.checks.check import Case, Remark, check
from xnat_gate.core.checks.headers import uids_of
from xnat_gate.core.finding import Severity
from xnat_gate.core.study import Instance


def spelling(name: str) -> tuple[str, ...]:
    """The component groups of a PN (PS3.5 6.2.1) without what only pads them: blanks around components, and carets and
    equals signs at the end. Capitals count; a letter with its accent is the same however it is composed."""
    groups = [
        "^".join(part.strip() for part in group.split("^")).rstrip("^")
        for group in unicodedata.normalize("NFC", name).split("=")
    ]
    while groups and not groups[-1]:
        groups.pop()
    return tuple(groups)


def contradict(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two spellings differ in a component group that both have: ideograms that only one of them adds to the
    letters are no other name."""
    return any(here and there and here != there for here, there in zip_longest(one, other, fillvalue=""))


@check(
    "RT005",
    "A patient's name is spelled alike in every file",
    Severity.WARNING,
    "Make sure that all files are of one person, then correct the name in the source system and export again.",
)
def one_spelling(case: Case) -> Iterator[Remark]:
    """Asks whether all files of one PatientID bear one PatientName. Blanks and carets that only pad it do not count
    (PS3.5 6.2.1); another letter, capital or order of its parts does. The name becomes the XNAT subject: two spellings
    would be two subjects, and may be two people."""
    for files in _patients(case):
        spelled = {id(one): spelling(one.value("PatientName")) for one in files}
        counts = Counter(name for name in spelled.values() if any(name))
        common = _most_common(counts) or ()
        others = [one for one in files if contradict(spelled[id(one)], common)]
        if others:
            ways = max(len(set(filter(None, group))) for group in zip_longest(*counts, fillvalue=""))
            verb = "differs" if len(others) == 1 else "differ"
            yield Remark(
                message=f"One patient's name is written in {ways} ways: {len(others)} of {len(files)} files {verb} "
                "from the others.",
                about=uids_of(others),
                files=(one.file for one in others),
            )


def _patients(case: Case) -> Iterator[list[Instance]]:
    """The files of each PatientID; those without one belong to nobody yet (RT002)."""
    by_id: dict[str, list[Instance]] = defaultdict(list)
    for instance in case.study.instances:
        if patient := instance.value("PatientID").strip():
            by_id[patient].append(instance)
    return iter(by_id.values())


@check(
    "RT006",
    "Birth date and sex are the same in every file of a patient",
    Severity.WARNING,
    "Make sure that all files are of one person, then correct the registration in the source system.",
)
def one_person(case: Case) -> Iterator[Remark]:
    """Asks whether the files of one PatientID that give a birth date, or a sex, give the same; both may be empty (PS3.3
    C.7.1.1). Two of them may mean two people whose number was mixed up, or a system that made something up where
    nothing was registered."""
    for files in _patients(case):
        odd = {word: _odd_ones(files, keyword) for keyword, word in _TOLD.items()}
        words = [word for word, some in odd.items() if some]
        if words:
            others = [one for some in odd.values() for one in some]
            yield Remark(
                message=f"The files of one patient do not agree on the {' and the '.join(words)}.",
                about=uids_of(others),
                files=dict.fromkeys(one.file for one in others),
            )


_TOLD = {"PatientBirthDate": "birth date", "PatientSex": "sex"}


def _odd_ones(files: Iterable[Instance], keyword: str) -> list[Instance]:
    """Those that have another value than most."""
    told = [(one, value) for one in files if (value := _plain(one.value(keyword)))]
    common = _most_common(Counter(value for _, value in told))
    return [one for one, value in told if value != common]


_Told = TypeVar("_Told", str, tuple[str, ...])


def _most_common(counts: Counter[_Told]) -> _Told | None:
    """Of several that are told equally often always the same one, in whatever order the files came."""
    return max(counts, key=lambda one: (counts[one], one), default=None)


def _plain(value: str) -> str:
    """Without blanks, and without the dots of an old DA (1960.01.31)."""
    return re.sub(r"[\s.]", "", value).upper()


ALL = (one_spelling, one_person)
