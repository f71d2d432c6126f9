"""The options of `xnat-gate receive`, each of which may stand in the environment instead.

Law: an option stands before its variable, an empty variable counts as absent, and both are read by the same rule.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from xnat_gate.cli import monitoring
from xnat_gate.core import receiving
from xnat_gate.edge.settings import duration

PREFIX = "XNAT_GATE_RECEIVE_"
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([KMGT]B|[KMG]iB)?", re.IGNORECASE)
LEAST_PDU, LARGEST_PDU = 4096, 1 << 20


class Option(NamedTuple):
    """`default` is text, as it would be given."""

    name: str
    default: str
    parse: Callable[[str], object]
    metavar: str
    help: str

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.replace("-", "_").upper()


def size(text: str) -> int:
    """Bytes in a text such as 5GB, 500MB or 0. Raises ValueError with a sentence for a person."""
    match = SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no size: write a number with KB, MB, GB or TB, such as 5GB")
    number, unit = match.groups()
    return int(float(number) * UNITS[(unit or "").upper()])


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return parse


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.strip() not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text.strip()

    return parse


def _time(text: str) -> float:
    seconds = duration(text)
    if seconds <= 0:
        raise ValueError("no time at all is too short")
    return seconds


def _file(text: str) -> Path | None:
    return Path(text) if text.strip() else None


OPTIONS = (
    Option("bind", "0.0.0.0", str.strip, "ADDRESS", "the address to listen on; :: for IPv6, too"),  # noqa: S104
    Option("port", "8104", _whole(0, 65535), "PORT", "0 takes a free one"),
    Option("ae-title", "XNAT", receiving.ae_title, "AE", "our AE title"),
    Option(
        "called-ae",
        "check",
        _one_of("check", "any"),
        "check|any",
        "whether senders must call us by our AE title",
    ),
    Option("calling-ae", "", receiving.ae_titles, "AE,AE", "the AE titles that may send; empty: any"),
    Option(
        "allow-ip", "", receiving.networks, "IP,CIDR", "the addresses and networks that may send; empty: any"
    ),
    Option("tls-cert", "", _file, "FILE", "our certificate (PEM); with it TLS 1.2 or newer is demanded"),
    Option("tls-key", "", _file, "FILE", "its key (PEM, without a password)"),
    Option(
        "tls-ca",
        "",
        _file,
        "FILE",
        "who signs the certificates that senders must show (PEM); empty: none needed",
    ),
    Option("max-associations", "32", _whole(1, 1000), "N", "how many may run at one time"),
    Option("max-pdu", "131072", _whole(LEAST_PDU, LARGEST_PDU), "BYTES", "the longest PDU we ask for"),
    Option(
        "tcp-nodelay",
        "on",
        _one_of("on", "off"),
        "on|off",
        "answer without waiting for more to send (TCP_NODELAY)",
    ),
    Option("idle-timeout", "60s", _time, "TIME", "an association without a message for so long is aborted"),
    Option("network-timeout", "30s", _time, "TIME", "so is one that stops in the middle of a message"),
    Option(
        "acse-timeout",
        "30s",
        _time,
        "TIME",
        "how long a connection may be open before it asks for an association",
    ),
    Option("dimse-timeout", "30s", _time, "TIME", "how long a sender may take to answer"),
    Option("reserve", "1GB", size, "SIZE", "with less free on the disk of DROP objects are refused (0xA700)"),
    Option("grace", "30s", duration, "TIME", "how long running associations may go on after SIGTERM"),
    Option("health-port", monitoring.OFF, monitoring.health_port, "PORT", monitoring.PORT_HELP),
    Option("health-bind", monitoring.BIND, str.strip, "ADDRESS", monitoring.BIND_HELP),
    Option("log", "json", _one_of("json", "text"), "json|text", "how the log on stderr is written"),
)


def add_options(verb: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    """All of them, with what the environment says as the default."""
    for option in OPTIONS:
        given = environ.get(option.variable, "")
        shown = f"default: {option.default}; " if option.default else ""
        verb.add_argument(
            f"--{option.name}", type=_told(option.parse), default=given if given.strip() else option.default,
            metavar=option.metavar, help=f"{option.help} ({shown}{option.variable})",
        )  # fmt: skip


def _told(parse: Callable[[str], object]) -> Callable[[str], object]:
    """What is wrong in our words, not in those of argparse."""

    def parsed(text: str) -> object:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed
