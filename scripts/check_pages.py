"""The manual pages of the built-in checks: from the check itself, and from the examples that are its test.

What a page shows of an example is what `xnat-gate check` says of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from types import ModuleType

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))  # the examples are tests, and lie beside the package

from tests.core import alike  # noqa: E402
from tests.core.alike import Compared  # noqa: E402
from tests.core.asking import Archived  # noqa: E402
from tests.core.studies import a_protocol  # noqa: E402
from xnat_gate.core import checks, likeness, report  # noqa: E402
from xnat_gate.core.checks.check import Check  # noqa: E402
from xnat_gate.core.finding import Effect, Finding  # noqa: E402
from xnat_gate.core.judge import judge, judge_together  # noqa: E402
from xnat_gate.core.likeness import Likeness  # noqa: E402
from xnat_gate.core.study import Reading, Study  # noqa: E402

Page = Check | Likeness
ALL: tuple[Page, ...] = tuple(sorted((*checks.ALL, *likeness.ALL), key=lambda one: one.id))
WIDTH = 100


def pages() -> Iterator[tuple[str, str]]:
    """The name of each file in docs/checks with its text; the index is README.md."""
    yield "README.md", index()
    for one in ALL:
        yield f"{one.id}.md", page(one)


def index() -> str:
    rows = [f"| [{one.id}]({one.id}.md) | {one.title} | {one.severity.value} |" for one in ALL]
    head = [
        "# The built-in checks",
        "",
        "Made by scripts/generate.py from the checks and from the examples in tests/examples, which are their tests.",
        "`xnat-gate explain RT035` prints a page.",
        "",
        "| check | what holds when all is well | else |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def page(one: Page) -> str:
    example = importlib.import_module(f"tests.examples.{one.id}")
    parts = [
        f"# {one.id}: {one.title}",
        filled(one.manual),
        f"**What to do.** {one.remedy}",
        f"**What follows.** {follows(one, example)}",
        "## All is well",
        f"```\n{told(example.GOOD)}\n```",
        "## It is not",
        filled((example.__doc__ or "").strip()),
        f"```\n{told(example.BAD)}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def filled(text: str) -> str:
    return "\n\n".join(fill(" ".join(part.split()), WIDTH) for part in text.split("\n\n"))


def follows(one: Page, example: ModuleType) -> str:
    effect, severity = example.FINDS
    words = f"In the example below: `{effect.value}` ({severity.value})."
    if isinstance(one, Check) and one.settable:
        options = ", ".join(f"`{each.value}`" for each in one.settable)
        words += f" The protocol's `checks` may make it {options}."
    return words


def told(case: Study | tuple[Study, ...] | Compared | Archived) -> str:
    """What `xnat-gate check` prints of it; of what is compared with earlier arrivals, the findings."""
    if isinstance(case, Compared):
        return "\n".join(finding_lines(alike.found(case))) or "(nothing)"
    if isinstance(case, Archived):
        return report.text([judge(case.study, a_protocol(), elsewhere=case.elsewhere)], Reading())
    together = (case,) if isinstance(case, Study) else case
    return report.text(judge_together(together, a_protocol()), Reading())


def finding_lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    for one in findings:
        yield f"{'-' if one.effect is Effect.NOTE else '!'} {one.id} {one.effect.value}: {one.message}"
