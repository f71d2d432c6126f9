"""The command line: which verbs there are, and how trouble becomes an exit code."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from xnat_gate import __version__
from xnat_gate.cli import (
    auditing,
    checking,
    demo,
    explaining,
    importing,
    installing,
    moving,
    prearchive,
    protocol,
    receiving,
    restoring,
    sandbox,
    session,
    status,
    trying,
)
from xnat_gate.cli.exits import EXPECTED, MEANING, Exit, exit_for
from xnat_gate.cli.telling import printable

VERBS = (
    checking,
    explaining,
    importing,
    receiving,
    prearchive,
    session,
    moving,
    protocol,
    trying,
    installing,
    status,
    restoring,
    auditing,
    sandbox,
    demo,
)

EPILOG = "exit codes:\n" + "".join(f"  {code.value}  {meaning}\n" for code, meaning in MEANING.items())


def parser() -> argparse.ArgumentParser:
    doors = argparse.ArgumentParser(
        prog="xnat-gate",
        description="A gate in front of XNAT: sorts DICOM by a protocol, checks RT linkage, loses nothing.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doors.add_argument("--version", action="version", version=f"xnat-gate {__version__}")
    verbs = doors.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        verb.add(verbs)
    return doors


def main(arguments: Sequence[str] | None = None, *, job: bool = False) -> int:
    """The exit code. `job`: it runs in a container, whose history shows the last line of stdout."""
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names need not be Unicode
    try:
        code: Exit = options.run(options)
    except EXPECTED as error:
        print(f"xnat-gate {options.verb}: {error}", file=sys.stderr)
        if job:
            print(printable(f"{options.verb} failed: {error}"), flush=True)
        return exit_for(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.STOPPED
    return code
