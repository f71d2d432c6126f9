"""Six-field cron texts, as Spring reads them and the Event Service narrows them: second minute hour day month weekday.

Laws: six fields, one space between them; second and minute are plain numbers; the rest are `*`, `?`, numbers, names,
ranges, lists and steps; day and weekday must both fit. What is not understood is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
PART = re.compile(r"(?P<first>\*|\?|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
FARTHEST = 366 * 8
"""Days to look ahead: 29 February comes again within them."""


class BadCron(ValueError):
    """The text is no schedule."""


@dataclass(frozen=True, slots=True)
class Cron:
    """What each field allows; weekdays count from Sunday, which is 0."""

    second: int
    minute: int
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def fits(self, moment: datetime) -> bool:
        """Whether it is due at this very second."""
        return (
            self._fits_day(moment)
            and moment.hour in self.hours
            and (moment.minute, moment.second) == (self.minute, self.second)
        )

    def after(self, moment: datetime) -> datetime | None:
        """The next moment at which it is due; None when it never is."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(FARTHEST):
            if self._fits_day(day):
                times = (
                    day.replace(hour=h, minute=self.minute, second=self.second) for h in sorted(self.hours)
                )
                found = next((time for time in times if time > moment), None)
                if found is not None:
                    return found
            day += timedelta(days=1)
        return None

    def _fits_day(self, moment: datetime) -> bool:
        weekday = moment.isoweekday() % 7
        return moment.month in self.months and moment.day in self.days and weekday in self.weekdays


@lru_cache(maxsize=64)
def read(text: str) -> Cron:
    """Raises BadCron."""
    fields = text.split(" ")
    if len(fields) != 6:
        raise BadCron(f"Invalid cron expression. Expected 6 fields but found: {len(fields)}")
    second, minute = (_plain(name, field) for name, field in zip(("second", "minute"), fields, strict=False))
    return Cron(
        second, minute, hours=_field(fields[2], 0, 23), days=_field(fields[3], 1, 31),
        months=_field(fields[4], 1, 12, dict(zip(MONTHS, range(1, 13), strict=True))),
        weekdays=frozenset(day % 7 for day in _field(fields[5], 0, 7, dict(zip(DAYS, range(7), strict=True)))),
    )  # fmt: skip


def _plain(name: str, field: str) -> int:
    if re.search(r"[*/,-]", field):
        raise BadCron(
            f"Cron expression must not have a wildcard(*), range(-), step value(/), or list(,) in {name} field."
        )
    if not field.isdecimal() or int(field) > 59:
        raise BadCron(f"Invalid {name} in cron expression: '{field}'")
    return int(field)


def _field(field: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise BadCron(f"Invalid field in cron expression: '{field}'")
        any_value = match["first"] in {"*", "?"}
        first = low if any_value else _number(match["first"], field, names)
        last = high if any_value or (match["step"] and not match["last"]) else first
        if match["last"]:
            last = _number(match["last"], field, names)
        step = int(match["step"] or 1)
        if not (low <= first <= last <= high and step) or (any_value and match["last"]):
            raise BadCron(f"Invalid field in cron expression: '{field}'")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(word: str, field: str, names: dict[str, int] | None) -> int:
    number = int(word) if word.isdecimal() else (names or {}).get(word.upper())
    if number is None:
        raise BadCron(f"Invalid field in cron expression: '{field}'")
    return number
