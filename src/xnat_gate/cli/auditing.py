"""`xnat-gate audit`: whether the audit record is as it was written, and its lines for other programs."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from pathlib import Path

from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import journal_at
from xnat_gate.core.audit import START
from xnat_gate.edge.journal import Journal, Line

DIGEST = re.compile(r"[0-9a-f]{64}")


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "audit", help="show that the audit record is whole, or print it for other programs"
    )
    tasks = verb.add_subparsers(dest="task", metavar="TASK", required=True)
    checks = tasks.add_parser(
        "verify", help="look at the whole record; exit code 1 when it was tampered with"
    )
    checks.add_argument(
        "--head",
        default="",
        metavar="DIGEST",
        help="a head that an earlier look printed: also show that nothing was cut off since",
    )
    checks.set_defaults(run=verify)
    prints = tasks.add_parser("export", help="print every line of the record as a line of JSON")
    prints.set_defaults(run=export)
    for task in (checks, prints):
        task.add_argument(
            "--state", type=Path, default=Path(), metavar="DIR", help="default: the current folder"
        )


def verify(options: argparse.Namespace) -> Exit:
    head = options.head.strip().lower()
    if head and not DIGEST.fullmatch(head):
        raise Usage(
            "--head takes the 64 hexadecimal digits that `xnat-gate audit verify` printed as head: copy all of them"
        )
    with _journal(options.state) as journal:
        verified = journal.verify()
        lost = bool(head) and not _occurs(head, journal)
    for fault in verified.faults:
        print(f"line {fault.number}: {fault.what}")
    if lost:
        print(
            f"head {head} is not in the record: lines were cut off at its end after this head was printed, "
            "or it is the head of another journal"
        )
    whole = verified.whole and not lost
    print(f"{verified.count} lines, head {verified.head}, {'whole' if whole else 'NOT WHOLE'}")
    return Exit.PASSED if whole else Exit.STOPPED


def export(options: argparse.Namespace) -> Exit:
    with _journal(options.state) as journal:
        for line in journal.audit():
            print(json.dumps(asdict(line) | {"facts": _facts(line)}))
    return Exit.PASSED


def _journal(state: Path) -> Journal:
    """Raises Usage rather than make a journal."""
    path = journal_at(state)
    if not path.is_file():
        raise Usage(
            f"there is no journal in {state.absolute()}: name the state folder of the importer with --state"
        )
    return Journal(path, actor="audit")


def _occurs(head: str, journal: Journal) -> bool:
    """The head of a record without lines occurs in any record."""
    return head == START or any(line.digest == head for line in journal.audit())


def _facts(line: Line) -> object:
    """The text itself where tampering has left no JSON."""
    try:
        return json.loads(line.facts)
    except ValueError:
        return line.facts
