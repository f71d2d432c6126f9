"""Where the images of a study lie: planes, stacks and boxes, worked out once for all who ask.

Laws: everything is pure, and its cost grows as the number of images does; what cannot be placed is not there, and is
never an error; scouts lie nowhere; no order of files or numbers matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from xnat_gate.core.geometry.boxes import Box, box_of
from xnat_gate.core.geometry.planes import Plane, planes_of
from xnat_gate.core.geometry.stacks import Stack, stack_of
from xnat_gate.core.linkage.kinds import VOLUMES
from xnat_gate.core.study import Instance, Series, Study


def is_slice(instance: Instance) -> bool:
    """Whether it is an image of a volume: cross-sectional, and no scout."""
    return instance.sop_class_uid in VOLUMES and "LOCALIZER" not in instance.values("ImageType")


def slices_of(series: Series) -> tuple[Instance, ...]:
    """The images of a volume in this series, each object once, however often it was sent."""
    found: dict[str, Instance] = {}
    for one in filter(is_slice, series.instances):
        key = one.sop_instance_uid or one.file
        if key not in found or one.file < found[key].file:
            found[key] = one
    return tuple(found.values())


class Geometry:
    """The places of all images of one study, by the UIDs of series and of images."""

    def __init__(self, study: Study) -> None:
        self._study = study

    @cached_property
    def slices(self) -> Mapping[str, tuple[Instance, ...]]:
        """Of every series that has any."""
        found = {series.uid: slices_of(series) for series in self._study.series}
        return {uid: images for uid, images in found.items() if images}

    @cached_property
    def planes(self) -> Mapping[str, Mapping[str, tuple[Plane, ...]]]:
        """Of every series, of every image in it that has a place: of its frames, in their order."""
        return {uid: dict(self._placed(uid)) for uid in self.slices}

    def _placed(self, series: str) -> Iterator[tuple[str, tuple[Plane, ...]]]:
        for one in self.slices[series]:
            planes = planes_of(one)
            if planes:
                yield one.sop_instance_uid or one.file, planes

    @cached_property
    def stacks(self) -> Mapping[str, Stack]:
        """Of every series whose images are stacked."""
        found = {
            uid: stack_of(plane for planes in images.values() for plane in planes)
            for uid, images in self.planes.items()
        }
        return {uid: stack for uid, stack in found.items() if stack is not None}

    @cached_property
    def boxes(self) -> Mapping[str, Box]:
        """Of every series, around its stack, where it has sizes."""
        found = {uid: box_of(stack) for uid, stack in self.stacks.items()}
        return {uid: box for uid, box in found.items() if box is not None}
