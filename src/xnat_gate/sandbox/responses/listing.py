"""Lists as XNAT answers them (`columns=`, filters, paging) and single items.

Laws: an unknown column alias is silently dropped; a column given as an XML path is found by its last word and comes
back lower-cased, or under its short name when it has one; ID and URI come unasked; a known column as a parameter is a
filter: comma is OR, `*` and `%` match anything.
"""

from __future__ import annotations

import fnmatch
import html
import json
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest
from xnat_gate.sandbox.responses import shortcuts

ALWAYS = ("ID", "URI")
Row = Mapping[str, object]


def table(
    call: Call, defaults: Sequence[str], rows: Sequence[Row], *, known: Sequence[str] = (), title: str = ""
) -> Response:
    """`known` are the columns there are beside `defaults`; a key outside both is no column and no filter."""
    names = [*defaults, *(name for name in known if name not in defaults)]
    kept = [row for row in rows if _passes(call, names, row)]
    chosen = _columns(call, defaults, names)
    page = _page(call, kept)
    cells = [{shown: row.get(name, "") for shown, name in chosen.items()} for row in page]
    return replies.table(call, list(chosen), cells, title=title, total="limit" not in dict(call.params))


def item(call: Call, value: Mapping[str, object], *, status: int = 200) -> Response:
    """A single item: JSON when asked for, else HTML, as XNAT's first variant is."""
    match call.format:
        case "json":
            return replies.json_value({"items": [value]}, status)
        case "" | "html":
            body = html.escape(json.dumps(value, indent=1))
            return replies.text(
                f"<!DOCTYPE html>\n<html><body><pre>{body}</pre></body></html>", status, "text/html"
            )
    raise BadRequest(f"The sandbox has no {call.format} of an item")


def _columns(call: Call, defaults: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Shown name to column."""
    asked = [name for part in call.every("columns") for name in part.split(",") if name]
    if not asked:
        return {name: name for name in defaults}
    lower = {name.lower(): name for name in names}
    chosen: dict[str, str] = {}
    for name in asked:
        column = lower.get(name.rsplit("/", 1)[-1].lower())
        if (short := shortcuts.of(name, lower)) is not None:
            chosen[short] = short
        elif column is not None:
            chosen[name.lower() if "/" in name else column] = column
        elif "/" in name:
            chosen[name.lower()] = ""
    return {**chosen, **{name: name for name in ALWAYS if name in names}}


def _passes(call: Call, names: Sequence[str], row: Row) -> bool:
    lower = {name.lower(): name for name in names}
    for key, wanted in call.params:
        column = lower.get(key.rsplit("/", 1)[-1].lower())
        if column is not None and not any(
            _matches(str(row.get(column, "")), part) for part in wanted.split(",")
        ):
            return False
    return True


def _matches(value: str, wanted: str) -> bool:
    if "*" in wanted or "%" in wanted:
        return fnmatch.fnmatchcase(value.lower(), wanted.replace("%", "*").lower())
    return value.lower() == wanted.lower()


def _page(call: Call, rows: Sequence[Row]) -> Sequence[Row]:
    offset = int(call.param("offset") or 0)
    limit = call.param("limit") or ("100" if call.param("offset") else "*")
    return rows[offset:] if limit == "*" else rows[offset : offset + int(limit)]
