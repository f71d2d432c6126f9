"""The road of a protocol into force: read what XNAT holds, see that nobody came between, write, read again.

Laws: no version is deleted or changed, a return is a new version; what was not made from the version in force does not
replace it unasked; nothing is called in force before XNAT has shown it again, letter by letter; where XNAT goes away,
it is told whether the protocol was stored, was not, or whether that is not known. Versions are compared by what they
hold: in an XNAT that keeps one only (`unversioned`) the number stays when the text changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol as Port

from xnat_gate.core.archive import (
    ArchiveError,
    ArchiveTroubled,
    ArchiveUnavailable,
    Conflict,
    NotAllowed,
    OutcomeUnknown,
    ProtocolVersion,
)
from xnat_gate.core.platform import Caller
from xnat_gate.core.protocol.stamp import Stamp, changed_below, one_line, stamp_of, stamped, stripped
from xnat_gate.roads.installing import NotTaken

LOOK = "see what is in force with `xnat-gate protocol history`"


class Seat(Port):
    """What is asked of an XNAT in whose config service the protocol lies. Every verb may raise any ArchiveError."""

    def caller(self) -> Caller:
        """Who asks."""

    def protocol_text(self) -> str | None:
        """The protocol in force, as every gate reads it."""

    def protocol_versions(self) -> Sequence[ProtocolVersion]:
        """All that was ever the protocol, the oldest first."""

    def push_protocol(self, text: str) -> None:
        """Put a protocol in force."""


class Overtaken(Conflict):
    """Somebody put another version in force meanwhile: look at it first."""


class Basis(Enum):
    """What a text was made from, as its stamp tells."""

    IN_FORCE = "the newest version"
    ANOTHER = "another version than the newest"
    UNSURE = "the newest version has its stamp, and below it a text that was changed round `protocol push`"
    UNTOLD = "it carries no stamp, and the newest version does"


@dataclass(frozen=True, slots=True)
class Record:
    """All versions, the oldest first."""

    versions: tuple[ProtocolVersion, ...]

    @property
    def newest(self) -> ProtocolVersion | None:
        return self.versions[-1] if self.versions else None

    @property
    def in_force(self) -> ProtocolVersion | None:
        """The newest one, unless it was switched off: then none is."""
        return self.newest if self.newest is not None and self.newest.enabled else None

    @property
    def stamps(self) -> frozenset[str]:
        """The lines of all stamps."""
        return frozenset(stamp.line for one in self.versions if (stamp := stamp_of(one.text)) is not None)

    def numbered(self, number: int) -> ProtocolVersion | None:
        return next((one for one in self.versions if one.number == number), None)

    def after(self, other: Record) -> tuple[ProtocolVersion, ...]:
        """The versions that the other record does not hold, be they newer or in the place of what it holds."""
        known = set(map(_held, other.versions))
        return tuple(one for one in self.versions if _held(one) not in known)

    def basis(self, text: str) -> Basis:
        """What the text was made from; where the newest version has no stamp, a text without one is not asked."""
        newest = stamp_of(self.newest.text) if self.newest else None
        own = stamp_of(text)
        if self.newest is None or (own is None and newest is None):
            return Basis.IN_FORCE
        if own == newest:
            return Basis.UNSURE if self._other_texts_below(self.newest) else Basis.IN_FORCE
        return Basis.UNTOLD if own is None else Basis.ANOTHER

    def _other_texts_below(self, version: ProtocolVersion) -> bool:
        """Whether a file with the stamp of this version may have been made from another text than this one."""
        stamp, text = stamp_of(version.text), stripped(version.text)
        return changed_below(version.text) or any(
            stamp_of(one.text) == stamp and stripped(one.text) != text for one in self.versions
        )


def _held(version: ProtocolVersion) -> tuple[int, str, bool]:
    return version.number, version.text, version.enabled


@dataclass(frozen=True, slots=True)
class Taken:
    """The text is in XNAT as this version. `between`: versions that came after the look on which it was decided and
    before it; `later`: those that came after it and are in force instead; `alone`: XNAT keeps one version only, so
    that what it replaced is gone, be it seen or not."""

    version: ProtocolVersion
    between: tuple[ProtocolVersion, ...]
    later: tuple[ProtocolVersion, ...]
    alone: bool


def record(seat: Seat) -> Record:
    return Record(tuple(seat.protocol_versions()))


def put_in_force(seat: Seat, text: str, stamp: Stamp, seen: Record) -> Taken:
    """The text under the stamp, when XNAT still holds what was `seen`. Raises Overtaken, NotAllowed, NotTaken;
    OutcomeUnknown when nobody knows whether it was stored, ArchiveUnavailable when that is told."""
    now = record(seat)
    newer = now.after(seen)
    if newer or len(now.versions) != len(seen.versions):
        meanwhile = came(newer) if newer else "versions of the protocol were taken away"
        raise Overtaken(f"nothing was put in force, for meanwhile {meanwhile}: look at it, and begin again")
    sent = stamped(text, stamp)
    _push(seat, sent, stamp)
    return _shown(seat, sent, seen)


def came(versions: Sequence[ProtocolVersion]) -> str:
    """`version 5 came (by admin, 2026-11-23 10:11:12.1)`."""
    told = ", ".join(
        f"version {one.number} (by {one_line(one.user)}, {one_line(one.at)})" for one in versions
    )
    return f"somebody put {told} in force"


def _push(seat: Seat, sent: str, stamp: Stamp) -> None:
    try:
        seat.push_protocol(sent)
    except (OutcomeUnknown, ArchiveTroubled) as error:
        if not _stored(seat, sent, error):
            raise ArchiveUnavailable(
                f"the protocol is not in force, for XNAT does not show it ({error}): {LOOK} before you try again"
            ) from error
    except NotAllowed as error:
        raise NotAllowed(
            f"{stamp.login} may not change the protocol: only a site administrator of XNAT may ({error})"
        ) from error


def _stored(seat: Seat, sent: str, error: ArchiveError) -> bool:
    try:
        return any(one.text == sent for one in seat.protocol_versions())
    except ArchiveError as silence:
        raise OutcomeUnknown(
            f"XNAT may or may not have put the protocol in force: first {error}, then {silence}. When XNAT is back, "
            f"{LOOK} before you try again"
        ) from silence


def _shown(seat: Seat, sent: str, seen: Record) -> Taken:
    try:
        newer, in_force = record(seat).after(seen), seat.protocol_text()
    except ArchiveError as error:
        raise ArchiveUnavailable(
            f"XNAT has stored the protocol, and does not show whether it is in force ({error}): do not repeat it, and "
            f"when XNAT is back, {LOOK}"
        ) from error
    ours = next((one for one in newer if one.text == sent), None)
    if ours is None:
        raise NotTaken(
            "XNAT took the protocol and does not show it letter by letter as it was sent; "
            + (
                f"it shows version {newer[-1].number}: look at that one"
                if newer
                else "it shows no new version"
            )
        )
    taken = Taken(
        ours,
        between=tuple(one for one in newer if one.number < ours.number),
        later=tuple(one for one in newer if one.number > ours.number),
        alone=seen.newest is not None and ours.number <= seen.newest.number,
    )
    if not taken.later and (not ours.enabled or in_force != sent):
        raise NotTaken(f"XNAT stored version {ours.number}, and shows another text as the one in force")
    return taken
