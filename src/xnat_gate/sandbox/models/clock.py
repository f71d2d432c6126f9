"""The time, and how XNAT prints it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Server time; the sandbox lives in UTC."""
    return datetime.now(UTC)


def printed(moment: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss.S`, the fraction in milliseconds without trailing zeros, as java.sql.Timestamp."""
    fraction = f"{moment.microsecond // 1000:03d}".rstrip("0") or "0"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{fraction}"


def stamp(moment: datetime) -> str:
    """`yyyyMMdd_HHmmssSSS`, the name of a prearchive timestamp folder."""
    return f"{moment:%Y%m%d_%H%M%S}{moment.microsecond // 1000:03d}"
