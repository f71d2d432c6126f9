"""Scalars as Jackson reads them: text, whole numbers, fractions and booleans out of one another.

Laws: an empty text is no number and no boolean, and a list or an object is none of them.
"""

from __future__ import annotations


class Unreadable(Exception):
    """The body does not fit the shape of a command; the server cannot read it at all."""


def text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Unreadable(f"not a text: {value!r}")


def boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str) and value.strip() in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return value.strip().lower() == "true"
    raise Unreadable(f"not a boolean: {value!r}")


def fraction(value: object) -> float:
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError as error:
            raise Unreadable(f"not a number: {value!r}") from error
    raise Unreadable(f"not a number: {value!r}")


def whole(value: object) -> int:
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError as error:
            raise Unreadable(f"not a whole number: {value!r}") from error
    return int(fraction(value))
