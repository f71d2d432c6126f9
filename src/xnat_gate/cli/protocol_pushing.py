"""`xnat-gate protocol push FILE` and `protocol rollback N`: put a protocol in force, told and agreed to."""

from __future__ import annotations

import argparse

from xnat_gate.cli import protocol_files, telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import archive, settings_for
from xnat_gate.cli.protocol_changing import Change, add_options, by, carry_out, reason_given, usable
from xnat_gate.cli.protocol_past import chosen
from xnat_gate.cli.telling import printable
from xnat_gate.core.archive import ProtocolVersion
from xnat_gate.core.protocol.stamp import Stamp, stamp_of, stripped
from xnat_gate.roads.governing import Basis, Record, record


def add(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    push = tasks.add_parser("push", help="put a file in force, after showing what it changes")
    push.add_argument("file", metavar="FILE", help="- reads standard input, and then needs --yes")
    push.add_argument(
        "--force", action="store_true", help="also when FILE was not made from what is in force"
    )
    push.set_defaults(run=run_push)
    rollback = tasks.add_parser("rollback", help="put an earlier version in force again, as a new version")
    rollback.add_argument("number", type=int, metavar="N", help="its number in `protocol history`")
    rollback.set_defaults(run=run_rollback)
    for verb in (push, rollback):
        verb.add_argument("--reason", required=True, metavar="TEXT", help="why, for the record: one line")
        add_options(verb)


def run_push(options: argparse.Namespace) -> Exit:
    """A broken file is told before XNAT is asked."""
    name = protocol_files.name_of(options.file)
    change = Change(
        text=protocol_files.text_of(options.file),
        name=name,
        reason=reason_given(options.reason),
        unasked=options.yes,
        state=options.state,
    )
    usable(change.text, name)
    with archive(settings_for(options.xnat)) as xnat:
        seen = record(xnat)
        _same_basis(change, seen, force=options.force)
        return carry_out(change, xnat, seen)


def run_rollback(options: argparse.Namespace) -> Exit:
    reason = reason_given(options.reason)
    with archive(settings_for(options.xnat)) as xnat:
        seen = record(xnat)
        version = chosen(seen, options.number)
        name = f"version {version.number}"
        usable(version.text, name)
        change = Change(version.text, name, reason, unasked=options.yes, state=options.state)
        return carry_out(change, xnat, seen)


def _same_basis(change: Change, seen: Record, *, force: bool) -> None:
    """Raises Usage when somebody put another version in force since the file was pulled."""
    newest, own = seen.newest, stamp_of(change.text)
    basis = seen.basis(change.text)
    if newest is None or basis is Basis.IN_FORCE or stripped(newest.text) == stripped(change.text):
        return
    if basis is Basis.UNTOLD:
        telling.line(
            f"{change.name} carries no stamp, so it does not show that it was made from version {newest.number}: see "
            "that the difference takes back nothing of what others did"
        )
        return
    told, remedy = _unsure(change, newest) if basis is Basis.UNSURE else _another(change, newest, own)
    if not force:
        raise Usage(
            f"{told}. Get the newest with `xnat-gate protocol pull --output NEW.yaml`, make your changes in that one "
            f"and {remedy}"
        )
    telling.line(told)


def _another(change: Change, newest: ProtocolVersion, own: Stamp | None) -> tuple[str, str]:
    latest = stamp_of(newest.text)
    why = f": {latest.reason}" if latest and latest.login == newest.user else ""
    told = (
        f"{change.name} was not made from version {newest.number}, which was put in force {by(newest)}"
        f"{printable(why)}. Its own first line is {printable(own.line if own else '')!r}"
    )
    return told, "push it; --force puts this one in force all the same"


def _unsure(change: Change, newest: ProtocolVersion) -> tuple[str, str]:
    told = (
        f"{change.name} bears the stamp of version {newest.number}, which was put in force {by(newest)}, and the text "
        "below that stamp was changed round xnat-gate: so it does not show whether it holds that change"
    )
    return told, "push that one with --force (or use `xnat-gate protocol edit`, which needs no stamp)"
