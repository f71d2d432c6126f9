"""How to reach XNAT: the environment read once into frozen Settings; the only reader of the names of XNAT's variables.

Laws: every fault is told at once, with the variable and what to do; a password is never shown.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([smhd]?)")


@dataclass(frozen=True, slots=True)
class Fault:
    """`variable`: the name in the environment; `wrong` never quotes a secret."""

    variable: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.variable} {self.wrong}: {self.remedy}"


class SettingsInvalid(Exception):
    """`faults` holds all that is wrong; `str()` has a line for each."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. `archive` outlasts the 600 s for which XNAT itself lets an archive request wait."""

    connect: float = 10.0
    read: float = 120.0
    archive: float = 660.0
    transfer: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`host`: base URL without a slash at its end; `ca_bundle`: PEM file to trust instead of the usual ones;
    `workflow`: number of the workflow that the Container Service runs this job under, empty outside of it."""

    host: str
    user: str
    password: str = field(repr=False)
    ca_bundle: Path | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    workflow: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str], **overrides: str | None) -> Self:
        """Settings out of an environment; empty counts as absent.

        `overrides` stand before the environment and None among them counts as not given: host, user, password,
        ca_bundle, connect_timeout, read_timeout, archive_timeout, transfer_timeout, workflow, as text. Raises
        SettingsInvalid.
        """
        source = _Source(environ, overrides)
        host = source.required("host", _host, "name the URL of XNAT, such as https://xnat.example.org")
        user = source.required("user", _user, "name the account to work as")
        password = source.required("password", _password, "give the password of that account")
        ca_bundle = source.optional("ca_bundle", _ca_bundle, None)
        timeouts = Timeouts(
            connect=source.optional("connect_timeout", _timeout, Timeouts().connect),
            read=source.optional("read_timeout", _timeout, Timeouts().read),
            archive=source.optional("archive_timeout", _timeout, Timeouts().archive),
            transfer=source.optional("transfer_timeout", _timeout, Timeouts().transfer),
        )
        if source.faults or host is None or user is None or password is None:
            raise SettingsInvalid(tuple(source.faults))
        workflow = source.optional("workflow", str.strip, "")
        return cls(
            host=host, user=user, password=password, ca_bundle=ca_bundle, timeouts=timeouts, workflow=workflow
        )


VARIABLES = {
    "host": "XNAT_HOST",
    "user": "XNAT_USER",
    "password": "XNAT_PASS",
    "ca_bundle": "XNAT_GATE_CA_BUNDLE",
    "connect_timeout": "XNAT_GATE_CONNECT_TIMEOUT",
    "read_timeout": "XNAT_GATE_READ_TIMEOUT",
    "archive_timeout": "XNAT_GATE_ARCHIVE_TIMEOUT",
    "transfer_timeout": "XNAT_GATE_TRANSFER_TIMEOUT",
    "workflow": "XNAT_WORKFLOW_ID",
}
"""Setting to the name of its environment variable."""


def duration(text: str) -> float:
    """Seconds in a text such as 5, 5s, 2m, 1h, 1d or 0.5s. Raises ValueError with a sentence for a person."""
    match = DURATION.fullmatch(text.strip())
    if not match:
        raise ValueError(
            f"{text!r} is no duration: write a number with s, m, h or d, such as 5s, 2m, 1h or 1d"
        )
    number, unit = match.groups()
    return float(number) * SECONDS[unit]


class _Source:
    """Where the texts come from, and the faults found in them so far."""

    def __init__(self, environ: Mapping[str, str], overrides: Mapping[str, str | None]) -> None:
        unknown = overrides.keys() - VARIABLES.keys()
        if unknown:
            raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
        self.faults: list[Fault] = []
        self._texts = {
            name: given if (given := overrides.get(name)) is not None else environ.get(variable, "")
            for name, variable in VARIABLES.items()
        }

    def required(self, name: str, parse: Callable[[str], T], remedy: str) -> T | None:
        if not self._texts[name].strip():
            self.faults.append(Fault(VARIABLES[name], "is not set", remedy))
            return None
        return self.optional(name, parse, None)

    def optional(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self._texts[name]
        if not text.strip():
            return default
        try:
            return parse(text)
        except _Wrong as wrong:
            self.faults.append(Fault(VARIABLES[name], wrong.what, wrong.remedy))
            return default


class _Wrong(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def _host(text: str) -> str:
    """The text itself is never quoted: a URL may carry a password."""
    text = text.strip().rstrip("/")
    try:
        url = urlsplit(text)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\x00-\x1f\\]", text):
        raise _Wrong("is no web address", "write it as https://xnat.example.org")
    if "@" in url.netloc:
        raise _Wrong("carries an account", "take it out and set XNAT_USER and XNAT_PASS")
    if url.query or url.fragment:
        raise _Wrong("carries a query or a fragment", "name the address of XNAT's start page alone")
    return text


def _user(text: str) -> str:
    text = text.strip()
    if ":" in text or not text.isprintable():
        raise _Wrong("holds a colon or a control character", "name one account of XNAT")
    return text


def _password(text: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise _Wrong(
            "holds a line break or another control character", "see how it was put into the environment"
        )
    return text


def _timeout(text: str) -> float:
    try:
        seconds = duration(text)
    except ValueError as error:
        raise _Wrong(f"is set to {text!r}", "write a number with s, m, h or d, such as 30s") from error
    if seconds <= 0:
        raise _Wrong("is zero", "give XNAT some time to answer")
    return seconds


def _ca_bundle(text: str) -> Path:
    path = Path(text)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (OSError, ValueError) as error:
        raise _Wrong(
            f"names {text!r}, which is no readable file of certificates", "name a PEM file"
        ) from error
    return path
