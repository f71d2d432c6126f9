#!/usr/bin/env python3
"""The environment of the intake container, turned into the verb `import` or `receive`.

Law: each variable becomes one argument with its option's name before it, so that no text can become an option.
"""

import os
import signal
import sys

DEFAULTS = {"GATE_DROP": "/data/drop", "GATE_STATE": "/data/state"}
OPTIONS = {"GATE_STATE": "state", "GATE_PROTOCOL": "protocol", "GATE_QUIET_PERIOD": "quiet-period"}
"""Variable to option of `xnat-gate import`; XNAT_HOST, XNAT_USER and XNAT_PASS are read by the verb itself."""
SERVICES = ("import", "receive")


def arguments() -> list[str]:
    given = DEFAULTS | {name: value for name, value in os.environ.items() if value.strip()}
    service = given.get("GATE_SERVICE", "import").strip()
    if service not in SERVICES:
        sys.exit(f"GATE_SERVICE is {service!r}: set it to import or to receive")
    if service == "receive":  # which reads XNAT_GATE_RECEIVE_… itself
        return ["receive", f"--drop={given['GATE_DROP']}", f"--state={given['GATE_STATE']}"]
    options = [f"--{option}={given[name]}" for name, option in OPTIONS.items() if name in given]
    return ["import", *options, "--", given["GATE_DROP"]]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as PID 1; the verb sets its own once it runs
    from xnat_gate.cli.doors import main  # takes most of a second, in which SIGTERM would go unheeded

    sys.exit(main(arguments()))
