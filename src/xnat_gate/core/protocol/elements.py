"""Elements as they are written in a protocol.

Law: a name that means nothing is a fault, with the nearest one that means something.
"""

from __future__ import annotations

import re

from xnat_gate.core.addresses import NoAddress, UnknownKeyword
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.vocabulary import Element, NotAsked


def element_of(place: Node, written: str, key: str, ledger: Ledger) -> Element | None:
    """The element of this name, perhaps with the number of a value in brackets; None with the fault noted."""
    found = re.fullmatch(r"(.*)\[([1-9][0-9]{0,3})\]", written)
    address, number = (found[1], int(found[2])) if found else (written, None)
    try:
        return ledger.vocabulary.element(address, number)
    except UnknownKeyword as error:
        meant = ledger.meant(error.part, ledger.vocabulary.tags)
        whole = written.replace(error.part, meant, 1) if meant else ""
        ledger.suggested.add(f"{key.removesuffix(written)}{whole}")
        remedy = (
            f"did you mean {whole}?" if meant else "write a DICOM keyword, such as Modality, or (gggg,eeee)"
        )
        ledger.fault(place, key, "unknown keyword", remedy)
    except NotAsked as error:
        ledger.fault(place, key, str(error), error.remedy)
    except NoAddress as error:
        ledger.fault(place, key, f"{error.part or 'nothing'} names no element",
                     'write a keyword, (gggg,eeee), (gggg,"creator",ee), or Sequence.Keyword')  # fmt: skip
    return None
