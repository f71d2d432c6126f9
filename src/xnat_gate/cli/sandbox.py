"""`xnat-gate sandbox`: a small XNAT on this machine, for a rehearsal."""

from __future__ import annotations

import argparse
from pathlib import Path

from xnat_gate.cli.exits import Exit
from xnat_gate.edge import protocol_file


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("sandbox", help="run a small XNAT on this machine, for rehearsals and tests")
    verb.add_argument("--port", type=int, default=8080, help="default: 8080; 0 takes any free one")
    verb.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="where it keeps its files and database"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    from xnat_gate.sandbox.server import Sandbox

    with Sandbox.start(
        options.state.absolute(), options.port, protocol=protocol_file.default_text()
    ) as sandbox:
        print(
            f"sandbox ready at {sandbox.url} (admin/admin, owner/owner, member/member, collaborator/collaborator)",
            flush=True,
        )
        sandbox.wait()
    return Exit.PASSED
