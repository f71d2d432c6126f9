"""What holds of every verdict, whatever a study is made of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.core.asking import ELSEWHERE, SCREENSHOT, summed
from tests.core.studies import (
    chain,
    changed,
    ct,
    rtplan,
    rtstruct,
)
from xnat_gate.core.judge import Outcome
from xnat_gate.core.study import Instance

PARTS: tuple[Instance, ...] = (
    *chain(),
    SCREENSHOT,
    rtstruct(ct(3, series=ELSEWHERE), 2),
    changed(ct(4)[3], PatientID="4712"),
    replace(ct(1)[0], file="edited.dcm", digest="e" * 64),
    changed(rtplan(None, 2), SOPInstanceUID=()),
)
STUDIES = st.lists(st.sampled_from(PARTS), unique_by=lambda one: one.file, min_size=1)


@given(STUDIES, st.sampled_from(["reject", "quarantine", "hold", "note"]))
def test_every_object_is_either_rejected_or_accepted(parts: list[Instance], orphan: str) -> None:
    verdict = summed(parts, rt={"orphan": orphan})
    kept = {one.file for one in verdict.accepted} | {one.file for one in verdict.rejected}
    assert kept == {one.file for one in parts}
    assert not {one.file for one in verdict.accepted} & {one.file for one in verdict.rejected}


@given(STUDIES, st.sampled_from(["reject", "quarantine", "hold", "note"]))
def test_the_outcome_follows_from_what_weighs(parts: list[Instance], orphan: str) -> None:
    verdict = summed(parts, rt={"orphan": orphan})
    if verdict.outcome is Outcome.ARCHIVE:
        assert verdict.project == "HOSPITAL"
        assert verdict.accepted
        assert verdict.deliverable
        assert all(one.modality != "SC" for one in verdict.accepted)
    if verdict.outcome is Outcome.QUARANTINE:
        assert verdict.project == "QUARANTINE"
    assert (verdict.outcome is Outcome.REJECT) == (not verdict.accepted)
    assert verdict.outcome is Outcome.ARCHIVE or verdict.reasons


@given(STUDIES, st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(parts: list[Instance], chance: object) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, two = summed(parts), summed(shuffled)
    assert (one.outcome, one.project, one.labels) == (two.outcome, two.project, two.labels)
    assert (one.deliverable, {x.file for x in one.rejected}) == (
        two.deliverable,
        {x.file for x in two.rejected},
    )
    assert sorted(f.message for f in one.findings) == sorted(f.message for f in two.findings)
