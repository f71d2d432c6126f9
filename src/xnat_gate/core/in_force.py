"""Which protocol is in force, and what was refused in its place: values, and the words in which they are told.

Laws: as facts they go into a heartbeat and come out of it the same; what comes out of an older or a damaged heartbeat
is nothing rather than half a protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

XNAT = "XNAT"
"""The source that is no file."""
MOST_FAULTS = 100
"""What is told of a text that is no protocol at all; the last line says how many more there are."""
SHORT = 12
"""Hexadecimal digits by which people tell two texts apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The newest text, which is not used. `version`: its number in XNAT, empty for a file; `sha256`: empty where there
    is no text; `faults`: all that is wrong with it, a line each; `since`: when it was stored, in the words of the
    source, empty where nobody knows."""

    version: str
    sha256: str
    faults: tuple[str, ...]
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The protocol by which studies are judged. `source`: `XNAT`, or the path of a file; `since`: when it came into
    force here (ISO 8601, UTC), empty where nobody wrote that down."""

    name: str
    version: str
    sha256: str
    source: str
    since: str = ""
    refused: Refused | None = None


def curbed(faults: tuple[str, ...]) -> tuple[str, ...]:
    """No more than can be told."""
    more = len(faults) - MOST_FAULTS
    return faults if more <= 0 else (*faults[:MOST_FAULTS], f"and {more} more")


def as_facts(one: InForce) -> dict[str, object]:
    """As JSON has it."""
    facts = asdict(one)
    if one.refused is not None:
        facts["refused"]["faults"] = list(one.refused.faults)
    return facts


def from_facts(facts: object) -> InForce | None:
    """What `as_facts` made, after its way through JSON; None for anything else."""
    if not isinstance(facts, Mapping):
        return None
    texts = _texts(facts, "name", "version", "sha256", "source", "since")
    if texts is None:
        return None
    told = facts.get("refused")
    refused = _refused(told)
    if told is not None and refused is None:
        return None
    return InForce(**texts, refused=refused)


def _refused(facts: object) -> Refused | None:
    if not isinstance(facts, Mapping):
        return None
    texts, faults = _texts(facts, "version", "sha256", "since"), facts.get("faults")
    if texts is None or not isinstance(faults, list) or not faults:
        return None
    return Refused(**texts, faults=tuple(map(str, faults)))


def _texts(facts: Mapping[str, object], *names: str) -> dict[str, str] | None:
    found = {name: value for name in names if isinstance(value := facts.get(name), str)}
    return found if len(found) == len(names) else None


# --- in words ---------------------------------------------------------------------------------------------------


def which(one: InForce) -> str:
    """`hospital import, version 4 (sha256 1a2b3c4d5e6f), from XNAT`."""
    return f"{one.name}{_version(one.version)} (sha256 {one.sha256[:SHORT]}), from {one.source}"


def what_was_refused(one: InForce) -> str:
    """One sentence without a full stop: what is not used, the first thing that is wrong with it, and what stays in
    force; empty where nothing was refused."""
    if one.refused is None:
        return ""
    wrong = one.refused.faults
    first = wrong[0] if len(wrong) == 1 else f"{len(wrong)} faults, the first: {wrong[0]}"
    return f"{_newest(one.refused)} of the protocol is refused ({first}); {_stays(one)} stays in force"


def _newest(refused: Refused) -> str:
    return f"version {refused.version}" if refused.version else "the newest text"


def _stays(one: InForce) -> str:
    return f"version {one.version}" if one.version else f"the last good one (sha256 {one.sha256[:SHORT]})"


def _version(version: str) -> str:
    return f", version {version}" if version else ""
