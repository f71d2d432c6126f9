"""The text of the protocol: YAML made by hand, with every word of a person's in quotes.

Law: whatever the values are, the text says exactly these and nothing else; comments hold no line breaks.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from xnat_gate.core.dasher.differences import Difference
from xnat_gate.core.dasher.modalities import MODALITIES
from xnat_gate.core.dasher.reading import Line, Sorting

NAME = "as in DASHER"
_WIDTH = 110
_NO_MODEL = """\
# DASHER kept out every object without a model. These lines do the same for whole studies:
# rules:
#   - id: DASHER-MODEL
#     title: Every object names the model that made it
#     require: {ManufacturerModelName: {present: true}}
#     otherwise: quarantine
#     why: DASHER sent objects without a model to QUARANTINE
"""


def protocol_text(
    sorting: Sorting,
    told: Sequence[Difference],
    *,
    hospital: str = "HOSPITAL",
    quarantine: str = "QUARANTINE",
    name: str = NAME,
) -> str:
    """A protocol in YAML. Whether the ids of the projects and the name may stand in one is not looked at here."""
    kinds = {difference.id for difference in told}
    return "\n".join([
        *_head(sorting, told),
        "protocol: 1",
        f"name: {quoted(name)}",
        "",
        "projects:",
        f"  hospital: {quoted(hospital)}",
        f"  quarantine: {quoted(quarantine)}",
        "",
        "# DICOM becomes XNAT, as with DASHER: the patient's name is the subject, the patient's ID is the session.",
        "labels:",
        '  subject: "{PatientName}"',
        '  session: "{PatientID}"',
        "",
        *_allow(sorting),
        "",
        *_deny(sorting),
        "",
        "quarantine: archive         # quarantined studies come to rest in the archive of the quarantine project",
        "conflict: hold              # a study that is archived already waits for a person",
        *(["", *_NO_MODEL.splitlines()] if "no-model" in kinds else []),
        "",
    ])  # fmt: skip


def quoted(text: str) -> str:
    """The text in double quotes, as YAML and JSON read it alike."""
    return json.dumps(text, ensure_ascii=False)


def _head(sorting: Sorting, told: Sequence[Difference]) -> Iterator[str]:
    yield "# Made from DASHER's protocol.txt:"
    for line in sorted(filter(None, (sorting.modality_line, sorting.model_line)), key=lambda one: one.number):
        yield f"#   {_plain(line)}"
    yield "# Every key is explained in protocol/README.md. What is not written here holds as the tables there say."
    if told:
        yield "#"
        yield "# Where DASHER behaved otherwise:"
    for difference in told:
        yield from _comment(str(difference), "# - ")
    yield ""


def _allow(sorting: Sorting) -> Iterator[str]:
    yield "# What may pass. An object off the list, or without a modality, sends its whole study to quarantine."
    yield "allow:"
    yield f"  Modality: {_modalities(sorting.modalities)}"


def _modalities(words: Iterable[str] | None) -> str:
    if words is None:
        return "ALL"
    return f"[{', '.join(word if word in MODALITIES else quoted(word) for word in words)}]"


def _deny(sorting: Sorting) -> Iterator[str]:
    yield "# What may not pass: models whose pictures may carry the patient's name."
    if sorting.model_line is None:
        yield "# protocol.txt has no line 0008,1090, so nothing is kept out."
    yield "deny:"
    if not sorting.models:
        yield "  ManufacturerModelName: NONE"
        return
    yield "  ManufacturerModelName:"
    if sorting.unparted:
        yield "    # No comma parts these words, so every name that they can make is here: take out what is none."
    for name in sorting.models:
        yield f"    - {quoted(name)}"


def _comment(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _plain(line: Line) -> str:
    return f"line {line.number}: {' '.join(line.text.split())}"
