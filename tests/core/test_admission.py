"""The allow and deny lists asked of studies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.admission import ASKED, Refusal, findings, forbids
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.protocol import ListName, Protocol, node, parse
from xnat_gate.core.study import Instance, Study


def protocol(allow: dict[str, object] | None = None, deny: dict[str, object] | None = None) -> Protocol:
    tree = {
        "protocol": 1,
        "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
        "allow": allow or {"Modality": "ALL"},
        "deny": deny or {},
    }
    return parse(node(tree), VOCABULARY)


def instance(series: str = "1.1", **header: str | tuple[str, ...]) -> Instance:
    values = {keyword: value if isinstance(value, tuple) else (value,) for keyword, value in header.items()}
    return Instance(f"{series}.dcm", {"SeriesInstanceUID": (series,), **values})


def test_a_value_on_the_allow_list_passes() -> None:
    assert forbids(protocol({"Modality": ["CT", "MR"]}), instance(Modality="MR")) == ()


def test_a_value_off_the_allow_list_is_told() -> None:
    assert forbids(protocol({"Modality": ["CT"]}), instance(Modality="US")) == (
        Refusal(ListName.ALLOW, "Modality", "US"),
    )


@pytest.mark.parametrize("header", [{}, {"Modality": ()}, {"Modality": ("",)}, {"Modality": (" ",)}])
def test_a_missing_or_empty_value_never_matches_an_allow_list(header: dict[str, tuple[str, ...]]) -> None:
    assert forbids(protocol({"Modality": ["CT", "*"]}), instance(**header)) == (
        Refusal(ListName.ALLOW, "Modality", None),
    )


@pytest.mark.parametrize("header", [{}, {"Modality": ()}, {"Modality": "XX"}])
def test_all_allows_any_value_and_none(header: dict[str, str | tuple[str, ...]]) -> None:
    assert forbids(protocol({"Modality": "ALL"}), instance(**header)) == ()


def test_a_value_on_the_deny_list_is_told_with_the_pattern_it_met() -> None:
    denied = protocol(deny={"ManufacturerModelName": ["Aera", "Voluson*"]})
    assert forbids(denied, instance(ManufacturerModelName="VOLUSON E10")) == (
        Refusal(ListName.DENY, "ManufacturerModelName", "VOLUSON E10", "Voluson*"),
    )


def test_none_denies_nothing() -> None:
    assert (
        forbids(protocol(deny={"ManufacturerModelName": "NONE"}), instance(ManufacturerModelName="NONE"))
        == ()
    )


def test_a_model_named_allura_does_not_switch_the_list_off() -> None:
    """DASHER looked for the text ALL anywhere in the line."""
    denied = protocol(deny={"ManufacturerModelName": ["ALLURA", "Aera"]})
    assert forbids(denied, instance(ManufacturerModelName="Aera"))
    assert forbids(denied, instance(ManufacturerModelName="Allura"))


def test_a_word_with_mr_in_it_does_not_allow_mr() -> None:
    """DASHER asked whether the modality was a part of the line."""
    assert forbids(protocol({"Modality": ["MRSPECT", "XMR"]}), instance(Modality="MR"))


@pytest.mark.parametrize("model", [(), ("",), ("  ",)])
def test_an_empty_model_matches_neither_list(model: tuple[str, ...]) -> None:
    """DASHER found the empty text in every line."""
    lists = protocol({"ManufacturerModelName": ["Aera"]}, {"ManufacturerModelName": ["Vol*"]})
    assert [refusal.list_name for refusal in forbids(lists, instance(ManufacturerModelName=model))] == [
        ListName.ALLOW
    ]


def test_of_several_values_every_one_must_be_allowed() -> None:
    lists = protocol({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]})
    assert forbids(lists, instance(ImageType=("ORIGINAL", "PRIMARY"))) == ()
    assert forbids(lists, instance(ImageType=("ORIGINAL", "SECONDARY"))) == (
        Refusal(ListName.ALLOW, "ImageType", "SECONDARY"),
    )


def test_of_several_values_one_that_is_denied_is_enough() -> None:
    lists = protocol(deny={"ImageType": ["SCREEN*"]})
    assert forbids(lists, instance(ImageType=("DERIVED", "SCREEN SAVE")))


def test_one_object_off_the_list_sends_the_whole_study_to_quarantine() -> None:
    study = Study(
        "1",
        (
            *(instance("1.1", Modality="CT") for _ in range(3)),
            instance("1.2", Modality="SC", SeriesNumber="7", SeriesDescription="dose report"),
        ),
    )
    (finding,) = findings(protocol({"Modality": ["CT"]}), study)
    assert (finding.id, finding.severity, finding.effect) == ("ALLOW", Severity.WARNING, Effect.QUARANTINE)
    assert finding.about == ("1.2",)
    assert finding.message == (
        'SC series 7 dose report: Modality is "SC", which is not on the list of what is allowed into HOSPITAL.'
    )
    assert "XNAT administrator" in finding.remedy
    assert "QUARANTINE" in finding.remedy


def test_one_value_in_many_objects_and_series_is_told_once() -> None:
    study = Study(
        "1", tuple(instance(f"1.{n % 9}", Modality="MR", ManufacturerModelName="Aera") for n in range(90))
    )
    (finding,) = findings(protocol(deny={"ManufacturerModelName": ["aera"]}), study)
    assert finding.id == "DENY"
    assert finding.about == tuple(f"1.{n}" for n in range(9))
    assert "and 4 more series" in finding.message


def test_each_list_keyword_and_value_is_told_by_itself() -> None:
    study = Study(
        "1", (instance("1.1", Modality="US", ManufacturerModelName="Aera"), instance("1.2", Modality="OT"))
    )
    found = list(findings(protocol({"Modality": ["CT"]}, {"ManufacturerModelName": ["Aera"]}), study))
    assert [finding.id for finding in found] == ["ALLOW", "DENY", "ALLOW"]
    assert {finding.id for finding in found} == set(ASKED)


def test_a_missing_value_is_told_as_missing() -> None:
    (finding,) = findings(protocol({"Modality": ["CT"]}), Study("1", (instance(""),)))
    assert "Modality is missing" in finding.message
    assert finding.about == ("1",)


def test_a_value_that_could_name_the_patient_is_not_repeated() -> None:
    study = Study("1", (instance("1.1", PatientName="DOE^JANE"), instance("1.1", PatientName="DOE^JANE^^")))
    (finding,) = findings(protocol(deny={"PatientName": ["DOE*"]}), study)
    assert "DOE" not in finding.message + finding.remedy
    assert "PatientName" in finding.message


@given(st.lists(st.text(max_size=6), max_size=4))
def test_a_study_that_lists_do_not_restrict_is_never_spoken_of(values: list[str]) -> None:
    study = Study("1", tuple(instance(Modality=value) for value in values))
    assert list(findings(protocol({"Modality": "ALL"}, {"Modality": "NONE"}), study)) == []
