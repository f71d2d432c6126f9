"""Is it here? The instances, series and frames of reference of one study, as its RT objects ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Set

from xnat_gate.core.linkage.kinds import VOLUMES, is_rt_class
from xnat_gate.core.linkage.references import fits
from xnat_gate.core.pointers import Reference
from xnat_gate.core.study import Instance, Series, Study


def is_volume(series: Series) -> bool:
    """Whether structures can be drawn on it: cross-sectional images, scouts and localisers left out."""
    return any(
        instance.sop_class_uid in VOLUMES and "LOCALIZER" not in instance.values("ImageType")
        for instance in series.instances
    )


def ambiguous(targets: tuple[Instance, ...]) -> bool:
    """Several files with different bytes claim one identity; files of equal digest are one object sent twice."""
    return len(targets) > 1 and len({target.digest or target.file for target in targets}) > 1


class Presence:
    """Answers for one study, indexed once, and for what is known to be elsewhere."""

    def __init__(self, study: Study, elsewhere: Set[str] = frozenset()) -> None:
        self._claims = study.by_uid
        self._elsewhere = elsewhere - self._claims.keys()
        self._image_series = {
            series.uid
            for series in study.series
            if any(not is_rt_class(instance.sop_class_uid) for instance in series.instances)
        }
        self._frames: dict[str, set[str]] = {}
        for series in filter(is_volume, study.series):
            for instance in series.instances:
                self._frames.setdefault(instance.value("FrameOfReferenceUID"), set()).add(series.uid)

    def find(self, reference: Reference, source: Instance) -> tuple[Instance, ...]:
        """The files under the referenced UID that can be meant: right class, right kind, same patient."""
        return tuple(
            target
            for target in self._claims.get(reference.sop_instance_uid, ())
            if reference.sop_class_uid in ("", target.sop_class_uid)
            and fits(reference, target)
            and target.value("PatientID") == source.value("PatientID")
        )

    def elsewhere(self, sop_instance_uid: str) -> bool:
        """It is not here, and the archive holds it: what is here under this UID always comes first."""
        return sop_instance_uid in self._elsewhere

    def claimed(self, sop_instance_uid: str) -> bool:
        """Some file carries this UID, whatever it is."""
        return sop_instance_uid in self._claims

    def any_image_series(self, uids: Iterable[str]) -> bool:
        return any(uid in self._image_series for uid in uids)

    def volumes_in(self, frames: Iterable[str]) -> int:
        """How many volumetric series share one of these frames of reference."""
        return len(set().union(*(self._frames.get(frame, set()) for frame in frames if frame)))
