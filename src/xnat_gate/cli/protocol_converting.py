"""`xnat-gate protocol convert PROTOCOL.TXT`: a protocol out of DASHER's two lines.

Law: where DASHER behaved otherwise is told, whoever reads the protocol or starts the verb.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from xnat_gate.cli import protocol_files, telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.cli.telling import printable
from xnat_gate.core import dasher
from xnat_gate.edge import protocol_file

VERSION = 1
"""Of the JSON; it changes only with a changelog entry."""


def add(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = tasks.add_parser(
        "convert", help="make a protocol of DASHER's protocol.txt, and tell where DASHER behaved otherwise"
    )
    verb.add_argument(
        "file", metavar="PROTOCOL.TXT", help="DASHER's file of two lines; - reads standard input"
    )
    verb.add_argument("--hospital", default="HOSPITAL", metavar="ID", help="default: %(default)s")
    verb.add_argument("--quarantine", default="QUARANTINE", metavar="ID", help="default: %(default)s")
    verb.add_argument("--name", default="as in DASHER", metavar="TEXT", help="default: %(default)s")
    verb.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    verb.add_argument("--force", action="store_true", help="overwrite FILE")
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    """What was made is read again before it is given out. Raises ProtocolInvalid, Usage."""
    name = protocol_files.name_of(options.file)
    sorting = dasher.read(_decoded(protocol_files.asked_for(options.file), name), name)
    told = dasher.differences(sorting)
    text = dasher.protocol_text(
        sorting, told, hospital=options.hospital, quarantine=options.quarantine, name=options.name
    )
    protocol_file.loads(text, VOCABULARY, f"the protocol made of {name}")
    if options.output:
        protocol_files.write(options.output, text, force=options.force)
        telling.line(
            f"{options.output} is written; see what it would do: xnat-gate check FOLDER --protocol FILE"
        )
    if options.format == "json":
        print(json.dumps(_document(text, sorting, told), indent=2))
        return Exit.PASSED
    for difference in told:
        telling.line(printable(str(difference)))
    if not options.output:
        protocol_files.put_out(text)
    return Exit.PASSED


def _decoded(content: bytes, name: str) -> str:
    """UTF-8, with which Windows writes a byte order mark, else Latin-1, which any bytes are. Raises Usage."""
    if len(content) > protocol_file.LARGEST:
        raise Usage(f"{name} is larger than {protocol_file.LARGEST // 1024} KB: is this the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _document(text: str, sorting: dasher.Sorting, told: tuple[dasher.Difference, ...]) -> dict[str, object]:
    return {
        "version": VERSION,
        "protocol": text,
        "modalities": "ALL" if sorting.modalities is None else sorting.modalities,
        "models": sorting.models or "NONE",
        "differences": [asdict(one) for one in told],
    }
