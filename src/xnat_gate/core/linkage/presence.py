"""Is it here? The instances, series and frames of reference of one study, as its RT objects ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from xnat_gate.core.linkage.kinds import VOLUMES, is_rt_class, kind_of
from xnat_gate.core.linkage.references import fits
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance, Series, Study

NOWHERE: Mapping[str, str] = MappingProxyType({})
"""Nothing is known to be elsewhere."""


def is_volume(series: Series) -> bool:
    """Whether structures can be drawn on it: cross-sectional images, scouts and localisers left out."""
    return any(
        instance.sop_class_uid in VOLUMES and "LOCALIZER" not in instance.values("ImageType")
        for instance in series.instances
    )


def _is_image(sop_class_uid: str) -> bool:
    return kind_of(sop_class_uid) is None and not is_rt_class(sop_class_uid)


def ambiguous(targets: tuple[Instance, ...]) -> bool:
    """Several files with different bytes claim one identity; files of equal digest are one object sent twice."""
    return len(targets) > 1 and len({target.digest or target.file for target in targets}) > 1


class Presence:
    """Answers for one study, indexed once, and for what is known to be elsewhere."""

    def __init__(self, study: Study, elsewhere: Mapping[str, str] = NOWHERE) -> None:
        self._claims = study.by_uid
        self._elsewhere = elsewhere
        self._damaged = {one.sop_instance_uid for one in study.damaged}
        self._image_series = {
            series.uid
            for series in study.series
            if any(_is_image(instance.sop_class_uid) for instance in series.instances)
        }
        self._frames: dict[str, set[str]] = {}
        for series in filter(is_volume, study.series):
            for instance in series.instances:
                self._frames.setdefault(instance.value("FrameOfReferenceUID"), set()).add(series.uid)
        self._pictured: dict[str, set[str]] = {}
        for instance in study.instances:
            if _is_image(instance.sop_class_uid) and "LOCALIZER" not in instance.values("ImageType"):
                frame = instance.value("FrameOfReferenceUID")
                self._pictured.setdefault(frame, set()).add(instance.series_uid)

    def find(self, reference: Reference, source: Instance) -> tuple[Instance, ...]:
        """The files under the referenced UID that can be meant: right class, right kind, same patient."""
        return tuple(
            target
            for target in self._claims.get(reference.sop_instance_uid, ())
            if reference.sop_class_uid in ("", target.sop_class_uid)
            and fits(reference, target)
            and target.values("PatientID") == source.values("PatientID")
        )

    def elsewhere(self, sop_instance_uid: str) -> str | None:
        """The label of the archived session that holds it, None when none does: what is here under this UID always
        comes first."""
        return None if sop_instance_uid in self._claims else self._elsewhere.get(sop_instance_uid)

    def damaged(self, sop_instance_uid: str) -> bool:
        """A file of it came, and cannot be read."""
        return sop_instance_uid in self._damaged

    def claimed(self, sop_instance_uid: str) -> bool:
        """Some file carries this UID, whatever it is."""
        return sop_instance_uid in self._claims

    def disputed(self, sop_instance_uid: str) -> bool:
        """Several different files claim it, whichever of them can be meant."""
        return ambiguous(self._claims.get(sop_instance_uid, ()))

    def any_image_series(self, uids: Iterable[str]) -> bool:
        return any(uid in self._image_series for uid in uids)

    def volumes_in(self, frames: Iterable[str]) -> int:
        """How many volumetric series share one of these frames of reference."""
        return len(set().union(*(self._frames.get(frame, set()) for frame in frames if frame)))

    def images_in(self, frames: Iterable[str]) -> int:
        """How many series of images of whatever kind, scouts left out, share one of these frames of reference."""
        return len(set().union(*(self._pictured.get(frame, set()) for frame in frames if frame)))
