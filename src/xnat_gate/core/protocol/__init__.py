"""The quarantine protocol: what lets a study into the hospital project, and what becomes of the others.

The YAML is read by edge.protocol_file; here a tree with lines and columns (document) is turned into a Protocol
(model) by the table of keys (keys), which is also where schema and documentation come from.

Laws: a protocol is understood whole or refused whole; nothing lets data through by default.
"""

from xnat_gate.core.protocol.document import Document, Node, Table, node, plain
from xnat_gate.core.protocol.faults import Fault, ProtocolInvalid
from xnat_gate.core.protocol.listed import Listed, Patterns
from xnat_gate.core.protocol.matching import ListName, NoList
from xnat_gate.core.protocol.model import (
    ConflictPolicy,
    DoseAlone,
    Level,
    Links,
    Protocol,
    QuarantinePlace,
    Requirement,
    Route,
    RTPolicy,
    Rule,
)
from xnat_gate.core.protocol.parse import parse
from xnat_gate.core.protocol.vocabulary import Element, Holds, Vocabulary

__all__ = [
    "ConflictPolicy",
    "Document",
    "DoseAlone",
    "Element",
    "Fault",
    "Holds",
    "Level",
    "Links",
    "ListName",
    "Listed",
    "NoList",
    "Node",
    "Patterns",
    "Protocol",
    "ProtocolInvalid",
    "QuarantinePlace",
    "RTPolicy",
    "Requirement",
    "Route",
    "Rule",
    "Table",
    "Vocabulary",
    "node",
    "parse",
    "plain",
]
