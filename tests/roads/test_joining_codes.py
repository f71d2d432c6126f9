"""Late parts at an XNAT that numbers its objections as PrearcSessionValidator does (XNAT 1.6.4 to 1.9).

16 the same series under the same number, 17 another series under the same number, 18 the same series under another
number, 19 another type of session, 14 files of the same name; 16 to 18 are told whether or not a merge is allowed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.hospital import Site
from tests.roads.looking import looked
from tests.roads.test_joining import CORK, Case, killed, radiotherapy, states
from xnat_gate.core.archive import Objection, PrearchiveRow
from xnat_gate.core.states import State
from xnat_gate.edge.xnat import Xnat
from xnat_gate.sandbox.phantoms import ct_series, rtstruct

NUMBERS = {
    "session modality": "19",
    "with matching files": "14",
    "same UID and number": "16",
    "same number, but a different UID": "17",
    "same UID, but a different number": "18",
}


@pytest.fixture(autouse=True)
def numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """By their words, so that nothing changes where the sandbox has these numbers already."""
    whole = Xnat.objections

    def numbered(one: Objection) -> Objection:
        code = next((code for words, code in NUMBERS.items() if words in one.message), one.code)
        return replace(one, code=code)

    def asked(xnat: Xnat, row: PrearchiveRow, **labels: str) -> tuple[Objection, ...]:
        return tuple(numbered(one) for one in whole(xnat, row, **labels))

    monkeypatch.setattr(Xnat, "objections", asked)


def also(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> None:
    """XNAT tells this, too, as long as the sandbox does not."""
    whole = Xnat.objections

    def asked(xnat: Xnat, row: PrearchiveRow, **labels: str) -> tuple[Objection, ...]:
        told = whole(xnat, row, **labels)
        more = () if any(one.code == code for one in told) else (Objection(code, "CONFLICT", message),)
        return (*told, *more)

    monkeypatch.setattr(Xnat, "objections", asked)


@pytest.fixture
def case(site: Site) -> Case:
    one = Case(site, images=ct_series(None, CORK, slices=4))
    one.put(*one.images[:2])
    assert states(looked(site)) == [State.ARCHIVED]
    return one


def test_late_rt_joins_at_an_xnat_that_says_19_for_another_type_of_session(case: Case) -> None:
    case.put(*radiotherapy(case.images[:2]))
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert case.archived == case.whole


def test_a_joining_broken_off_goes_on_at_an_xnat_that_says_14_for_files(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.put(*radiotherapy(case.images[:2]))
    killed(monkeypatch, case.site, Xnat, "add_file", "after", 1)
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert case.archived == case.whole


def test_late_rt_of_a_number_that_is_taken_joins_under_a_free_one(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    also(monkeypatch, "17", "Session already contains a scan (2) with the same number, but a different UID.")
    case.put(rtstruct(None, case.images[:2], number=2))
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert case.archived == case.whole


def test_the_rest_of_a_series_joins_although_xnat_tells_that_the_series_is_there(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    also(monkeypatch, "16", "Session already contains a scan (2) with the same UID and number.")
    case.put(*case.images[2:])
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert case.archived == case.whole


def test_a_late_series_of_a_number_that_is_taken_joins_under_another_one(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    also(monkeypatch, "17", "Session already contains a scan (2) with the same number, but a different UID.")
    case.put(*ct_series(None, CORK, series=7, number=2, slices=2))
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert case.archived == case.whole
