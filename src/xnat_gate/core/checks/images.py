"""The images that RT needs beside it (RT120)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from xnat_gate.core.checks.check import Case, Remark, check, counted
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.kinds import RTKind, is_rt_class, kind_of
from xnat_gate.core.linkage.presence import is_volume
from xnat_gate.core.linkage.verdicts import Linkage, RTLink
from xnat_gate.core.study import Instance


@check(
    "RT120",
    "RT comes with images",
    Severity.ERROR,
    "Send the planning images together with the RT files.",
)
def rt_with_images(case: Case) -> Iterator[Remark]:
    """RT objects without a single cross-sectional image series cannot be used and usually mean that half of the
    export was forgotten. Objects that are orphans are rejected for that; what is left of such a study waits. An object
    that came late, and whose links end in what is archived of the patient, has its images there."""
    at_home = _reaching_the_archive(case.links)
    rt = [
        instance
        for instance in case.study.instances
        if is_rt_class(instance.sop_class_uid)
        and instance.sop_instance_uid not in at_home
        and not _unjudged_at_home(instance, case.elsewhere)
    ]
    if rt and not any(is_volume(series) for series in case.study.series):
        yield Remark(
            message=f"{counted(len(rt), 'RT file')} arrived without any CT, MR or PET series.",
            effect=Effect.HOLD,
            about=tuple(dict.fromkeys(instance.sop_instance_uid for instance in rt)),
        )


def _reaching_the_archive(links: Iterable[RTLink]) -> set[str]:
    """The objects that are linked, and whose chain leads out of the study."""
    reaching: set[str] = set()
    for link in sorted(links, key=lambda one: list(RTKind).index(one.kind)):
        on_the_way = link.elsewhere or not reaching.isdisjoint(link.stands_on)
        if link.effective is Linkage.LINKED and on_the_way:
            reaching.add(link.instance.sop_instance_uid)
    return reaching


def _unjudged_at_home(instance: Instance, elsewhere: Set[str]) -> bool:
    """An RT image or a record that names something which is archived."""
    named = {reference.sop_instance_uid for reference in instance.pointers.references}
    return kind_of(instance.sop_class_uid) is None and not named.isdisjoint(elsewhere)


ALL = (rt_with_images,)
