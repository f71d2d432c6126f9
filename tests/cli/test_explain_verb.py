"""`xnat-gate explain`: a page for every check, in words, with what `check` says of a good and a bad example."""

from __future__ import annotations

import pytest

from xnat_gate.cli.doors import main
from xnat_gate.core import checks, likeness
from xnat_gate.edge import manual

EVERY = sorted(one.id for one in (*checks.ALL, *likeness.ALL))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def test_every_check_has_a_page_and_every_page_a_check() -> None:
    assert list(manual.pages()) == EVERY


@pytest.mark.parametrize("id", EVERY)
def test_a_page_says_what_is_asked_what_to_do_and_shows_both_examples(
    id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = said(capsys, id)
    assert page.startswith(f"# {id}: ")
    for part in ("**What to do.**", "**What follows.**", "## All is well", "## It is not"):
        assert part in page
    good, _, bad = page.partition("## It is not")
    assert f" {id} " not in good.partition("## All is well")[2]
    assert f" {id} " in bad


def test_ids_are_taken_as_people_type_them_and_several_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "rt035", " RT030 ").count("## It is not") == 2


def test_without_an_id_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys).splitlines()
    assert [line.split()[0] for line in lines if line.startswith("RT")] == EVERY
    assert {"ALLOW", "DENY", "ROUTE", "XNAT"} <= {line.split()[0] for line in lines}


def test_what_stands_in_reports_and_is_no_check_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "list of the protocol" in said(capsys, "ALLOW")


@pytest.mark.parametrize(("id", "hint"), [("RT355", "did you mean RT"), ("nonsense", "lists what there is")])
def test_an_unknown_id_is_told_with_a_remedy(id: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", id]) == 2
    assert hint in capsys.readouterr().err
