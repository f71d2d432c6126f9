"""One errand of an importer: an arrival to be passed, or a delivered study to be seen through, from start to end.

Laws: an errand has one protocol from start to end, the one in force when it begins; it always ends with a value and
never takes the worker down; what went wrong with one has no say in others; the files of one that cannot go on stay in
its claim, unless it has been tried so often that only a person can help: then they lie in failed/.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from xnat_gate.core.archive import (
    ArchivedSession,
    ArchiveError,
    ArchiveRefused,
    ArchiveTroubled,
    PrearchiveRow,
)
from xnat_gate.core.judge import Outcome
from xnat_gate.core.patience import pause
from xnat_gate.core.states import State
from xnat_gate.edge.drop_folder import Claim, ClaimChanged, FilesLeft
from xnat_gate.edge.journal import Entry
from xnat_gate.edge.keeping import KeepingFailed
from xnat_gate.roads.arrival import arrive
from xnat_gate.roads.copies import UnderWay
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.homes import taken_elsewhere
from xnat_gate.roads.opening import Seen, judged, read
from xnat_gate.roads.parting import Stayed, parted
from xnat_gate.roads.setbacks import bury, give_back, put_off
from xnat_gate.roads.turns import NotOurTurn, Turns

SecondLook = Callable[[PrearchiveRow, Gate, str], Iterator[Passage]]
"""What takes a row and the digest of the manifest beside it."""

TROUBLE = (ArchiveTroubled, ClaimChanged, FilesLeft, KeepingFailed, OSError)
"""What goes wrong with one arrival and need not go wrong with the next."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How errands are run. `tries`: after so many an arrival is a dead letter; `returns`: what fails goes back into the
    drop folder at once, because nobody is there to try again."""

    look: SecondLook
    turns: Turns = field(default_factory=Turns)
    under_way: UnderWay = field(default_factory=UnderWay)
    tries: int = 12
    returns: bool = False


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A claim to pass, or a study that was delivered before. `waiting`: it has waited for its images until now;
    `final`: it waits no longer."""

    claim: Claim | None = None
    delivered: Entry | None = None
    tries: int = 0
    waiting: bool = False
    final: bool = False


