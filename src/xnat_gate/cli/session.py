"""`xnat-gate session ID`: judge an archived session, report, and move it to QUARANTINE when that is asked and due."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import archive, asked_once, checked_protocol, protocols, refusal, settings_for
from xnat_gate.core import report
from xnat_gate.core.inspection import document
from xnat_gate.roads import moving
from xnat_gate.roads.session import Asked, Checked, check_session


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "session", help="judge an archived session and report; quarantine it when it is forbidden"
    )
    verb.add_argument("session", metavar="ID", help="the session's accession id, such as XNAT_E00001")
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument("--protocol", type=Path, metavar="FILE", help="default: the protocol in force in XNAT")
    verb.add_argument(
        "--mounted", type=Path, metavar="DIR",
        help="the session's folder, where it is mounted; default: its files are downloaded",
    )  # fmt: skip
    verb.add_argument("--report", type=Path, metavar="DIR", help="write report.json and report.html there")
    verb.add_argument(
        "--on-violation", choices=("report", "quarantine"), default="report",
        help="what to do when the protocol forbids it; default: report",
    )  # fmt: skip
    verb.add_argument(
        "--state", type=Path, default=Path(), metavar="DIR", help="for downloads; default: the current folder"
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "line"),
        default="text",
        help="line: one line without names; default: text",
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    if options.mounted is not None and not options.mounted.is_dir():
        raise Usage(f"{options.mounted} is not there: mount the session's folder, or leave --mounted out")
    settings = settings_for(options.xnat)
    checked_protocol(options.protocol)
    in_force = protocols(options.protocol)
    with telling.working("looking"), archive(settings) as xnat:
        protocol = asked_once(in_force, xnat, telling.line)
        asked = Asked(
            session_id=options.session,
            scratch=options.state.absolute() / "scratch",
            clock=lambda: datetime.now(UTC),
            mounted=options.mounted,
            report=options.report,
            quarantine=options.on_violation == "quarantine",
            patience=moving.PATIENCE,
            workflow=settings.workflow,
            remark=refusal(in_force),
        )
        checked = check_session(asked, protocol, xnat)
    _tell(checked, options.format)
    return Exit.PASSED if checked.seen.passed else Exit.STOPPED


def _tell(checked: Checked, how: str) -> None:
    seen = checked.seen
    if how == "json":
        now = datetime.now(UTC).isoformat(timespec="seconds")
        print(json.dumps(document(seen, checked.action, now), indent=2))
        return
    if how == "text":
        print(report.text(seen.verdicts, seen.reading))
    print(f"session {seen.session.id}: {seen.sentence}; it {checked.action}")
