"""The waiting room: what waits, for how many, and what the rest of its study must know of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import summed
from tests.core.studies import (
    ROOT,
    TO_STRUCTURES,
    a_protocol,
    blind,
    chain,
    changed,
    ct,
    pointing,
    refers,
    rtdose,
    rtplan,
    rtstruct,
)
from xnat_gate.core.finding import Effect
from xnat_gate.core.judge import Outcome, Verdict, judge
from xnat_gate.core.study import Instance
from xnat_gate.core.waiting import awaiting, missing, standing, without

ELSEWHERE = f"{ROOT}.9"


def waits(*parts: object, **changes: object) -> tuple[Instance, ...]:
    verdict = summed(*parts, **changes)  # type: ignore[arg-type]
    return awaiting(verdict, a_protocol(**changes))


def goes_ahead(whole: Verdict, **changes: object) -> Verdict:
    """The verdict on the part of the study that need not wait."""
    protocol = a_protocol(**changes)
    waiting = awaiting(whole, protocol)
    assert waiting, "nothing waits"
    return judge(without(whole.study, waiting), protocol, carried=standing(whole, waiting))


# --- who waits --------------------------------------------------------------------------------------------------


def test_of_a_whole_study_nothing_waits() -> None:
    assert waits(chain()) == ()
    assert waits(ct(3)) == ()


def test_what_would_be_taken_out_for_want_of_images_waits_with_all_that_stands_on_it() -> None:
    *_, structures, plan, dose = chain()
    assert waits(structures, plan, dose) == (structures, plan, dose)


def test_a_plan_waits_for_its_structure_set_and_a_dose_for_its_plan() -> None:
    *images, structures, plan, _ = chain()
    assert waits(images, plan) == (plan,)
    assert waits(images, structures, rtdose(plan)) == (rtdose(plan),)


def test_what_would_be_held_or_noted_does_not_wait() -> None:
    """A person is asked at once, or nobody is."""
    images = ct(3)
    assert waits(images[:1], rtstruct(images)) == ()
    assert waits(rtstruct(images), ct(1, series=ELSEWHERE), rt={"orphan": "hold"}) == ()
    assert waits(rtstruct(images), ct(1, series=ELSEWHERE), rt={"orphan": "note"}) == ()
    assert waits(rtstruct(images), ct(1), links={"structures_to_images": "ignore"}) == ()


@pytest.mark.parametrize("effect", ["reject", "quarantine"])
def test_what_would_be_taken_out_or_would_take_its_study_to_quarantine_waits(effect: str) -> None:
    images = ct(3)
    structures = rtstruct(images)
    assert waits(images[:1], structures, rt={"partial": effect}) == (structures,)


def test_what_no_time_can_help_does_not_wait() -> None:
    nameless = blind(rtstruct(()))
    plan = rtplan(None)
    circle = pointing(plan, *refers(TO_STRUCTURES, plan))
    foreign = [changed(one, PatientID="4712") for one in ct(2)]
    assert waits(ct(1), nameless) == ()
    assert waits(ct(1), circle) == ()
    assert waits(foreign, rtstruct(ct(2))) == ()


@pytest.mark.parametrize("effect", ["reject", "quarantine"])
def test_what_checks_a_treatment_does_not_wait_where_that_alone_decides(effect: str) -> None:
    """Its study goes to QUARANTINE with it whatever comes, and its images must not be in the hospital by then."""
    images = ct(3)
    structures = rtstruct(images)
    plan = rtplan(structures, PlanIntent="VERIFICATION")
    assert waits(images[:1], structures, plan, rt={"verification": effect}) == ()
    noted = {"rt": {"verification": "note"}, "checks": {"RT062": "quarantine"}}
    assert waits(images[:1], structures, plan, **noted) == ()


def test_what_a_link_has_held_does_not_wait_for_what_a_check_quarantines() -> None:
    images = ct(3)
    parts = images[:1], rtstruct(images)
    assert waits(*parts, checks={"RT031": "quarantine"}) == ()
    assert waits(*parts, checks={"RT031": "quarantine"}, rt={"partial": "note"}) == parts[1:]


def test_a_dose_waits_for_its_plan_also_where_its_structure_set_names_no_image() -> None:
    images = ct(3)
    structures = blind(rtstruct(()), frame_uids=rtstruct(images).pointers.frame_uids)
    dose = rtdose(rtplan(structures), structures=structures)
    whole = summed(images, structures, dose, rt={"partial": "quarantine"})
    waiting = awaiting(whole, a_protocol(rt={"partial": "quarantine"}))
    assert (waiting, missing(whole, waiting)) == ((dose,), 1)
    lasting = {"rt": {"partial": "quarantine", "unverifiable": "quarantine"}}
    assert waits(images, structures, dose, **lasting) == ()


def test_of_a_study_that_cannot_be_delivered_nothing_waits() -> None:
    *_, structures, plan, dose = chain()
    images = ct(2, series=ELSEWHERE)
    twin = replace(changed(images[0], SeriesDescription="edited"), file="twin.dcm", digest="b")
    assert waits(replace(images[0], digest="a"), images[1], twin, structures, plan, dose) == ()
    assert waits(changed(structures, PatientID="4712"), images) == ()


def test_twins_of_what_waits_wait_with_it() -> None:
    structures = replace(rtstruct(ct(2)), digest="a")
    twin = replace(structures, file="copy.dcm")
    verdict = summed(structures, twin)
    waiting = awaiting(verdict, a_protocol())
    assert waiting == (structures, twin)
    assert without(verdict.study, waiting).instances == ()


# --- for how many -----------------------------------------------------------------------------------------------


def test_what_they_wait_for_is_counted_once_however_many_wait_for_it() -> None:
    *_, structures, plan, dose = chain(3)
    verdict = summed(structures, plan, dose, rtstruct(ct(3), 2))
    assert missing(verdict, awaiting(verdict, a_protocol())) == 3


def test_the_count_is_that_of_those_who_are_asked_about() -> None:
    far = ct(4, series=ELSEWHERE)
    verdict = summed(rtstruct(ct(3), 1), rtstruct(far, 2))
    first, second = awaiting(verdict, a_protocol())
    assert (missing(verdict, [first]), missing(verdict, [second]), missing(verdict, [])) == (3, 4, 0)


# --- what goes ahead --------------------------------------------------------------------------------------------


def test_the_images_go_ahead_and_nothing_stands_against_them() -> None:
    here, structures = ct(2), rtstruct(ct(3, series=ELSEWHERE))
    ahead = goes_ahead(summed(here, structures))
    assert (ahead.study.instances, ahead.outcome, ahead.findings) == (here, Outcome.ARCHIVE, ())


def test_what_the_protocol_keeps_out_of_the_hospital_takes_the_part_that_goes_ahead_with_it() -> None:
    deny = {"deny": {"ManufacturerModelName": ["Aera"]}}
    structures = changed(rtstruct(ct(3, series=ELSEWHERE)), ManufacturerModelName="Aera")
    ahead = goes_ahead(summed(ct(2), structures, **deny), **deny)
    assert (ahead.outcome, ahead.project) == (Outcome.QUARANTINE, "QUARANTINE")


def test_that_links_of_what_waits_are_open_says_nothing_about_the_rest() -> None:
    rt = {"rt": {"orphan": "quarantine"}}
    whole = summed(ct(2), rtstruct(ct(3, series=ELSEWHERE)), **rt)
    assert whole.outcome is Outcome.QUARANTINE
    assert goes_ahead(whole, **rt).outcome is Outcome.ARCHIVE


def test_series_of_one_number_take_the_part_that_goes_ahead_to_quarantine_with_them() -> None:
    rt = {"rt": {"shared_number": "quarantine"}}
    structures = changed(rtstruct(ct(3, series=ELSEWHERE)), SeriesNumber="1")
    ahead = goes_ahead(summed(ct(2), structures, **rt), **rt)
    assert [one.id for one in ahead.findings if one.effect is Effect.QUARANTINE] == ["RT021"]
    assert ahead.outcome is Outcome.QUARANTINE


def test_two_waiting_objects_in_one_series_take_the_part_that_goes_ahead_to_quarantine_with_them() -> None:
    rt = {"rt": {"shared_series": "quarantine"}}
    far = ct(3, series=ELSEWHERE)
    one, two = (changed(rtstruct(far, number), SeriesInstanceUID=f"{ROOT}.5") for number in (1, 2))
    whole = summed(ct(2), one, two, **rt)
    assert {"RT020", "RT030"} == {f.id for f in whole.findings if f.effect is not Effect.NOTE}
    assert judge(
        whole.study, a_protocol(**rt), elsewhere={each.sop_instance_uid: "S1" for each in far}
    ).outcome is (Outcome.QUARANTINE)
    assert goes_ahead(whole, **rt).outcome is Outcome.QUARANTINE


def test_what_holds_the_whole_study_holds_the_part_that_goes_ahead() -> None:
    here = ct(2)
    structures = changed(rtstruct(ct(3, series=ELSEWHERE)), SeriesInstanceUID=here[0].series_uid)
    whole = summed(here, structures)
    assert "RT014" in {one.id for one in whole.findings if one.effect is Effect.HOLD}
    assert goes_ahead(whole).outcome is Outcome.HOLD
