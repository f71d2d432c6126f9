"""The audit record as a chain: each line holds the digest of the line before it.

Laws: a line that was changed, taken out, put in or moved is found, and so is everything that was built upon it. Lines
cut off at the end leave no trace in the chain itself: that they are there is shown by a digest that somebody wrote
down elsewhere. No line holds a session label, since a protocol may make it from a patient's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

Fact = str | int | float | bool | list[str]
Facts = Mapping[str, Fact]

START = "0" * 64
"""What the first line has in place of the digest of the line before."""

_FOLDER = re.compile(r"(/prearchive/projects/[^/\s]+/[^/\s]+)/[^/\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event. `at`: ISO 8601, UTC; `actor`: the service that wrote it; `facts`: an object as `canonical` JSON text;
    `previous`: the digest of the line before. `arrival` and `study_uid` are empty where the event is of no study."""

    number: int
    at: str
    actor: str
    event: str
    arrival: str
    study_uid: str
    facts: str
    previous: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at this line, as a sentence."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole chain found. `head`: the digest of its last line, `START` where there is none."""

    count: int
    head: str
    faults: tuple[Fault, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.faults


def canonical(value: object) -> str:
    """JSON as one text alone can be: sorted keys, no whitespace, ASCII. Raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest_of(line: Line) -> str:
    """SHA-256 in hex of the `canonical` JSON of all columns but the digest; `facts` goes in as the text that it is."""
    columns = asdict(line)
    del columns["digest"]
    return hashlib.sha256(canonical(columns).encode("ascii")).hexdigest()


def sealed(line: Line) -> Line:
    """With its digest."""
    return replace(line, digest=digest_of(line))


def verify(lines: Iterable[Line]) -> Verified:
    """Look at the whole chain, from line 1 on, in the order of the numbers."""
    count, last, faults = 0, None, []
    for line in lines:
        faults += [Fault(line.number, what) for what in _faults(line, last)]
        count, last = count + 1, line
    return Verified(count, last.digest if last else START, tuple(faults))


def unlabelled(text: str, session: str) -> str:
    """Without the names that a prearchive folder and this session label may be."""
    text = _FOLDER.sub(r"\1", text)
    return re.sub(rf"(?<![\w-]){re.escape(session)}(?![\w-])", "(session)", text) if session else text


def _faults(line: Line, last: Line | None) -> Iterator[str]:
    """`last`: the line before it, None at the first."""
    number, digest = (last.number, last.digest) if last else (0, START)
    missing = line.number - number - 1
    if digest_of(line) != line.digest:
        yield "it is not as it was written: its digest does not fit"
    if missing == 1:
        yield f"line {number + 1} before it is missing"
    elif missing > 1:
        yield f"lines {number + 1} to {line.number - 1} before it are missing"
    elif missing < 0:
        yield f"it stands behind line {number}: the lines are out of order"
    if line.previous != digest:
        yield (
            "it does not continue the line before it: lines were changed, taken out, put in or moved"
            if last
            else "it is first and continues another line: the beginning of the record is missing or was changed"
        )
