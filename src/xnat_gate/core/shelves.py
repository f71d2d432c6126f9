"""What lies in rejected/, held/ and failed/, and which entry of the journal speaks of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol as Port

from xnat_gate.core.states import State

REJECTED, HELD, FAILED = "rejected", "held", "failed"
"""The shelves."""
RESTORED = "RESTORED"
"""Id of the reason by which an entry tells that its files were put back into the drop folder."""
PUT_BACK = {
    shelf: f"put back from {shelf}/ into the drop folder, where it is judged anew as an arrival of its own"
    for shelf in (REJECTED, HELD, FAILED)
}
"""The message of that reason, by the shelf they came from."""


class Why(Port):
    """A reason of an entry."""

    @property
    def id(self) -> str: ...
    @property
    def message(self) -> str: ...


class Known(Port):
    """What this module reads of an entry of the journal."""

    @property
    def arrival(self) -> str: ...
    @property
    def study_uid(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def project(self) -> str: ...
    @property
    def session(self) -> str: ...
    @property
    def xnat_uri(self) -> str: ...
    @property
    def reasons(self) -> Sequence[Why]: ...
    @property
    def tries(self) -> int: ...
    @property
    def until(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A kept folder on a shelf. `at`: ISO 8601, UTC, '' unknown; `explained`: its reason could be read; `whole`: all is
    there that its reason speaks of."""

    shelf: str
    name: str
    arrival: str
    study_uid: str = ""
    at: str = ""
    files: int = 0
    size: int = 0
    explained: bool = True
    whole: bool = True
    why: str = ""


def belongs(one: Lying, entry: Known) -> bool:
    """Whether a kept folder holds what this entry speaks of: by arrival and study; dead letters without a study by
    their arrival alone; what was taken out of the prearchive, which is kept under the name of its row, by the study."""
    if not one.explained:
        return False
    if one.arrival == entry.arrival:
        return one.study_uid == entry.study_uid or (one.shelf == FAILED and not one.study_uid)
    return bool(one.study_uid) and one.study_uid == entry.study_uid and one.arrival.startswith("prearchive-")


def put_back_from(entry: Known) -> str:
    """The shelf from which its files went back into the drop folder, where they are another arrival; '' none."""
    said = {reason.message for reason in entry.reasons if reason.id == RESTORED}
    return next((shelf for shelf, message in PUT_BACK.items() if message in said), "")


def give_back(one: Lying) -> tuple[str, ...]:
    return ("retry", one.name) if one.shelf == FAILED else ("restore", one.name, "--from", one.shelf)


def places(kept: Iterable[Lying]) -> str:
    return " and ".join(
        f"{one.shelf}/{one.name}" + ("" if one.whole else " (no longer whole)") for one in kept
    )


def gone(shelf: str) -> str:
    """Taken out by hand, or let go of when its time was over."""
    return f"{shelf}/ (nothing of it lies there any more)"
