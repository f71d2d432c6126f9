"""The real parts, built from settings: what a road is handed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xnat_gate.cli.exits import Usage
from xnat_gate.core import checks
from xnat_gate.core.archive import Archive
from xnat_gate.core.protocol import Protocol, Vocabulary
from xnat_gate.edge import dicom_files, protocol_file
from xnat_gate.edge.journal import Journal
from xnat_gate.edge.keeping import Keeping
from xnat_gate.edge.settings import Settings
from xnat_gate.roads.gate import Gate

if TYPE_CHECKING:
    from xnat_gate.edge.xnat import Xnat

JOURNAL = "journal.sqlite3"

VOCABULARY = Vocabulary(
    vrs=dicom_files.ASKABLE,
    tags=dicom_files.TAGS,
    single=dicom_files.SINGLE,
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
    """From the file when one is named, else from XNAT's config service."""
    if path is not None:
        return load_protocol(path)
    text = archive.protocol_text()
    if text is None:
        raise Usage(
            "XNAT holds no protocol (config service, tool xnat-gate, path protocol.yaml): name a file with --protocol"
        )
    return protocol_file.loads(text, VOCABULARY, "the protocol in XNAT")


def settings_for(url: str | None) -> Settings:
    """From the environment, `url` standing before XNAT_HOST. Raises SettingsInvalid."""
    return Settings.read(os.environ, host=url)


def checked_protocol(path: Path | None) -> None:
    """A broken protocol is told before XNAT is even asked. Raises ProtocolInvalid or Usage."""
    if path is not None:
        load_protocol(path)


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
) -> Iterator[Gate]:
    """Log in, read the protocol, open the journal. Nothing is imported when any of them refuses. `actor`: how the audit
    record names who writes; `keep_in_xnat`: what is taken out of XNAT is kept there, in the QUARANTINE project, because
    this machine keeps nothing."""
    checked_protocol(protocol)
    with archive(settings) as xnat, Journal(journal_at(state), actor=actor) as journal:
        decides = protocol_in_force(xnat, protocol)
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
        )


@contextlib.contextmanager
def another(parts: Gate, settings: Settings) -> Iterator[Gate]:
    """A gate like this one for another thread: with a login and a journal of its own, and the same protocol."""
    known = parts.journal
    with archive(settings) as xnat, Journal(known.path, actor=known.actor) as journal:
        launching = xnat if parts.launching is not None else None
        yield replace(parts, archive=xnat, journal=journal, launching=launching)


def warn_of_auto_archive(parts: Gate) -> None:
    """A project that archives by itself lets sessions past the gate; say so before anything is sent there."""
    for project in (parts.protocol.hospital, parts.protocol.quarantine_project):
        if parts.archive.auto_archives(project):
            parts.tell(
                f"warning: {project} archives by itself (prearchive code 4 or 5), so sessions that come by another "
                "door go round the gate: set its prearchive code to 0"
            )
