"""The images that RT needs beside it (RT120)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.kinds import is_rt_class
from xnat_gate.core.linkage.presence import is_volume
from xnat_gate.core.linkage.verdicts import Linkage, RTLink


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
        if is_rt_class(instance.sop_class_uid) and instance.sop_instance_uid not in at_home
    ]
    if rt and not any(is_volume(series) for series in case.study.series):
        yield Remark(
            message=f"{counted(len(rt), 'RT file')} arrived without any CT, MR or PET series.",
            effect=Effect.HOLD,
            about=tuple(dict.fromkeys(instance.sop_instance_uid for instance in rt)),
        )


def _reaching_the_archive(links: Iterable[RTLink]) -> set[str]:
    """The objects that are linked, and whose chain leads out of the study."""
    linked = [link for link in links if link.effective is Linkage.LINKED]
    above: dict[str, list[str]] = defaultdict(list)
    for link in linked:
        for uid in link.stands_on:
            above[uid].append(link.instance.sop_instance_uid)
    ahead = [link.instance.sop_instance_uid for link in linked if link.elsewhere]
    reaching: set[str] = set()
    while ahead:
        uid = ahead.pop()
        if uid not in reaching:
            reaching.add(uid)
            ahead.extend(above[uid])
    return reaching


ALL = (rt_with_images,)
