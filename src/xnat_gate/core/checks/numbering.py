"""Series of their own, numbers of their own: rules of XNAT users, stricter than DICOM (RT020-RT022)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from xnat_gate.core.checks.check import Case, Remark, check, counted, listed
from xnat_gate.core.finding import Severity
from xnat_gate.core.linkage.kinds import is_rt_class
from xnat_gate.core.study import Series


@check(
    "RT020",
    "Each RT file has a series of its own",
    Severity.ERROR,
    "Export the RT files as separate series.",
)
def series_of_their_own(case: Case) -> Iterator[Remark]:
    """DICOM allows several RT objects of a kind in one series; XNAT shows them as one scan, in which the second is
    easily overlooked. What follows is the protocol's `rt.shared_series`."""
    for series in case.study.series:
        rt = {i.sop_instance_uid: i for i in series.instances if is_rt_class(i.sop_class_uid)}
        if len(rt) > 1:
            kinds = "/".join(sorted({i.modality for i in rt.values()} - {""})) or "RT"
            yield Remark(
                message=f"{len(rt)} {kinds} files share one series.",
                effect=case.protocol.rt.shared_series,
                about=rt,
            )


@check(
    "RT021",
    "Each series has a number of its own",
    Severity.ERROR,
    "Renumber the series in the source system before export, if their scans are to keep their numbers.",
)
def numbers_of_their_own(case: Case) -> Iterator[Remark]:
    """XNAT names scans by SeriesNumber; where several series share one (7, 007 and ' 7 ' are one), it renames them
    all, for instance to 7-CT1 and 7-CT2. What follows is the protocol's `rt.shared_number`."""
    by_number: dict[int, list[Series]] = defaultdict(list)
    for series in case.study.series:
        for number in {_number(instance.value("SeriesNumber")) for instance in series.instances} - {None}:
            by_number[number].append(series)  # type: ignore[index]
    for number, series_list in sorted(by_number.items()):
        if len(series_list) > 1:
            yield Remark(
                message=f"Series number {number} is used by {counted(len(series_list), 'series', 'series')}: "
                f"{listed(_described(series) for series in series_list)}.",
                effect=case.protocol.rt.shared_number,
                about=(series.uid for series in series_list),
                severity=Severity.WARNING,
            )


@check(
    "RT022",
    "Each series has a number",
    Severity.WARNING,
    "Number the series in the source system before export.",
)
def numbered(case: Case) -> Iterator[Remark]:
    """SeriesNumber may be empty by the standard (type 2). XNAT then names the scan by its UID; two such series are
    treated like two that share a number."""
    bare = [
        s for s in case.study.series if any(_number(i.value("SeriesNumber")) is None for i in s.instances)
    ]
    if bare:
        several = len(bare) > 1
        remark = Remark(
            message=f"{counted(len(bare), 'series has', 'series have')} no number: "
            f"{listed(_described(series) for series in bare)}.",
            about=(series.uid for series in bare),
        )
        yield remark if not several else _like_shared(remark, case)


def _like_shared(remark: Remark, case: Case) -> Remark:
    return Remark(
        message=remark.message,
        about=remark.about,
        effect=case.protocol.rt.shared_number,
        severity=Severity.ERROR,
    )


def _number(text: str) -> int | None:
    """IS: a decimal integer with optional sign and padding (PS3.5 6.2)."""
    try:
        return int(text)
    except ValueError:
        return None


def _described(series: Series) -> str:
    words = ("/".join(filter(None, series.modalities)), series.called[1])
    return " ".join(filter(None, words)) or "one without a name"


ALL = (series_of_their_own, numbers_of_their_own, numbered)
