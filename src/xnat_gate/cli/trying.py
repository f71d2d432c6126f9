"""`xnat-gate try FILE`: what a protocol would have done to the studies of the past."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from xnat_gate.cli import protocol_files, telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import VOCABULARY, archive, journal_at, settings_for
from xnat_gate.cli.telling import printable
from xnat_gate.cli.trial_told import Told, document, text
from xnat_gate.core.archive import NotAllowed, NotThere
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.protocol.duration import duration
from xnat_gate.core.trial import Past, tried
from xnat_gate.edge import protocol_file
from xnat_gate.edge.journal import Journal
from xnat_gate.roads.trying import Memory, Range, Texts, session_of

if TYPE_CHECKING:
    from xnat_gate.edge.xnat import Xnat

LAST = 1000
_OFTEN = 100
"""Sessions between two lines of progress."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "try",
        help="tell what a protocol would have done to the studies of the past; nothing is changed",
        description="Exit code 0: all would have gone where they went; 1: some would have gone elsewhere, or it cannot "
        "be told of some.",
    )
    verb.add_argument("file", metavar="FILE", help="the protocol to try; - reads standard input")
    verb.add_argument(
        "--state",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the importer's state folder; default: this folder",
    )
    verb.add_argument(
        "--last",
        type=_count,
        default=LAST,
        metavar="N",
        help=f"how many studies, the newest first; default: {LAST}",
    )
    verb.add_argument(
        "--since", type=_time, metavar="TIME", help="no older ones: 30d, 12h, or a date as 2026-01-31"
    )
    verb.add_argument(
        "--new-since", type=_time, metavar="TIME",
        help="which values count as never seen before; default: the newest tenth of the time that is known",
    )  # fmt: skip
    verb.add_argument(
        "--archive",
        action="store_true",
        help="also sessions in XNAT that came by another door, by their reports",
    )
    verb.add_argument(
        "--xnat",
        metavar="URL",
        help="for --archive; default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS",
    )
    verb.add_argument("--project", metavar="ID", help="for --archive; default: all projects of FILE")
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 study is needed")
    return number


def _time(text: str) -> datetime:
    """That long ago, or the beginning of that day on this machine."""
    length: timedelta | None = duration(text)
    if length is not None:
        return datetime.now(UTC) - length
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time: write 30d, 12h, or a date as 2026-01-31"
        ) from None


def run(options: argparse.Namespace) -> Exit:
    name = protocol_files.name_of(options.file)
    protocol = protocol_file.loads(protocol_files.text_of(options.file), VOCABULARY, name)
    with ExitStack() as open_parts:
        journal = _journal(options, open_parts)
        xnat = open_parts.enter_context(archive(settings_for(options.xnat))) if options.archive else None
        told = _tried(options, protocol, journal, xnat)
        lines = (
            [json.dumps(document(told), indent=2)]
            if options.format == "json"
            else map(printable, text(told, name))
        )
        for line in lines:
            print(line)
    return Exit.STOPPED if told.trial.changed or told.trial.untold else Exit.PASSED


def _journal(options: argparse.Namespace, open_parts: ExitStack) -> Journal | None:
    """Raises Usage rather than make one."""
    path = journal_at(options.state)
    if path.is_file():
        return open_parts.enter_context(Journal(path))
    if not options.archive:
        raise Usage(
            f"there is no journal in {options.state.absolute()}: name the state folder of the importer with --state, "
            "or ask the archive with --archive"
        )
    return None


def _tried(
    options: argparse.Namespace, protocol: Protocol, journal: Journal | None, xnat: Xnat | None
) -> Told:
    memory = Memory(chosen=Range(last=options.last, since=options.since))
    trial = tried(_pasts(options, protocol, memory, journal, xnat), protocol, _texts(journal, xnat))
    return Told(
        protocol=protocol,
        trial=trial,
        memory=memory,
        new_since=options.new_since,
        session=lambda past: session_of(past, journal),
    )


def _pasts(
    options: argparse.Namespace,
    protocol: Protocol,
    memory: Memory,
    journal: Journal | None,
    xnat: Xnat | None,
) -> Iterator[Past]:
    if journal is not None:
        yield from memory.of_journal(journal)
    if xnat is None:
        return
    with telling.working("asking XNAT") as tell:
        for project in [options.project] if options.project else protocol.projects:
            try:
                yield from memory.of_archive(project, xnat, _progress(project, tell))
            except (NotThere, NotAllowed) as error:
                telling.line(f"nothing is known of project {project}: {error}")


def _progress(project: str, tell: Callable[[str], None]) -> Callable[[int, int], None]:
    def done(number: int, total: int) -> None:
        if number % _OFTEN == 0 or number == total:
            tell(f"{project}: {number} of {total} sessions")

    return done


def _texts(journal: Journal | None, xnat: Xnat | None) -> Texts:
    """The protocols that judged, as the journal kept them, or XNAT."""
    find: list[Callable[[str], str | None]] = [journal.protocol_text] if journal is not None else []
    if xnat is not None:
        texts = (one.text for one in xnat.protocol_versions())
        find.append({sha256(protocol_files.bytes_of(each)).hexdigest(): each for each in texts}.get)
    return Texts(lambda text: protocol_file.loads(text, VOCABULARY, "an earlier protocol"), *find)
