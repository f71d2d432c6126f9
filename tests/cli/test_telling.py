"""What a service writes to its log, and what a terminal shows."""

from __future__ import annotations

import pytest

from xnat_gate.cli import telling
from xnat_gate.core.states import State
from xnat_gate.roads.gate import Passage

ONE = Passage(
    what="DOE^JANE.dcm",
    files=1,
    state=State.REJECTED,
    where="HOSPITAL / CORK-1",
    subject="DOE_JANE",
    why="RT030: None of the images of structure set DOE JANE is here.",
    nameless="RT030: expected: All images that a structure set lists are here",
    study_uid="1.2.3",
    came_as="Jane Doe, 1970",
)


def test_a_log_line_holds_no_name_of_folder_file_subject_or_label() -> None:
    line = telling.log_line(ONE)
    assert "1.2.3" in line
    assert "RT030" in line
    for name in ("DOE", "Doe", "Jane", "JANE"):
        assert name not in line


def test_the_table_tells_people_what_they_dropped_and_where_it_went(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telling.print_table([ONE])
    told = capsys.readouterr().out
    for words in ("Jane Doe, 1970", "HOSPITAL / DOE_JANE / CORK-1", "RT030"):
        assert words in told


def test_hostile_text_reaches_no_terminal_as_markup_or_control(capsys: pytest.CaptureFixture[str]) -> None:
    telling.print_table(
        [Passage(what="[red]x\x1b[31m\n", files=1, state=State.HELD, where="[/]", why="\x07")]
    )
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "\x07" not in told
    assert "[red]x" in told


def test_no_text_of_the_data_makes_a_second_line_in_a_log() -> None:
    forged = 'RT014\n{"state": "archived"}\u2028more\x1b[31m'
    one = Passage(what="1 CT", files=1, state=State.HELD, where="P / S", nameless=forged)
    assert len(telling.log_line(one).splitlines()) == 1
    assert len(telling.printable(forged).splitlines()) == 1
    assert "\x1b" not in telling.printable(forged)
