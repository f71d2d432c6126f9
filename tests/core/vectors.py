"""Vectors of the protocol language (protocol/vectors, fences of the pages): a protocol, headers, and what is expected.

Laws: the protocol of a vector is the text that stands there, quotes and all; what an object does not name is absent
from its header, but for UIDs and the patient; whatever a vector says and nobody reads is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.judge import Verdict, judge
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Header, Instance, Study
from xnat_gate.edge.protocol_file import loads

FOLDER = Path(__file__).resolve().parents[2] / "protocol" / "vectors"
SMALLEST = {
    "protocol": "protocol: 1",
    "projects": "projects: {hospital: HOSPITAL, quarantine: QUARANTINE}",
    "allow": "allow: {Modality: ALL}",
}
LINES = ("projects", "labels", "allow", "deny", "rules", "route", "checks", "rt", "links")
"""Keys of a protocol that a vector may have in its place."""
RULE = ("level", "when", "require")
"""Members of the one rule R that a vector may have in the place of `rules`; then they are written in brackets."""
ANSWERS = ("found", "project", "outcome", "refused")
STUDY, SERIES, OBJECTS = "1.2.826.0.1.1", "1.2.826.0.1.2", "1.2.826.0.1.3"
CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"

Words = dict[str, str]


@dataclass(frozen=True)
class Vector:
    """`protocol`: the whole text; `expect`: some of ANSWERS."""

    name: str
    protocol: str
    objects: tuple[Header, ...]
    expect: dict[str, object]

    def read(self) -> Protocol:
        """Raises ProtocolInvalid."""
        return loads(self.protocol, VOCABULARY, "vector")

    def judged(self) -> Verdict:
        return judge(study_of(self.objects), self.read())


@cache
def vectors() -> tuple[Vector, ...]:
    return tuple(vector for path in sorted(FOLDER.glob("*.yaml")) for vector in vectors_of(path))


def vectors_of(path: Path) -> Iterator[Vector]:
    text = path.read_text(encoding="utf-8")
    for one in yaml.compose(text).value:
        yield _vector(one, text)


def study_of(objects: tuple[Header, ...]) -> Study:
    return Study(STUDY, tuple(Instance(f"{number}.dcm", header) for number, header in enumerate(objects)))


def header_of(node: yaml.MappingNode, number: int = 0) -> Header:
    """The header that these lines say."""
    given = {key.value: _values(value) for key, value in node.value}
    unknown = [name for name in given if VOCABULARY.element(name).name != name]
    assert not unknown, f"not canonical: {unknown}"
    return {
        "PatientName": ("DOE^JANE",),
        "PatientID": ("4711",),
        "StudyInstanceUID": (STUDY,),
        "SeriesInstanceUID": (SERIES,),
        "SOPInstanceUID": (f"{OBJECTS}.{number}",),
        "SOPClassUID": (CT_CLASS,),
        **given,
    }


def completed(lines: str) -> str:
    """These lines of a protocol with what it cannot do without."""
    written = {key.value for key, _ in yaml.compose(lines).value} if lines.strip() else set()
    return "".join([*(f"{line}\n" for key, line in SMALLEST.items() if key not in written), lines])


def _vector(node: yaml.MappingNode, text: str) -> Vector:
    parts = {key.value: (key, value) for key, value in node.value}
    unread = parts.keys() - {"name", "objects", "expect", "text", *LINES, *RULE}
    assert not unread, unread
    expect = yaml.safe_load(_source(text, parts["expect"][1]))
    assert expect
    assert expect.keys() <= set(ANSWERS), expect
    objects = parts["objects"][1].value if "objects" in parts else []
    return Vector(
        name=parts["name"][1].value,
        protocol=_protocol(parts, text),
        objects=tuple(header_of(one, number) for number, one in enumerate(objects)),
        expect=expect,
    )


def _protocol(parts: dict[str, tuple[yaml.Node, yaml.Node]], text: str) -> str:
    if "text" in parts:
        return str(parts["text"][1].value)
    lines = [_line(key, value, text) for name, (key, value) in parts.items() if name in LINES]
    members = [_line(*parts[name], text) for name in RULE if name in parts]
    if members:
        lines.append(f"rules: [{{id: R, title: R, {', '.join(members)}, otherwise: quarantine}}]")
    return completed("".join(f"{line}\n" for line in lines))


def _line(key: yaml.Node, value: yaml.Node, text: str) -> str:
    indent = " " * key.start_mark.column
    return "\n".join(
        line.removeprefix(indent) for line in text[key.start_mark.index : value.end_mark.index].split("\n")
    ).rstrip()


def _source(text: str, node: yaml.Node) -> str:
    return " " * node.start_mark.column + text[node.start_mark.index : node.end_mark.index]


def _values(node: yaml.Node) -> tuple[str, ...]:
    """null: present without a value; null in a list: an empty one of several."""
    if isinstance(node, yaml.SequenceNode):
        return tuple("" if _is_null(one) else one.value for one in node.value)
    return () if _is_null(node) else (node.value,)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")
