"""One logged-in session with an XNAT: sends requests and turns answers into responses or the errors of the port.

Law: nothing above this module sees a status code that was not asked for, an HTML page taken for data, or an
exception of the HTTP library.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import requests
import urllib3
import xnat
import xnat.exceptions
from requests.adapters import HTTPAdapter

from xnat_gate.core.archive import ArchiveUnavailable, LoginRefused, OutcomeUnknown
from xnat_gate.edge.xnat.refusals import is_html, refusal

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where and as whom. Time-outs in seconds; `archive` lies above XNAT's own 600 s."""

    host: str
    user: str
    password: str = field(repr=False)
    ca_bundle: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    archive_timeout: float = 660.0
    transfer_timeout: float = 600.0


_SAFE = ("GET", "HEAD")
_RETRY = urllib3.Retry(
    total=3, connect=3, read=2, status=3, backoff_factor=0.3, status_forcelist=(502, 503, 504), allowed_methods=_SAFE,
    raise_on_status=False,
)  # fmt: skip
"""Only reading is repeated by itself, with back-off; whoever changes something reads the state first."""


class Connection:
    """A session of one user; not to be shared between threads. Logs in at once, and again once when it has expired."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._client = _login(account)

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
        }
        response = self._send(method, path, send)
        if response.status_code == 401:
            self._client = _login(self.account)
            if body is not None and not isinstance(body, bytes):
                body.seek(0)
            response = self._send(method, path, send)
        if response.status_code not in ok:
            raise refusal(method, path, response)
        if not stream and is_html(response):
            raise ArchiveUnavailable(
                f"{self.account.host} answered {method} {path} with a web page instead of data (a login page, a proxy?)"
            )
        return response

    def _send(self, method: str, path: str, send: dict[str, Any]) -> requests.Response:
        url = self.account.host.rstrip("/") + path
        try:
            return self._http.request(method, url, allow_redirects=False, **send)
        except requests.RequestException as error:
            never_sent = _never_sent(error)
            kind = ArchiveUnavailable if never_sent or method in _SAFE else OutcomeUnknown
            raise kind(f"{self.account.host} did not answer {method} {path}: {_plain(error)}") from error

    @property
    def _http(self) -> requests.Session:
        http: requests.Session = self._client.interface
        return http

    def close(self) -> None:
        """Log out; a session that is dead already is not worth an error."""
        http = self._http
        with contextlib.suppress(xnat.exceptions.XNATError, requests.RequestException, ValueError):
            self._client.disconnect()
        http.close()


def _login(account: Account) -> Any:
    try:
        client = xnat.connect(
            account.host,
            user=account.user,
            password=account.password,
            no_parse_model=True,
            logger=log,
            default_timeout=(account.connect_timeout, account.read_timeout),
        )
    except (xnat.exceptions.XNATLoginFailedError, xnat.exceptions.XNATAuthError) as error:
        # An outage looks like a wrong password to the client: ask again, plainly.
        raise _why_no_login(account) from error
    except (xnat.exceptions.XNATError, requests.RequestException, ValueError) as error:
        raise ArchiveUnavailable(f"{account.host} cannot be reached: {_plain(error)}") from error
    if account.ca_bundle:
        client.interface.verify = account.ca_bundle
    for scheme in ("http://", "https://"):
        client.interface.mount(scheme, HTTPAdapter(max_retries=_RETRY))
    return client


def _why_no_login(account: Account) -> ArchiveUnavailable | LoginRefused:
    try:
        answer = requests.get(
            account.host.rstrip("/") + "/data/auth",
            auth=(account.user, account.password),
            timeout=(account.connect_timeout, account.read_timeout),
            verify=account.ca_bundle or True,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return ArchiveUnavailable(f"{account.host} cannot be reached: {_plain(error)}")
    if answer.status_code >= 500:
        return ArchiveUnavailable(f"{account.host} is not ready: it answers {answer.status_code}")
    return LoginRefused(f"{account.host} does not let {account.user} in: check XNAT_USER and XNAT_PASS")


def _never_sent(error: requests.RequestException) -> bool:
    """The connection was never made, so nothing can have been done."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _plain(error: Exception) -> str:
    """The kind of trouble in words, without addresses, objects or secrets."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate was not accepted"
    if isinstance(error, requests.ConnectionError):
        return "connection refused" if _never_sent(error) else "connection lost"
    return type(error).__name__


def lines(response: requests.Response) -> Iterator[str]:
    """The URIs of a text/uri-list body (one per line, ended by CRLF), without the /data that XNAT puts in front."""
    for line in response.text.splitlines():
        if line.strip():
            yield line.strip().removeprefix("/data")


def table(response: requests.Response) -> list[dict[str, str]]:
    """The rows of an XNAT table: {"ResultSet": {"Result": [...]}}, every cell a string."""
    try:
        rows = response.json()["ResultSet"]["Result"]
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveUnavailable(
            f"XNAT answered {response.request.method} with something else than a table"
        ) from error
    return [{key: "" if cell is None else str(cell) for key, cell in row.items()} for row in rows]
