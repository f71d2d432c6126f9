"""Where a wrapper is offered: its contexts against the type of the page, and the rights it will want.

Laws: a page's type fits a context that it equals or descends from in the schemas; a type that no schema knows fits only
itself; a wrapper without contexts is never offered.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xnat_gate.sandbox.commands.shaping import Shape

SCHEMA = Path(__file__).parent.parent / "schemas" / "xnat.xsd"
OWN_TYPE = {"Project": "xnat:projectData", "Subject": "xnat:subjectData"}


def offered(wrapper: Shape, xsi_type: str) -> bool:
    """Whether a page of this type fits one of the wrapper's contexts."""
    return not ancestry(xsi_type).isdisjoint(wrapper["contexts"])


def ancestry(xsi_type: str) -> frozenset[str]:
    """The type and all that it descends from."""
    found = {xsi_type}
    while (parent := _parents().get(xsi_type)) is not None:
        found.add(parent)
        xsi_type = parent
    return frozenset(found)


def wants_edit(wrapper: Shape, xsi_type: str) -> bool:
    """Whether a handler writes to a type that can be told before anything is resolved."""
    types: dict[str, str | None] = {each["name"]: xsi_type for each in wrapper["external-inputs"][:1]}
    for each in wrapper["derived-inputs"]:
        inherited = types.get(each["derived-from-wrapper-input"])
        types[each["name"]] = OWN_TYPE.get(
            each["type"], inherited if each["type"] in {"Scan", "Resource"} else None
        )
    for handler in wrapper["output-handlers"]:
        parent = types.get(handler["as-a-child-of"])
        written = handler.get("xsi-type") if handler["type"] == "Assessor" else parent
        if written:
            return True
        types[handler["name"]] = written
    return False


@cache
def _parents() -> dict[str, str]:
    """Type to the type that it extends, from the sandbox's own schema."""
    text = SCHEMA.read_text(encoding="utf-8")
    found = re.findall(
        r'<xs:complexType name="(\w+)">\s*<xs:complexContent><xs:extension base="(xnat:\w+)"', text
    )
    return {f"xnat:{name}": base for name, base in found}
