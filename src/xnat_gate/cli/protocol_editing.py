"""`xnat-gate protocol edit`: get the protocol in force into an editor, and put in force what comes out of it.

Law: what was typed is never lost: until it is in force it lies in a file, and whoever ends early is told which.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.asking import answer, somebody_sits_there
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import archive, settings_for
from xnat_gate.cli.protocol_changing import Change, add_options, carry_out, reason_given, usable
from xnat_gate.cli.protocol_draft import Draft
from xnat_gate.cli.telling import printable
from xnat_gate.core.protocol import ProtocolInvalid
from xnat_gate.edge import protocol_file
from xnat_gate.roads.governing import Record, record

NAME = "the edited text"


def add(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = tasks.add_parser("edit", help="change the protocol in force in an editor: $VISUAL, $EDITOR or vi")
    verb.add_argument("--reason", metavar="TEXT", help="why, for the record; is asked for when not given")
    add_options(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """An editor that nobody sits at would wait for ever."""
    if options.reason is not None:
        reason_given(options.reason)
    if not somebody_sits_there() and not (options.yes and options.reason):
        raise Usage(
            "an editor needs a terminal, and here is none: give --yes and --reason to one that needs none"
        )
    with archive(settings_for(options.xnat)) as xnat:
        seen = record(xnat)
        begun = _begun(seen)
        with Draft(begun) as draft:
            text = _edited(draft)
            if text == begun:
                draft.finish()
                print("nothing was changed")
                return Exit.PASSED
            reason = reason_given(
                options.reason or answer("Why is it changed?", "give the reason with --reason")
            )
            change = Change(text, NAME, reason, unasked=options.yes, state=options.state)
            code = carry_out(change, xnat, seen)
            if code is Exit.PASSED:
                draft.finish()
            return code


def _begun(seen: Record) -> str:
    """What the editor shows first: the newest version, switched off or broken as it may be, else the default."""
    if seen.newest is not None:
        return seen.newest.text
    telling.line("XNAT holds no protocol: this is the one that comes with xnat-gate")
    return protocol_file.default_text()


def _edited(draft: Draft) -> str:
    """A text without faults. Raises Usage when the person gives up."""
    while True:
        _open_editor(draft.path)
        try:
            text = draft.read(NAME)
            usable(text, NAME)
        except ProtocolInvalid as invalid:
            for line in str(invalid).split("\n"):
                telling.line(printable(line))
            if answer("[e]dit again or [q]uit?", "mend the file and push it").casefold() not in {"e", "edit"}:
                raise Usage("nothing was put in force") from None
        else:
            return text


def _open_editor(path: Path) -> None:
    """Raises Usage when it cannot be started, or says by its exit code that nothing is to come of it."""
    written = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(written)
        done = subprocess.run([*words, str(path)], check=False)  # noqa: S603 - the editor that the user named
    except (ValueError, OSError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise Usage(
            f"the editor {printable(written)} cannot be started ({why}): name another one, such as EDITOR=nano"
        ) from error
    if done.returncode:
        raise Usage(f"the editor ended with exit code {done.returncode}, so nothing was put in force")
