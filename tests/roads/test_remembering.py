"""What an importer remembers of the studies that it judges, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from tests.core.studies import a_protocol, chain, ct, study
from xnat_gate.core.judge import judge
from xnat_gate.core.states import State
from xnat_gate.core.summary_text import read
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.edge.keeping import Keeping
from xnat_gate.roads.chores import Chores
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.remembering import MEMORY, remember

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    shelf = Keeping(tmp_path / "kept")
    with Journal(tmp_path / "journal.sqlite3", clock=lambda: NOW) as journal:
        yield Gate(
            archive=cast("Any", None), protocol=a_protocol(), rejected=shelf, held=shelf, failed=shelf,
            journal=journal, scratch=tmp_path, now=lambda: NOW,
        )  # fmt: skip


def files_of(gate: Gate) -> list[int]:
    return [read(one.summary).files for one in gate.journal.summaries()]


@pytest.mark.parametrize("state", list(State))
def test_what_is_judged_again_is_remembered_anew_unless_something_was_decided(
    state: State, gate: Gate
) -> None:
    whole, rest = study(chain()), study(ct(1))
    remember([judge(whole, gate.protocol)], "A", gate)
    gate.journal.record(Entry(arrival="A", study_uid=whole.uid, state=state))
    remember([judge(rest, gate.protocol)], "A", gate)
    again = state in (State.SETTLING, State.CLAIMED, State.JUDGED, State.WAITING, State.FAILED)
    assert files_of(gate) == [1 if again else 6]


def test_old_summaries_are_forgotten_among_the_chores(gate: Gate) -> None:
    remember([judge(study(ct(1)), gate.protocol)], "A", gate)
    for age, left in ((MEMORY - timedelta(days=1), 1), (MEMORY + timedelta(days=1), 0)):
        later = replace(gate, now=lambda age=age: NOW + age)  # type: ignore[misc]
        Chores(gate=later, observe=lambda _: None).do({})
        assert len(files_of(gate)) == left
