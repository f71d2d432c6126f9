"""The tables of docs/sandbox.md, read off the routes and the faults themselves.

Laws: a route is described by the docstring of the function that answers it: what is covered, then, in a paragraph that
begins with `Not played:`, what is not.
"""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator

from xnat_gate.sandbox.faults.fault import MEANING, WHERE
from xnat_gate.sandbox.router import Answer
from xnat_gate.sandbox.urls import EXPERIMENTS, PROJECT, ROUTES, SUBJECTS, WAITING

LACKS = "Not played:"
SCANS = tuple(f"{base}/scans/{{scan}}" for base in EXPERIMENTS)
FAMILIES = {
    "{item}": frozenset({PROJECT, *SUBJECTS, *EXPERIMENTS, *SCANS}),
    "{session}": frozenset(EXPERIMENTS),
    "{subject}": frozenset(SUBJECTS),
    "{scan}": frozenset(SCANS),
}
BASES = sorted(FAMILIES["{item}"], key=len, reverse=True)


def routes() -> str:
    """One table for each module of answers, under the first line of its docstring."""
    tables: defaultdict[str, list[str]] = defaultdict(list)
    for answer, places in _answers().items():
        methods = ", ".join(dict.fromkeys(method for method, _ in places))
        paths = "<br>".join(f"`{path}`" for path in _short(path for _, path in places))
        covered, lacking = described(answer)
        tables[answer.__module__].append(f"| {methods} | {paths} | {covered} | {lacking} |")
    return "\n\n".join(f"### {_title(name)}\n\n{_table(rows)}" for name, rows in tables.items())


def faults() -> str:
    """The kinds of faults."""
    rows = [
        f"| `{kind}` | {meaning} | {' '.join(WHERE.get(kind, ('',)))} |" for kind, meaning in MEANING.items()
    ]
    return "\n".join(
        ["| kind | what it does | strikes, unless told otherwise |", "| --- | --- | --- |", *rows]
    )


def described(answer: Answer) -> tuple[str, str]:
    """What is covered and what is not, each in one line."""
    paragraphs = (inspect.getdoc(answer) or "").split("\n\n")
    lines = [" ".join(paragraph.split()).replace("|", "\\|") for paragraph in paragraphs]
    covered = " ".join(line for line in lines if not line.startswith(LACKS))
    lacking = " ".join(line.removeprefix(LACKS).strip() for line in lines if line.startswith(LACKS))
    return covered, lacking


def _answers() -> dict[Answer, list[tuple[str, str]]]:
    """Each answer with its methods and paths."""
    found: defaultdict[Answer, list[tuple[str, str]]] = defaultdict(list)
    for route in ROUTES:
        for method, answer in route.answers.items():
            found[answer].append((method, route.pattern))
    return found


def _short(paths: Iterable[str]) -> Iterator[str]:
    """The paths, those that differ only in where the item is named as one."""
    ends: dict[tuple[str, str], set[str]] = {}
    for path in paths:
        home = path.replace("/xapi/", "/data/", 1)
        base = next((base for base in BASES if home == base or home.startswith(f"{base}/")), "")
        ends.setdefault((home[len(base) :], "/xapi" if home != path else ""), set()).add(base)
    for (end, root), bases in ends.items():
        family = next((name for name, members in FAMILIES.items() if members == bases), None)
        for start in [family] if family else sorted(bases):
            whole = f"{start}{end}".replace(WAITING, "{waiting}")
            yield (
                f"{root}/…{whole}"
                if root and family
                else whole.replace("/data/", f"{root}/", 1)
                if root
                else whole
            )


def _title(module: str) -> str:
    first = inspect.getdoc(sys.modules[module]) or module
    return first.partition("\n\n")[0].replace("\n", " ").rstrip(".")


def _table(rows: list[str]) -> str:
    return "\n".join(["| | path | what is covered | what is not |", "| --- | --- | --- | --- |", *rows])
