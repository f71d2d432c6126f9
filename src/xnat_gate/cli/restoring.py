"""`xnat-gate restore NAME...` and `xnat-gate retry NAME...`: what was put aside goes back into the drop folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import journal_at
from xnat_gate.cli.status import local
from xnat_gate.core.shelves import FAILED, Lying
from xnat_gate.edge.journal import Journal
from xnat_gate.roads.restoring import SHELVES, NoSuchName, lying, named, put_back

ANEW = (
    "What goes back is a new arrival and nothing else: it settles and is judged anew, and when its images are still "
    "missing it waits for them as long as the protocol says (rt.wait_for_images) before it is rejected again. Call it "
    "as the user that the importer runs as; when it was cut short, the same call completes it."
)


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    restore = verbs.add_parser(
        "restore", help="put rejected or held files back into the drop folder", description=ANEW
    )
    restore.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a kept folder, or the id of an arrival: all that is kept of it",
    )
    restore.add_argument(
        "--from", dest="shelf", choices=SHELVES, help="look there alone; default: everywhere"
    )
    restore.add_argument("--list", action="store_true", help="print what is kept, and move nothing")
    restore.add_argument(
        "--format", choices=("text", "json"), default="text", help="of --list; default: text"
    )
    retry = verbs.add_parser(
        "retry", help="put what failed too often (failed/) back into the drop folder", description=ANEW
    )
    retry.add_argument("names", nargs="*", metavar="NAME", help="a kept folder, or the id of an arrival")
    retry.add_argument("--all", action="store_true", help="everything in failed/")
    for verb, run in ((restore, run_restore), (retry, run_retry)):
        verb.add_argument(
            "--drop", type=Path, metavar="DROP", help="the folder that `xnat-gate import` watches"
        )
        verb.add_argument(
            "--state", type=Path, metavar="DIR",
            help="the state folder of the importer; default: the folder that DROP lies in",
        )  # fmt: skip
        verb.set_defaults(run=run)


def run_restore(options: argparse.Namespace) -> Exit:
    there = lying(_state(options), [options.shelf] if options.shelf else SHELVES)
    if options.list:
        _print_list(_meant(options.names, there) if options.names else there, options.format)
        return Exit.PASSED
    if not options.names:
        raise Usage("name what is to go back, or see with --list what there is")
    return _put_back(options, _meant(options.names, there), "restored")


def run_retry(options: argparse.Namespace) -> Exit:
    there = lying(_state(options), [FAILED])
    if bool(options.names) == options.all:
        raise Usage("name what is to be tried again, or say --all")
    return _put_back(options, there if options.all else _meant(options.names, there), "retried")


def _state(options: argparse.Namespace) -> Path:
    if options.state is None and options.drop is None:
        raise Usage("name the drop folder with --drop, or the state folder of the importer with --state")
    state: Path = (options.state or options.drop.absolute().parent).absolute()
    if not state.is_dir():
        raise Usage(f"the state folder {state} is not there: name that of the importer with --state")
    return state


def _meant(names: Sequence[str], there: Sequence[Lying]) -> tuple[Lying, ...]:
    try:
        return named(names, there)
    except NoSuchName as error:
        raise Usage(telling.printable(str(error))) from error


def _put_back(options: argparse.Namespace, things: Sequence[Lying], event: str) -> Exit:
    state, drop = _state(options), options.drop
    if drop is None:
        raise Usage("name the drop folder with --drop")
    if not drop.is_dir():
        raise Usage(f"the drop folder {drop.absolute()} is not there: make it, or name another")
    if drop.absolute() in (state, *state.parents):
        raise Usage(
            f"the state folder {state} lies in the drop folder: name that of the importer with --state"
        )
    if not things:
        print(f"nothing lies in {FAILED}/")
        return Exit.PASSED
    with Journal(journal_at(state), actor=f"{options.verb} verb") as journal:
        for done in put_back(things, drop.absolute(), state, journal, event):
            left = "" if done.folder else "; nothing was left of it but the reason"
            print(telling.printable(f"{event}: {_name(done.lying)} ({_files(done.lying)}){left}"), flush=True)
    return Exit.PASSED


def _print_list(things: Iterable[Lying], how: str) -> None:
    if how == "json":
        print(json.dumps({"version": 1, "kept": [asdict(one) for one in things]}, indent=2))
        return
    rows = [("What", "Files", "Size", "Since", "Why"), *map(_row, things)]
    if len(rows) == 1:
        print("nothing is kept there")
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(telling.printable("  ".join(cells).rstrip()))


def _row(one: Lying) -> tuple[str, ...]:
    why = one.why if one.explained else "without a reason"
    whole = "" if one.whole else "; no longer whole"
    return _name(one), str(one.files), _size(one.size), local(one.at) if one.at else "?", f"{why}{whole}"


def _name(one: Lying) -> str:
    return f"{one.shelf}/{one.name}"


def _files(one: Lying) -> str:
    return f"{one.files} file{'' if one.files == 1 else 's'}, {_size(one.size)}"


def _size(count: int) -> str:
    size, units = float(count), iter(("bytes", "KiB", "MiB", "GiB"))
    unit = next(units)
    for larger in units:
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
