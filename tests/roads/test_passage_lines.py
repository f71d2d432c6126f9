"""What a container tells of its passages is understood by whoever launched it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.states import State
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.passage_lines import line, passages, summary

text = st.text(max_size=40)
some_passages = st.builds(
    Passage, what=text, files=st.integers(0, 9999), state=st.sampled_from(State), where=text, subject=text, why=text,
    nameless=text, study_uid=text, uri=text, came_as=text, junk=st.booleans(),
)  # fmt: skip


@given(st.lists(some_passages, max_size=5))
def test_passages_come_back_from_their_lines_without_the_names(told: list[Passage]) -> None:
    log = "\n".join(["looking at something", *map(line, told), summary(told)])
    assert list(passages(log)) == [replace(one, subject="", came_as="", why=one.nameless) for one in told]


@given(some_passages)
def test_a_passage_is_one_line_of_plain_letters_whatever_stands_in_it(one: Passage) -> None:
    assert line(one).isascii()
    assert len(line(one).splitlines()) == 1


@given(st.text(max_size=200))
def test_any_other_log_tells_of_no_passage_and_harms_nobody(log: str) -> None:
    assert all(isinstance(one, Passage) for one in passages("{" + log))


def test_the_summary_counts_and_gives_the_first_reason() -> None:
    one = Passage(
        what="1 CT", files=1, state=State.HELD, where="P / S", why="with a name", nameless="RT034: not whole"
    )
    two = replace(one, state=State.ARCHIVED, nameless="")
    assert summary([two, one, two]) == "3 looked at: 2 archived, 1 held (RT034: not whole)"
    assert summary([]) == "nothing waits"
