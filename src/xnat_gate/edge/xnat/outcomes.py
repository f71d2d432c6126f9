"""What to do when XNAT was asked for a change and no answer came: look, and only then say that it is not known."""

from __future__ import annotations

from collections.abc import Callable

from xnat_gate.core.archive import OutcomeUnknown


def surely(act: Callable[[], object], done: Callable[[], bool]) -> None:
    """Act; when no answer comes, look whether it was done, and raise OutcomeUnknown only when it was not."""
    try:
        act()
    except OutcomeUnknown:
        if not done():
            raise
