"""`xnat-gate protocol explain`: which line of the protocol decided about files, or about a session in XNAT, and why."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import archive, checked_protocol, load_protocol, protocol_in_force, settings_for
from xnat_gate.cli.telling import counting, printable
from xnat_gate.core.checks.check import listed
from xnat_gate.core.explanation import VERSION, Answered, Decision, Explanation, document, explain
from xnat_gate.core.finding import Effect
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Outcome, Verdict, judge_together
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.report import destination, protocol_stamp
from xnat_gate.core.study import Unreadable, group
from xnat_gate.edge import dicom_files
from xnat_gate.roads.session import Asked, check_session

_GOES = {
    Outcome.ARCHIVE: "goes to",
    Outcome.QUARANTINE: "goes to",
    Outcome.HOLD: "is held on its way to",
    Outcome.REJECT: "is rejected; it would have gone to",
}


def add(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = tasks.add_parser(
        "explain",
        help="tell which rule, list or check decided about files or a session, with which value",
        description="The values that decided are shown as they stand in the files, whatever they are.",
    )
    verb.add_argument(
        "what", metavar="PATH|SESSION", help="a file, a folder, or the accession id of a session in XNAT"
    )
    verb.add_argument(
        "--protocol", type=Path, metavar="FILE",
        help="default: of files the protocol that comes with xnat-gate, of a session the one in force in XNAT",
    )  # fmt: skip
    verb.add_argument(
        "--xnat", metavar="URL", help="for a session, and for the protocol in force; default: XNAT_HOST"
    )
    verb.add_argument(
        "--in-force", action="store_true", help="explain files by the protocol in force in XNAT"
    )
    verb.add_argument(
        "--state", type=Path, default=Path(), metavar="DIR", help="for downloads; default: the current folder"
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    if options.in_force and options.protocol is not None:
        raise Usage("--in-force and --protocol name two protocols: leave one out")
    checked_protocol(options.protocol)
    path = Path(options.what)
    if path.exists():
        protocol, verdicts, unreadable = _of_files(path, options)
    elif any(mark in options.what for mark in (os.sep, ".")):
        raise Usage(
            f"{printable(options.what)} is not there: name a file, a folder, or a session's accession id"
        )
    else:
        protocol, verdicts, unreadable = _of_session(options)
    found = [explain(verdict, protocol) for verdict in verdicts]
    if options.format == "json":
        told = {
            "version": VERSION,
            "protocol": protocol_stamp(protocol),
            "studies": [document(one) for one in found],
            "unreadable": [{"file": one.file, "why": one.why} for one in unreadable],
        }
        print(json.dumps(told, indent=2))
    else:
        for line in (
            *_text(found, protocol),
            *(f"cannot be read: {one.file}: {one.why}" for one in unreadable),
        ):
            print(printable(line))
    clean = verdicts and all(one.outcome is Outcome.ARCHIVE and not one.rejected for one in verdicts)
    return Exit.PASSED if clean and not unreadable else Exit.STOPPED


Found = tuple[Protocol, tuple[Verdict, ...], tuple[Unreadable, ...]]


def _of_files(path: Path, options: argparse.Namespace) -> Found:
    if options.in_force:
        with archive(settings_for(options.xnat)) as xnat:
            protocol = protocol_in_force(xnat, None)
    else:
        protocol = load_protocol(options.protocol)
    total = sum(len(files) for _, _, files in os.walk(path)) if path.is_dir() else 1
    with counting("reading", total) as progress:
        reading = dicom_files.read_folder(path, to_read(protocol), progress)
    return protocol, judge_together(group(reading), protocol), reading.unreadable


def _of_session(options: argparse.Namespace) -> Found:
    with telling.working("looking"), archive(settings_for(options.xnat)) as xnat:
        protocol = protocol_in_force(xnat, options.protocol)
        asked = Asked(
            session_id=options.what,
            scratch=options.state.absolute() / "scratch",
            clock=lambda: datetime.now(UTC),
            patience=0,
        )
        seen = check_session(asked, protocol, xnat).seen
    return protocol, seen.verdicts, seen.reading.unreadable


def _text(found: Iterable[Explanation], protocol: Protocol) -> Iterator[str]:
    version = f", version {protocol.version}" if protocol.version else ""
    yield f'by the protocol "{protocol.name}"{version} ({protocol.sha256[:12]})'
    for one in found:
        yield ""
        yield f"study {one.verdict.study.uid or '(without StudyInstanceUID)'}"
        yield f"  {_GOES[one.verdict.outcome]} {destination(one.verdict)}"
        for decision in one.decisions:
            yield from _decision(decision, one)
        yield from _rest(one)


def _decision(one: Decision, of: Explanation) -> Iterator[str]:
    if one.effect is None:
        yield f"  route to {one.id}: {one.words}"
        return
    mark = "-" if one.effect is Effect.NOTE else "!"
    yield f"  {mark} {one.by} {one.id}: {one.effect}"
    yield f"      {one.title}"
    if one.applied:
        yield f"      it applies: {one.applied}"
    yield f"      {one.words}"
    if one.files:
        yield f"      {len(one.files)} of {len(of.verdict.study.instances)} objects: {listed(one.files, 3)}"


def _rest(one: Explanation) -> Iterator[str]:
    for answered in (Answered.KEPT, Answered.NOT_APPLIED):
        ids = [rule.id for rule, answer in one.asked if answer is answered]
        if ids:
            yield f"  {'rules kept' if answered is Answered.KEPT else 'rules that do not apply'}: {listed(ids, 20)}"
    if not any(decision.effect not in (None, Effect.NOTE) for decision in one.decisions):
        yield "  nothing stands against it"
