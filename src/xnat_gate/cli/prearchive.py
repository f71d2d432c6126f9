"""`xnat-gate prearchive PROJECT`: look at what waits in a project's prearchive, or resolve one waiting session."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import gate, refusal, settings_for
from xnat_gate.core.labels import is_label
from xnat_gate.edge.journal import JournalError
from xnat_gate.roads import prearchive
from xnat_gate.roads.chores import protocol_facts
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.passage_lines import line, summary


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "prearchive",
        help="judge what waits in a project's prearchive, and archive, quarantine, reject or leave it",
    )
    verb.add_argument("project", metavar="PROJECT")
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument("--protocol", type=Path, metavar="FILE", help="default: the protocol in force in XNAT")
    verb.add_argument(
        "--state", type=Path, default=Path(), metavar="DIR",
        help="journal and rejected/, best those of the importer; default: the current folder",
    )  # fmt: skip
    verb.add_argument(
        "--row", metavar="ROW", help="look at this waiting session alone; default: at all of them"
    )
    verb.add_argument(
        "--manifest", metavar="SHA256", default="",
        help="with --row: believe the manifest beside it when it has this digest (the importer knows it)",
    )  # fmt: skip
    verb.add_argument(
        "--keep-rejected", choices=("folder", "xnat"), default="folder",
        help="where rejected objects are kept: rejected/ in the state folder, or the resource REJECTED of QUARANTINE",
    )  # fmt: skip
    verb.add_argument(
        "--format", choices=("table", "lines"), default="table", help="lines: one JSON object each"
    )
    verb.add_argument(
        "--resolve", metavar="ROW", help="one waiting session: its URI, TIMESTAMP/FOLDER, or its label"
    )
    how = verb.add_mutually_exclusive_group()
    how.add_argument("--session", metavar="NEW-ID", help="with --resolve: archive it under this session ID")
    how.add_argument(
        "--delete", action="store_true", help="with --resolve: delete it; its files are kept in rejected/"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    if options.resolve and not (options.session or options.delete):
        raise Usage("--resolve needs either --session NEW-ID or --delete")
    if (options.session or options.delete) and not options.resolve:
        raise Usage("--session and --delete go with --resolve ROW")
    if options.row and options.resolve:
        raise Usage("--row looks again, --resolve decides: name one of them")
    if options.session and not is_label(options.session):
        raise Usage(
            f"{options.session!r} cannot be a session ID: use letters, digits, hyphen and underscore only"
        )
    passages: list[Passage] = []
    with (
        telling.working("looking") as tell,
        gate(
            settings_for(options.xnat),
            protocol=options.protocol,
            state=options.state.absolute(),
            tell=tell,
            keep_in_xnat=options.keep_rejected == "xnat",
        ) as parts,
    ):
        known = parts.protocol.projects
        if options.project not in known:
            raise Usage(
                f"the protocol says nothing of project {options.project}; it names {' and '.join(known)}"
            )
        try:
            for one in _passages(options, parts):
                passages.append(one)
                if options.format == "lines":
                    print(line(one), flush=True)
        finally:
            _tell(passages, options, refusal(parts.protocols))
            with contextlib.suppress(JournalError):  # a sign of life is not worth a look
                parts.journal.beat("prearchive", {**protocol_facts(parts.protocols), "ended": True})
    return Exit.PASSED if all(one.passed for one in passages) else Exit.STOPPED


def _tell(passages: Sequence[Passage], options: argparse.Namespace, remark: str) -> None:
    """Also when XNAT goes away half way: what was done is told. `remark`: on the protocol that decided."""
    if options.format == "table" and passages:
        telling.print_table(passages)
    print(telling.printable(f"prearchive of {options.project}: {summary(passages)}{remark}"), flush=True)


def _passages(options: argparse.Namespace, parts: Gate) -> Iterator[Passage]:
    if options.row:
        found = prearchive.find(options.project, options.row, parts)
        yield from prearchive.look(found, parts, manifest_sha256=options.manifest)
        return
    if not options.resolve:
        yield from prearchive.look_at_all(options.project, parts)
        return
    row = prearchive.find(options.project, options.resolve, parts)
    if options.delete:
        yield prearchive.delete_row(row, parts)
    else:
        yield from prearchive.resolve(row, options.session, parts)
