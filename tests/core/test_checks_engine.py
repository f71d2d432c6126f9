"""What the checking itself comes upon (RT151-RT154), plans that check a treatment, and files that cannot be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import judged, only, said
from tests.core.past_studies import remembered
from tests.core.studies import (
    CT_CLASS,
    ROOT,
    RTPLAN_CLASS,
    RTSTRUCT_CLASS,
    TO_STRUCTURES,
    a_protocol,
    all_changed,
    chain,
    changed,
    ct,
    pointing,
    refers,
    rtdose,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.judge import Outcome, judge
from xnat_gate.core.linkage import link
from xnat_gate.core.linkage.verdicts import Linkage, Reason
from xnat_gate.core.linkage.verification import begins
from xnat_gate.core.replay import replay
from xnat_gate.core.study import Unreadable

PHANTOM = "1.2.826.0.1.3680043.10.1436.3"
"""The UIDs of the images of `ct` begin so."""


# --- itself, and other patients ---------------------------------------------------------------------------------


def test_a_plan_that_names_itself_as_its_structure_set_is_told_as_that_and_held() -> None:
    plan = rtplan(None)
    one = study(ct(), pointing(plan, *refers(TO_STRUCTURES, plan)))
    assert only("RT151", one).message == 'Plan "RP1" refers to itself.'
    assert said("RT150", one) == []
    assert judged(one).outcome is Outcome.HOLD


def test_an_object_may_name_itself_where_nothing_stands_on_it() -> None:
    plan = rtplan(rtstruct(ct()))
    itself = pointing(plan, *refers(("ReferencedDoseSequence",), plan))
    assert said("RT151", study(ct(), rtstruct(ct()), itself)) == []


def test_a_slice_of_another_patient_under_the_uid_that_is_referred_to_is_no_link() -> None:
    images = ct(3)
    foreign = (*images[:2], changed(images[2], PatientID="4712"))
    one = study(foreign, rtstruct(images))
    found = only("RT152", one)
    assert found.message == '1 object that structure set "RS1" refers to belongs to another patient.'
    assert (found.effect, found.severity) == (Effect.HOLD, Severity.ERROR)
    (verdict,) = link(one)
    assert (verdict.own, verdict.present) == (Linkage.PARTIAL, 2)


def test_one_of_two_copies_that_is_of_the_same_patient_is_enough_for_rt152() -> None:
    images = ct(2)
    twin = replace(changed(images[0], PatientID="4712"), file="twin.dcm")
    assert said("RT152", study(images, twin, rtstruct(images))) == []


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_file_beyond_the_limits_holds_its_study_and_is_not_called_damaged() -> None:
    beyond = Unreadable("big.dcm", "The file holds too much.", study(ct()).uid, limit=True)
    one = replace(study(ct()), damaged=(beyond,))
    found = only("RT153", one)
    assert found.message == "1 file is too large to be checked completely."
    assert (found.effect, found.files, found.bars_delivery) == (Effect.HOLD, ("big.dcm",), True)
    assert said("RT001", one) == []


def test_contours_that_were_not_measured_are_told_and_stop_nothing() -> None:
    images = ct(3)
    large = rtstruct(images)
    large = replace(large, drawing=replace(large.drawing, unmeasured=12))
    found = only("RT153", study(images, large))
    assert "12 contours" in found.message
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.INFO)


# --- what came and cannot be read --------------------------------------------------------------------------------


def test_an_rt_file_that_cannot_be_read_has_a_verdict_and_it_is_not_linked() -> None:
    *rest, plan, dose = chain()
    cut = Unreadable("plan.dcm", "The file is cut short.", study().uid, plan.sop_instance_uid, RTPLAN_CLASS)
    one = replace(study(rest, dose), damaged=(cut,))
    verdicts = {each.instance.file: each for each in link(one)}
    assert (verdicts["plan.dcm"].own, verdicts["plan.dcm"].reason) == (
        Linkage.UNVERIFIABLE,
        Reason.READ_FAILURE,
    )
    assert verdicts[dose.file].damaged == (plan.sop_instance_uid,)
    assert "its structure set is here" in only("RT081", one).message
    alone = replace(study(ct(), rtdose(plan)), damaged=(cut,))
    assert only("RT081", alone).message == 'The plan of dose "RD1" came in a file that cannot be read.'


def test_an_image_that_cannot_be_read_is_a_missing_one() -> None:
    images = ct(3)
    cut = Unreadable("ct.dcm", "The file is cut short.", study().uid, images[0].sop_instance_uid, CT_CLASS)
    (verdict,) = link(replace(study(images[1:], rtstruct(images)), damaged=(cut,)))
    assert (verdict.own, verdict.present, verdict.referenced) == (Linkage.PARTIAL, 2, 3)


# --- other sessions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [Effect.NOTE, Effect.HOLD, Effect.QUARANTINE])
def test_images_in_another_session_of_the_subject_are_told_with_its_label(effect: Effect) -> None:
    images = ct(3)
    there = dict.fromkeys((one.sop_instance_uid for one in images), "S2")
    verdict = judge(study(rtstruct(images)), a_protocol(rt={"elsewhere": effect.value}), elsewhere=there)
    (found,) = (each for each in verdict.findings if each.id == "RT154")
    assert found.message == (
        'Structure set "RS1" refers to 3 objects, all of them in another session of the same subject.'
    )
    assert found.files == ("RTSTRUCT1.dcm", "in session S2")
    assert found.effect is effect


def test_what_joins_its_own_session_has_nothing_elsewhere() -> None:
    images = ct(3)
    there = dict.fromkeys((one.sop_instance_uid for one in images), "")
    verdict = judge(study(rtstruct(images)), a_protocol(), elsewhere=there)
    assert verdict.links[0].own is Linkage.LINKED
    assert [each.id for each in verdict.findings] == []


def test_what_lies_in_the_session_that_it_joins_is_not_counted_among_what_lies_in_another() -> None:
    images = ct(3)
    first, *rest = (one.sop_instance_uid for one in images)
    verdict = judge(study(rtstruct(images)), a_protocol(), elsewhere={first: "S2", **dict.fromkeys(rest, "")})
    (found,) = (each for each in verdict.findings if each.id == "RT154")
    assert found.message.endswith("refers to 3 objects, 1 of them in another session of the same subject.")


# --- plans that check a treatment --------------------------------------------------------------------------------


def verification(**header: str) -> tuple[object, ...]:
    images = ct(3)
    structures = rtstruct(images)
    plan = rtplan(structures, **{"PlanIntent": "VERIFICATION", **header})
    return images, structures, plan, rtdose(plan)


def test_a_verification_plan_its_dose_and_its_structure_set_are_a_class_of_their_own() -> None:
    one = study(*verification())  # type: ignore[arg-type]
    assert [each.verification for each in link(one)] == [True, True, True]


@pytest.mark.parametrize("intent", ["CURATIVE", "RESEARCH", ""])
def test_a_plan_of_another_intent_is_not(intent: str) -> None:
    one = study(*verification(PlanIntent=intent))  # type: ignore[arg-type]
    assert not any(each.verification for each in link(one))


def test_a_structure_set_that_a_treatment_stands_on_as_well_stays_of_the_patient() -> None:
    images, structures, plan, dose = verification()
    treatment = rtplan(structures, 2)  # type: ignore[arg-type]
    marked = {
        each.instance.file: each.verification
        for each in link(study(images, structures, plan, dose, treatment))  # type: ignore[arg-type]
    }
    assert marked == {"RTSTRUCT1.dcm": False, "RTPLAN1.dcm": True, "RTDOSE1.dcm": True, "RTPLAN2.dcm": False}


@pytest.mark.parametrize(("policy", "outcome"), [("hold", Outcome.HOLD), ("note", Outcome.ARCHIVE)])
def test_the_protocol_says_what_becomes_of_them(policy: str, outcome: Outcome) -> None:
    one = study(*verification())  # type: ignore[arg-type]
    assert judged(one, rt={"verification": policy}).outcome is outcome


def test_without_its_images_it_is_no_orphan_of_the_patient_but_what_the_protocol_says() -> None:
    _, structures, plan, dose = verification()
    one = study(structures, plan, dose)  # type: ignore[arg-type]
    assert judged(one).rejected == ()
    assert judged(one).outcome is Outcome.HOLD


def test_images_of_a_phantom_make_what_is_drawn_on_them_a_verification() -> None:
    one = study(*chain())
    protocol = {"phantoms": {"uid_prefixes": [PHANTOM]}}
    assert all(each.verification for each in judged(one, **protocol).links)
    assert judged(one, **protocol).outcome is Outcome.HOLD
    assert not any(each.verification for each in judged(one).links)


def test_a_phantom_may_carry_another_patient_id() -> None:
    images = ct(2)
    one = study(all_changed(images, PatientID="PHANTOM"), rtstruct(images))
    assert said("RT152", one, phantoms={"uid_prefixes": [PHANTOM]}) == []
    assert only("RT152", one).effect is Effect.HOLD


def test_what_a_treatment_names_beside_its_images_makes_it_no_verification() -> None:
    """Else a dose of the patient's would need no images for having been measured once."""
    images = ct(3)
    structures = rtstruct(images)
    plan = pointing(rtplan(structures), *refers(("ReferencedDoseSequence",), f"{ROOT}.77.1"))
    one = study(images, structures, plan, rtdose(plan))
    assert not any(each.verification for each in link(one, phantoms=(f"{ROOT}.77",)))


