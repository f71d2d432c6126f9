"""Texts beside a waiting session: files of its resource GATE, where its page shows them.

Laws: a file is asked for only when it is listed, since what XNAT answers else is not known; what was put there counts
when it is shown again.
"""

from __future__ import annotations

import contextlib

from xnat_gate.core.archive import Busy, NotAllowed, NotThere, PrearchiveRow
from xnat_gate.edge.xnat.connection import Connection, table
from xnat_gate.edge.xnat.outcomes import surely
from xnat_gate.edge.xnat.paths import under

RESOURCE = "GATE"
"""The session resource that holds what the gate has to say of a session, waiting or archived."""


def shown(connection: Connection, row: PrearchiveRow, name: str) -> str | None:
    """The text of this name; None when there is none."""
    if name not in _listed(connection, row):
        return None
    try:
        answer = connection.call("GET", _path(row, name), ok=(200, 204))
    except NotThere:
        return None
    return answer.content.decode("utf-8", "replace")


def asked(connection: Connection, row: PrearchiveRow, name: str) -> str:
    """The text of this name; empty when none is listed. Raises Busy when one is listed and is not given out: what it
    says must not be taken for nothing."""
    text = shown(connection, row, name)
    if not text and name in _listed(connection, row):
        raise Busy(
            f"XNAT lists {name} beside {row.uri} and does not give it out; it is looked at again next time"
        )
    return text or ""


def put(connection: Connection, row: PrearchiveRow, name: str, text: str) -> None:
    """PUT onto an existing file keeps the old one and answers 200, so an older text is removed first. Raises NotAllowed
    when it is not shown again."""
    path, present = _path(row, name), shown(connection, row, name)
    if present == text:
        return
    if present is not None:
        surely(lambda: connection.call("DELETE", path), lambda: shown(connection, row, name) is None)
    surely(
        lambda: connection.call(
            "PUT",
            path,
            ok=(200, 201),
            query={"inbody": "true"},
            body=text.encode(),
            content_type="text/plain",
        ),
        lambda: shown(connection, row, name) == text,
    )
    if shown(connection, row, name) != text:
        raise NotAllowed(f"XNAT says that it took {name} for {row.uri}, but does not show it")


def clear(connection: Connection, row: PrearchiveRow) -> None:
    """Take all of them away; nothing happens when there is none."""
    path = under(row.uri, "resources", RESOURCE)
    with contextlib.suppress(NotThere):
        surely(
            lambda: connection.call("DELETE", path, ok=(200, 204)),
            lambda: not _listed(connection, row),
        )


def _listed(connection: Connection, row: PrearchiveRow) -> list[str]:
    try:
        answer = connection.call(
            "GET", under(row.uri, "resources", RESOURCE, "files"), query={"format": "json"}
        )
    except NotThere:
        return []
    return [cells.get("Name", "") for cells in table(answer)]


def _path(row: PrearchiveRow, name: str) -> str:
    return under(row.uri, "resources", RESOURCE, "files", name)
