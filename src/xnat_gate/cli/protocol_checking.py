"""`xnat-gate protocol check`: whether protocols can be used, and if not, all that is wrong with them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from xnat_gate.cli import protocol_files
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import VOCABULARY, archive, settings_for
from xnat_gate.cli.telling import printable
from xnat_gate.core.protocol import Fault, Protocol, ProtocolInvalid
from xnat_gate.edge import protocol_file
from xnat_gate.roads.governing import record

VERSION = 1
"""Of the JSON; it changes only with a changelog entry."""
IN_FORCE = "the protocol in XNAT"


@dataclass(frozen=True, slots=True)
class Checked:
    """`found`: the protocol, or what is wrong with it."""

    name: str
    found: Protocol | tuple[Fault, ...]


def add(tasks: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = tasks.add_parser("check", help="tell all that is wrong with a protocol; nothing is changed")
    verb.add_argument("files", nargs="*", metavar="FILE", help="- reads standard input")
    verb.add_argument("--in-force", action="store_true", help="check the one in force in XNAT")
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    if not options.files and not options.in_force:
        raise Usage("name a FILE, - for standard input, or --in-force for the protocol in XNAT")
    checked = [_file(file) for file in options.files]
    if options.in_force:
        checked.append(_in_force(options.xnat))
    if options.format == "json":
        document = {"version": VERSION, "protocols": [_document(one) for one in checked]}
        print(json.dumps(document, indent=2))
    else:
        for one in checked:
            for line in _text(one):
                print(printable(line))
    return Exit.PASSED if all(isinstance(one.found, Protocol) for one in checked) else Exit.WRONG


def _file(file: str) -> Checked:
    name = protocol_files.name_of(file)
    try:
        return _read(protocol_file.decoded(protocol_files.content_of(file), name), name)
    except OSError as error:
        return Checked(name, (Fault(0, 0, "", f"cannot be read ({error.strerror})", "name another file"),))
    except ProtocolInvalid as invalid:
        return Checked(name, invalid.faults)


def _in_force(url: str | None) -> Checked:
    with archive(settings_for(url)) as xnat:
        found = record(xnat).in_force
    if found is None:
        raise Usage("no protocol is in force in XNAT: put one in force with `xnat-gate protocol push FILE`")
    return _read(found.text, IN_FORCE, str(found.number))


def _read(text: str, name: str, version: str = "") -> Checked:
    try:
        return Checked(name, protocol_file.loads(text, VOCABULARY, name, version))
    except ProtocolInvalid as invalid:
        return Checked(name, invalid.faults)


def _text(one: Checked) -> Iterator[str]:
    if isinstance(one.found, Protocol):
        version = f", version {one.found.version}" if one.found.version else ""
        yield f"{one.name}: ok: {one.found.name}{version}, sha256 {one.found.sha256}"
    else:
        yield from str(ProtocolInvalid(one.found, one.name)).split("\n")


def _document(one: Checked) -> dict[str, Any]:
    if isinstance(one.found, Protocol):
        known = {"name": one.found.name, "sha256": one.found.sha256, "number": one.found.version}
        return {"file": one.name, "valid": True, **known, "faults": []}
    faults = [asdict(fault) for fault in one.found]
    return {"file": one.name, "valid": False, "name": "", "sha256": "", "number": "", "faults": faults}
