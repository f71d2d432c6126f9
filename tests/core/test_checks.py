"""Every check has a manual page, a good example and a bad one; and what each one says, read aloud."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.core.asking import judged, said
from tests.core.studies import (
    a_protocol,
    chain,
    study,
)
from xnat_gate.core import admission, checks
from xnat_gate.core.checks.check import Check, counted, listed
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import judge_together
from xnat_gate.core.study import Study

EXAMPLES = Path(__file__).parents[1] / "examples"
EVERY_CHECK = pytest.mark.parametrize("check", checks.ALL, ids=[check.id for check in checks.ALL])


def example(check: Check) -> ModuleType:
    if not (EXAMPLES / f"{check.id}.py").is_file():
        pytest.fail(f"{check.id} has no example: write tests/examples/{check.id}.py with GOOD, BAD and FINDS")
    return importlib.import_module(f"tests.examples.{check.id}")


@EVERY_CHECK
def test_a_good_example_gives_no_cause(check: Check) -> None:
    assert said(check.id, example(check).GOOD) == []


@EVERY_CHECK
def test_a_bad_example_is_found_with_its_effect_and_severity(check: Check) -> None:
    bad = example(check)
    assert [(each.effect, each.severity) for each in said(check.id, bad.BAD)] == [bad.FINDS]


@EVERY_CHECK
def test_a_bad_example_differs_from_the_good_one_in_nothing_else_that_counts(check: Check) -> None:
    """What the good example is asked, it answers well but for notes and, in RT031, the hold that RT030 gives both."""
    weighing = [each.id for each in judged(example(check).GOOD).findings if each.effect is not Effect.NOTE]
    assert weighing == (["RT030"] if check.id == "RT031" else [])


@EVERY_CHECK
def test_a_finding_says_what_it_is_about_and_what_to_do(check: Check) -> None:
    for finding in said(check.id, example(check).BAD):
        assert finding.about or finding.files
        assert finding.remedy == check.remedy
        assert finding.message[:1].isupper() or finding.message[:1].isdigit()
        assert finding.message.endswith((".", "”"))


@EVERY_CHECK
def test_a_finding_speaks_without_patients_files_and_uids(check: Check) -> None:
    bad = example(check).BAD
    for verdict in judge_together((bad,) if isinstance(bad, Study) else bad, a_protocol()):
        for finding in verdict.findings:
            assert not re.search(r"DOE|JANE|47/?11|4712|\.dcm|CT3|[0-9]+(\.[0-9]+){3,}", finding.message)


@EVERY_CHECK
def test_a_check_has_a_manual_page_a_title_and_a_remedy(check: Check) -> None:
    assert len(check.manual) > 60
    assert check.title
    assert not check.title.endswith(".")
    assert check.remedy.endswith(".")
    assert re.fullmatch(r"RT\d{3}", check.id)


def test_ids_are_unique_and_in_order_within_their_family() -> None:
    ids = [check.id for check in checks.ALL]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(admission.ASKED)
    families = (
        checks.headers,
        checks.identity,
        checks.duplicates,
        checks.numbering,
        checks.structures,
        checks.chain,
        checks.images,
    )
    for family in families:
        own = [check.id for check in family.ALL]
        assert own == sorted(own)
    assert tuple(check for family in families for check in family.ALL) == checks.ALL


def test_no_example_is_left_without_a_check() -> None:
    assert {path.stem for path in EXAMPLES.glob("RT*.py")} == {check.id for check in checks.ALL}


def test_counts_and_lists_read_like_speech() -> None:
    assert [counted(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    assert counted(2, "series", "series") == "2 series"
    assert listed(["a", "b", "a"]) == "a, b"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_against_a_whole_chain_there_is_nothing_to_say() -> None:
    assert judged(study(chain())).findings == ()
