"""The stamp: the first line of a protocol in force, a comment that says since when, by whose hand and why.

XNAT keeps who and when by itself and no reason (its config service drops it), so the reason stands in the text. A file
that was pulled carries the stamp of the version it was made from, and shows by it whether that one is still in force.

Laws: the stamp is one line whatever is put into it; the rest of the text is never touched, line ends and byte order
mark included; no two versions of one history have the same stamp.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LONGEST = 300
"""Characters of a reason."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MARK = "\ufeff"
_LINE = re.compile(
    r"# in force since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) by (.+?): ([^\r\n]*?)[ \t]*(\r\n|\n|\r|\Z)"
)


class NoReason(ValueError):
    """This cannot stand as the reason. `str()` says why and what to write."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """`at`: ISO 8601, UTC, to the second."""

    at: str
    login: str
    reason: str

    @property
    def line(self) -> str:
        return f"# in force since {self.at} by {one_line(self.login)}: {one_line(self.reason)}"


def reason_of(written: str) -> str:
    """What a person gave as the reason, blanks and line breaks made single blanks. Raises NoReason."""
    reason = " ".join(written.split())
    if not reason:
        raise NoReason("the reason is empty: say in a few words why the protocol changes")
    if not reason.isprintable():
        raise NoReason("the reason holds control characters: type it anew")
    if len(reason) > LONGEST:
        raise NoReason(f"the reason has {len(reason)} characters: keep to {LONGEST}")
    return reason


def new_stamp(login: str, reason: str, now: datetime, known: Container[str]) -> Stamp:
    """A stamp of this moment (UTC), or of the first second after it whose line is not among the `known` ones."""
    stamp = Stamp(f"{now:{_TIME}}", login, reason)
    while stamp.line in known:
        now += timedelta(seconds=1)
        stamp = replace(stamp, at=f"{now:{_TIME}}")
    return stamp


def stamp_of(text: str) -> Stamp | None:
    """The stamp of this text; None when its first line is none."""
    found = _LINE.match(text.removeprefix(_MARK))
    return Stamp(*found.group(1, 2, 3)) if found else None


def stripped(text: str) -> str:
    """The text without its stamp."""
    mark, rest = _parted(text)
    found = _LINE.match(rest)
    return mark + rest[found.end() :] if found else text


def stamped(text: str, stamp: Stamp) -> str:
    """The text under this stamp, in place of an earlier one; its line ends as the text's first line does."""
    mark, rest = _parted(stripped(text))
    end = re.search(r"\r\n|\n|\r", rest)
    return f"{mark}{stamp.line}{end.group() if end else chr(10)}{rest}"


def _parted(text: str) -> tuple[str, str]:
    rest = text.removeprefix(_MARK)
    return text[: len(text) - len(rest)], rest


def one_line(words: str) -> str:
    """Text from outside, without what would end a line or move a cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)