@dataclass(frozen=True, kw_only=True)
class Stays:
    """A claim that is not at its end: to be taken up again `until` then, or earlier when its time may have come."""

    claim: Claim
    until: datetime
    tries: int = 0
    waiting: bool = False


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What came of it. `postponed`: another worker has its study in hand; `error`: XNAT did not answer, or let
    nobody in, so that no other errand may succeed either; `unfinished`: the claim that may
    still hold something then."""

    errand: Errand
    passages: tuple[Passage, ...] = ()
    stays: tuple[Stays, ...] = ()
    postponed: bool = False
    error: ArchiveError | None = None
    unfinished: Claim | None = None
    seconds: float = 0.0


def run(errand: Errand, gate: Gate, ways: Ways) -> Ended:
    """Raises JournalError, DropFolderError: the machine is in trouble, and no other errand can be run either."""
    begun = time.monotonic()
    return replace(_run(errand, gate, ways), seconds=time.monotonic() - begun)


def _run(errand: Errand, gate: Gate, ways: Ways) -> Ended:
    try:
        if errand.claim is not None:
            return _pass(errand, errand.claim, gate, ways)
        if errand.delivered is not None:
            return _go_on(errand, errand.delivered, gate, ways)
    except NotOurTurn:
        return Ended(errand=errand, postponed=True)
    raise ValueError("an errand without an object")


# --- an arrival -------------------------------------------------------------------------------------------------


def _pass(errand: Errand, claim: Claim, gate: Gate, ways: Ways) -> Ended:
    """All studies of the arrival first, and then what was delivered on through the prearchive: studies that came
    together are looked at together."""
    hand = _InHand(claim=claim)
    gate = replace(gate, tries=errand.tries)
    with ExitStack() as held:
        try:
            gate = gate.up_to_date()
            seen = read(claim, gate, final=errand.final)
            held.enter_context(ways.turns.take(seen.turns))
            held.enter_context(ways.under_way.while_in_hand(claim.id))
            hand.open(seen, gate, ways)
            ended = Ended(errand=errand)
        except (*TROUBLE, ArchiveRefused) as error:
            ended = set_back(errand, hand.claim, gate, ways, error)
        except ArchiveError as error:
            return Ended(
                errand=errand,
                passages=tuple(hand.arrived),
                stays=hand.stays,
                error=error,
                unfinished=hand.claim,
            )
        return _seen_through(ended, hand, gate, ways)


@dataclass(kw_only=True)
class _InHand:
    """What an errand has brought about so far, however it ends."""

    claim: Claim
    arrived: list[Passage] = field(default_factory=list)
    stayed: tuple[Stayed, ...] = ()

    @property
    def stays(self) -> tuple[Stays, ...]:
        return tuple(Stays(claim=one.claim, until=one.waits.until, waiting=True) for one in self.stayed)

    def open(self, seen: Seen, gate: Gate, ways: Ways) -> None:
        self.claim = seen.claim
        opened, self.stayed = parted(judged(seen, gate, ways.under_way), gate)
        self.claim = opened.claim
        self.arrived.extend(replace(one, came_as=seen.claim.name) for one in arrive(opened, gate))


def _seen_through(ended: Ended, hand: _InHand, gate: Gate, ways: Ways) -> Ended:
    seen: list[Passage] = []
    for number, passage in enumerate(hand.arrived):
        try:
            seen.extend(_see_through(passage, gate, ways.look))
        except (ArchiveRefused, ArchiveTroubled) as error:
            gate.tell(f"a delivered study could not be looked at; it is looked at again later: {error}")
            seen.append(passage)
        except ArchiveError as error:
            ended = replace(ended, error=error)
            seen.extend(hand.arrived[number:])
            break
    lines = (one.line for one in hand.stayed)
    return replace(ended, passages=(*seen, *lines, *ended.passages), stays=(*ended.stays, *hand.stays))


def _see_through(passage: Passage, gate: Gate, look: SecondLook) -> Iterator[Passage]:
    row = gate.archive.row(passage.uri) if passage.state is State.DELIVERED else None
    if row is None:
        yield passage
        return
    for further in look(row, gate, passage.manifest):
        known = further if further.files else replace(further, what=passage.what, files=passage.files)
        if not further.why:  # what was seen on arrival alone, and nothing follows from
            known = replace(known, why=passage.why, nameless=passage.nameless)
        yield replace(known, came_as=passage.came_as)


def set_back(errand: Errand, claim: Claim, gate: Gate, ways: Ways, error: Exception) -> Ended:
    """It failed this time."""
    why, tries = in_words(error), errand.tries + 1
    changed = isinstance(error, ClaimChanged | FilesLeft)
    if ways.returns or changed:
        name = give_back(claim, gate, why)
        return Ended(errand=errand, passages=(left_in_drop(name, len(claim.content.files), why),))
    if tries >= ways.tries:
        try:
            return Ended(errand=errand, passages=(bury(claim, gate, why, tries),))
        except (KeepingFailed, OSError) as trouble:
            gate.tell(
                f"an arrival that failed {tries} times could not be laid into failed/ ({in_words(trouble)})"
            )
    until = gate.now() + timedelta(seconds=pause(tries))
    put_off(claim, gate, why, tries=tries, until=until)
    stays = Stays(claim=claim, until=until, tries=tries, waiting=errand.waiting)
    return Ended(errand=errand, stays=(stays,))


def in_words(error: Exception) -> str:
    """Without the names of files, which the system puts into its errors."""
    if isinstance(error, OSError):
        return f"a file cannot be read or written ({error.strerror or 'input/output error'})"
    return str(error)


def left_in_drop(name: str, files: int, why: str) -> Passage:
    """The line for a folder that stays where it was dropped."""
    return Passage(
        what="folder",
        files=files,
        state=State.FAILED,
        where="still in the drop folder",
        why=why,
        nameless=why,
        came_as=name,
    )


# --- a study that was delivered before --------------------------------------------------------------------------


def _go_on(errand: Errand, entry: Entry, gate: Gate, ways: Ways) -> Ended:
    """A study that was delivered when an importer died, or XNAT went away: on through the prearchive."""
    with ways.turns.take({f"study {entry.study_uid}", f"session {entry.session}"}):
        try:
            return Ended(errand=errand, passages=tuple(_further(entry, gate.up_to_date(), ways.look)))
        except (ArchiveTroubled, ArchiveRefused) as error:
            return Ended(errand=errand, passages=(_still_waiting(entry, str(error)),))
        except ArchiveError as error:
            return Ended(errand=errand, error=error)


def _further(entry: Entry, gate: Gate, look: SecondLook) -> Iterator[Passage]:
    now = gate.journal.entry(entry.arrival, entry.study_uid)
    if now is None or now.state is not State.DELIVERED:
        return  # somebody else has brought it to its end meanwhile
    row = gate.archive.row(entry.xnat_uri)
    if row is not None:
        gate.tell(f"going on with {row.session}, which was delivered before")
        yield from look(row, gate, "")
        return
    archived = gate.archive.session(entry.project, entry.session)
    own = archived is not None and archived.study_uid == entry.study_uid
    if archived is not None and own and gate.archive.project_of(archived) == entry.project:
        _found(entry, entry.project, archived, gate)
        return
    taken = taken_elsewhere(entry, gate)
    if taken is None:
        note = "it has left the prearchive, and not into the archive of a project of the protocol"
        gate.journal.record(replace(entry, state=State.FAILED), note)
    elif taken.session is not None:
        _found(entry, taken.project, taken.session, gate)
    elif taken.row is not None:
        gate.journal.record(
            replace(entry, project=taken.project, xnat_uri=taken.row.uri), "somebody moved it"
        )
        yield from look(taken.row, gate, "")


def _found(entry: Entry, project: str, archived: ArchivedSession, gate: Gate) -> None:
    now = replace(entry, project=project, xnat_uri=f"/archive/experiments/{archived.id}")
    state = State.QUARANTINED if _in_quarantine(now, gate) else State.ARCHIVED
    gate.journal.record(replace(now, state=state), "found in the archive")


def _in_quarantine(entry: Entry, gate: Gate) -> bool:
    """A project of which the protocol says nothing any more was what it was when the study was delivered."""
    if entry.project in gate.protocol.projects:
        return entry.project == gate.protocol.quarantine_project
    return entry.outcome != Outcome.ARCHIVE


def _still_waiting(entry: Entry, why: str) -> Passage:
    """The line for a study that waits in XNAT and could not be looked at again."""
    return Passage(
        what="session",
        files=entry.files,
        state=State.DELIVERED,
        where=f"prearchive of {entry.project} / {entry.session}",
        why=why,
        nameless=why,
        study_uid=entry.study_uid,
        uri=entry.xnat_uri,
    )
