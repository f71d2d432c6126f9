"""The kind of value that makes a label out of DICOM keywords.

Law: a template that would give every study the same label is a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from xnat_gate.core.labels import source_keywords
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import Schema, text_of


@dataclass(frozen=True, slots=True)
class Template:
    """A label made of DICOM keywords in braces and of plain characters."""

    @property
    def values(self) -> str:
        return "DICOM keywords in braces; letters, digits, `_` and `-` between them"

    def read(self, tree: Node, key: str, ledger: Ledger) -> str | None:
        text = text_of(tree, key, ledger, '"{PatientID}"')
        if text is None:
            return None
        before = len(ledger.faults)
        keywords = source_keywords(text)
        for keyword in keywords:
            if keyword not in ledger.vocabulary.labelling:
                ledger.unknown(
                    tree, f"{key}.{keyword}", "keyword", ledger.vocabulary.labelling, "write a DICOM keyword"
                )
        if not re.fullmatch(r"(\{\w+\}|[A-Za-z0-9_-])+", text):
            remedy = 'write for example "{PatientID}_{StudyDate}"'
            ledger.fault(tree, key, "only {Keyword}, letters, digits, _ and - can make a label", remedy)
        elif not keywords:
            remedy = (
                f'put a DICOM keyword in braces: "{{{text}}}"'
                if text in ledger.vocabulary.labelling
                else "add {PatientID}"
            )
            ledger.fault(tree, key, "every study would get the same label", remedy)
        return text if len(ledger.faults) == before else None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"\{[A-Za-z0-9]+\}"}
