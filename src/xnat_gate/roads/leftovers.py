"""Files of an arrival that belong to no study, set aside in rejected/ with the reason: what is no DICOM, what cannot be
read and did not tell its study, zips that are refused, the index of a medium.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xnat_gate.core import media
from xnat_gate.core.states import State
from xnat_gate.core.study import Unreadable
from xnat_gate.edge.drop_folder import Claim
from xnat_gate.edge.journal import Entry, Reason
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.opening import Opened

NO_DICOM = "This is no DICOM file."
INDEX = (
    "This is the index of a medium (DICOMDIR), which XNAT keeps no place for; what it names came by itself."
)


@dataclass(frozen=True, kw_only=True)
class _Aside:
    """Files that are set aside together. `whys`: where each has a reason of its own; `junk`: they say nothing about any
    study."""

    what: str
    files: tuple[str, ...]
    id: str
    why: str = ""
    whys: tuple[Unreadable, ...] = ()
    junk: bool = False

    @property
    def reason(self) -> dict[str, object]:
        if self.whys:
            return {"id": self.id, "unreadable": [{"file": one.file, "why": one.why} for one in self.whys]}
        return {"id": self.id, "message": self.why}

    def told(self, where: str) -> Iterator[Passage]:
        """A line for each reason."""
        lines = [(one.file, 1, one.why) for one in self.whys] or [(self.what, len(self.files), self.why)]
        for what, files, why in lines:
            yield Passage(
                what=what,
                files=files,
                state=State.REJECTED,
                where=where,
                why=why,
                nameless=why,
                junk=self.junk,
            )


def set_aside_the_rest(opened: Opened, gate: Gate) -> Iterator[Passage]:
    """Raises KeepingFailed, with everything still in the claim that is not set aside."""
    everything = tuple(_asides(opened))
    for one in everything:
        yield from one.told(_keep(one.files, one.reason, opened.claim, gate))
    if everything:
        gate.journal.record(_entry(everything, opened.claim))


def _asides(opened: Opened) -> Iterator[_Aside]:
    reading = opened.reading
    if reading.not_dicom:
        yield _Aside(what="not DICOM", files=reading.not_dicom, id="NOT_DICOM", why=NO_DICOM, junk=True)
    known = {instance.study_uid for instance in reading.instances}
    lost = tuple(item for item in reading.unreadable if not (item.study_uid and item.study_uid in known))
    if lost:
        yield _Aside(what="", files=tuple(item.file for item in lost), id="UNREADABLE", whys=lost)
    for file, why in opened.zips.refused.items():
        yield _Aside(what="zip file", files=(file,), id="ZIP", why=why)
    for index in reading.directories:
        more = media.left_behind(index, reading)
        behind = f" It names {more} more studies, of which nothing came." if more else ""
        yield _Aside(what="DICOMDIR", files=(index.file,), id=media.ID, why=INDEX + behind, junk=True)


def _entry(everything: Sequence[_Aside], claim: Claim) -> Entry:
    count = sum(len(one.files) for one in everything)
    bad = [one for one in everything if not one.junk]
    lost, refused = (sum(len(one.files) for one in bad if one.id == id) for id in ("UNREADABLE", "ZIP"))
    messages = {
        "UNREADABLE": f"{lost} file(s) cannot be read" if lost else "",
        "ZIP": f"{refused} zip file(s) are refused" if refused else "",
    }
    reasons = tuple(
        Reason(id=id, effect="reject", message=message) for id, message in messages.items() if message
    )
    return Entry(arrival=claim.id, state=State.REJECTED, files=count, rejected=count, reasons=reasons)


def _keep(files: Iterable[str], reason: Mapping[str, object], claim: Claim, gate: Gate) -> str:
    return str(gate.own_shelf.keep(claim.path.parent, below_claim(claim, files), reason, arrival=claim.id))


def below_claim(claim: Claim, files: Iterable[str]) -> list[str]:
    """Named with the folder that the person dropped, under which they will look for them."""
    return [f"{claim.path.name}/{file}" for file in files]
