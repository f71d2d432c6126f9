"""The faces of an answer: tables, items, URI lists, texts, files, the status page.

Laws: in a table every cell is a string and NULL is ''; a refusal of /data is an HTML page with its message in <h3>, one
of /xapi is plain text; a file is sent as it lies on disk.
"""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Refusal
from xnat_gate.sandbox.wire import reason_header

Cells = Mapping[str, object]
PAGE = (
    '<html>\n<head>\n   <title>Status page</title>\n</head>\n<body>\n<h3>{message}</h3>\n<p>You can get technical'
    ' details <a href="http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html">here</a>.<br>\nPlease continue your'
    ' visit at our <a href="/">home page</a>.\n</p>\n</body>\n</html>\n'
)  # fmt: skip


def empty(status: int = 200) -> Response:
    return Response(b"", status)


def text(value: str, status: int = 200, media_type: str = "text/plain") -> Response:
    return Response(value, status, media_type=media_type)


def json_value(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")


def uri_list(uris: Sequence[str], status: int = 200) -> Response:
    """One URI per line, each line ended by CRLF; empty when there is none."""
    return Response("".join(f"{uri}\r\n" for uri in uris), status, media_type="text/uri-list")


def status_page(message: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    page = PAGE.format(message=html.escape(message, quote=False))
    return Response(page, status, {**reason_header(message), **(headers or {})}, media_type="text/html")


def refused(call: Call, refusal: Refusal) -> Response:
    """The face of a refusal; the reason phrase carries its message, too."""
    if call.path.startswith(("/xapi/", "/sandbox/")):
        headers = {**reason_header(str(refusal)), **refusal.headers}
        return Response(str(refusal), refusal.status, headers, media_type="text/plain")
    return status_page(str(refusal) or type(refusal).__name__, refusal.status, refusal.headers)


def login_page() -> Response:
    page = "<!DOCTYPE html>\n<html><head><title>XNAT</title></head><body><form>Log in</form></body></html>\n"
    return text(page, media_type="text/html")


def table(
    call: Call, columns: Sequence[str], rows: Iterable[Cells], *, title: str = "", total: bool = True,
    default: str = "json",
) -> Response:  # fmt: skip
    """A table of `columns`; `default` is the representation when the caller asks for none."""
    cells = [{name: _cell(row.get(name)) for name in columns} for row in rows]
    match call.format or default:
        case "csv":
            return _csv(columns, cells)
        case "xml":
            return _xml(columns, cells, title)
        case "html" | "xlist":
            return text(_html(columns, cells), media_type="text/html")
        case "json" | "txt" | "text/plain":
            return _json(cells, title, total=total)
    raise BadRequest(f"Requested format is not supported: {call.format}")


def file(place: Path, name: str, media_type: str = "application/octet-stream") -> Response:
    return FileResponse(place, media_type=media_type, filename=name)


def vanishing_file(place: Path, name: str, media_type: str) -> Response:
    """A temporary file, removed once it has been sent."""
    task = BackgroundTask(place.unlink, missing_ok=True)
    return FileResponse(place, media_type=media_type, filename=name, background=task)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _json(rows: list[dict[str, str]], title: str, *, total: bool) -> Response:
    result: dict[str, object] = {"Result": rows}
    if total:
        result["totalRecords"] = str(len(rows))
    if title:
        result["title"] = title
    return json_value({"ResultSet": result})


def _csv(columns: Sequence[str], rows: list[dict[str, str]]) -> Response:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text(out.getvalue(), media_type="text/csv")


def _xml(columns: Sequence[str], rows: list[dict[str, str]], title: str) -> Response:
    heads = "".join(f"<column>{escape(name)}</column>" for name in columns)
    lines = "".join(
        "<row>" + "".join(f"<cell>{escape(row[name])}</cell>" for name in columns) + "</row>" for row in rows
    )
    results = f"<results><columns>{heads}</columns><rows>{lines}</rows></results>"
    return text(f'<ResultSet title="{escape(title)}">{results}</ResultSet>', media_type="text/xml")


def _html(columns: Sequence[str], rows: list[dict[str, str]]) -> str:
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(row[n])}</td>" for n in columns) + "</tr>" for row in rows
    )
    return f"<html><body><table><tr>{heads}</tr>{lines}</table></body></html>"
