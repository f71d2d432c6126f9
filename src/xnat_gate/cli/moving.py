"""`xnat-gate move ID --to PROJECT --reason TEXT`: move an archived session to another project."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import archive, asked_once, checked_protocol, protocols, refusal, settings_for
from xnat_gate.roads import moving
from xnat_gate.roads.moving import Move, doubt, move, told


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "move", help="move an archived session to another project; out of QUARANTINE for administrators alone"
    )
    verb.add_argument("session", metavar="ID", help="the session's accession id, such as XNAT_E00001")
    verb.add_argument("--to", required=True, metavar="PROJECT", help="ID of the project it is to be in")
    verb.add_argument("--reason", required=True, metavar="TEXT", help="why, for the record in XNAT")
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument(
        "--protocol", type=Path, metavar="FILE",
        help="it says which project is QUARANTINE; default: the protocol in force in XNAT",
    )  # fmt: skip
    verb.add_argument(
        "--state", type=Path, help=argparse.SUPPRESS
    )  # every job is handed one; a move keeps nothing
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    settings = settings_for(options.xnat)
    checked_protocol(options.protocol)
    in_force = protocols(options.protocol)
    with telling.working("moving"), archive(settings) as xnat:
        protocol = asked_once(in_force, xnat, telling.line)
        asked = Move(
            session_id=options.session,
            destination=options.to,
            reason=options.reason,
            hospitals=protocol.hospitals,
            quarantine=protocol.quarantine_project,
            now=datetime.now(UTC),
            patience=moving.PATIENCE,
            workflow=settings.workflow,
        )
        moved = move(asked, xnat)
        print(told(moved) + refusal(in_force))
        if warning := doubt(moved, asked):
            telling.line(f"warning: {warning}")
    return Exit.PASSED
