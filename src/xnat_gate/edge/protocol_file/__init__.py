"""Protocols as files: from YAML to core's Protocol, or to all its faults with file, line and key.

Laws: a protocol is read whole or refused whole; the digest is that of the text as it stands in the file, so that
`sha256sum` on any machine names the same protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from xnat_gate.core.protocol import Document, Fault, Protocol, ProtocolInvalid, Vocabulary, parse
from xnat_gate.edge.protocol_file.structure import structure_faults
from xnat_gate.edge.protocol_file.tree import tree_of

LARGEST = 256 * 1024
"""Bytes; a protocol has about two thousand."""

_PACKAGE = Path(__file__).parents[2]


def load(path: Path, vocabulary: Vocabulary) -> Protocol:
    """The protocol in this file. Raises ProtocolInvalid for what is in it, OSError when it cannot be read."""
    return loads(decoded(content_of(path), str(path)), vocabulary, str(path))


def content_of(path: Path) -> bytes:
    """What this file holds; of one that is too large no more than shows that. Raises OSError."""
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def loads(text: str, vocabulary: Vocabulary, name: str, version: str = "") -> Protocol:
    """The protocol in this text; `name` stands before each fault, `version` is its number in XNAT. Raises
    ProtocolInvalid with all faults."""
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > LARGEST:
        raise ProtocolInvalid([_too_large()], name)
    document, refused = tree_of(text.removeprefix("\ufeff"))
    if document is None:
        raise ProtocolInvalid(refused, name)
    try:
        protocol = parse(document, vocabulary, sha256(content).hexdigest(), version)
    except ProtocolInvalid as error:
        raise ProtocolInvalid(_all(document, [*refused, *error.faults]), name) from None
    if faults := _all(document, refused):
        raise ProtocolInvalid(faults, name)
    return protocol


def default_path() -> Path:
    """The protocol that comes with the program: inside an installed package, at the top of a checkout."""
    installed = _PACKAGE / "protocol" / "default.yaml"
    return installed if installed.is_file() else _PACKAGE.parents[1] / "protocol" / "default.yaml"


def default_text() -> str:
    """The text of that protocol."""
    return default_path().read_bytes().decode("utf-8")


def _all(document: Document, told: Iterable[Fault]) -> tuple[Fault, ...]:
    """What was told, each once, and what the schema adds."""
    once = {(fault.line, fault.column, fault.key): fault for fault in reversed(list(told))}
    return (*reversed(once.values()), *structure_faults(document, once.values()))


def decoded(content: bytes, name: str) -> str:
    """The text that these bytes are. Raises ProtocolInvalid; `name` stands before the fault."""
    if len(content) > LARGEST:
        raise ProtocolInvalid([_too_large()], name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].split(b"\n")
        place = (len(before), len(before[-1].decode("utf-8", "replace")) + 1)
        raise ProtocolInvalid(
            [Fault(*place, "", "is not UTF-8", "save the file as UTF-8 text")], name
        ) from None


def _too_large() -> Fault:
    return Fault(0, 0, "", f"larger than {LARGEST // 1024} KB", "is this the right file?")
