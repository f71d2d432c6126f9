"""What the importer tells those who look later: left beside a session that it has delivered, and believed with care.

Laws: a manifest is left only of what XNAT has shown whole while nothing touched it; the digest by which it is believed
goes another way than the manifest; what stood against a session when it arrived is heeded whoever wrote it, and is
not forgotten when more of the study comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xnat_gate.core import likeness, media
from xnat_gate.core.archive import ArchiveError, ArchiveTroubled, ArchiveUnavailable, PrearchiveRow
from xnat_gate.core.finding import Effect, Finding, Severity
from xnat_gate.core.judge import Verdict
from xnat_gate.core.manifest import NAME, Holding, Manifest
from xnat_gate.core.manifest_text import ManifestUnreadable, digest_of, holdings_in, read, write
from xnat_gate.roads.contents import Contents
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.holding import READY

RESOLVE = (
    "Look at both studies; then archive this one with --resolve, under the session ID that it is to have."
)

LOOK = "Look at this session; then archive it with --resolve, under the session ID that it is to have."

OF_OTHERS = ("RT014", *likeness.ASKED)
"""Checks that look at other studies, of which the prearchive knows nothing any more."""

ONLY_ON_ARRIVAL = (*OF_OTHERS, media.ID)
"""And at what else came with the study."""


def leave(verdict: Verdict, row: PrearchiveRow, seen: Contents | None, gate: Gate) -> str:
    """Leave the manifest of a row that has just been seen (None: it changed meanwhile); its digest, or the empty
    string when none was left. Raises ArchiveUnavailable; ArchiveTroubled where something stands against the session
    that nobody can find out later, and it cannot be left."""
    holdings = frozenset(_holdings(verdict))
    whole = seen is not None and not seen.reading.unreadable and row.status == READY
    if not whole and not holdings:
        return ""
    try:
        earlier = carried(row, gate.archive.annotation(row, NAME), gate)
        text = _text(row, seen, holdings | {Holding(one.id, one.message) for one in earlier}, gate)
        gate.archive.annotate(row, NAME, text)
    except ArchiveError as error:
        if isinstance(error, ArchiveUnavailable):
            raise
        if holdings:  # a look that does not know of them might let the session in
            raise ArchiveTroubled(
                f"what stands against {row.session} could not be left beside it: {error}"
            ) from error
        gate.tell(f"no manifest could be left beside {row.session}, so that it will be read whole: {error}")
        return ""
    return digest_of(text)


def warn(verdict: Verdict, row: PrearchiveRow, gate: Gate) -> None:
    """Leave what stands against the session as soon as it waits, for whoever looks before it has been compared. Raises
    as `leave`."""
    leave(verdict, row, None, gate)


def _text(row: PrearchiveRow, seen: Contents | None, holdings: Iterable[Holding], gate: Gate) -> str:
    return write(
        Manifest(
            study_uid=row.study_uid,
            uri=row.uri,
            changed=row.changed,
            keywords=gate.wanted,
            instances=seen.reading.instances if seen else (),
            prints=seen.prints if seen else {},
            holdings=tuple(sorted(holdings, key=lambda one: (one.id, one.message))),
        )
    )


def _holdings(verdict: Verdict) -> Iterator[Holding]:
    for finding in verdict.findings:
        unseen_later = finding.id in ONLY_ON_ARRIVAL or finding in verdict.carried
        if unseen_later and finding.effect is Effect.HOLD:
            yield Holding(finding.id, finding.nameless)


def believed(text: str, sha256: str) -> Manifest | None:
    """The manifest, when it is the one that whoever launched the look has named by its digest."""
    if not sha256 or digest_of(text) != sha256:
        return None
    try:
        return read(text)
    except ManifestUnreadable:
        return None


def carried(row: PrearchiveRow, text: str, gate: Gate) -> tuple[Finding, ...]:
    """What stood against this session when it arrived, from the journal and from the manifest beside it, whoever left
    that; a person lifts it by --resolve."""
    known = {
        (one.id, one.message)
        for entry in gate.journal.of_study(row.study_uid)
        if entry.xnat_uri == row.uri
        for one in entry.reasons
        if one.id in ONLY_ON_ARRIVAL and one.effect == Effect.HOLD
    }
    if text:
        try:
            known |= {(one.id, one.message) for one in holdings_in(text)}
        except ManifestUnreadable as error:
            known.add(("MANIFEST", f"the importer's manifest beside this session cannot be read: {error}"))
    return tuple(_finding(id_, message) for id_, message in sorted(known))


def _finding(id_: str, message: str) -> Finding:
    remedy = RESOLVE if id_ in OF_OTHERS else LOOK
    return Finding(id=id_, severity=Severity.ERROR, effect=Effect.HOLD, message=message, remedy=remedy)
