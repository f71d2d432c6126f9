"""The order in which a HashMap of Java gives back its keys, for XNAT fills in replacement keys in that order.

Laws: by bucket, and within one in the order in which the keys came; the table starts with 16 buckets and is doubled
when it is more than three quarters full.
"""

from __future__ import annotations

from collections.abc import Iterable

BUCKETS = 16


def ordered(keys: Iterable[str]) -> list[str]:
    """The keys, which came in this order, as the map gives them back."""
    known = list(dict.fromkeys(keys))
    buckets = BUCKETS
    while len(known) > buckets * 3 // 4:
        buckets *= 2
    return sorted(known, key=lambda key: _spread(key) & (buckets - 1))


def _spread(key: str) -> int:
    """String.hashCode, with its upper half mixed into the lower."""
    value = 0
    units = key.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value ^ (value >> 16)
