"""What a protocol means when nothing is wrong with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.finding import Effect
from xnat_gate.core.protocol import (
    ConflictPolicy,
    NoList,
    Patterns,
    Protocol,
    QuarantinePlace,
    Requirement,
    node,
    parse,
)
from xnat_gate.core.protocol.keys import KEYS
from xnat_gate.core.protocol.model import DuplicatePolicy, RepeatPolicy

SMALLEST: dict[str, Any] = {
    "protocol": 1,
    "projects": {"hospital": "HOSPITAL", "quarantine": "QUARANTINE"},
    "allow": {"Modality": ["CT", "MR"]},
}


def parsed(**more: object) -> Protocol:
    return parse(node({**SMALLEST, **more}), VOCABULARY, "abc")


def test_the_smallest_protocol_has_the_defaults_of_the_design() -> None:
    protocol = parsed()
    assert (protocol.hospital, protocol.quarantine_project) == ("HOSPITAL", "QUARANTINE")
    assert (protocol.subject_label, protocol.session_label) == ("{PatientName}", "{PatientID}")
    assert protocol.allow == {"Modality": Patterns(("CT", "MR"))}
    assert protocol.deny == {}
    assert (protocol.rt.orphan, protocol.rt.partial, protocol.rt.unverifiable) == (
        Effect.REJECT,
        Effect.HOLD,
        Effect.NOTE,
    )
    assert (protocol.rt.shared_series, protocol.rt.shared_number) == (Effect.HOLD, Effect.NOTE)
    assert protocol.rt.wait_for_images == timedelta(minutes=30)
    assert {
        protocol.links.dose_to_plan,
        protocol.links.plan_to_structures,
        protocol.links.structures_to_images,
    } == {Requirement.REQUIRE}
    assert (protocol.quarantine, protocol.conflict) == (QuarantinePlace.ARCHIVE, ConflictPolicy.HOLD)
    assert protocol.duplicates == DuplicatePolicy(
        same_bytes=RepeatPolicy.HOLD,
        other_bytes=Effect.HOLD,
        same_pixels=Effect.NOTE,
        new_uid=Effect.NOTE,
    )
    assert protocol.rejected_keep == timedelta(days=30)
    assert protocol.sha256 == "abc"


def test_what_is_written_counts_more_than_the_default() -> None:
    protocol = parsed(
        name="trial",
        labels={"session": "{PatientID}_{StudyDate}"},
        rt={"orphan": "quarantine", "wait_for_images": "45s"},
        links={"dose_to_plan": "ignore"},
        duplicates={"same_bytes": "drop", "same_pixels": "quarantine", "new_uid": "hold"},
        quarantine="prearchive",
        rejected={"keep": "12d"},
    )
    assert protocol.name == "trial"
    assert (protocol.subject_label, protocol.session_label) == ("{PatientName}", "{PatientID}_{StudyDate}")
    assert (protocol.rt.orphan, protocol.rt.partial) == (Effect.QUARANTINE, Effect.HOLD)
    assert protocol.rt.wait_for_images == timedelta(seconds=45)
    assert (protocol.links.dose_to_plan, protocol.links.plan_to_structures) == (
        Requirement.IGNORE,
        Requirement.REQUIRE,
    )
    assert protocol.duplicates == DuplicatePolicy(
        same_bytes=RepeatPolicy.DROP,
        other_bytes=Effect.HOLD,
        same_pixels=Effect.QUARANTINE,
        new_uid=Effect.HOLD,
    )
    assert protocol.quarantine is QuarantinePlace.PREARCHIVE
    assert protocol.rejected_keep == timedelta(days=12)


def test_all_and_none_stand_in_the_place_of_a_list() -> None:
    protocol = parsed(allow={"Modality": "ALL"}, deny={"ManufacturerModelName": "NONE"})
    assert protocol.allow == {"Modality": NoList.ALL}
    assert protocol.deny == {"ManufacturerModelName": NoList.NONE}


def test_blanks_around_a_value_are_dropped() -> None:
    assert parsed(allow={"Modality": [" CT "]}).allow == {"Modality": Patterns(("CT",))}


def test_the_keywords_are_those_of_both_lists_and_of_the_labels() -> None:
    protocol = parsed(deny={"ManufacturerModelName": ["Aera"]}, labels={"session": "{PatientID}_{StudyDate}"})
    assert protocol.keywords == {"Modality", "ManufacturerModelName", "PatientName", "PatientID", "StudyDate"}


@pytest.mark.parametrize("group", ["labels", "rt", "links", "duplicates", "rejected", "deny"])
def test_an_empty_group_of_optional_keys_means_the_defaults(group: str) -> None:
    assert parsed(**{group: {}}) == parsed()


def test_a_list_may_name_a_value_that_every_product_may_have() -> None:
    """`*` on an allow list asks for a value, whichever it is."""
    assert parsed(allow={"ImageType": ["*"]}).allow == {"ImageType": Patterns(("*",))}


def test_only_what_lets_data_through_has_no_default() -> None:
    assert {key.path for key in KEYS if key.default is None} == {
        "protocol",
        "projects.hospital",
        "projects.quarantine",
        "allow",
    }
