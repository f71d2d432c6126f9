"""Where the protocol comes from: XNAT's config service, or a file; and what was in its place before.

Laws: what an administrator switched off or took away has no earlier one; a file is believed once it holds still.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol as Port

from xnat_gate.core.archive import Archive, ProtocolVersion
from xnat_gate.core.in_force import XNAT
from xnat_gate.edge import protocol_file
from xnat_gate.edge.journal import Journal

STILL, AT_FIRST, LOOKS = 0.2, 0.05, 10
"""Seconds between two looks at a file that has changed, or is met for the first time, and the most looks there are."""
FRESH = 1.0
"""A file that was written less seconds ago may not be whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a source has in the place of the protocol. `name`: how it is called to people; `against`: why it is not to
    be used, whatever stands in it; `since`: when it was stored, in the words of the source."""

    content: bytes
    name: str
    version: str = ""
    since: str = ""
    against: str = ""

    @property
    def sha256(self) -> str:
        """Empty where there is no text, or only the beginning of one that is too large."""
        whole = self.content and len(self.content) <= protocol_file.LARGEST
        return sha256(self.content).hexdigest() if whole else ""

    def is_that(self, other: Text | None) -> bool:
        """A file that was only touched is the same."""
        return other is not None and replace(other, since=self.since) == self


class Source(Port):
    """Where the protocol comes from."""

    @property
    def name(self) -> str:
        """By which the journal knows it."""

    def newest(self, archive: Archive, known: Text | None, within: float | None) -> Text:
        """`known`: what was found the last time; `within`: seconds for an answer. Raises ArchiveError."""

    def earlier(self, newest: Text, archive: Archive, journal: Journal | None) -> Iterator[Text]:
        """What was in its place before, the newest first, as far as it may be used. Raises ArchiveError,
        JournalError."""


@dataclass(frozen=True, slots=True)
class OfFile:
    """A file: read at every asking, and when it has changed until it holds still, since a half that was written may
    be a protocol, too. What it held before, the journal knows."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def newest(self, archive: Archive, known: Text | None, within: float | None) -> Text:
        text = self._now()
        for _ in range(LOOKS):
            if text.is_that(known) or (known is None and not self._is_fresh()):
                break
            time.sleep(STILL if known else AT_FIRST)
            earlier, text = text, self._now()
            if text.is_that(earlier):
                break
        return text

    def earlier(self, newest: Text, archive: Archive, journal: Journal | None) -> Iterator[Text]:
        kept = journal.last_protocol(self.name) if journal is not None else None
        if kept is not None:
            yield Text(content=kept.text.encode(), name=f"the earlier text of {self.path}", since=kept.at)

    def _is_fresh(self) -> bool:
        """Whether somebody may be writing it just now."""
        try:
            return abs(time.time() - self.path.stat().st_mtime) < FRESH
        except OSError:
            return False

    def _now(self) -> Text:
        try:
            content = protocol_file.content_of(self.path)
            changed = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        except OSError as error:
            against = (
                f"the protocol {self.path} cannot be read ({error.strerror}): name a file with --protocol"
            )
            return Text(content=b"", name=self.name, against=against)
        return Text(content=content, name=self.name, since=changed.isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True)
class OfXnat:
    """XNAT's config service, which keeps every version: so all that ask it agree on the last good one."""

    name: str = XNAT

    def newest(self, archive: Archive, known: Text | None, within: float | None) -> Text:
        found = archive.protocol_newest(within)
        if found is None:
            return Text(
                content=b"",
                name=self.name,
                against="XNAT holds no protocol (config service, tool xnat-gate, path protocol.yaml): name a file with "
                "--protocol",
            )
        against = (
            ""
            if found.enabled
            else f"the protocol in XNAT (version {found.number}) is switched off: put one in force with "
            "xnat-gate protocol push, or name a file with --protocol"
        )
        return _text(found, against)

    def earlier(self, newest: Text, archive: Archive, journal: Journal | None) -> Iterator[Text]:
        if newest.against:  # switched off, or taken away: nobody wants an older one
            return
        for one in reversed(archive.protocol_versions()):
            if one.number >= int(newest.version):
                continue
            if (
                not one.enabled
            ):  # what was switched off does not come back because something broken came after it
                return
            yield _text(one)


def _text(found: ProtocolVersion, against: str = "") -> Text:
    return Text(
        content=found.text.encode("utf-8", "surrogatepass"),
        name="the protocol in XNAT",
        version=str(found.number),
        since=found.at,
        against=against,
    )
