"""Ranges as they are written: of numbers, of days, of counts.

Law: a range in which nothing lies is a fault.
"""

from __future__ import annotations

import re
from decimal import Decimal

from xnat_gate.core.protocol.comparisons import DateRange, Range, as_number, written_days
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Schema

ENDS = ("from", "to")
WHOLE: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$"}
SCHEMA: Schema = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {end: {"type": ["string", "number"]} for end in ENDS},
}


def numbers(tree: Node, key: str, ledger: Ledger) -> Range | None:
    ends = _ends(tree, key, ledger, "{from: 1, to: 5}")
    if ends is None:
        return None
    found = {end: _number(node, f"{key}.{end}", ledger) for end, node in ends.items()}
    if None in found.values() or not _in_order(found.get("from"), found.get("to"), tree, key, ledger):
        return None
    return Range(found.get("from"), found.get("to"))


def dates(tree: Node, key: str, ledger: Ledger) -> DateRange | None:
    ends = _ends(tree, key, ledger, "{from: 2026-01-01}")
    if ends is None:
        return None
    found = {end: _days(node, f"{key}.{end}", ledger) for end, node in ends.items()}
    first, last = found.get("from", ("", "")), found.get("to", ("", ""))
    if first is None or last is None or not _in_order(first[0] or None, last[1] or None, tree, key, ledger):
        return None
    return DateRange(first[0], last[1])


def whole_numbers(tree: Node, key: str, ledger: Ledger) -> tuple[int | None, int | None] | None:
    """Two counts, None for no bound; a single number is both."""
    if not isinstance(tree.value, tuple) and not hasattr(tree.value, "entries"):
        only = _whole(tree, key, ledger)
        return None if only is None else (only, only)
    ends = _ends(tree, key, ledger, "{from: 1, to: 5}")
    if ends is None:
        return None
    found = {end: _whole(node, f"{key}.{end}", ledger) for end, node in ends.items()}
    if None in found.values() or not _in_order(found.get("from"), found.get("to"), tree, key, ledger):
        return None
    if found.get("from") == 0 and "to" not in found:
        ledger.fault(tree, key, "0 or more is always so", "take it out, or write another number")
        return None
    return found.get("from"), found.get("to")


def _ends(tree: Node, key: str, ledger: Ledger, example: str) -> dict[str, Node] | None:
    table = ledger.table(tree, key, f"write for example {example}")
    if table is None:
        return None
    found: dict[str, Node] = {}
    before = len(ledger.faults)
    for name, (place, value) in ledger.pairs(table, key).items():
        if name in ENDS:
            found[name] = value
        else:
            ledger.unknown(place, f"{key}.{name}", "key", ENDS, "the keys are from and to")
    if not found and len(ledger.faults) == before:
        ledger.fault(tree, key, "has neither from nor to", f"write for example {example}")
    return found if len(ledger.faults) == before else None


def _number(tree: Node, key: str, ledger: Ledger) -> Decimal | None:
    number = as_number(tree.written) if isinstance(tree.value, str | int | float) else None
    if number is None or isinstance(tree.value, bool):
        ledger.fault(
            tree, key, f"a number is needed, not {tree.written or tree.kind}", "write for example 1.5"
        )
        return None
    return number


def _whole(tree: Node, key: str, ledger: Ledger) -> int | None:
    if isinstance(tree.value, bool) or not re.fullmatch(r"[0-9]{1,9}", tree.written):
        told = f"a whole number is needed, not {tree.written or tree.kind}"
        ledger.fault(tree, key, told, "write 0, 1, 2 ...")
        return None
    return int(tree.written)


def _days(tree: Node, key: str, ledger: Ledger) -> tuple[str, str] | None:
    plain = isinstance(tree.value, str | int | float) and not isinstance(tree.value, bool)
    found = written_days(tree.written) if plain else None
    if found is None:
        told = f"a day is needed, not {tree.written or tree.kind}"
        ledger.fault(tree, key, told, "write it as 2026-01-31 or 20260131")
    return found


def _in_order(
    low: Decimal | int | str | None, high: Decimal | int | str | None, tree: Node, key: str, ledger: Ledger
) -> bool:
    if low is None or high is None or low <= high:  # type: ignore[operator]
        return True
    ledger.fault(tree, key, f"nothing lies from {low} to {high}", "turn the two around")
    return False
