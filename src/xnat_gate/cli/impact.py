"""What a change of the protocol would have done to the studies of the past."""

from __future__ import annotations

from pathlib import Path

from xnat_gate.cli import telling


def impact(old_text: str | None, new_text: str, state: Path | None) -> None:
    """Tell it, before the change is put in force. `old_text`: what is in force, None when nothing is; `state`: the
    importer's state folder with its journal, None when none was named."""
    if state is None:
        telling.line("no journal was named (--state), so the effect on past studies is not known")
        return
    telling.line("the effect on past studies is not told yet")
