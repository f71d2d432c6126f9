"""Passages as lines of JSON, and back: how a job in a container tells whoever launched it what became of what.

Law: the lines are a log, so they hold no names: of the reasons the nameless ones, of the places no subject.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from xnat_gate.core.states import State
from xnat_gate.roads.gate import Passage

_TEXTS = ("what", "where", "why", "study_uid", "uri")


def line(passage: Passage) -> str:
    """One JSON object on one line."""
    told = {
        "state": passage.state.value,
        "what": passage.what,
        "files": passage.files,
        "where": passage.where,
        "why": passage.nameless,
        "study_uid": passage.study_uid,
        "uri": passage.uri,
        "junk": passage.junk,
    }
    return json.dumps(told, ensure_ascii=True)


def passages(log: str) -> Iterator[Passage]:
    """The passages that a log tells of; other lines are passed by."""
    for text in log.splitlines():
        if text.startswith("{"):
            passage = _passage(text)
            if passage is not None:
                yield passage


def _passage(text: str) -> Passage | None:
    try:
        told = json.loads(text)
        texts = {name: str(told[name]) for name in _TEXTS}
        state, files = State(told["state"]), int(told["files"])
    except (ValueError, KeyError, TypeError):
        return None
    return Passage(
        what=texts["what"],
        files=files,
        state=state,
        where=texts["where"],
        why=texts["why"],
        nameless=texts["why"],
        study_uid=texts["study_uid"],
        uri=texts["uri"],
        junk=bool(told.get("junk")),
    )


def summary(seen: Sequence[Passage]) -> str:
    """`3 looked at: 2 archived, 1 held (RT034: ...)`; the first reason alone, without names."""
    if not seen:
        return "nothing waits"
    counts = Counter(one.state.value for one in seen)
    words = f"{len(seen)} looked at: " + ", ".join(f"{count} {state}" for state, count in counts.items())
    reason = next((one.nameless for one in seen if one.nameless), "")
    return f"{words} ({reason})" if reason else words
