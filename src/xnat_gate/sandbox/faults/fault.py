"""What can go wrong, as a value: which requests it strikes, how often, and of what kind it is.

Laws: the kinds are a closed set; a fault that makes no sense is refused when it is made (ValueError), not when it
strikes; the same fault can be written as Python, as JSON and as one line of words.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

ANYTHING = ("*", "*")


class Kind(StrEnum):
    """See MEANING."""

    STATUS = "status"
    LATENCY = "latency"
    CUT = "cut"
    CUT_BEFORE = "cut_before"
    EXPIRED_SESSION = "expired_session"
    ARCHIVE_HANGS = "archive_hangs"
    QUEUE_STUCK = "queue_stuck"
    DISK_FULL = "disk_full"
    LOGIN_PAGE = "login_page"


MEANING = {
    Kind.STATUS: "answers `code` with the message `body`; nothing is done",
    Kind.LATENCY: "waits `seconds` before the work, less when the fault is removed meanwhile",
    Kind.CUT: "does the work, sends half of the answer's body and drops the connection (an answer without a body: drops"
    " it without a byte)",
    Kind.CUT_BEFORE: "drops the connection without an answer; nothing is done",
    Kind.EXPIRED_SESSION: "ends the caller's login session first, so a cookie alone is 401 until the next login;"
    " strikes only requests that carry a live session",
    Kind.ARCHIVE_HANGS: "does the work, then holds the answer until the fault is released or removed, or the client has"
    " gone",
    Kind.QUEUE_STUCK: "queued work stands still until the fault is removed; a single archive request waits at most"
    " `archive_timeout` for it",
    Kind.DISK_FULL: "507 to one object (gradual-DICOM), 500 to everything else; nothing is kept",
    Kind.LOGIN_PAGE: "200 and the HTML login page, whatever was asked; nothing is done",
}
WHERE = {
    Kind.ARCHIVE_HANGS: ("POST", "/data/services/archive"),
    Kind.DISK_FULL: ("POST", "/data/services/import"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`method` and `path` are patterns with `*`; '' takes the kind's usual ones (anything; archive; import).

    The path is matched without /archive and in its /data form, without the query. `times`: how many requests it
    strikes, None: all; `skip`: how many matching ones it lets pass first. `code` and `body` belong to `status`,
    `seconds` to `latency`. Raises ValueError.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    times: int | None = None
    skip: int = 0
    code: int = 503
    body: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        usual = WHERE.get(Kind(self.kind), ANYTHING)
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "method", self.method or usual[0])
        object.__setattr__(self, "path", self.path or usual[1])
        if (self.times is not None and self.times < 1) or self.skip < 0 or self.seconds < 0:
            raise ValueError("times is at least 1, skip and seconds are not negative")
        if not 200 <= self.code <= 599:
            raise ValueError("code is an HTTP status from 200 to 599")

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is of the kind that it strikes; queue_stuck strikes none."""
        if self.kind is Kind.QUEUE_STUCK:
            return False
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def from_json(value: object) -> Fault:
    """The fault that a JSON object describes; its keys are Fault's own. Raises ValueError."""
    if not isinstance(value, Mapping) or "kind" not in value:
        raise ValueError("a fault is an object with a kind")
    known = {field.name: field for field in fields(Fault)}
    if strange := sorted(set(value) - set(known)):
        raise ValueError(f"a fault has no {', '.join(strange)}")
    words: dict[str, Any] = {name: _read(name, given) for name, given in value.items()}
    return Fault(**words)


def from_words(line: str) -> Fault:
    """`status path=/data/services/archive* method=POST code=503 body="try later" times=1`. Raises ValueError."""
    kind, *rest = shlex.split(line) or [""]
    pairs = [word.partition("=") for word in rest]
    if bare := [name for name, equals, _ in pairs if not equals]:
        raise ValueError(f"not of the form name=value: {', '.join(bare)}")
    return from_json({"kind": kind, **{name: given for name, _, given in pairs}})


def _read(name: str, given: object) -> object:
    if name == "times" and given in (None, ""):
        return None
    kinds = {"times": int, "skip": int, "code": int, "seconds": float}
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(f"{name} is not a {kinds.get(name, str).__name__}")
    if name not in kinds and not isinstance(given, str):
        raise ValueError(f"{name} is not a str")
    return Kind(str(given)) if name == "kind" else kinds.get(name, str)(given)
