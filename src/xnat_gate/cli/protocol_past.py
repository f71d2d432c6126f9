"""`xnat-gate protocol pull` and `protocol history`: what is and what was in force, by whose hand and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from xnat_gate.cli import protocol_files, telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import VOCABULARY, archive, settings_for
from xnat_gate.cli.telling import printable
from xnat_gate.core.archive import ProtocolVersion
from xnat_gate.core.protocol import ProtocolInvalid
from xnat_gate.core.protocol.stamp import changed_below, stamp_of
from xnat_gate.edge import protocol_file
from xnat_gate.roads.governing import Record, record

VERSION = 1
"""Of the JSON; it changes only with a changelog entry."""


@dataclass(frozen=True, slots=True)
class Told:
    """One version as it is told. `reason`: of a stamp that bears the login that XNAT knows, and was put above this
    text; `says`: what a first line claims that does not; `faults`: how many, when it cannot be used."""

    number: int
    in_force: bool
    enabled: bool
    at: str
    user: str
    reason: str
    says: str
    name: str
    sha256: str
    faults: int


def add(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pull = tasks.add_parser("pull", help="get the protocol in force, byte for byte as XNAT holds it")
    pull.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    pull.add_argument("--version", type=int, metavar="N", help="an earlier one; see `protocol history`")
    pull.add_argument("--force", action="store_true", help="overwrite FILE")
    pull.set_defaults(run=run_pull)
    history = tasks.add_parser("history", help="list all versions, the newest first")
    history.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    history.set_defaults(run=run_history)
    for verb in (pull, history):
        verb.add_argument(
            "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
        )


def run_pull(options: argparse.Namespace) -> Exit:
    with archive(settings_for(options.xnat)) as xnat:
        seen = record(xnat)
    version = chosen(seen, options.version)
    told = _told(version, seen)
    if options.output:
        protocol_files.write(options.output, version.text, force=options.force)
    else:
        protocol_files.put_out(version.text)
    telling.line(printable(f"version {told.number}, {told.at}, by {told.user}{_why(told, before=': ')}"))
    for remark in _remarks(told):
        telling.line(f"it is {remark}")
    return Exit.PASSED


def chosen(seen: Record, number: int | None) -> ProtocolVersion:
    """The version of this number, or the one in force. Raises Usage."""
    found = seen.in_force if number is None else seen.numbered(number)
    if found is not None:
        return found
    if seen.newest is None:
        raise Usage("XNAT holds no protocol: put one in force with `xnat-gate protocol push FILE`")
    if number is not None:
        raise Usage(f"there is no version {number}; see `xnat-gate protocol history`")
    newest = seen.newest.number
    raise Usage(
        f"no protocol is in force: version {newest} was switched off; name it with --version {newest}"
    )


def run_history(options: argparse.Namespace) -> Exit:
    with archive(settings_for(options.xnat)) as xnat:
        seen = record(xnat)
    told = [_told(version, seen) for version in reversed(seen.versions)]
    if options.format == "json":
        print(json.dumps({"version": VERSION, "versions": [asdict(one) for one in told]}, indent=2))
        return Exit.PASSED
    if not told:
        print("XNAT never held a protocol")
    for line in _table([_HEADINGS, *map(_row, told)]) if told else ():
        print(line)
    return Exit.PASSED


def _told(version: ProtocolVersion, seen: Record) -> Told:
    stamp = stamp_of(version.text)
    own = stamp is not None and stamp.login == version.user and not changed_below(version.text)
    try:
        name, faults = protocol_file.loads(version.text, VOCABULARY, "").name, 0
    except ProtocolInvalid as invalid:
        name, faults = "", len(invalid.faults)
    return Told(
        number=version.number,
        in_force=version == seen.in_force,
        enabled=version.enabled,
        at=version.at,
        user=version.user,
        reason=stamp.reason if stamp and own else "",
        says=stamp.line.removeprefix("# ") if stamp and not own else "",
        name=name,
        sha256=sha256(protocol_files.bytes_of(version.text)).hexdigest(),
        faults=faults,
    )


_HEADINGS = ("", "version", "when", "who", "protocol", "sha256", "why")


def _row(one: Told) -> tuple[str, ...]:
    name = ", ".join([*([one.name] if one.name else []), *_remarks(one)])
    mark = "in force" if one.in_force else ""
    cells = (mark, str(one.number), one.at, one.user, name, one.sha256[:12], _why(one))
    return tuple(printable(cell) for cell in cells)


def _remarks(one: Told) -> Iterator[str]:
    if one.faults:
        yield f"broken (faults: {one.faults})"
    if not one.enabled:
        yield "switched off"


def _why(one: Told, before: str = "") -> str:
    if one.says:
        return f"{before}says: {one.says}"
    return f"{before}{one.reason}" if one.reason else ""


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
