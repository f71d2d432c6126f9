"""Where a service is asked for its health: the two options, and the endpoint that is open while the service runs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xnat_gate.cli.exits import Usage
from xnat_gate.cli.log import Log

if TYPE_CHECKING:
    from xnat_gate.edge.health import Meters, Probe

PORT_HELP = "where its health and metrics can be asked for over HTTP; 0 takes a free one, off: nowhere"
BIND_HELP = "the address to answer that on; nobody is asked for a password there"
BIND = "127.0.0.1"
OFF = "off"


def health_port(text: str) -> int | None:
    """A port, or None for off. Raises ValueError with a sentence for a person."""
    if text.strip() == OFF:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text.strip()) or int(text) > 65535:
        raise ValueError(f"{text!r} is no port: write a number from 0 to 65535, or off")
    return int(text)


def add_options(verb: argparse.ArgumentParser) -> None:
    """--health-port and --health-bind, for a verb that reads no environment; as `health_port` and `health_bind`."""
    verb.add_argument(
        "--health-port", type=_told_port, default=OFF, metavar="PORT", help=f"{PORT_HELP} (default: {OFF})"
    )
    verb.add_argument(
        "--health-bind",
        type=str.strip,
        default=BIND,
        metavar="ADDRESS",
        help=f"{BIND_HELP} (default: {BIND})",
    )


def _told_port(text: str) -> int | None:
    try:
        return health_port(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


@contextmanager
def answering(
    port: int | None, bind: str, *, live: Probe, ready: Probe, meters: Meters, told: Log
) -> Iterator[None]:
    """The endpoint is open within, unless `port` is None. Raises Usage when it cannot be had."""
    if port is None:
        yield
        return
    from xnat_gate.edge.health import Health, HealthUnavailable  # a tenth of a second

    try:
        health = Health(bind, port, live, ready, meters, told)
    except HealthUnavailable as error:
        raise Usage(str(error)) from error
    with health:
        told({"event": "health", "address": health.address[0], "port": health.address[1]})
        yield
