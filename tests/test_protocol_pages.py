"""The pages about the protocol language: what they show is what happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.core.vectors import completed, header_of, study_of
from tests.fences import Fence, fences
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core import admission, routing, rules
from xnat_gate.core.finding import Finding
from xnat_gate.core.judge import judge
from xnat_gate.core.protocol import ProtocolInvalid
from xnat_gate.core.protocol.questions import RuleType
from xnat_gate.core.study import Study
from xnat_gate.edge.protocol_file import loads

PAGES = Path(__file__).resolve().parents[1] / "protocol" / "pages"
MORE = ("all_any_not", "levels", "elements", "route", "checks", "allow_deny")


@dataclass(frozen=True)
class Shown:
    """One header, or several, under the lines that stand above them."""

    page: str
    number: int
    lines: str
    about: str
    objects: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}-{self.about}"

    def study(self) -> Study:
        root = yaml.compose(self.objects)
        every = root.value if isinstance(root, yaml.SequenceNode) else [root]
        return study_of(tuple(header_of(one, number) for number, one in enumerate(every)))


@cache
def on_page(name: str) -> tuple[Fence, ...]:
    return fences((PAGES / f"{name}.md").read_text(encoding="utf-8"))


def shown() -> Iterator[Shown]:
    for path in sorted(PAGES.glob("*.md")):
        lines = ""
        for number, fence in enumerate(on_page(path.stem)):
            if fence.about == "protocol":
                lines = fence.text
            elif fence.about not in ("refused", ""):
                yield Shown(path.stem, number, lines, fence.about, fence.text)


def refused() -> Iterator[tuple[str, str, str]]:
    for path in sorted(PAGES.glob("*.md")):
        every = on_page(path.stem)
        for fence, answer in zip(every, (*every[1:], None), strict=True):
            if fence.about == "refused":
                assert answer is not None
                yield path.stem, fence.text, answer.text


@pytest.mark.parametrize("one", [*shown()], ids=str)
def test_an_example_does_what_its_page_says(one: Shown) -> None:
    protocol, study = loads(completed(one.lines), VOCABULARY, one.page), one.study()
    verdict = judge(study, protocol)
    found: list[Finding] = [
        *admission.findings(protocol, study),
        *rules.findings(protocol, study),
        *routing.findings(protocol, study),
        *(finding for finding in verdict.findings if finding.id in protocol.checks),
    ]
    if one.about.startswith("goes to "):
        assert verdict.project == one.about.removeprefix("goes to ")
    else:
        assert bool(found) is {"passes": False, "breaks": True}[one.about], found


@pytest.mark.parametrize(
    ("page", "text", "answer"), [*refused()], ids=lambda value: value.split("\n")[0][:20].strip()
)
def test_what_a_page_says_is_refused_is_refused_in_these_words(page: str, text: str, answer: str) -> None:
    with pytest.raises(ProtocolInvalid) as invalid:
        loads(completed(text), VOCABULARY, "mine.yaml")
    assert str(invalid.value) == answer.rstrip("\n"), page


@pytest.mark.parametrize("kind", RuleType)
def test_every_rule_type_has_a_page_with_an_example_that_passes_and_one_that_does_not(kind: RuleType) -> None:
    every = on_page(kind)
    assert {"protocol", "passes", "breaks"} <= {fence.about for fence in every}
    first = next(fence for fence in every if fence.about == "protocol")
    assert re.search(rf"\b{kind}: ", first.text)
    text = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# `{kind}`: ")
    assert "**The trap.**" in text


def test_there_is_no_page_that_nobody_knows_of() -> None:
    assert {path.stem for path in PAGES.iterdir()} == {*RuleType, *MORE}


@pytest.mark.parametrize(
    "path", [*sorted(PAGES.glob("*.md")), PAGES.parent / "README.md"], ids=lambda path: path.name
)
def test_the_links_of_a_page_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert target.startswith("https://") or (path.parent / target).exists(), target
    headings = {_anchor(line) for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= headings


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
