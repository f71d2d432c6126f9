"""What a rule or a check has to say about a study.

Laws: a finding is a value, never an exception; it names what it is about by UID and speaks without patient names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is for the data; what follows from it is the effect."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Effect(StrEnum):
    """What follows: `reject` falls on the objects named, `quarantine` and `hold` on the whole study."""

    NOTE = "note"
    REJECT = "reject"
    QUARANTINE = "quarantine"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`about` holds UIDs (instance, series or study); `message` says what, `remedy` what to do next; `files` are named
    apart from the message, because file names may hold patient names and some readers must not see those. `title` says
    the same without any word of the data: for logs and the journal, since a description can hold a name, too.

    `bars_delivery`: the study must not even reach the prearchive, because XNAT could not keep it whole
    (two files under one identity, files it cannot read). `natural`: the effect that a check has by itself, where the
    protocol's `checks` gave it another one.
    """

    id: str
    severity: Severity
    effect: Effect
    message: str
    remedy: str = ""
    title: str = ""
    about: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    bars_delivery: bool = False
    natural: Effect | None = None

    @property
    def nameless(self) -> str:
        """What a log may say."""
        return f"expected: {self.title}" if self.title else self.message
