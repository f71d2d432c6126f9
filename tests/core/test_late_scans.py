"""Which scans late objects become in a session that is archived: their own again, or one whose name is free."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.studies import ROOT, RTSTRUCT_CLASS, chain, changed, ct, instance, rtplan, rtstruct, study
from xnat_gate.core.archive import LateScan, Scan
from xnat_gate.core.late_scans import TYPES, accompany, scans
from xnat_gate.core.study import Instance, Series


def a_series(number: str | None, modality: str = "RTSTRUCT", uid: str = f"{ROOT}.7") -> Series:
    one = instance(f"{uid}.dcm", RTSTRUCT_CLASS, modality, f"{uid}.1", uid, SeriesNumber=number)
    return Series(uid, (one,))


def id_of(series: Series, *there: Scan) -> str:
    return scans([series], there)[series.uid].id


# --- what accompanies images ------------------------------------------------------------------------------------


def test_rt_objects_registrations_and_reports_accompany_images_and_images_do_not() -> None:
    assert accompany(chain()[-3:])
    registration = changed(rtplan(None), Modality="REG")
    assert accompany([registration, changed(registration, Modality="SR")])
    assert not accompany(chain())
    assert not accompany(ct(1))
    assert not accompany([changed(registration, Modality=None)])


# --- names of scans ---------------------------------------------------------------------------------------------


def test_a_series_that_is_there_already_is_the_scan_that_it_is() -> None:
    assert id_of(a_series("14"), Scan("99", f"{ROOT}.7"), Scan("14", f"{ROOT}.8")) == "99"


def test_a_new_series_is_called_by_its_number_where_that_is_free() -> None:
    assert id_of(a_series("14")) == "14"
    assert id_of(a_series("14"), Scan("1", f"{ROOT}.8")) == "14"


def test_a_number_that_is_taken_gets_the_modality_and_a_count_as_xnat_does_it() -> None:
    assert id_of(a_series("14"), Scan("14", f"{ROOT}.8")) == "14-RTSTRUCT1"
    assert id_of(a_series("14"), Scan("14", f"{ROOT}.8"), Scan("14-RTSTRUCT1", f"{ROOT}.9")) == "14-RTSTRUCT2"


@pytest.mark.parametrize(
    ("number", "id"),
    [
        (" 14 ", "14"),
        ("+14", "14"),
        (None, "RTSTRUCT"),
        ("", "RTSTRUCT"),
        ("-3", "RTSTRUCT"),
        ("../1", "RTSTRUCT"),
    ],
)
def test_a_number_is_digits_or_it_names_no_scan(number: str | None, id: str) -> None:
    assert id_of(a_series(number)) == id


def test_digits_of_another_script_name_no_scan() -> None:
    assert id_of(a_series("١٤")) == "RTSTRUCT"


def test_two_late_series_of_one_number_get_scans_of_their_own_in_the_order_of_their_uids() -> None:
    first, second = a_series("14", uid=f"{ROOT}.1"), a_series("14", "RTPLAN", uid=f"{ROOT}.2")
    assert {uid: scan.id for uid, scan in scans([second, first], ()).items()} == {
        first.uid: "14",
        second.uid: "14-RTPLAN1",
    }


def test_a_scan_is_told_with_its_type_its_series_and_its_words() -> None:
    structures = changed(rtstruct(ct(1)), SeriesDescription="Plan 1", SeriesNumber="14")
    (series,) = study(structures).series
    assert scans([series], ()) == {
        series.uid: LateScan(
            id="14",
            xsi_type="xnat:rtImageScanData",
            series_uid=series.uid,
            modality="RTSTRUCT",
            description="Plan 1",
        )
    }


NUMBERS = st.sampled_from(["1", "2", "14", "", None, "-1", "RTSTRUCT", "1-RTSTRUCT1"])
KINDS = st.sampled_from(sorted(TYPES))


@st.composite
def late(draw: st.DrawFn) -> list[Series]:
    """Late series, each with a UID of its own."""
    chosen = draw(st.lists(st.tuples(NUMBERS, KINDS), min_size=1, max_size=6))
    return [a_series(number, kind, f"{ROOT}.{at}") for at, (number, kind) in enumerate(chosen)]


THERE = st.lists(
    st.sampled_from(["1", "2", "14", "1-RTSTRUCT1", "RTPLAN", "RTSTRUCT", "2-SR1"]), unique=True
).map(lambda ids: [Scan(id, f"{ROOT}.9.{at}") for at, id in enumerate(ids)])


@given(late(), THERE)
def test_no_scan_is_given_twice_and_none_that_is_another_series(
    series: list[Series], there: list[Scan]
) -> None:
    found = scans(series, there)
    ids = [one.id for one in found.values()]
    assert len(set(ids)) == len(ids) == len(series)
    assert not {scan.id for scan in there} & set(ids)


@given(late(), THERE)
def test_asked_again_when_they_are_there_they_are_the_same_scans(
    series: list[Series], there: list[Scan]
) -> None:
    """A joining that was broken off goes on where it was."""
    first = scans(series, there)
    begun = [*there, *(Scan(one.id, one.series_uid) for one in list(first.values())[::2])]
    again = scans(series, begun)
    assert all(again[one.series_uid] == one for one in list(first.values())[::2])


def test_the_same_instance_is_not_two_series() -> None:
    structures: Instance = rtstruct(ct(1))
    assert len(scans(study(structures, structures).series, ())) == 1
