"""The protocol in force, asked for anew.

Laws: what cannot be used changes nothing: the last good protocol stays in force, and what was refused in its place is
kept for telling; what an administrator switched off is not used by whoever begins; who asks later never gets an older
answer; a change is told and written down once.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from xnat_gate.core.archive import Archive
from xnat_gate.core.in_force import InForce, Refused, curbed, what_was_refused, which
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.edge import protocol_file
from xnat_gate.edge.journal import Journal
from xnat_gate.roads.protocol_sources import Source, Text

MANY = 16
"""Texts of which it is remembered how they were read."""

Read = Callable[[str, str, str], Protocol]
"""What makes a protocol of a text, a name for people and a version. Raises ProtocolInvalid."""


class NoProtocol(Exception):
    """There is nothing that could be in force. `str()` says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """`text`: of the protocol; `newest`: what it was given on; `asked`: when, on a clock that is never set; `turn`: who
    asked later has a higher one."""

    protocol: Protocol
    text: str
    told: InForce
    newest: Text
    asked: float
    turn: int


@dataclass(kw_only=True)
class Protocols:
    """All threads of a process share one, so that they agree and nothing is told twice; archive and journal are those
    of the thread that asks."""

    source: Source
    read: Read
    _one: threading.Lock = field(default_factory=threading.Lock)
    _turns: Iterator[int] = field(default_factory=itertools.count)
    _known: _Answer | None = None
    _readings: dict[str, Protocol | ProtocolInvalid] = field(default_factory=dict)

    @property
    def told(self) -> InForce | None:
        """The latest answer, for telling; None before the first one."""
        return self._known.told if self._known else None

    def now(
        self,
        archive: Archive,
        journal: Journal | None,
        tell: Callable[[str], None],
        *,
        age: float = 0.0,
        within: float | None = None,
    ) -> Protocol:
        """The protocol in force. `age`: an answer will do that is so many seconds old; `within`: XNAT gets so many to
        answer. Raises ArchiveError, JournalError; ProtocolInvalid or NoProtocol when there is none and was none."""
        known = self._known
        if known is not None and time.monotonic() - known.asked < age:
            return known.protocol
        turn = next(self._turns)
        newest = self.source.newest(archive, known.newest if known else None, within)
        with self._one:
            if self._known is None or self._known.turn < turn:
                self._known = self._answered(newest, turn, archive, journal, tell)
            return self._known.protocol

    def _answered(
        self,
        newest: Text,
        turn: int,
        archive: Archive,
        journal: Journal | None,
        tell: Callable[[str], None],
    ) -> _Answer:
        before, now = self._known, time.monotonic()
        if before is not None and newest.is_that(before.newest):
            return replace(before, asked=now, turn=turn)
        protocol, text, refused = self._usable(newest, archive, journal)
        told = InForce(
            name=protocol.name,
            version=protocol.version,
            sha256=protocol.sha256,
            source=self.source.name,
            refused=refused,
        )
        if journal is not None:
            told = replace(told, since=journal.keep_protocol(told, text).at)
        for line in _news(told, before.told if before else None):
            tell(line)
        return _Answer(protocol, text, told, newest, now, turn)

    def _usable(
        self, newest: Text, archive: Archive, journal: Journal | None
    ) -> tuple[Protocol, str, Refused | None]:
        """The newest one with its text, or the last good one and what is wrong with the newest."""
        try:
            return self._read(newest), newest.content.decode(), None
        except (NoProtocol, ProtocolInvalid) as error:
            good = self._last_good(newest, archive, journal)
            if good is None:
                raise
            faults = error.faults if isinstance(error, ProtocolInvalid) else (error,)
            refused = Refused(
                version=newest.version,
                sha256=newest.sha256,
                faults=curbed(tuple(map(str, faults))),
                since=newest.since,
            )
            return *good, refused

    def _last_good(
        self, newest: Text, archive: Archive, journal: Journal | None
    ) -> tuple[Protocol, str] | None:
        for text in self.source.earlier(newest, archive, journal):
            try:
                return self._read(text), text.content.decode()
            except ProtocolInvalid:  # broken as well, or by the lights of this version of the program
                continue
        return (self._known.protocol, self._known.text) if self._known else None

    def _read(self, text: Text) -> Protocol:
        """No text is parsed twice. Raises NoProtocol, ProtocolInvalid."""
        if text.against:
            raise NoProtocol(text.against)
        digest = sha256(text.content).hexdigest()
        if digest not in self._readings:
            if len(self._readings) >= MANY:
                self._readings.clear()
            self._readings[digest] = self._parsed(text)
        found = self._readings[digest]
        if isinstance(found, ProtocolInvalid):
            raise ProtocolInvalid(found.faults, found.source)
        return replace(found, version=text.version)

    def _parsed(self, text: Text) -> Protocol | ProtocolInvalid:
        try:
            return self.read(protocol_file.decoded(text.content, text.name), text.name, text.version)
        except ProtocolInvalid as error:
            return error


def _news(now: InForce, before: InForce | None) -> Iterator[str]:
    """What is told of an answer that is not the one before."""
    if before is None or (now.sha256, now.version) != (before.sha256, before.version):
        yield f"the protocol in force{' is now' if before else ':'} {which(now)}"
    elif before.refused and not now.refused:
        yield f"the protocol in force is the newest one again: {which(now)}"
    if now.refused:
        yield f"warning: {what_was_refused(now)}"
