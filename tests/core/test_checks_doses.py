"""What is asked of doses and the plans that they name (RT080-RT084, RT087, RT088)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, judged, only, said
from tests.core.numbered import OF_BEAM, OF_GROUP, OF_SETUP, dose_of, numbered, plan_of
from tests.core.studies import (
    OVERVIEW_IMAGES,
    TO_RECORDS,
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
from xnat_gate.core.linkage.summation import Summation
from xnat_gate.core.pointers import Number
from xnat_gate.core.study import Instance, Study

SLICES = ct(3)
STRUCTURES = rtstruct(SLICES)
PLAN = plan_of(STRUCTURES, "1", "2", "3")
OTHER = plan_of(STRUCTURES, "1", number=2)


def with_doses(*doses: Instance, plan: Instance = PLAN) -> Study:
    return study(SLICES, STRUCTURES, plan, *doses)


# --- whose dose it is (RT080, RT081)


@pytest.mark.parametrize("summation", [*Summation, "", "SUM"])
def test_every_dose_needs_its_plan_but_overviews_and_records(summation: str) -> None:
    bare = only("RT080", study(SLICES, STRUCTURES, rtdose(None, summation=summation)))
    other = {"PLAN_OVERVIEW": "object", "RECORD": "treatment record"}.get(summation, "plan")
    assert bare.message == f'Dose "RD1" does not say to which {other} it belongs.'
    assert bare.effect is Effect.REJECT
    images = pointing(rtdose(None, summation=summation), *refers(OVERVIEW_IMAGES, *SLICES))
    assert bool(said("RT080", study(SLICES, images))) is (summation != "PLAN_OVERVIEW")


def test_what_an_overview_and_a_record_lack_is_called_by_its_name() -> None:
    overview = pointing(rtdose(None, summation="PLAN_OVERVIEW"), *refers(OVERVIEW_IMAGES, *SLICES, ELSEWHERE))
    assert only("RT081", study(SLICES, overview)).message == '1 of the 4 objects of dose "RD1" is missing.'
    record = pointing(rtdose(None, summation="RECORD"), *refers(TO_RECORDS, ELSEWHERE))
    assert only("RT081", study(SLICES, record)).message == 'The treatment record of dose "RD1" is missing.'


def test_a_dose_without_its_plan_counts_as_the_protocol_says() -> None:
    alone = study(SLICES, STRUCTURES, rtdose(PLAN, structures=STRUCTURES))
    half = only("RT081", alone)
    assert (half.effect, half.severity) == (Effect.HOLD, Severity.WARNING)
    orphan = only("RT081", alone, rt={"dose_without_plan": "orphan"})
    assert (orphan.effect, orphan.severity) == (Effect.REJECT, Severity.ERROR)
    assert orphan.message == 'The plan of dose "RD1" is missing; its structure set is here.'


def test_a_sum_of_which_no_plan_came_lacks_all_of_them() -> None:
    dose = rtdose([PLAN, OTHER], summation="MULTI_PLAN", structures=STRUCTURES)
    found = only("RT081", study(SLICES, STRUCTURES, dose))
    assert found.message == 'The plans of dose "RD1" are missing; its structure set is here.'


# --- its structure set (RT082)


def test_a_dose_of_another_structure_set_than_its_plan_is_told_whether_that_came_or_not() -> None:
    others = rtstruct(SLICES, 2)
    dose = rtdose(PLAN, structures=others)
    words = 'Dose "RD1" names another structure set than plan "RP1".'
    assert only("RT082", with_doses(dose)).message == words
    assert only("RT082", study(with_doses(dose).instances, others)).message == words


def test_the_missing_structure_set_of_a_plan_is_told_of_the_plan_alone() -> None:
    dose = rtdose(PLAN, structures=STRUCTURES)
    assert said("RT082", study(SLICES, PLAN, dose)) == []
    assert said("RT082", study(SLICES, dose)) == []


def test_the_statistics_of_a_device_plan_need_their_own_structure_set() -> None:
    device = rtplan(None, RTPlanGeometry="TREATMENT_DEVICE")
    dose = rtdose(device, structures=STRUCTURES)
    found = only("RT082", study(SLICES, device, dose))
    assert found.message == 'The structure set that dose "RD1" names is missing.'
    assert said("RT082", with_doses(dose, plan=device)) == []


def test_a_sum_may_name_the_structure_set_of_any_of_its_plans() -> None:
    others = rtstruct(SLICES, 2)
    second = rtplan(others, 2)
    dose = rtdose([PLAN, second], summation="MULTI_PLAN", structures=others)
    assert said("RT082", study(SLICES, STRUCTURES, others, PLAN, second, dose)) == []
    strange = rtdose([PLAN, second], summation="MULTI_PLAN", structures=rtstruct(SLICES, 3))
    assert said("RT082", study(SLICES, STRUCTURES, others, PLAN, second, strange))
    assert said("RT082", study(SLICES, STRUCTURES, PLAN, strange)) == []


# --- parts of its plan (RT083)


def test_parts_that_the_plan_does_not_have_are_called_by_their_numbers() -> None:
    found = only("RT083", with_doses(dose_of(PLAN, "1", "9", group="2", summation="BEAM")))
    assert found.message == 'Dose "RD1" names beam 9, fraction group 2, which plan "RP1" does not have.'
    assert (found.effect, found.severity) == (Effect.HOLD, Severity.ERROR)


def test_application_setups_are_asked_too() -> None:
    named = Number("ReferencedBrachyApplicationSetupNumber", "1", OF_SETUP, PLAN.sop_instance_uid)
    dose = numbered(rtdose(PLAN, summation="BRACHY"), named)
    assert "application setup 1" in only("RT083", with_doses(dose)).message
    brachy = numbered(PLAN, Number("ApplicationSetupNumber", "1", ("ApplicationSetupSequence",)))
    assert said("RT083", with_doses(dose, plan=brachy)) == []


def test_each_plan_of_a_sum_is_asked_for_the_parts_under_it_alone() -> None:
    sums = rtdose([PLAN, OTHER], summation="MULTI_PLAN")

    def naming(beam: str, plan: Instance) -> Instance:
        return numbered(sums, Number("ReferencedBeamNumber", beam, OF_BEAM, plan.sop_instance_uid))

    assert said("RT083", study(SLICES, STRUCTURES, PLAN, OTHER, naming("3", PLAN))) == []
    found = only("RT083", study(SLICES, STRUCTURES, PLAN, OTHER, naming("3", OTHER)))
    assert found.message == 'Dose "RD1" names beam 3, which plan "RP2" does not have.'


def test_parts_of_a_plan_that_is_not_here_are_not_asked() -> None:
    assert said("RT083", study(SLICES, STRUCTURES, dose_of(PLAN, "9", structures=STRUCTURES))) == []


def test_of_two_files_that_claim_to_be_the_plan_either_may_be_meant() -> None:
    twin = replace(plan_of(STRUCTURES, "9"), file="twin.dcm")
    assert said("RT083", with_doses(dose_of(PLAN, "9", summation="BEAM"), twin)) == []


# --- its type (RT084)


def doubt(dose: Instance, *others: Instance) -> str:
    found = said("RT084", with_doses(dose, *others))
    return found[0].message if found else ""


def test_a_sum_of_all_beams_is_no_dose_of_a_beam_and_one_of_some_may_be() -> None:
    every = dose_of(PLAN, "1", "2", "3", summation="BEAM")
    assert doubt(every) == 'Dose "RD1" has the type BEAM and names all 3 treatment beams of its plan.'
    assert doubt(dose_of(PLAN, "1", "3", summation="BEAM")) == ""
    assert doubt(dose_of(OTHER, "1", summation="BEAM"), OTHER) == ""
    assert said("RT084", study(SLICES, every))[0].message == 'Dose "RD1" has the type BEAM and names 3 beams.'


def test_the_dose_of_a_plan_may_name_its_beams_if_it_names_them_all() -> None:
    assert doubt(dose_of(PLAN, "1", "2", "3")) == ""
    assert doubt(dose_of(PLAN)) == ""
    assert doubt(dose_of(PLAN, "1", "3")) == (
        'Dose "RD1" has the type PLAN and names only 2 of the 3 treatment beams of its plan.'
    )


def test_beams_for_setting_up_give_no_dose() -> None:
    purposes = ("TREATMENT", "", "SETUP")
    plan = changed(PLAN, **{"BeamSequence.TreatmentDeliveryType": purposes})
    assert said("RT084", with_doses(dose_of(plan, "1", "2"), plan=plan)) == []
    assert said("RT084", with_doses(dose_of(plan, "1", "2", summation="BEAM"), plan=plan))


def test_several_plans_are_summed_as_such() -> None:
    both = rtdose([PLAN, OTHER], summation="MULTI_PLAN")
    assert doubt(both, OTHER) == ""
    assert doubt(rtdose([PLAN, OTHER]), OTHER) == 'Dose "RD1" has the type PLAN and names 2 plans.'
    assert doubt(rtdose([PLAN, OTHER], summation=""), OTHER) == 'Dose "RD1" has no type and names 2 plans.'
    assert doubt(rtdose([PLAN, OTHER], summation="PLAN_OVERVIEW"), OTHER) == ""
    assert doubt(rtdose(PLAN, summation="MULTI_PLAN")) == (
        'Dose "RD1" has the type MULTI_PLAN and names only one plan.'
    )


def test_a_fraction_is_one_and_a_control_point_is_in_one_beam() -> None:
    uid = PLAN.sop_instance_uid
    groups = [Number("ReferencedFractionGroupNumber", one, OF_GROUP, uid) for one in ("1", "2")]
    assert "names 2 fraction groups" in doubt(numbered(rtdose(PLAN, summation="FRACTION"), *groups))
    assert doubt(dose_of(PLAN, summation="FRACTION")) == ""
    assert "names 2 beams" in doubt(dose_of(PLAN, "1", "2", summation="CONTROL_POINT"))
    assert doubt(dose_of(PLAN, "1", "2", "3", summation="BEAM_SESSION")) == ""


# --- its grid (RT087)


@pytest.mark.parametrize(
    ("sizes", "empty"),
    [
        ({"Rows": "1", "Columns": "1", "NumberOfFrames": "1"}, True),
        ({"Rows": "1", "Columns": "1", "NumberOfFrames": None}, True),
        ({"NumberOfFrames": "0"}, True),
        ({"Rows": "0", "Columns": "0"}, True),
        ({"Rows": "1", "Columns": "1", "NumberOfFrames": "1A"}, False),
        ({"Rows": "1", "Columns": "1", "NumberOfFrames": "40"}, False),
        ({"Rows": "1"}, False),
        ({"Rows": None, "Columns": None, "NumberOfFrames": None}, False),
        ({"NumberOfFrames": "1A"}, False),
    ],
)
def test_a_grid_of_a_point_is_empty_and_no_grid_at_all_may_be_meant(
    sizes: dict[str, str | None], empty: bool
) -> None:
    found = said("RT087", with_doses(rtdose(PLAN, **sizes)))
    words = ['Dose "RD1" is empty: its grid is no more than a point.'] if empty else []
    assert [one.message for one in found] == words


# --- one dose each (RT088)


def test_two_doses_of_one_plan_are_told_together() -> None:
    found = only("RT088", with_doses(rtdose(PLAN, 1), rtdose(PLAN, 2)))
    assert found.message == ('2 doses of plan "RP1" have the same type (PLAN) and are for the same parts.')
    assert len(found.about) == len(found.files) == 2


def test_doses_that_differ_in_what_they_are_of_are_no_rivals() -> None:
    beams = [dose_of(PLAN, one, number=int(one), summation="BEAM") for one in ("1", "2", "3")]
    sums = rtdose(PLAN, 4)
    of_other = rtdose(OTHER, 5)
    both = rtdose([PLAN, OTHER], 6, summation="MULTI_PLAN")
    effective = rtdose(PLAN, 7, DoseType="EFFECTIVE")
    relative = rtdose(PLAN, 8, DoseUnits="RELATIVE")
    everything = with_doses(*beams, sums, of_other, both, effective, relative, OTHER)
    assert said("RT088", everything) == []
    again = dose_of(PLAN, "2", number=9, summation="BEAM")
    assert len(only("RT088", study(everything.instances, again)).about) == 2


@pytest.mark.parametrize("summation", ["BEAM", "FRACTION", "CONTROL_POINT", "FRACTION_SESSION", "", "SUM"])
def test_doses_that_do_not_say_of_which_part_they_are_may_be_of_two(summation: str) -> None:
    doses = [rtdose(PLAN, number, summation=summation) for number in (1, 2)]
    assert said("RT088", with_doses(*doses)) == []


def test_empty_doses_and_copies_of_one_are_no_rivals() -> None:
    dose = rtdose(PLAN, 1)
    empty = rtdose(PLAN, 2, Rows="1", Columns="1", NumberOfFrames="1")
    assert said("RT088", with_doses(dose, empty, replace(dose, file="copy.dcm"))) == []


def test_rivals_are_told_without_their_plan_too() -> None:
    doses = [rtdose(PLAN, number, structures=STRUCTURES) for number in (1, 2)]
    found = only("RT088", study(SLICES, STRUCTURES, *doses))
    assert found.message.startswith("2 doses of one plan have")


def test_a_whole_chain_with_every_kind_of_dose_gives_no_cause() -> None:
    beams = [dose_of(PLAN, one, number=int(one), summation="BEAM") for one in ("1", "2", "3")]
    assert judged(with_doses(*beams, rtdose(PLAN, 4, structures=STRUCTURES))).findings == ()


def test_beams_that_the_plan_does_not_have_are_not_counted_among_its_own() -> None:
    found = only("RT084", study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "1", "9")))
    assert "names only 1 of the 3 treatment beams" in found.message
    found = only("RT084", study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "8", "9")))
    assert "names none of the 3 treatment beams" in found.message
    assert not said("RT084", study(SLICES, STRUCTURES, PLAN, dose_of(PLAN, "1", "2", "9", summation="BEAM")))


def test_beams_for_port_films_give_no_dose() -> None:
    header = {"BeamSequence.TreatmentDeliveryType": ("TREATMENT", "TREATMENT", "OPEN_PORTFILM")}
    plan = plan_of(STRUCTURES, "1", "2", "3", **header)
    assert not said("RT084", study(SLICES, STRUCTURES, plan, dose_of(plan, "1", "2")))


def test_rivals_of_several_plans_are_not_called_doses_of_one() -> None:
    sums = [rtdose((PLAN, OTHER), number, summation="MULTI_PLAN") for number in (1, 2)]
    assert only("RT088", study(sums)).message.startswith("2 doses of the same plans have")


def test_a_dose_that_only_carries_statistics_is_no_rival_of_one_with_a_grid() -> None:
    statistics = rtdose(PLAN, 2, structures=STRUCTURES, Rows=None, Columns=None, NumberOfFrames=None)
    assert not said("RT088", study(SLICES, STRUCTURES, PLAN, rtdose(PLAN), statistics))
