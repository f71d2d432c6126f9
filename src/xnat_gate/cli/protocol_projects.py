"""Which projects a protocol brings in that no protocol in XNAT named before: nothing of the gate is set up for them."""

from __future__ import annotations

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.edge import protocol_file
from xnat_gate.roads.governing import Record


def new_projects(protocol: Protocol, seen: Record) -> tuple[str, ...]:
    """Those that are in no version that can be read. The newest is looked at first, as it mostly names them all."""
    left = dict.fromkeys(protocol.projects)
    for version in reversed(seen.versions):
        if not left:
            break
        try:
            earlier = protocol_file.loads(version.text, VOCABULARY, "")
        except ProtocolInvalid:
            continue
        for project in earlier.projects:
            left.pop(project, None)
    return tuple(left)
