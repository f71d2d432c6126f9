"""What holds of linkage whatever is missing and in whatever order it arrives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.core.studies import blind, changed, ct, pointing, refers, rtdose, rtplan, rtstruct, study
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.verdicts import Linkage, RTLink
from xnat_gate.core.study import Instance


def everything() -> tuple[Instance, ...]:
    """Two image series, three structure sets, plans and doses of several kinds, and a twin; much that can break."""
    first, second = ct(3), ct(2, series="1.2.3.4")
    sets = (
        rtstruct(first, 1),
        rtstruct(second, 2),
        blind(rtstruct((), 3), frame_uids=rtstruct(first).pointers.frame_uids),
    )
    plans = rtplan(sets[0], 1), rtplan(sets[1], 2), rtplan(None, 3, RTPlanGeometry="TREATMENT_DEVICE")
    plans = (pointing(plans[0], *refers(("ReferencedDoseSequence",), rtdose(None, 1))), *plans[1:])
    twin = replace(changed(rtplan(sets[2], 2), RTPlanLabel="edited"), file="twin.dcm")
    doses = (
        rtdose(plans[0], 1, structures=sets[0]),
        rtdose(plans[:2], 2, summation="MULTI_PLAN"),
        rtdose(plans[2], 3),
        rtdose(None, 4, structures=sets[1]),
    )
    return (*first, *second, *sets, *plans, twin, *doses)


ALL = everything()
SUBSETS = st.lists(st.sampled_from(range(len(ALL))), unique=True).map(
    lambda chosen: tuple(ALL[n] for n in chosen)
)


def told(verdict: RTLink) -> tuple[object, ...]:
    root = verdict.inherited_from
    return (
        *(verdict.own, verdict.reason, verdict.effective, verdict.referenced, verdict.present),
        *(verdict.missing, verdict.missing_rois, root and root.instance.file),
    )


@given(SUBSETS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(here: tuple[Instance, ...], chance: object) -> None:
    shuffled = list(here)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    in_order = {one.instance.file: told(one) for one in link(study(here))}
    assert {one.instance.file: told(one) for one in link(study(shuffled))} == in_order


def linked_by_brute_force(instance: Instance, here: tuple[Instance, ...]) -> bool:
    """An independent reader: follows what stands in a structure set, plan or dose down to the images."""
    by_uid: dict[str, list[Instance]] = {}
    for one in here:
        by_uid.setdefault(one.value("SOPInstanceUID"), []).append(one)
    last = {"RTSTRUCT": "ContourImageSequence", "RTPLAN": "ReferencedStructureSetSequence"}
    last["RTDOSE"] = "ReferencedRTPlanSequence"
    wanted = [
        reference.sop_instance_uid
        for reference in instance.pointers.references
        if reference.path[-1] == last.get(instance.value("Modality"))
    ]
    if instance.value("Modality") == "CT":
        return True
    return bool(wanted) and all(
        len(by_uid.get(uid, [])) == 1 and linked_by_brute_force(by_uid[uid][0], here) for uid in wanted
    )


@given(SUBSETS)
def test_linked_is_what_a_reader_by_brute_force_finds_linked(here: tuple[Instance, ...]) -> None:
    for verdict in link(study(here)):
        expected = linked_by_brute_force(verdict.instance, here)
        assert (verdict.effective is Linkage.LINKED) == expected


@given(SUBSETS, st.sampled_from(ALL[:5]))
def test_an_image_more_never_makes_a_verdict_worse(here: tuple[Instance, ...], image: Instance) -> None:
    before = {one.instance.file: one for one in link(study(here))}
    for after in link(study(here, () if image in here else image)):
        assert after.own.badness <= before[after.instance.file].own.badness


@given(SUBSETS)
def test_the_counts_add_up(here: tuple[Instance, ...]) -> None:
    for verdict in link(study(here)):
        assert verdict.referenced == verdict.present + len(verdict.missing)
        assert set(verdict.missing_contoured) <= set(verdict.missing)
        assert verdict.effective.badness >= verdict.own.badness
        assert (verdict.inherited_from is None) == (verdict.effective is verdict.own)
