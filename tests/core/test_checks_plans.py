"""What is asked of plans by themselves, and of what they name beside their structure set (RT062-RT068)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, judged, only, said
from tests.core.numbered import GROUPS, IN_GROUP, numbered, plan_of
from tests.core.past_studies import remembered
from tests.core.studies import (
    FRAME,
    ION_PLAN_CLASS,
    RTDOSE_CLASS,
    TO_PLANS,
    a_protocol,
    blind,
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
from xnat_gate.core.judge import judge
from xnat_gate.core.pointers import Number
from xnat_gate.core.replay import replay
from xnat_gate.core.study import Instance, Study

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
DEVICE = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
TREATED = "PatientSetupSequence.PatientPosition"
SETUP_NUMBERS = ("FractionGroupSequence", "ReferencedBrachyApplicationSetupSequence")


def with_plan(plan: Instance) -> Study:
    return study(SLICES, STRUCTURES, plan)


# --- machines and measurements (RT062)


def test_a_device_plan_is_told_and_the_protocol_says_what_follows() -> None:
    found = only("RT062", study(SLICES, DEVICE))
    assert found.message == 'Plan "RP1" is made for the treatment device alone, without images of a patient.'
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.INFO)
    assert only("RT062", study(SLICES, DEVICE), rt={"device_plans": "hold"}).effect is Effect.HOLD


def test_a_device_plan_is_not_told_where_nobody_wants_to_hear_of_the_link() -> None:
    assert said("RT062", study(SLICES, DEVICE), links={"plan_to_structures": "ignore"}) == []


def test_the_dose_of_a_device_plan_says_on_what_it_depends() -> None:
    found = only("RT081", study(SLICES, DEVICE, rtdose(DEVICE)))
    assert found.message == 'Dose "RD1" depends on plan "RP1", which is made for the treatment device alone.'
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.INFO)


@pytest.mark.parametrize("intent", ["VERIFICATION", "MACHINE_QA", "SERVICE"])
def test_a_plan_that_checks_is_told_with_all_that_belongs_to_it(intent: str) -> None:
    plan = rtplan(STRUCTURES, PlanIntent=intent)
    found = only("RT062", study(SLICES, STRUCTURES, plan, rtdose(plan)))
    assert found.message == 'Plan "RP1" checks a treatment or a machine; 2 objects belong to it.'
    assert found.effect is Effect.HOLD
    assert set(found.about) == {one.sop_instance_uid for one in (STRUCTURES, plan, rtdose(plan))}


def test_a_plan_that_treats_is_not_told() -> None:
    for intent in ("CURATIVE", "PALLIATIVE", "RESEARCH", None):
        assert said("RT062", with_plan(rtplan(STRUCTURES, PlanIntent=intent))) == []


def test_what_is_drawn_on_a_phantom_is_told_even_without_a_plan() -> None:
    prefixes = {"uid_prefixes": [SLICES[0].series_uid]}
    found = only("RT062", study(SLICES, STRUCTURES), phantoms=prefixes)
    assert found.message == "1 RT object belongs to images of a phantom."


def test_a_device_plan_is_found_again_in_what_is_remembered() -> None:
    past = a_protocol()
    summary = remembered(judge(study(SLICES, DEVICE), past), past)
    assert replay(summary, past).reasons == ()
    again = replay(summary, a_protocol(rt={"device_plans": "hold"}))
    assert [one.id for one in again.reasons] == ["RT062"]


# --- coordinate systems (RT063)


def test_a_plan_in_another_frame_than_structures_and_images_is_told() -> None:
    found = only("RT063", with_plan(rtplan(STRUCTURES, FrameOfReferenceUID=ELSEWHERE)))
    assert found.message == ('Plan "RP1" uses another coordinate system than its structure set and images.')


def test_a_plan_may_be_silent_about_its_frame() -> None:
    assert said("RT063", with_plan(rtplan(STRUCTURES))) == []


def test_a_plan_may_use_the_frame_of_the_images_where_the_structure_set_has_another() -> None:
    """Some tools write a structure set with a frame of its own; the images decide."""
    structures = rtstruct(SLICES, frame=ELSEWHERE)
    for frame in (FRAME, ELSEWHERE):
        plan = rtplan(structures, FrameOfReferenceUID=frame)
        assert said("RT063", study(SLICES, structures, plan)) == []


def test_nothing_is_said_of_frames_where_structures_or_frames_are_missing() -> None:
    plan = rtplan(STRUCTURES, FrameOfReferenceUID=ELSEWHERE)
    assert said("RT063", study(SLICES, plan)) == []
    bare = blind(rtstruct(()))
    assert said("RT063", study(SLICES, bare, rtplan(bare, FrameOfReferenceUID=ELSEWHERE))) == []


# --- numbers inside the plan (RT064)


def test_a_beam_that_fractions_name_and_the_plan_lacks_is_called_by_its_number() -> None:
    found = only("RT064", with_plan(plan_of(STRUCTURES, "1", given=("1", "2", "9"))))
    assert found.message == ('In plan "RP1" its fraction groups name what it does not have (beam 2, beam 9).')
    assert (found.effect, found.severity) == (Effect.HOLD, Severity.ERROR)


@pytest.mark.parametrize(
    ("number", "what"),
    [
        (Number("BeamNumber", "1", ("BeamSequence",)), "beam 1"),
        (Number("BeamNumber", "1", ("IonBeamSequence",)), "beam 1"),
        (Number("FractionGroupNumber", "1", (GROUPS,)), "fraction group 1"),
        (Number("PatientSetupNumber", "4", ("PatientSetupSequence",), times=2), "patient setup 4"),
        (
            Number("ApplicationSetupNumber", "3", ("ApplicationSetupSequence",), times=2),
            "application setup 3",
        ),
    ],
)
def test_a_number_given_twice_is_told(number: Number, what: str) -> None:
    found = only("RT064", with_plan(plan_of(STRUCTURES, "1", more=(number,))))
    assert found.message == f'In plan "RP1" several parts share a number ({what}).'


@pytest.mark.parametrize("sequence", ["BeamSequence", "IonBeamSequence"])
def test_beams_of_photons_and_of_ions_are_beams(sequence: str) -> None:
    plan = plan_of(STRUCTURES, "1", "2", sequence=sequence)
    assert said("RT064", with_plan(changed(plan, SOPClassUID=ION_PLAN_CLASS))) == []


def test_application_setups_are_named_by_their_own_numbers() -> None:
    named = Number("ReferencedBrachyApplicationSetupNumber", "1", SETUP_NUMBERS)
    there = Number("ApplicationSetupNumber", "1", ("ApplicationSetupSequence",))
    assert said("RT064", with_plan(numbered(rtplan(STRUCTURES), named, there))) == []
    found = only("RT064", with_plan(numbered(rtplan(STRUCTURES), named)))
    assert "(application setup 1)" in found.message


def test_a_beam_may_be_given_in_several_fraction_groups() -> None:
    more = (Number("FractionGroupNumber", "2", (GROUPS,)), Number("ReferencedBeamNumber", "1", IN_GROUP))
    assert said("RT064", with_plan(plan_of(STRUCTURES, "1", more=more))) == []


def test_beams_that_other_sequences_speak_of_and_empty_numbers_are_no_parts() -> None:
    more = (
        Number("BeamNumber", "1", ("(3249,1000)",)),
        Number("BeamNumber", "", ("BeamSequence",), times=2),
        Number("ReferencedBeamNumber", "", IN_GROUP),
        Number("ReferencedBeamNumber", "7", ("CorrectedParameterSequence",)),
    )
    assert said("RT064", with_plan(plan_of(STRUCTURES, "1", more=more))) == []


def test_the_numbers_are_asked_whatever_links_are_ignored() -> None:
    twice = plan_of(STRUCTURES, "1", "1")
    assert said("RT064", with_plan(twice), links={"plan_to_structures": "ignore"})


# --- structures by number (RT065)


def using(*numbers: Number) -> Instance:
    return plan_of(STRUCTURES, "1", more=numbers)


def test_a_structure_that_the_plan_uses_and_the_set_lacks_is_told_by_number() -> None:
    bolus = Number("ReferencedROINumber", "8", ("BeamSequence", "ReferencedBolusSequence"))
    target = Number("ReferencedROINumber", "7", ("DoseReferenceSequence",))
    found = only("RT065", with_plan(using(target, bolus)))
    assert found.message == ('Plan "RP1" uses structures that its structure set does not have (number 7, 8).')


def test_a_number_inside_an_item_that_names_another_object_is_not_of_this_structure_set() -> None:
    path = ("BeamSequence", "DefinitionSourceSequence")
    assert said("RT065", with_plan(using(Number("ReferencedROINumber", "7", path, ELSEWHERE)))) == []


def test_nothing_is_said_of_structures_where_the_set_is_missing() -> None:
    lost = using(Number("ReferencedROINumber", "7", ("DoseReferenceSequence",)))
    assert said("RT065", study(SLICES, lost)) == []
    assert (
        said("RT065", with_plan(using(Number("ReferencedROINumber", "", ("DoseReferenceSequence",))))) == []
    )


# --- what stands beside (RT066, RT067)


def test_doses_images_and_other_things_that_were_not_sent_are_counted_apart() -> None:
    plan = pointing(
        rtplan(STRUCTURES),
        *refers(("ReferencedDoseSequence",), f"{ELSEWHERE}.1", as_class=RTDOSE_CLASS),
        *refers((GROUPS, "ReferencedDoseSequence"), f"{ELSEWHERE}.1", as_class=RTDOSE_CLASS),
        *refers(("BeamSequence", "ReferencedReferenceImageSequence"), f"{ELSEWHERE}.2", f"{ELSEWHERE}.3"),
        *refers(("PatientSetupSequence", "ReferencedSetupImageSequence"), f"{ELSEWHERE}.3"),
        *refers(("(3253,1000)",), f"{ELSEWHERE}.4"),
    )
    found = only("RT066", with_plan(plan))
    assert found.message == ('Plan "RP1" names 1 dose, 2 images, 1 other object that did not come with it.')
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.INFO)


def test_a_plan_and_its_dose_may_name_each_other() -> None:
    plan = rtplan(STRUCTURES)
    dose = rtdose(plan)
    mutual = pointing(plan, *refers(("ReferencedDoseSequence",), dose))
    assert judged(study(SLICES, STRUCTURES, mutual, dose)).findings == ()


def test_studies_and_procedure_steps_are_nothing_that_could_be_sent() -> None:
    plan = pointing(rtplan(STRUCTURES), *refers(("ReferencedStudySequence",), ELSEWHERE))
    assert said("RT066", with_plan(plan)) == []


def test_related_plans_are_counted() -> None:
    earlier = rtplan(STRUCTURES, 2)
    plan = pointing(rtplan(STRUCTURES), *refers(TO_PLANS, earlier, f"{ELSEWHERE}.1", f"{ELSEWHERE}.2"))
    found = only("RT067", study(SLICES, STRUCTURES, earlier, plan))
    assert found.message == 'Plan "RP1" names 2 related plans that did not come with it.'


# --- positions (RT068)


def lying(*positions: str) -> Instance:
    return rtplan(STRUCTURES, **{TREATED: positions})


def scanned(position: str | None) -> tuple[Instance, ...]:
    return ct(3, PatientPosition=position)


def test_a_position_that_no_image_has_is_told_with_that_of_the_scan() -> None:
    found = only("RT068", study(scanned("HFS"), STRUCTURES, lying("HFS", "HFP", "FFS")))
    assert found.message == 'Plan "RP1" treats the patient in position FFS, HFP, scanned in HFS.'
    assert (found.effect, found.severity) == (Effect.NOTE, Severity.WARNING)


def test_positions_are_compared_only_where_both_are_told() -> None:
    assert said("RT068", study(scanned("HFS"), STRUCTURES, lying("HFS", "", "HFS"))) == []
    assert said("RT068", study(scanned("HFS"), STRUCTURES, lying())) == []
    assert said("RT068", study(scanned(None), STRUCTURES, lying("FFS"))) == []
    assert said("RT068", study(scanned("HFS"), lying("FFS"))) == []


def test_only_images_that_the_structure_set_was_drawn_on_count() -> None:
    others = ct(3, series=ELSEWHERE, PatientPosition="FFS")
    found = only("RT068", study(scanned("HFS"), others, STRUCTURES, lying("FFS")))
    assert found.about == (lying().sop_instance_uid,)


def test_of_two_files_that_claim_to_be_the_structure_set_either_may_be_meant() -> None:
    twin = replace(rtstruct(scanned("FFS"), frame=ELSEWHERE), file="twin.dcm")
    plan = rtplan(STRUCTURES, FrameOfReferenceUID=ELSEWHERE)
    assert said("RT063", study(SLICES, STRUCTURES, twin, plan)) == []


def test_what_belongs_to_several_plans_that_check_belongs_to_them() -> None:
    plans = [rtplan(STRUCTURES, number, PlanIntent="VERIFICATION") for number in (2, 1)]
    assert only("RT062", study(SLICES, STRUCTURES, plans)).message == (
        'Plan "RP1", plan "RP2" check a treatment or a machine; 1 object belongs to them.'
    )
