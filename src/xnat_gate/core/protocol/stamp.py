"""The stamp: the first line of a protocol in force, a comment that says since when, by whose hand and why.

XNAT keeps who and when by itself and no reason (its config service drops it), so the reason stands in the text. A file
that was pulled carries the stamp of the version it was made from, and shows by it whether that one is still in force;
a part of the digest of what was put below the stamp shows whether somebody changed that and let the stamp be.

Laws: the stamp is one line whatever is put into it, and ends where YAML sees a line end; the rest of the text is never
touched, line ends and byte order mark included; no two versions of one history are put under the same stamp.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

LONGEST = 300
"""Characters of a reason."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MARK = "\ufeff"
_ENDS = r"\r\n\x85\u2028\u2029"
"""What ends a line of YAML, and with it a comment."""
_LINE = re.compile(
    rf"# in force since (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ) by ([^{_ENDS}]+?)(?: \(sha256 ([0-9a-f]{{12}})\))?: "
    rf"([^{_ENDS}]*)(?:\r\n|[{_ENDS}]|\Z)"
)


class NoReason(ValueError):
    """This cannot stand as the reason. `str()` says why and what to write."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """`at`: ISO 8601, UTC, to the second; `digest`: the beginning of the SHA-256 of the text that was put under it,
    empty in a stamp of old."""

    at: str
    login: str
    reason: str
    digest: str = ""

    @property
    def line(self) -> str:
        below = f" (sha256 {self.digest})" if self.digest else ""
        return f"# in force since {self.at} by {one_line(self.login)}{below}: {one_line(self.reason)}"


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


def new_stamp(text: str, login: str, reason: str, now: datetime, known: Container[str]) -> Stamp:
    """A stamp for this text of this moment (UTC), or of the first second after it whose line is not among the `known`
    ones."""
    stamp = Stamp(f"{now:{_TIME}}", login, reason, _digest(text))
    while stamp.line in known:
        now += timedelta(seconds=1)
        stamp = replace(stamp, at=f"{now:{_TIME}}")
    return stamp


def stamp_of(text: str) -> Stamp | None:
    """The stamp of this text; None when its first line is none."""
    found = _LINE.match(text.removeprefix(_MARK))
    return Stamp(found[1], found[2], found[4].rstrip(" \t"), found[3] or "") if found else None


def changed_below(text: str) -> bool:
    """Whether the text is another one than that which was put under its stamp. A stamp of old does not tell."""
    stamp = stamp_of(text)
    return stamp is not None and bool(stamp.digest) and stamp.digest != _digest(text)


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


def _digest(text: str) -> str:
    return sha256(stripped(text).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _parted(text: str) -> tuple[str, str]:
    rest = text.removeprefix(_MARK)
    return text[: len(text) - len(rest)], rest


def one_line(words: str) -> str:
    """Text from outside, without what would end a line or move a cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)
