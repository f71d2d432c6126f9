"""The images that RT needs beside it (RT120)."""

from __future__ import annotations

from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.linkage.presence import is_volume
from xnat_gate.core.linkage.references import is_rt_class


@check(
    "RT120",
    "RT comes with images",
    Severity.ERROR,
    "Send the planning images together with the RT files.",
)
def rt_with_images(case: Case) -> Iterator[Remark]:
    """RT objects without a single cross-sectional image series cannot be used and usually mean that half of the
    export was forgotten. Objects that are orphans are rejected for that; what is left of such a study waits."""
    rt = [instance for instance in case.study.instances if is_rt_class(instance.sop_class_uid)]
    if rt and not any(is_volume(series) for series in case.study.series):
        yield Remark(
            message=f"{counted(len(rt), 'RT file')} arrived without any CT, MR or PET series.",
            effect=Effect.HOLD,
            about=tuple(dict.fromkeys(instance.sop_instance_uid for instance in rt)),
        )


ALL = (rt_with_images,)
