"""The images under RT objects: which series they refer to, and on which images a chain of links ends.

Law: what is linked decides, and so only instances that are here; series and frames of reference are those of the
images themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from xnat_gate.core.linkage.kinds import is_rt_class
from xnat_gate.core.linkage.verdicts import RTLink
from xnat_gate.core.study import Instance, Study

Place = tuple[str, str]
"""SeriesInstanceUID and FrameOfReferenceUID of an image."""


def referred_series(study: Study, by: Iterable[Instance] | None = None) -> frozenset[str]:
    """The series that an RT object of the study names, or of which it names an image. `by`: these objects alone."""
    images: set[str] = set()
    named: set[str] = set()
    for one in study.instances if by is None else by:
        if is_rt_class(one.sop_class_uid):
            images.update(reference.sop_instance_uid for reference in one.pointers.references)
            named.update(one.pointers.series_uids)
    here = {one.series_uid for one in study.instances if one.sop_instance_uid in images}
    return frozenset(here | (named & {series.uid for series in study.series}))


def divided_series(study: Study, elsewhere: Collection[str]) -> frozenset[str]:
    """Those of which an RT object names images that the archive holds: what is here may be a part."""
    if not elsewhere:
        return frozenset()
    by = [
        one
        for one in study.instances
        if any(reference.sop_instance_uid in elsewhere for reference in one.pointers.references)
    ]
    return referred_series(study, by)


class Ground:
    """Of the links of one study, the images that they end on."""

    def __init__(self, study: Study, links: Iterable[RTLink]) -> None:
        self._study = study
        self._links: dict[str, list[RTLink]] = {}
        for link in links:
            self._links.setdefault(link.instance.sop_instance_uid, []).append(link)
        self._own: dict[str, frozenset[Place]] = {}

    @cached_property
    def _places(self) -> Mapping[str, Place]:
        return {
            uid: (files[0].series_uid, files[0].value("FrameOfReferenceUID"))
            for uid, files in self._study.by_uid.items()
            if uid not in self._links
        }

    def under(self, link: RTLink) -> frozenset[Place]:
        """The places of all images on which it stands, itself or through what it stands on."""
        return frozenset(place for uid in self._chain(link) for place in self._own_of(uid))

    def _chain(self, link: RTLink) -> Iterator[str]:
        seen: set[str] = set()
        ahead = [link.instance.sop_instance_uid]
        while ahead:
            uid = ahead.pop()
            if uid not in seen:
                seen.add(uid)
                yield uid
                ahead += [on for one in self._links[uid] for on in one.stands_on if on in self._links]

    def _own_of(self, uid: str) -> frozenset[Place]:
        """Of the images that it stands on itself."""
        if uid not in self._own:
            places = (self._places.get(on) for link in self._links[uid] for on in link.stands_on)
            self._own[uid] = frozenset(place for place in places if place is not None)
        return self._own[uid]
