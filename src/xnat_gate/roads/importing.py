"""The import road: watch the drop folder, take what has settled, see it through to its end.

Laws: one arrival in trouble never holds up another; what cannot be delivered goes back to the drop folder and is tried
again later, less and less often; nothing here sleeps to wait for an event, it looks again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from xnat_gate.core.archive import ArchiveError, ArchiveTroubled, PrearchiveRow
from xnat_gate.core.patience import Patience
from xnat_gate.core.settling import Look, Watch
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import Claim, ClaimChanged, ClaimRefused, DropFolder, DropLook, FilesLeft
from xnat_gate.edge.journal import Entry
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.roads.arrival import arrive, give_back
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.launched import Launched

SecondLook = Callable[[PrearchiveRow, Gate, str], Iterator[Passage]]
"""What takes a row and the digest of the manifest beside it."""

TROUBLE = (ArchiveTroubled, ClaimChanged, FilesLeft, KeepingFailed, OSError)
"""What goes wrong with one arrival and need not go wrong with the next."""


@dataclass(kw_only=True)
class Importing:
    """One importer at one drop folder. `quiet_period` in seconds; `stop` ends the watching between two arrivals;
    `look`: how the second look is taken, here or as a container;
    `left_alone`: how many things lie at the top of the drop folder, at the last look, that are no arrival.
    """

    drop: DropFolder
    gate: Gate
    quiet_period: float
    stop: threading.Event = field(default_factory=threading.Event)
    look: SecondLook = field(default_factory=Launched)
    _watch: Watch = field(default_factory=Watch)
    _patience: Patience = field(default_factory=Patience)
    _told: set[str] = field(default_factory=set)
    left_alone: int = 0

    def once(self) -> Iterator[Passage]:
        """Import what is settled or settles, trying each arrival once; ends when nothing is left that could. Raises
        ArchiveError."""
        yield from self._recover()
        while not self.stop.is_set():
            seen = self._look()
            ready = [one for one in self._settled() if not self._patience.has_failed(one[0])]
            for name, expected in ready:
                yield from self._take(name, expected)
            if not ready:
                stuck = self._stuck(seen)
                failed = sum(1 for entry in seen.entries if self._patience.has_failed(entry.name))
                if len(stuck) + failed == len(seen.entries):
                    yield from stuck
                    return
                self.stop.wait(self._pause)

    def forever(self) -> Iterator[Passage]:
        """Import until stopped. Raises ArchiveError, after which it may be called again."""
        yield from self._recover()
        while not self.stop.is_set():
            for one in self._stuck(self._look()):
                self._tell_once(f"left alone: a folder with {one.files} file(s): {one.why}")
            for name, expected in self._settled():
                if self._patience.may_try(name, expected.at):
                    yield from self._take(name, expected)
                if self.stop.is_set():
                    return
            yield from self._look_again()
            self.stop.wait(self._pause)

    @property
    def _pause(self) -> float:
        """Between two looks; several of them fit into the quiet period."""
        return min(max(self.quiet_period / 4, 0.05), 5.0)

    def _settled(self) -> tuple[tuple[str, Look], ...]:
        return self._watch.all_settled(self.quiet_period)

    def _look(self) -> DropLook:
        seen = self.drop.look()
        self._watch = self._watch.seen_all({entry.name: entry.look for entry in seen.entries})
        self.left_alone = len(seen.loose) + sum(1 for left in seen.left_alone if "/" not in left.name)
        if seen.loose:
            self._tell_once(
                f"left alone: {len(seen.loose)} file(s) lie loose at the top; put them into a folder"
            )
        for left in seen.left_alone:
            self._tell_once(f"left alone: something in the drop folder: {left.why}")
        return seen

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self.gate.tell(sentence)

    def _stuck(self, seen: DropLook) -> list[Passage]:
        """Entries that have been quiet for the whole quiet period and still cannot be taken, with the reason."""
        stuck = []
        for entry in seen.entries:
            waiting = self._watch.waiting[entry.name]
            quiet = waiting.looks > 1 and waiting.last.at - waiting.first.at >= self.quiet_period
            if quiet and not self._watch.settled(entry.name, self.quiet_period):
                why = _why_stuck(entry.look.whole, seen, entry.name)
                stuck.append(_left_in_drop(entry.name, len(entry.look.files), why))
        return stuck

    def _recover(self) -> Iterator[Passage]:
        for claim in self.drop.recover():
            self.gate.tell(f"going on with arrival {claim.id}, which an importer that died had claimed")
            yield from self._pass(claim)
        yield from self._look_again()

    def _look_again(self) -> Iterator[Passage]:
        """What was delivered, by this importer or one that died, and is not through the prearchive yet."""
        now = time.monotonic()
        for entry in self.gate.journal.unfinished():
            uri = entry.xnat_uri
            waits = entry.state is State.DELIVERED and uri.startswith("/prearchive/")
            if waits and self._patience.may_try(uri, now):
                further = list(self._go_on(entry))
                left = any(one.state is State.DELIVERED for one in further)
                self._patience = (
                    self._patience.after_failure(uri, now) if left else self._patience.without(uri)
                )
                yield from further

    def _go_on(self, entry: Entry) -> Iterator[Passage]:
        """A study that was delivered when an importer died, or XNAT went away: on through the prearchive."""
        row = self.gate.archive.row(entry.xnat_uri)
        if row is not None:
            self.gate.tell(f"going on with {row.session}, which was delivered before")
            yield from self.look(row, self.gate, "")
            return
        archived = self.gate.archive.session(entry.project, entry.session)
        if archived is not None and archived.study_uid == entry.study_uid:
            state = State.ARCHIVED if entry.project == self.gate.protocol.hospital else State.QUARANTINED
            uri = f"/archive/experiments/{archived.id}"
            self.gate.journal.record(replace(entry, state=state, xnat_uri=uri), "found in the archive")
        else:
            note = "it has left the prearchive, and not into the archive of its project"
            self.gate.journal.record(replace(entry, state=State.FAILED), note)

    def _take(self, name: str, expected: Look) -> Iterator[Passage]:
        self._watch = self._watch.without(name)
        try:
            claim = self.drop.claim(name, expected)
        except ClaimRefused as error:
            self._patience = self._patience.after_failure(name, expected.at)
            yield _left_in_drop(name, len(expected.files), str(error))
            return
        if claim is not None:
            self.gate.tell(f"importing arrival {claim.id} with {len(claim.content.files)} files")
            yield from self._pass(claim)

    def _pass(self, claim: Claim) -> Iterator[Passage]:
        """All studies of the arrival first, and then what was delivered on through the prearchive: studies that came
        together are looked at together."""
        arrived: list[Passage] = []
        trouble: list[Passage] = []
        try:
            arrived.extend(replace(one, came_as=claim.name) for one in arrive(claim, self.gate))
            self._patience = self._patience.without(claim.name)
        except TROUBLE as error:
            name = give_back(claim, self.gate, _in_words(error))
            self._patience = self._patience.after_failure(name, claim.content.at)
            trouble.append(_left_in_drop(name, len(claim.content.files), _in_words(error)))
        except ArchiveError as error:
            give_back(claim, self.gate, str(error))
            yield from arrived
            raise
        for passage in arrived:
            yield from self._see_through(passage)
        yield from trouble

    def _see_through(self, passage: Passage) -> Iterator[Passage]:
        row = self.gate.archive.row(passage.uri) if passage.state is State.DELIVERED else None
        if row is None:
            yield passage
            return
        for further in self.look(row, self.gate, passage.manifest):
            known = further if further.files else replace(further, what=passage.what, files=passage.files)
            yield replace(known, came_as=passage.came_as)


def _in_words(error: Exception) -> str:
    """Without the names of files, which the system puts into its errors."""
    if isinstance(error, OSError):
        return f"a file cannot be read or written ({error.strerror or 'input/output error'})"
    return str(error)


def _why_stuck(whole: bool, seen: DropLook, name: str) -> str:
    if not whole:
        return next((left.why for left in seen.left_alone if left.name.split("/")[0] == name), "")
    return "it is empty or holds files that somebody is still writing (.partial, .tmp)"


def _left_in_drop(name: str, files: int, why: str) -> Passage:
    return Passage(
        what="folder",
        files=files,
        state=State.FAILED,
        where="still in the drop folder",
        why=why,
        nameless=why,
        came_as=name,
    )
