#!/usr/bin/env python3
"""What the Container Service hands to a job, turned into a verb of the command line.

Laws: what people typed travels in the environment and becomes one argument each, so that no text can become an option;
exit code 1 speaks of the data and not of the job, and the Container Service keeps a job's outputs only after 0.
"""

import os
import re
import signal
import sys
import tempfile

PREARCHIVE = ["prearchive", "--keep-rejected=xnat", "--format=lines"]
JOBS = {
    "check-prearchive": (PREARCHIVE, "GATE_PROJECT", {"row": "GATE_ROW", "manifest": "GATE_MANIFEST"}),
    "resolve-conflict": (
        PREARCHIVE,
        "GATE_PROJECT",
        {"resolve": "GATE_ROW", "session": "GATE_NEW_SESSION_ID"},
    ),
    "discard-conflict": ([*PREARCHIVE, "--delete"], "GATE_PROJECT", {"resolve": "GATE_ROW"}),
    "check-session": (
        ["session", "--format=line"],
        "GATE_SESSION",
        {"mounted": "GATE_MOUNTED", "report": "GATE_REPORT", "on-violation": "GATE_ON_VIOLATION"},
    ),
    "move-session": (["move"], "GATE_SESSION", {"to": "GATE_DESTINATION", "reason": "GATE_REASON"}),
}
"""Job to verb, what it is about, and option to variable."""


def given(name: str) -> str:
    """The value; empty when the input was left out and its key stayed as it is. Two hyphens alone are no value to
    whoever reads the command line, so they are none here."""
    value = os.environ.get(name, "").strip()
    return "" if re.fullmatch("#[a-z-]+#|--", value) else value


def arguments(job: str, scratch: str) -> list[str]:
    if job == "resolve-conflict" and given("GATE_ACTION") == "delete":
        job = "discard-conflict"
    verb, about, options = JOBS[job]
    named = [f"--{option}={given(name)}" for option, name in options.items() if given(name)]
    return [*verb, f"--state={scratch}", *named, "--", given(about)]


def run(job: str) -> int:
    from xnat_gate.cli.doors import main  # a second, in which SIGTERM is heeded already

    if job not in JOBS:
        print(f"xnat-gate-job: name one of {', '.join(JOBS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        code = main(arguments(job, folder), job=True)
    return 0 if code == 1 else code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as PID 1 nobody else heeds it
    sys.exit(run(" ".join(sys.argv[1:])))
