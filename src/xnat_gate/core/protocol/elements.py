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
        _unknown(place, written, error.part, key, ledger)
    except NotAsked as error:
        ledger.fault(place, key, str(error), error.remedy)
    except NoAddress as error:
        if re.fullmatch(r"\([0-9A-Fa-f]{4}|[^(]*[0-9A-Fa-f]{2,4}\)", written):
            ledger.fault(place, key, f"{written} is half a tag", 'put a tag in quotes: "(0008,0060)"')
        elif re.search(r"[().]", written):
            form = 'write a keyword, (gggg,eeee), (gggg,"creator",ee), or Sequence.Keyword'
            ledger.fault(place, key, f"{error.part} names no element", form)
        else:
            _unknown(place, written, written, key, ledger)
    return None


def _unknown(place: Node, written: str, part: str, key: str, ledger: Ledger) -> None:
    meant = ledger.meant(part, ledger.vocabulary.vrs)
    whole = written.replace(part, meant, 1) if meant else ""
    ledger.suggested.add(f"{key.removesuffix(written)}{whole}")
    remedy = f"did you mean {whole}?" if meant else "write a DICOM keyword, such as Modality"
    ledger.fault(place, key, "unknown keyword", remedy)
