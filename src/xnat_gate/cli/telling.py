"""How a verb speaks to whoever started it: progress on stderr, results on stdout; rich on a terminal, plain lines else.

Law: what is not a terminal is a log, and a log holds no patient names: subjects and the names of folders and files are
left out of the lines that a service writes.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from xnat_gate.core.states import State
from xnat_gate.roads.gate import Passage

_COLOURS = {
    State.ARCHIVED: "green",
    State.QUARANTINED: "yellow",
    State.HELD: "yellow",
    State.REJECTED: "red",
    State.FAILED: "red",
}


def line(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def working(doing: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the latest line on a terminal; the lines themselves where there is none."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield line
        return
    with console.status(doing) as status:
        yield lambda text: status.update(text)


@contextlib.contextmanager
def counting(doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar for `total` files on a terminal; the callback takes how many are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        line(f"{doing}: {total} files")
        yield lambda _: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda done: progress.update(task, completed=done)


def print_table(passages: Sequence[Passage], title: str = "What went where") -> None:
    """The table at the end of a run; as wide as it needs to be where nobody looks at a terminal."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    table = Table(title=title, show_lines=True)
    folders = any(one.came_as for one in passages)
    for heading in (*(("Folder",) if folders else ()), "What", "Files", "Became", "Where", "Why"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "Files" else "left")
    for one in passages:
        table.add_row(*([_plain(one.came_as)] if folders else []), *_cells(one))
    console.print(table)


def _cells(one: Passage) -> tuple[str, ...]:
    where = one.where.replace(" / ", f" / {one.subject} / ", 1) if one.subject else one.where
    colour = _COLOURS.get(one.state, "default")
    became = f"[{colour}]{one.state.value}[/{colour}]"
    return _plain(one.what), str(one.files), became, _plain(where), _plain(one.why)


def printable(text: str) -> str:
    """DICOM text is hostile: one line, and no control characters."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _plain(text: str) -> str:
    """Nor any markup."""
    return printable(text).replace("[", r"\[")


def log_line(one: Passage) -> str:
    """One line for a service's log, without names."""
    study = f"study {one.study_uid}" if one.study_uid else "what belongs to no study"
    told = f"{one.state.value}: {study} ({one.files} files) in {one.where}"
    return printable(f"{told}: {one.nameless}" if one.nameless else told)
