#!/usr/bin/env python3
"""The environment of the intake container, turned into the verb `import` or `receive`.

With the word `healthcheck` it asks the service that runs in the same container whether it lives: 0 or 1.

Law: each variable becomes one argument with its option's name before it, so that no text can become an option.
"""

import os
import signal
import sys

FOLDERS = {"GATE_DROP": "/data/drop", "GATE_STATE": "/data/state"}
DEFAULTS = {**FOLDERS, "GATE_HEALTH_PORT": "8105", "GATE_HEALTH_BIND": "0.0.0.0"}  # noqa: S104 - inside
BOTH = {"GATE_STATE": "state", "GATE_HEALTH_PORT": "health-port", "GATE_HEALTH_BIND": "health-bind"}
OPTIONS = {
    **BOTH,
    "GATE_PROTOCOL": "protocol",
    "GATE_QUIET_PERIOD": "quiet-period",
    "GATE_WORKERS": "workers",
    "GATE_TRIES": "tries",
    "GATE_LOG": "log",
}
"""Variable to option of `xnat-gate import`; XNAT_HOST, XNAT_USER and XNAT_PASS are read by the verb itself."""
SERVICES = ("import", "receive")
WITHIN = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Addresses that stand for all, and the one among them that is asked."""
PATIENCE = 4.0
"""Seconds; Docker waits for five."""


def settings() -> dict[str, str]:
    return DEFAULTS | {name: value for name, value in os.environ.items() if value.strip()}


def arguments() -> list[str]:
    given = settings()
    service = given.get("GATE_SERVICE", "import").strip()
    if service not in SERVICES:
        sys.exit(f"GATE_SERVICE is {service!r}: set it to import or to receive")
    if service == "receive":  # which reads XNAT_GATE_RECEIVE_… itself
        options = [f"--{option}={given[name]}" for name, option in BOTH.items()]
        return ["receive", f"--drop={given['GATE_DROP']}", *options]
    options = [f"--{option}={given[name]}" for name, option in OPTIONS.items() if name in given]
    return ["import", *options, "--", given["GATE_DROP"]]


def healthcheck() -> str:
    """What is wrong, in one line; empty when the service says that it lives, or was told to answer nobody."""
    import http.client
    import urllib.error
    import urllib.request

    port, bind = settings()["GATE_HEALTH_PORT"].strip(), settings()["GATE_HEALTH_BIND"].strip()
    if port == "off":
        return ""
    host = WITHIN.get(bind, bind)
    address = f"http://[{host}]:{port}/healthz" if ":" in host else f"http://{host}:{port}/healthz"
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(address, timeout=PATIENCE):
            return ""
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.read().decode(errors="replace").strip()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"{address} does not answer: {error}"


if __name__ == "__main__":
    if sys.argv[1:] == ["healthcheck"]:
        sys.exit(healthcheck() or 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as PID 1; the verb sets its own once it runs
    from xnat_gate.cli.doors import main  # takes most of a second, in which SIGTERM would go unheeded

    sys.exit(main(arguments()))