def test_images_of_a_phantom_that_are_not_here_are_known_by_their_study() -> None:
    images = all_changed(ct(2), StudyInstanceUID=f"{ROOT}.77")
    (found,) = link(study(rtstruct(images)), phantoms=(f"{ROOT}.77",))
    assert found.verification


@pytest.mark.parametrize("intent", ["VERIFICATION", "CURATIVE"])
def test_what_inherits_from_an_object_of_the_class_is_remembered_with_it(intent: str) -> None:
    """Both must be told by the same objects, or nothing can be written down."""
    images, structures, plan, dose = verification(PlanIntent=intent)
    verdict = judged(study(images[:1], structures, plan, dose))  # type: ignore[arg-type, index]
    assert all(each.inherited_from is None or each.inherited_from in verdict.links for each in verdict.links)
    assert replay(remembered(verdict, a_protocol()), a_protocol()).outcome is Outcome.HOLD


@pytest.mark.parametrize(
    ("uid", "prefix", "is_one"),
    [("1.2.3.4", "1.2.3", True), ("1.2.3", "1.2.3", True), ("1.2.34", "1.2.3", False), ("", "1.2.3", False)],
)
def test_whole_components_count(uid: str, prefix: str, is_one: bool) -> None:
    assert begins(uid, [prefix]) is is_one


def test_the_class_of_a_structure_set_is_known_by_its_sop_class() -> None:
    assert link(study(changed(rtstruct(ct()), Modality="RTPLAN")))[0].instance.sop_class_uid == RTSTRUCT_CLASS


@pytest.mark.parametrize("checks", [{"RT151": "quarantine"}, {"RT150": "quarantine"}, {}])
def test_an_object_that_names_itself_replays_as_it_was_judged(checks: dict[str, str]) -> None:
    circle = pointing(rtplan(None), *refers(TO_STRUCTURES, rtplan(None)))
    protocol = a_protocol(checks=checks)
    verdict = judge(study(ct(3), circle), protocol)
    again = replay(remembered(verdict, protocol), protocol)
    assert (again.outcome, again.project) == (verdict.outcome, verdict.project)


def test_what_names_itself_beside_a_circle_is_not_counted_with_it() -> None:
    one, other = rtplan(None, 1), rtplan(None, 2)
    both = pointing(one, *refers(TO_STRUCTURES, one, other)), pointing(other, *refers(TO_STRUCTURES, one))
    assert only("RT150", study(both)).message == "1 RT file refers to itself by way of others."
