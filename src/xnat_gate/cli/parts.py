"""The real parts, built from settings: what a road is handed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Usage
from xnat_gate.core import checks
from xnat_gate.core.archive import Archive, NotAllowed, NotThere
from xnat_gate.core.in_force import what_was_refused
from xnat_gate.core.protocol import Protocol, ProtocolInvalid, Vocabulary
from xnat_gate.edge import dicom_files, protocol_file
from xnat_gate.edge.journal import Journal
from xnat_gate.edge.keeping import Keeping
from xnat_gate.edge.settings import Settings
from xnat_gate.roads.gate import Gate
from xnat_gate.roads.in_force import NoProtocol, Protocols
from xnat_gate.roads.protocol_sources import OfFile, OfXnat

if TYPE_CHECKING:
    from xnat_gate.edge.xnat import Xnat

JOURNAL = "journal.sqlite3"

VOCABULARY = Vocabulary(
    vrs=dicom_files.ASKABLE,
    tags=dicom_files.TAGS,
    most=dicom_files.MOST_VALUES,
    repeating=dicom_files.repeating_vr,
    checks={check.id: check.settable for check in checks.ALL},
)
"""What a protocol may speak of."""


def journal_at(state: Path) -> Path:
    """Where the journal of this state folder lies."""
    return state / JOURNAL


def load_protocol(path: Path | None) -> Protocol:
    """The protocol in this file, or the one that comes with the program. Raises ProtocolInvalid or Usage."""
    try:
        return protocol_file.load(path or protocol_file.default_path(), VOCABULARY)
    except OSError as error:
        raise Usage(
            f"the protocol {path} cannot be read ({error.strerror}): name a file with --protocol"
        ) from error


def protocol_in_force(archive: Archive, path: Path | None) -> Protocol:
    """For a call that asks once and keeps no journal. Raises ProtocolInvalid or Usage."""
    return asked_once(protocols(path), archive, telling.line)


def protocols(path: Path | None) -> Protocols:
    """The protocol in force, to be asked for anew: from the file when one is named, else from XNAT."""

    def read(text: str, name: str, version: str) -> Protocol:
        return protocol_file.loads(text, VOCABULARY, name, version)

    return Protocols(source=OfXnat() if path is None else OfFile(path.absolute()), read=read)


def asked_once(
    asked: Protocols, archive: Archive, tell: Callable[[str], None], journal: Journal | None = None
) -> Protocol:
    """The protocol in force, where none was known before. Raises ProtocolInvalid or Usage."""
    try:
        return asked.now(archive, journal, tell)
    except NoProtocol as error:
        raise Usage(str(error)) from error


def refusal(asked: Protocols | None) -> str:
    """What was refused in the place of the protocol that decided, behind a semicolon; empty when nothing was."""
    told = asked.told if asked is not None else None
    what = what_was_refused(told) if told is not None else ""
    return f"; {what}" if what else ""


def settings_for(url: str | None) -> Settings:
    """From the environment, `url` standing before XNAT_HOST. Raises SettingsInvalid."""
    return Settings.read(os.environ, host=url)


def checked_protocol(path: Path | None) -> None:
    """A broken protocol is told before XNAT is even asked. Raises ProtocolInvalid or Usage."""
    if path is not None:
        load_protocol(path)


def _may_begin(path: Path | None, state: Path) -> None:
    """As `checked_protocol`, of a service that may have had a good one before. Raises ProtocolInvalid or Usage."""
    try:
        checked_protocol(path)
    except (ProtocolInvalid, Usage):
        if path is None or not journal_at(state).is_file():
            raise
        with Journal(journal_at(state)) as journal:
            kept = journal.last_protocol(OfFile(path.absolute()).name)
        if kept is None:
            raise


@contextlib.contextmanager
def archive(settings: Settings) -> Iterator[Xnat]:
    """Log in, hand out, log out. Raises ArchiveUnavailable or LoginRefused."""
    from xnat_gate.edge.xnat import Account, connected  # half a second, for the verbs that need it

    account = Account(
        host=settings.host,
        user=settings.user,
        password=settings.password,
        ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
        connect_timeout=settings.timeouts.connect,
        read_timeout=settings.timeouts.read,
        archive_timeout=settings.timeouts.archive,
        transfer_timeout=settings.timeouts.transfer,
    )
    with connected(account) as xnat:
        yield xnat


@contextlib.contextmanager
def gate(
    settings: Settings,
    *,
    protocol: Path | None,
    state: Path,
    tell: Callable[[str], None],
    actor: str = "importer",
    keep_in_xnat: bool = False,
    known: Protocols | None = None,
) -> Iterator[Gate]:
    """Log in, read the protocol, open the journal. Nothing is imported when any of them refuses. `actor`: how the audit
    record names who writes; `keep_in_xnat`: what is taken out of XNAT is kept there, in the QUARANTINE project, because
    this machine keeps nothing; `known`: what a gate before this one knew of the protocol."""
    asked = known or protocols(protocol)
    if asked.told is None:
        _may_begin(protocol, state)
    with archive(settings) as xnat, Journal(journal_at(state), actor=actor) as journal:
        decides = asked_once(asked, xnat, tell, journal)
        scratch = state / "scratch"
        kept = (
            xnat.shelf(decides.quarantine_project, scratch) if keep_in_xnat else Keeping(state / "rejected")
        )
        yield Gate(
            archive=xnat,
            protocol=decides,
            rejected=kept,
            held=Keeping(state / "held"),
            failed=Keeping(state / "failed"),
            journal=journal,
            scratch=scratch,
            tell=tell,
            launching=xnat,
            protocols=asked,
        )


@contextlib.contextmanager
def another(parts: Gate, settings: Settings) -> Iterator[Gate]:
    """A gate like this one for another thread: with a login and a journal of its own; what one of them hears of
    the protocol, the other knows."""
    known = parts.journal
    with archive(settings) as xnat, Journal(known.path, actor=known.actor) as journal:
        launching = xnat if parts.launching is not None else None
        yield replace(parts, archive=xnat, journal=journal, launching=launching)


def warn_of_auto_archive(parts: Gate) -> None:
    """A project that archives by itself lets sessions past the gate; say so before anything is sent there. One that
    only a route names need not be there yet."""
    protocol = parts.protocol
    for project in protocol.projects:
        try:
            by_itself = parts.archive.auto_archives(project)
        except (NotAllowed, NotThere):
            if project in (protocol.hospital, protocol.quarantine_project):
                raise
            parts.tell(f"warning: there is no project {project} for this account, and a route leads there")
            continue
        if by_itself:
            parts.tell(
                f"warning: {project} archives by itself (prearchive code 4 or 5), so sessions that come by another "
                "door go round the gate: set its prearchive code to 0"
            )
