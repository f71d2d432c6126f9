"""Logging in, by xnatpy: as whom and over what, and what it means when XNAT does not let one in."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
import xnat
import xnat.exceptions
import xnat.session
from requests.adapters import HTTPAdapter

from xnat_gate.core.archive import ArchiveUnavailable, LoginRefused
from xnat_gate.edge.xnat.silences import plain

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


_RETRY = urllib3.Retry(
    total=3,
    connect=3,
    read=2,
    status=3,
    backoff_factor=0.3,
    status_forcelist=(502, 503, 504),
    allowed_methods=("GET", "HEAD"),
    raise_on_status=False,
)
"""Only reading is repeated by itself, with back-off; whoever changes something reads the state first."""


_ENVIRONMENT = threading.Lock()


def login(account: Account) -> Any:
    """A logged-in xnatpy session without object model. Raises ArchiveUnavailable or LoginRefused."""
    try:
        with _trusting(account.ca_bundle):
            client = xnat.connect(
                account.host,
                user=account.user,
                password=account.password,
                no_parse_model=True,
                logger=log,
                default_timeout=(account.connect_timeout, account.read_timeout),
            )
    except (xnat.exceptions.XNATLoginFailedError, xnat.exceptions.XNATAuthError) as error:
        raise _why_not(
            account
        ) from error  # the client takes an outage for a wrong password: ask again, plainly
    except (xnat.exceptions.XNATError, requests.RequestException, ValueError) as error:
        raise ArchiveUnavailable(f"{account.host} cannot be reached: {plain(error)}") from error
    client.keepalive = (
        False  # its thread dies loudly at the first silence; an expired login is renewed when it is met
    )
    for scheme in ("http://", "https://"):
        client.interface.mount(scheme, HTTPAdapter(max_retries=_RETRY))
    return client


def forget(client: Any) -> None:
    """Close a session that XNAT has ended already: nothing is sent."""
    xnat.session.BaseXNATSession.disconnect(client)


def logout(client: Any) -> None:
    """End a session; one that is dead already is not worth an error."""
    with contextlib.suppress(xnat.exceptions.XNATError, requests.RequestException, ValueError):
        client.disconnect()
    forget(client)


@contextlib.contextmanager
def _trusting(ca_bundle: str | None) -> Iterator[None]:
    """xnatpy takes no bundle of certificates; what it hands the login to reads this variable."""
    if ca_bundle is None:
        yield
        return
    with _ENVIRONMENT:
        before = os.environ.get("REQUESTS_CA_BUNDLE")
        os.environ["REQUESTS_CA_BUNDLE"] = ca_bundle
        try:
            yield
        finally:
            if before is None:
                del os.environ["REQUESTS_CA_BUNDLE"]
            else:
                os.environ["REQUESTS_CA_BUNDLE"] = before


def _why_not(account: Account) -> ArchiveUnavailable | LoginRefused:
    try:
        answer = requests.get(
            account.host.rstrip("/") + "/data/auth",
            auth=(account.user, account.password),
            timeout=(account.connect_timeout, account.read_timeout),
            verify=account.ca_bundle,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return ArchiveUnavailable(f"{account.host} cannot be reached: {plain(error)}")
    if answer.status_code != 401:
        return ArchiveUnavailable(f"{account.host} is not ready: it answers {answer.status_code} to a login")
    return LoginRefused(f"{account.host} does not let {account.user} in: check XNAT_USER and XNAT_PASS")
