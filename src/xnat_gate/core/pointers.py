"""What an object says about other objects: whom it names, the frames of reference it uses, and by which numbers.

Laws: all of it is told as the file has it, at whatever depth it stands; what it means is for `core.linkage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

Path = tuple[str, ...]
"""The keywords of the sequences from the data set down to an item, private or unknown ones as "(gggg,eeee)"; empty for
the data set itself."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One item that names another object by (0008,1150) and (0008,1155), wherever it stands (PS3.3 10.8).

    `roi`: for a reference of a contour, the ROIName (or the ROINumber) of its contour's ROI; `item`: in which item of
    the outermost sequence it stands, from 0; `frames`: ReferencedFrameNumber, for frames of a multi-frame object.
    """

    sop_instance_uid: str
    sop_class_uid: str
    path: Path
    roi: str = ""
    item: int = 0
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One use of a frame of reference; `path` and `item` as in Reference, equipment frames left out."""

    uid: str
    path: Path = ()
    item: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number by which objects name parts of objects: BeamNumber in the plan, ReferencedBeamNumber in its dose.

    `keyword`: which one; `value`: without leading zeros, as far as it is a number; `under`: the SOP instance UID of the
    innermost item around it that names an object, or the empty string; `times`: how often all of this is said.
    """

    keyword: str
    value: str
    path: Path
    under: str = ""
    times: int = 1


@dataclass(frozen=True)
class Pointers:
    """All that one object says about others.

    `series_uids`: SeriesInstanceUIDs named inside sequences; `blanks`: paths of sequences that should name something
    and have no item, or an item without a UID.
    """

    references: tuple[Reference, ...] = ()
    series_uids: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    numbers: tuple[Number, ...] = ()
    blanks: tuple[Path, ...] = ()

    @cached_property
    def frame_uids(self) -> tuple[str, ...]:
        """The distinct frames of reference, that of the object itself first."""
        return tuple(dict.fromkeys(frame.uid for frame in self.frames))
