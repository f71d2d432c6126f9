"""What push, rollback and edit have in common: tell what a change is, ask, put it in force, tell what came of it."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.asking import agreed
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.impact import impact
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.cli.protocol_projects import new_projects
from xnat_gate.cli.telling import printable
from xnat_gate.core.archive import ProtocolVersion
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.core.protocol.stamp import NoReason, Stamp, new_stamp, reason_of, stamped, stripped
from xnat_gate.edge import protocol_file
from xnat_gate.roads.governing import Record, Seat, came, put_in_force


@dataclass(frozen=True, slots=True)
class Change:
    """A text that is to be in force. `name`: what it is called to people; `state`: the folder with the journal."""

    text: str
    name: str
    reason: str
    unasked: bool
    state: Path | None


def add_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument("--yes", action="store_true", help="do not ask before it is put in force")
    verb.add_argument(
        "--state", type=Path, metavar="DIR",
        help="the importer's state folder: tells what the change would have done to past studies",
    )  # fmt: skip


def reason_given(written: str) -> str:
    """Raises Usage."""
    try:
        return reason_of(written)
    except NoReason as error:
        raise Usage(str(error)) from error


def usable(text: str, name: str) -> Protocol:
    """Raises ProtocolInvalid."""
    return protocol_file.loads(text, VOCABULARY, name)


def carry_out(change: Change, seat: Seat, seen: Record) -> Exit:
    """The change, told, agreed to and shown by XNAT. Raises ProtocolInvalid, Usage, ArchiveError."""
    in_force = seen.in_force
    if in_force is not None and stripped(in_force.text) == stripped(change.text):
        print(f"nothing to do: {change.name} is in force already, as version {in_force.number}")
        return Exit.PASSED
    for line in _remarks(seen):
        telling.line(line)
    login = seat.caller().login
    protocol = usable(stamped(change.text, _stamp(change, login, seen)), change.name)
    strange = new_projects(protocol, seen)
    _show(change, in_force)
    if not change.unasked and not agreed("Put it in force?", "look at what it changes, and say --yes"):
        telling.line("nothing was put in force")
        return Exit.STOPPED
    code = _done(change, seat, seen, login, protocol.name)
    if strange and code is Exit.PASSED:
        telling.line(
            f"no protocol named {' and '.join(strange)} before: `xnat-gate install` sets up its jobs there"
        )
    return code


def _done(change: Change, seat: Seat, seen: Record, login: str, name: str) -> Exit:
    """The stamp is of the moment in which it is put in force, not of that in which it was asked for."""
    taken = put_in_force(seat, change.text, _stamp(change, login, seen), seen)
    number = taken.version.number
    if taken.later:
        telling.line(
            f"ATTENTION: version {number} is {change.name}, and is not in force: right after it {came(taken.later)}"
        )
        return Exit.STOPPED
    print(f"version {number} is in force: {printable(name)}")
    if taken.alone:
        telling.line(
            "ATTENTION: XNAT keeps one version of the protocol only (it was stored with unversioned=true), so what was "
            "in force before is in no history: keep your own copies"
        )
    if taken.between:
        telling.line(
            f"ATTENTION: at the same moment {came(taken.between)}, and version {number} replaces it: look at it with "
            f"`xnat-gate protocol pull --version {taken.between[-1].number}`, and put both together"
        )
        return Exit.STOPPED
    return Exit.PASSED


def _stamp(change: Change, login: str, seen: Record) -> Stamp:
    return new_stamp(change.text, login, change.reason, datetime.now(UTC), seen.stamps)


def _remarks(seen: Record) -> Iterator[str]:
    """What is out of the ordinary about what is replaced."""
    newest = seen.newest
    if newest is None:
        yield "no protocol is in force in XNAT yet"
    elif not newest.enabled:
        yield f"no protocol is in force in XNAT: version {newest.number} was switched off {by(newest)}"
    else:
        try:
            usable(newest.text, "the protocol in XNAT")
        except ProtocolInvalid as invalid:
            yield f"version {newest.number}, which is in force, is broken (faults: {len(invalid.faults)})"


def _show(change: Change, in_force: ProtocolVersion | None) -> None:
    """The difference to what is in force, and what it would have done."""
    old = stripped(in_force.text) if in_force else ""
    was = f"version {in_force.number}, in force" if in_force else "nothing in force"
    new = stripped(change.text)
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), was, change.name, lineterm=""))
    for line in lines or ["only line ends and unseen characters differ"]:
        print(printable(line))
    impact(in_force.text if in_force else None, change.text, change.state)


def by(version: ProtocolVersion) -> str:
    """`by admin, 2026-11-23 10:11:12.1`."""
    return printable(f"by {version.user}, {version.at}")
