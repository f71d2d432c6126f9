"""`xnat-gate import DROP`: watch a drop folder, or with --once take what is there to its end."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xnat_gate.cli import monitoring, telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import another, gate, refusal, settings_for, warn_of_auto_archive
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.edge.journal import JournalError
from xnat_gate.edge.settings import Settings, duration
from xnat_gate.roads.chores import SERVICE, protocol_facts
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.roads.launched import Launched
from xnat_gate.roads.remembering import forget

MOST = 64
"""What is more than this is a slip."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("import", help="import the folders that are dropped into a watched folder")
    verb.add_argument(
        "drop", type=Path, metavar="DROP", help="the watched folder; each folder in it is one arrival"
    )
    verb.add_argument(
        "--once", action="store_true", help="import what is there, print where it went, and end"
    )
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument("--protocol", type=Path, metavar="FILE", help="default: the protocol in force in XNAT")
    verb.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="journal, rejected/ and held/; default: the folder that DROP lies in",
    )
    verb.add_argument(
        "--look", choices=("auto", "here"), default="auto",
        help="who judges what waits in the prearchive: a container of XNAT's where check-prearchive is enabled for the "
        "project (auto), or always this program (here, and where --protocol names a file); default: auto",
    )  # fmt: skip
    verb.add_argument(
        "--quiet-period", type=_duration, default=5.0, metavar="TIME",
        help="an arrival is taken when nothing in it has changed for so long (5s, 2m); default: 5s",
    )  # fmt: skip
    verb.add_argument(
        "--workers", type=_number, metavar="N",
        help="how many arrivals are worked on at one time; default: 4, with --once 1",
    )  # fmt: skip
    verb.add_argument(
        "--tries", type=_number, default=12, metavar="N",
        help="an arrival that failed so often is laid into failed/, for `xnat-gate retry`; default: 12",
    )  # fmt: skip
    verb.add_argument(
        "--log", choices=("text", "json"), default="text", help="how a service writes its log; default: text"
    )
    monitoring.add_options(verb)
    verb.set_defaults(run=run)


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST}")
    return int(text)


def _duration(text: str) -> float:
    try:
        return duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(options: argparse.Namespace) -> Exit:
    drop: Path = options.drop.absolute()
    if not drop.is_dir():
        raise Usage(f"the drop folder {drop} is not there: make it, or name another")
    state: Path = (options.state or drop.parent).absolute()
    if state == drop or drop in state.parents:
        raise Usage(f"the state folder {state} lies in the drop folder: name one outside it with --state")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.once:
        return _once(options, drop, state, stop)
    from xnat_gate.cli.importing_service import serve

    return serve(options, drop, state, stop)


def _once(options: argparse.Namespace, drop: Path, state: Path, stop: threading.Event) -> Exit:
    passages: list[Passage] = []
    settings = settings_for(options.xnat)
    try:
        with (
            telling.working("importing") as tell,
            gate(settings, protocol=options.protocol, state=state, tell=tell) as parts,
            DropFolder(drop) as folder,
        ):
            warn_of_auto_archive(parts)
            workers = options.workers or 1
            road = importing(options, folder, parts, settings, stop, workers=workers, threads=workers > 1)
            passages.extend(road.once())
            left = road.watching.left_alone
            leave_a_sign(parts)
            refused = refusal(parts.protocols).removeprefix("; ")
    finally:
        if passages:
            telling.print_table(sorted(passages, key=lambda one: one.came_as))
    if refused:
        telling.line(f"warning: {refused}")
    if stop.is_set():
        telling.line("stopped before everything was imported")
        return Exit.STOPPED
    if not passages:
        telling.line("nothing was there to import")
    return Exit.PASSED if not left and everything_passed(passages) else Exit.STOPPED


def leave_a_sign(parts: Gate) -> None:
    """One run tells with which protocol it was, and whether another was refused, as a service does all the time."""
    with contextlib.suppress(JournalError):  # a sign of life is not worth an import
        parts.journal.beat(SERVICE, {**protocol_facts(parts.protocols), "ended": True})
        forget(parts)


def importing(
    options: argparse.Namespace,
    folder: DropFolder,
    parts: Gate,
    settings: Settings,
    stop: threading.Event,
    *,
    workers: int,
    threads: bool = True,
) -> Importing:
    """The road as the options want it. `threads`: the watcher itself does no errand, and so never stops watching."""
    usable = parts if options.look == "auto" else replace(parts, launching=None)
    return Importing(
        drop=folder,
        gate=usable,
        quiet_period=options.quiet_period,
        stop=stop,
        look=Launched(stop=stop),
        workers=workers,
        open_gate=(lambda: another(usable, settings)) if threads else None,
        tries=options.tries,
    )


def everything_passed(passages: Sequence[Passage]) -> bool:
    """Every study passed; files alone that are no DICOM are no study that passed."""
    return all(one.passed for one in passages) and not (passages and all(one.junk for one in passages))
