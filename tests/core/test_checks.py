"""Every check has a manual page, a good example and a bad one; and what each one says, read aloud."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.core import alike
from tests.core.alike import Compared
from tests.core.asking import Archived, judged
from tests.core.studies import (
    a_protocol,
    chain,
    study,
)
from xnat_gate.core import admission, checks, likeness
from xnat_gate.core.checks.check import Check, counted, listed
from xnat_gate.core.finding import Effect, Finding
from xnat_gate.core.judge import judge, judge_together
from xnat_gate.core.likeness import Likeness
from xnat_gate.core.study import Study

EXAMPLES = Path(__file__).parents[1] / "examples"
PAGES: tuple[Check | Likeness, ...] = (*checks.ALL, *likeness.ALL)
EVERY_CHECK = pytest.mark.parametrize("check", PAGES, ids=[check.id for check in PAGES])

Case = Study | tuple[Study, ...] | Compared | Archived


def all_said(case: Case) -> tuple[Finding, ...]:
    """Everything that is found in an example."""
    if isinstance(case, Compared):
        return (*alike.found(case), *judged(case.study).findings)
    if isinstance(case, Archived):
        return judge(case.study, a_protocol(), elsewhere=case.elsewhere).findings
    together = (case,) if isinstance(case, Study) else case
    return tuple(each for verdict in judge_together(together, a_protocol()) for each in verdict.findings)


def said_by(check: Check | Likeness, case: Case) -> list[Finding]:
    """Of several studies that arrive together, by the first one."""
    found = judged(case).findings if isinstance(case, tuple) else all_said(case)
    return [each for each in found if each.id == check.id]


def example(check: Check | Likeness) -> ModuleType:
    if not (EXAMPLES / f"{check.id}.py").is_file():
        pytest.fail(f"{check.id} has no example: write tests/examples/{check.id}.py with GOOD, BAD and FINDS")
    return importlib.import_module(f"tests.examples.{check.id}")


@EVERY_CHECK
def test_a_good_example_gives_no_cause(check: Check | Likeness) -> None:
    assert said_by(check, example(check).GOOD) == []


@EVERY_CHECK
def test_a_bad_example_is_found_with_its_effect_and_severity(check: Check | Likeness) -> None:
    bad = example(check)
    assert [(each.effect, each.severity) for each in said_by(check, bad.BAD)] == [bad.FINDS]


@EVERY_CHECK
def test_a_bad_example_differs_from_the_good_one_in_nothing_else_that_counts(check: Check | Likeness) -> None:
    """What the good example is asked, it answers well but for notes and, in RT031, the hold that RT030 gives both."""
    good = example(check).GOOD
    found = judged(good).findings if isinstance(good, tuple) else all_said(good)
    weighing = [each.id for each in found if each.effect is not Effect.NOTE]
    assert weighing == (["RT030"] if check.id == "RT031" else [])


@EVERY_CHECK
def test_a_finding_says_what_it_is_about_and_what_to_do(check: Check | Likeness) -> None:
    for finding in said_by(check, example(check).BAD):
        assert finding.about or finding.files
        assert finding.remedy == check.remedy
        assert finding.message[:1].isupper() or finding.message[:1].isdigit()
        assert finding.message.endswith((".", "”"))


@EVERY_CHECK
def test_a_finding_speaks_without_patients_files_and_uids(check: Check | Likeness) -> None:
    for finding in all_said(example(check).BAD):
        assert not re.search(r"DOE|JANE|47/?11|4712|\.dcm|CT3|[0-9]+(\.[0-9]+){3,}", finding.message)


@EVERY_CHECK
def test_a_check_has_a_manual_page_a_title_and_a_remedy(check: Check | Likeness) -> None:
    assert len(check.manual) > 60
    assert check.title
    assert not check.title.endswith(".")
    assert check.remedy.endswith(".")
    assert re.fullmatch(r"RT\d{3}", check.id)


def test_ids_are_unique_and_in_order_within_their_family() -> None:
    ids = [check.id for check in checks.ALL]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & {*admission.ASKED, *likeness.ASKED}
    assert list(likeness.ASKED) == sorted({one.id for one in likeness.ALL})
    rooms = [
        importlib.import_module(found.name)
        for found in pkgutil.iter_modules(checks.__path__, f"{checks.__name__}.")
    ]
    families = [room.ALL for room in rooms if hasattr(room, "ALL")]
    for family in families:
        assert [check.id for check in family] == sorted(check.id for check in family)
    assert {check.id for family in families for check in family} == set(ids)


def test_no_example_is_left_without_a_check() -> None:
    assert {path.stem for path in EXAMPLES.glob("RT*.py")} == {check.id for check in PAGES}


def test_counts_and_lists_read_like_speech() -> None:
    assert [counted(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    assert counted(2, "series", "series") == "2 series"
    assert listed(["a", "b", "a"]) == "a, b"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_against_a_whole_chain_there_is_nothing_to_say() -> None:
    assert judged(study(chain())).findings == ()
