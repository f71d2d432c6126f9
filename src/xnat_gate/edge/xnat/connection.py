"""One logged-in session with an XNAT: sends requests and turns answers into responses or the errors of the port.

Law: nothing above this module sees a status code that was not asked for, an HTML page taken for data, or an
exception of the HTTP library.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import IO, Any, TypeVar

import requests

from xnat_gate.core.archive import ArchiveUnavailable, OutcomeUnknown
from xnat_gate.edge.xnat.login import Account, forget, login, logout
from xnat_gate.edge.xnat.refusals import is_html, refusal
from xnat_gate.edge.xnat.silences import never_sent, plain

T = TypeVar("T")

SAFE = ("GET", "HEAD")
"""Methods that change nothing."""


class Connection:
    """One account's sessions, one for each thread that calls: neither the client nor its HTTP session may be shared.

    The constructor logs in; other threads log in at their first call, and anyone once more when the login has expired.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self._clients: dict[int, Any] = {}
        self._renew()

    def call(
        self,
        method: str,
        path: str,
        *,
        ok: tuple[int, ...] = (200,),
        query: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        content_type: str | None = None,
        timeout: float | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Send one request. Redirects are answers here (XNAT's 301 and 303 mean success) and never followed.

        Raises ArchiveUnavailable, OutcomeUnknown (a change was asked for and no answer came), LoginRefused or an
        ArchiveRefused that says what XNAT said.
        """
        send: dict[str, Any] = {
            "params": query,
            "data": body,
            "headers": {"Content-Type": content_type} if content_type else None,
            "timeout": (self.account.connect_timeout, timeout or self.account.read_timeout),
            "stream": stream,
            "verify": self.account.ca_bundle,
        }
        response = self._send(method, path, send)
        if response.status_code == 401:
            self._renew()
            if body is not None and not isinstance(body, bytes):
                body.seek(0)
            response = self._send(method, path, send)
        if response.status_code not in ok:
            raise refusal(method, path, response)
        if is_html(response, streamed=stream):
            raise ArchiveUnavailable(
                f"{self.account.host} answered {method} {path} with a web page instead of data (a login page, a proxy?)"
            )
        return response

    def _send(self, method: str, path: str, send: dict[str, Any]) -> requests.Response:
        url = self.account.host.rstrip("/") + path
        try:
            return self._http.request(method, url, allow_redirects=False, **send)
        except requests.RequestException as error:
            kind = ArchiveUnavailable if never_sent(error) or method in SAFE else OutcomeUnknown
            raise kind(f"{self.account.host} did not answer {method} {path}: {plain(error)}") from error

    def _renew(self) -> None:
        """A new session for this thread, in place of one that has expired."""
        old = self._clients.pop(threading.get_ident(), None)
        if old is not None:
            forget(old)
        self._clients[threading.get_ident()] = login(self.account)

    @property
    def _http(self) -> requests.Session:
        if threading.get_ident() not in self._clients:
            self._renew()
        http: requests.Session = self._clients[threading.get_ident()].interface
        return http

    def close(self) -> None:
        """Log out everywhere."""
        while self._clients:
            logout(self._clients.popitem()[1])


def lines(response: requests.Response) -> Iterator[str]:
    """The URIs of a text/uri-list body (one per line, ended by CRLF), without the /data that XNAT puts in front."""
    for line in response.text.splitlines():
        if line.strip():
            yield line.strip().removeprefix("/data")


def table(response: requests.Response) -> list[dict[str, str]]:
    """The rows of an XNAT table: {"ResultSet": {"Result": [...]}}, every cell a string."""
    try:
        rows = response.json()["ResultSet"]["Result"]
        return [_Cells({key: "" if cell is None else str(cell) for key, cell in row.items()}) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveUnavailable(
            f"XNAT answered {response.request.method} with something else than a table"
        ) from error


class _Cells(dict[str, str]):
    """A row; a column that was relied on and did not come is an answer that cannot be believed."""

    def __missing__(self, column: str) -> str:
        raise ArchiveUnavailable(f"XNAT answered with a table that has no column {column}")


def value_of(response: requests.Response, kind: type[T]) -> T:
    """The JSON value of an answer of /xapi, when it is of this kind (list, dict, bool ...)."""
    try:
        value = response.json()
    except ValueError as error:
        raise ArchiveUnavailable(
            f"XNAT answered {response.request.method} with something else than JSON"
        ) from error
    if not isinstance(value, kind):
        raise ArchiveUnavailable(
            f"XNAT answered {response.request.method} with another JSON value than expected"
        )
    return value


def items(response: requests.Response) -> list[dict[str, str]]:
    """The items of {"items": [{"meta": ..., "data_fields": {...}}]}: their fields as text, with `xsi:type`."""
    try:
        found = [(one["data_fields"], one.get("meta", {})) for one in response.json()["items"]]
        return [
            {**{key: str(value) for key, value in fields.items()}, "xsi:type": str(meta.get("xsi:type", ""))}
            for fields, meta in found
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveUnavailable(
            f"XNAT answered {response.request.method} with something else than an item"
        ) from error


def strings(response: requests.Response) -> list[str]:
    """A JSON list of strings, as /xapi answers names; rights hang on it, so nothing else passes."""
    found = value_of(response, list)
    if not all(isinstance(one, str) for one in found):
        raise ArchiveUnavailable(f"XNAT answered {response.request.method} with something else than names")
    return found
