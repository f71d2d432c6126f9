"""The comparisons of a rule: how one value meets what is written in the protocol.

Laws: whole value, upper and lower case are one, blanks around it do not count; numbers are compared as numbers, dates
as dates, names without the empty components at their end (PS3.5 6.2.1); a value that cannot be understood meets
nothing and misses nothing: the answer is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Protocol as Port

from xnat_gate.core.protocol import patterns
from xnat_gate.core.protocol.matching import matches, normal, unpadded, written
from xnat_gate.core.protocol.vocabulary import Holds

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


class Comparison(Port):
    """`str()` goes on after "is" and "has to be"."""

    def meets(self, value: str) -> bool | None:
        """Whether this value, which is not blank, fits; None when that cannot be told."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The values that fit; in texts `*` stands for any characters. Days are written YYYYMMDD."""

    words: tuple[str, ...]
    holds: Holds

    def meets(self, value: str) -> bool | None:
        if self.holds is Holds.NUMBER:
            number = as_number(value)
            return None if number is None else any(number == as_number(word) for word in self.words)
        if self.holds is Holds.DATE:
            return _any_of(_day_fits(word, value) for word in self.words)
        if self.holds is Holds.UNKNOWN and any(_same_number(word, value) for word in self.words):
            return True
        words = map(unpadded, self.words) if self.holds is Holds.NAME else self.words
        return readable(any(matches(word, value) for word in words), value)

    def __str__(self) -> str:
        return listed(self.words)


@dataclass(frozen=True, slots=True)
class Glob:
    """`*` any characters, `?` one."""

    pattern: str

    def meets(self, value: str) -> bool | None:
        return readable(patterns.glob_meets(self.pattern, value), value)

    def __str__(self) -> str:
        return f'like "{self.pattern}"'


@dataclass(frozen=True, slots=True)
class Prefix:
    """How the value begins."""

    start: str

    def meets(self, value: str) -> bool | None:
        return readable(normal(value).startswith(written(self.start)), value)

    def __str__(self) -> str:
        return f'something that begins with "{self.start}"'


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression of RE2's syntax, for the whole value."""

    pattern: str

    def meets(self, value: str) -> bool | None:
        return readable(patterns.meets(self.pattern, value), value)

    def __str__(self) -> str:
        return f"as in the expression {self.pattern}"


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two, both included; None is no bound."""

    low: Decimal | None
    high: Decimal | None

    def meets(self, value: str) -> bool | None:
        number = as_number(value)
        return None if number is None else within(number, self.low, self.high)

    def __str__(self) -> str:
        return bounds(self.low, self.high)


@dataclass(frozen=True, slots=True)
class DateRange:
    """A day (YYYYMMDD) between two, both included; a value that tells less than a day must lie in it whole, or
    outside of it."""

    low: str
    high: str

    def meets(self, value: str) -> bool | None:
        days = days_of(value)
        if days is None:
            return None
        first, last = days
        if (not self.low or self.low <= first) and (not self.high or last <= self.high):
            return True
        outside = bool(self.low and last < self.low) or bool(self.high and self.high < first)
        return False if outside else None

    def __str__(self) -> str:
        return bounds(self.low or None, self.high or None)


def readable(met: bool, value: str) -> bool | None:
    """A text whose letters could not all be read may be another one than it seems."""
    return None if not met and _UNREADABLE in value else met


def as_number(text: str) -> Decimal | None:
    """A finite number; None for anything else."""
    try:
        number = Decimal(text.strip()) if len(text) <= 64 and "_" not in text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def within(number: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or low <= number) and (high is None or number <= high)


def days_of(text: str) -> tuple[str, str] | None:
    """The first and last day that a DA or DT can mean (PS3.5 6.2; the old form 2024.01.31, too)."""
    plain = text.strip()
    if re.fullmatch(r"[0-9]{4}[.-][0-9]{2}[.-][0-9]{2}", plain):
        plain = plain[:4] + plain[5:7] + plain[8:]
    found = re.fullmatch(
        r"([0-9]{4})([0-9]{2})?([0-9]{2})?(?:[0-9]{2,6}(?:\.[0-9]{1,6})?)?(?:[+-][0-9]{4})?", plain
    )
    if found is None or not _is_calendar(found[2], found[3]):
        return None
    year, month, day = found[1], found[2], found[3]
    return f"{year}{month or '01'}{day or '01'}", f"{year}{month or '12'}{day or '31'}"


def _is_calendar(month: str | None, day: str | None) -> bool:
    return (month is None or 1 <= int(month) <= 12) and (day is None or 1 <= int(day) <= 31)


def written_days(text: str) -> tuple[str, str] | None:
    """The first and last day of what an administrator writes: a day, a month or a year of the calendar."""
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?|([0-9]{2})([0-9]{2})?)?", text.strip())
    if found is None:
        return None
    year, month, day = found[1], found[2] or found[4], found[3] or found[5]
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return f"{year}{month or '01'}{day or '01'}", f"{year}{month or '12'}{day or '31'}"


def bounds(low: object | None, high: object | None) -> str:
    """`from 1 to 5`, `5 or less`, `1 or more`."""
    if low is None:
        return f"{high} or less"
    return f"{low} or more" if high is None else f"from {low} to {high}"


def listed(words: Iterable[str], most: int = 5) -> str:
    every = [f'"{word}"' for word in words]
    if len(every) == 1:
        return every[0]
    more = f" or {len(every) - most} more" if len(every) > most else ""
    shown = every[:most]
    return ", ".join(shown) + more if more else f"{', '.join(shown[:-1])} or {shown[-1]}"


def plain(value: str, holds: Holds) -> str:
    """The value as it is compared: a name without the empty parts at the end of each of its groups (PS3.5 6.2.1)."""
    return unpadded(value) if holds is Holds.NAME else value


def counted_as(value: str, holds: Holds) -> object:
    """What is equal for two values that `equals` cannot tell apart."""
    if holds is Holds.NUMBER and (number := as_number(value)) is not None:
        return number
    if holds is Holds.DATE and (days := days_of(value)) is not None:
        return days
    return normal(plain(value, holds))


def _day_fits(word: str, value: str) -> bool | None:
    """A word with a * is held against the letters; of a value that tells less than a day, the day may be this one."""
    days = days_of(value)
    if matches(word, value) or (days is not None and matches(word, days[0]) and days[0] == days[1]):
        return True
    if days is None:
        return None
    return None if "*" not in word and days[0] <= word <= days[1] else False


def _same_number(word: str, value: str) -> bool:
    number = as_number(word)
    return number is not None and number == as_number(value)


def _any_of(answers: Iterable[bool | None]) -> bool | None:
    every = set(answers)
    return True if True in every else None if None in every else False
