"""What a change of the protocol would have done to the studies of the past.

Law: it is told for information, and never keeps a protocol from coming into force.
"""

from __future__ import annotations

from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.parts import VOCABULARY, journal_at
from xnat_gate.cli.telling import printable
from xnat_gate.cli.trial_told import short
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.core.trial import tried
from xnat_gate.edge import protocol_file
from xnat_gate.edge.journal import Journal, JournalError
from xnat_gate.roads.trying import Memory, Range, Texts

LAST = 1000
"""Studies that are tried."""


def impact(old_text: str | None, new_text: str, state: Path | None) -> None:
    """Tell it, before the change is put in force. `old_text`: what is in force, None when nothing is; `state`: the
    importer's state folder with its journal, None when none was named."""
    if state is None:
        telling.line("no journal was named (--state), so the effect on past studies is not known")
        return
    if not journal_at(state).is_file():
        telling.line(f"there is no journal in {state.absolute()}, so the effect on past studies is not known")
        return
    try:
        _tell(old_text, new_text, state)
    except JournalError as error:
        telling.line(f"the effect on past studies is not known: {error}")


def _tell(old_text: str | None, new_text: str, state: Path) -> None:
    """Compared with what is in force; with what was decided then, where nothing that can be read is."""
    new = _read(new_text)
    if new is None:
        return
    with Journal(journal_at(state)) as journal:
        pasts = Memory(chosen=Range(last=LAST), many=LAST).of_journal(journal)
        texts = Texts(lambda text: protocol_file.loads(text, VOCABULARY, ""), journal.protocol_text)
        trial = tried(pasts, new, texts, before=_read(old_text) if old_text is not None else None)
    if not trial.studies:
        telling.line("no study is remembered in the journal yet, so the effect on past studies is not known")
        return
    for line in short(trial):
        telling.line(printable(line))


def _read(text: str) -> Protocol | None:
    try:
        return protocol_file.loads(text, VOCABULARY, "")
    except ProtocolInvalid:
        return None
