"""`xnat-gate status`: what the journal knows, the latest first."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import journal_at
from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry, Journal
from xnat_gate.roads.gate import Passage


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("status", help="tell what became of the studies that were imported")
    verb.add_argument("--state", type=Path, default=Path(), metavar="DIR", help="default: the current folder")
    verb.add_argument(
        "--last", type=int, default=50, metavar="N", help="how many studies at most; default: 50"
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    path = journal_at(options.state)
    if not path.is_file():
        raise Usage(
            f"there is no journal in {options.state.absolute()}: name the state folder of the importer with --state"
        )
    with Journal(path) as journal:
        entries = journal.entries(limit=options.last)
    if options.format == "json":
        print(json.dumps([dataclasses.asdict(entry) for entry in entries], indent=2))
    else:
        telling.print_table([_passage(entry) for entry in entries], title=f"The last {len(entries)} arrivals")
    return Exit.PASSED if all(_is_clean(entry) for entry in entries) else Exit.STOPPED


def _is_clean(entry: Entry) -> bool:
    """Archived, or files that are no DICOM."""
    return entry.state is State.ARCHIVED or (not entry.study_uid and not entry.reasons)


def _passage(entry: Entry) -> Passage:
    return Passage(
        what=f"study {entry.study_uid}" if entry.study_uid else "files of no study",
        files=entry.files,
        state=entry.state,
        where=_where(entry),
        why="; ".join(f"{reason.id}: {reason.message}" for reason in entry.reasons)
        or f"arrival {entry.arrival}",
    )


def _where(entry: Entry) -> str:
    """The project and session where XNAT has it, else the folder beside the journal."""
    if entry.state is State.REJECTED:
        return "rejected/"
    if entry.state is State.HELD and not entry.xnat_uri:
        return "held/"
    place = f"{entry.project} / {entry.session}"
    return f"prearchive of {place}" if entry.xnat_uri.startswith("/prearchive/") else place
