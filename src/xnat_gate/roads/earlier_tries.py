"""What the journal knows of an earlier try to deliver the very objects that are in hand.

Law: whatever such a try may have sent is asked for before anything is sent again, where it was sent to.
"""

from __future__ import annotations

from xnat_gate.core.states import State
from xnat_gate.edge.journal import Entry
from xnat_gate.roads.gate import Gate

_BROKEN_OFF = (State.DELIVERING, State.FAILED)


def earlier_try(study_uid: str, arrival: str, before: Entry | None, gate: Gate) -> Entry | None:
    """Broken off in this arrival (`before`: its entry), or in the last one, which went back to the drop folder: XNAT
    may have got it all the same."""
    if before is not None and before.state in _BROKEN_OFF:
        return before
    others = [one for one in gate.journal.of_study(study_uid) if one.arrival != arrival]
    return others[0] if others and others[0].state is State.FAILED else None
