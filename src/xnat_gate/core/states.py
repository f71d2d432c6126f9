"""Where a study stands on its road, as the journal and the board name it."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """In the order of the road; the last five are ends, of which a person may start it again.

    `WAITING`: an RT object, judged, whose images have not come yet.
    """

    SETTLING = "settling"
    CLAIMED = "claimed"
    JUDGED = "judged"
    WAITING = "waiting"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    HELD = "held"
    FAILED = "failed"

    @property
    def finished(self) -> bool:
        """Whether the machinery has done its part: what follows, if anything, is a person's."""
        return self in FINISHED


FINISHED = frozenset({State.ARCHIVED, State.QUARANTINED, State.REJECTED, State.HELD, State.FAILED})
