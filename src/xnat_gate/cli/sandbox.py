"""`xnat-gate sandbox`: a small XNAT on this machine, for a rehearsal."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.edge import protocol_file


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("sandbox", help="run a small XNAT on this machine, for rehearsals and tests")
    verb.add_argument("--port", type=int, default=8080, help="default: 8080; 0 takes any free one")
    verb.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="where it keeps its files and database"
    )
    verb.add_argument(
        "--fault", action="append", default=[], metavar="WORDS",
        help="something that goes wrong from the start, such as 'status path=/data/services/archive code=503 times=1'",
    )  # fmt: skip
    verb.add_argument(
        "--containers", choices=["auto", "docker", "swarm", "process"], default="auto",
        help="what runs the containers that are launched; auto: Docker when a daemon answers, else processes",
    )  # fmt: skip
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    from xnat_gate.sandbox.containers.engine import Kind
    from xnat_gate.sandbox.faults.fault import from_words
    from xnat_gate.sandbox.server import Sandbox
    from xnat_gate.sandbox.settings import Settings

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        faults = [from_words(words) for words in options.fault]
        settings = Settings(containers=Kind(options.containers))
        sandbox = Sandbox.start(
            options.state.absolute(), options.port, protocol=protocol_file.default_text(), settings=settings
        )
    except (OSError, ValueError) as error:
        raise Usage(f"the sandbox does not start: {error}") from error
    with sandbox:
        engine = sandbox.world.engine
        if not engine.ping():
            raise Usage(
                f"the sandbox does not start: nothing answers that could run containers with {engine.name}"
            )
        for fault in faults:
            sandbox.faults.add(fault)
        users = "admin/admin, owner/owner, member/member, collaborator/collaborator"
        print(f"sandbox ready at {sandbox.url} ({users}); containers: {engine.name}", flush=True)
        stop.wait()
    return Exit.PASSED
