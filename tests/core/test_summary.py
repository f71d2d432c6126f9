"""What is remembered of a study: small, nameless, and read back as it was written or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.others import record, second_generation
from tests.core.past_studies import protocols, remembered, studies
from tests.core.studies import a_protocol, chain, changed, ct, rtstruct, study
from xnat_gate.core.impersonal import KEPT, PERSONAL, SERIES, WHEN_ASKED, keepable
from xnat_gate.core.judge import judge
from xnat_gate.core.linkage.verdicts import Linkage
from xnat_gate.core.profiles import MOST
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.replay import replay
from xnat_gate.core.study import Instance, Study
from xnat_gate.core.summary import NONE_BELOW, Summary
from xnat_gate.core.summary_text import SummaryUnreadable, read, write
from xnat_gate.edge.dicom_files import ASKABLE, TAGS


def summary_of(*parts: Instance | tuple[Instance, ...], **changes: object) -> Summary:
    protocol = a_protocol(**changes)
    return remembered(judge(study(*parts), protocol), protocol)


# --- what is in it


def test_objects_that_are_alike_are_counted_by_series() -> None:
    images, others = ct(30), ct(4, series="1.2.3.4", SeriesNumber="2", ManufacturerModelName="Aera")
    summary = summary_of(images, others, rtstruct(images))
    assert summary.files == 35
    assert len(summary.profiles) == 3
    assert sorted(place.files for one in summary.profiles for place in one.at) == [1, 4, 30]
    assert [link.present for link in summary.links] == [30]
    assert set(summary.series) == {images[0].series_uid, "1.2.3.4", rtstruct(images).series_uid}
    assert len(write(summary)) < 3000


def test_what_a_protocol_asks_for_is_kept_unless_it_could_name_a_patient() -> None:
    asked = ["ExposureModulationType", "StudyDescription", "PatientComments", "PatientWeight", "StudyDate"]
    asked += ["ReferringPhysicianName", "AccessionNumber", "InstitutionAddress", '(0029,"ACME",08)']
    asked += ["ReferencedPatientSequence.PatientID", "BeamSequence.BeamType", "BeamSequence"]
    kept = keepable(asked, ASKABLE, TAGS)
    assert kept - KEPT == {
        "ExposureModulationType",
        "StudyDescription",
        "BeamSequence.BeamType",
        "BeamSequence",
    }
    assert ASKABLE.keys() >= KEPT | PERSONAL | WHEN_ASKED
    assert not KEPT & WHEN_ASKED
    assert all(TAGS[name] >> 16 != 0x0010 for name in KEPT | WHEN_ASKED)


def test_descriptions_are_kept_only_as_long_as_the_protocol_asks_for_them() -> None:
    image = ct(1, StudyDescription="pelvis")
    assert "pelvis" not in write(summary_of(image))
    assert "pelvis" in write(summary_of(image, deny={"StudyDescription": ["TRIAL*"]}))


def test_an_element_with_too_many_values_is_left_out_and_what_was_asked_of_it_is_not() -> None:
    images = [changed(one, SliceThickness=str(n)) for n, one in enumerate(ct(MOST + 1))]
    rule = {
        "id": "R",
        "title": "thin",
        "otherwise": "hold",
        "require": {"SliceThickness": {"range": {"to": 150}}},
    }
    summary = summary_of(*images, rules=[rule])
    assert "SliceThickness" not in summary.asked
    assert KEPT - {"SliceThickness"} < summary.asked
    assert len(summary.profiles) == 1
    same, other = a_protocol(rules=[rule]), a_protocol(rules=[{**rule, "require": {"SliceThickness": "1"}}])
    assert replay(summary, same).told
    assert replay(summary, other).unknown == {"SliceThickness"}


def test_series_that_are_not_named_by_uids_are_told_apart_and_not_named() -> None:
    summary = summary_of(ct(1, series="DOE JANE"), ct(1, series="another one"), ct(1, series="1.2.3"))
    assert sorted(summary.series) == ["1.2.3", "?1", "?2"]
    assert SERIES not in summary.asked


# --- no names

NAME, ID, BORN = "QUOXLEY^ZEBEDEE", "ZX-90417", "19431207"
NAMING = [NAME, "Zebedee Quoxley", "QUOXLEY, ZEBEDEE", ID, f"of {ID}", BORN, "1943-12-07", "born 07.12.1943"]
PLACES = sorted(
    KEPT | WHEN_ASKED | {"PatientComments", "AccessionNumber", "InstitutionAddress", "SeriesInstanceUID"}
)


@st.composite
def telling_studies(draw: st.DrawFn) -> Study:
    """Objects in which the patient's own words stand where they should not."""
    made = []
    for one in chain():
        planted = draw(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(NAMING), max_size=4))
        person = {"PatientName": NAME, "PatientID": ID, "PatientBirthDate": BORN}
        made.append(changed(one, **person, **planted))
    free = draw(st.sampled_from(["Quoxley", "pelvis of Zebedee", "pelvis"]))
    return study([changed(one, SeriesDescription=free) for one in made])


@settings(max_examples=30, deadline=None)
@given(telling_studies(), protocols())
def test_no_name_id_or_birth_date_of_a_patient_stands_in_a_summary(one: Study, then: Protocol) -> None:
    asking = a_protocol(
        deny={
            "SeriesDescription": ["x"],
            "StudyDescription": ["x"],
            "ProtocolName": ["x"],
            "PatientID": ["x"],
        },
        rules=[
            {"id": "R", "title": "t", "otherwise": "hold", "when": {"PatientComments": {"present": True}}}
        ],
        labels={"session": "{PatientID}_{PatientBirthDate}"},
    )
    for protocol in (then, replace(asking, rules=(*asking.rules, *then.rules), routes=then.routes)):
        text = write(remembered(judge(one, protocol), protocol)).casefold()
        for word in ("quoxley", "zebedee", "90417", "19431207", "1943-12-07", "07.12.1943"):
            assert word not in text


@settings(max_examples=30, deadline=None)
@given(studies(), protocols())
def test_the_strings_of_a_summary_are_never_the_patients(one: Study, protocol: Protocol) -> None:
    own = {value for each in one.instances for name in PERSONAL for value in each.values(name)} - {""}
    summary = remembered(judge(one, protocol), protocol)
    assert own.isdisjoint(_strings(json.loads(write(summary))))
    assert summary.files == len(one.instances)


def _strings(told: object) -> set[str]:
    match told:
        case str():
            return {told}
        case list():
            return {text for one in told for text in _strings(one)}
        case dict():
            return {text for one in told.values() for text in _strings(one)} | set(told)
    return set()


# --- as text


def test_a_text_of_another_version_or_of_no_kind_is_refused() -> None:
    document = json.loads(write(summary_of(chain())))
    for version in (0, 2, "1", None):
        with pytest.raises(SummaryUnreadable):
            read(json.dumps({**document, "version": version}))
    for text in ("", "{}", "[]", "null", '"version"', "[" * 100_000):
        with pytest.raises(SummaryUnreadable):
            read(text)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_summary_is_refused_or_can_be_replayed(data: st.DataObject) -> None:
    document = json.loads(write(summary_of(chain()[1:])))
    key = data.draw(st.sampled_from(sorted(document)))
    document[key] = data.draw(
        st.sampled_from(
            [None, 7, "x", [], {}, [[]], [None], [[9, 9, 9]], {"a": 1}, [{"own": {}, "met": [], "at": []}]]
        )
    )
    try:
        summary = read(json.dumps(document))
    except SummaryUnreadable:
        return
    replay(summary, a_protocol())


def test_a_chain_of_what_stands_on_its_own_kind_is_read_back_and_judged_alike() -> None:
    plan = chain()[-2]
    first = second_generation(("DefinitionSourceSequence",), plan, number=1)
    second = second_generation(("RTRadiationSequence",), first, number=2)
    parts = (ct(3)[1:], *chain()[3:5], second, first, record(plan))
    summary = summary_of(*parts)
    below = {one.kind.value: one.below for one in summary.links}
    assert len(below) == 4
    assert sum(one.effective is Linkage.PARTIAL for one in summary.links) == 5
    again = replay(summary, a_protocol())
    assert again.told
    assert {one.id for one in again.reasons} == {"RT030", "RT031", "RT061", "RT101", "RT107"}


@pytest.mark.parametrize("below", [(1, 0), (1, 2, 3, 1), (5,), (-2,), (0,), (NONE_BELOW, 0, 1, 5)])
def test_chains_that_have_no_end_are_refused_however_long(below: tuple[int, ...]) -> None:
    made = [second_generation((), number=number) for number in range(1, 6)]
    document = json.loads(write(summary_of(ct(1), *made)))
    for number, one in enumerate(below):
        document["links"][number][8] = one
    with pytest.raises(SummaryUnreadable):
        read(json.dumps(document))


def test_a_chain_of_remembered_links_may_be_as_long_as_a_study() -> None:
    summary = summary_of(ct(1), second_generation((), number=1))
    (link,) = summary.links
    many = tuple(replace(link, below=number) for number in range(1, 5000))
    long = replace(summary, links=(*many, link))
    assert read(write(long)) == long
    assert replay(long, a_protocol()).told


@pytest.mark.parametrize("below", [-2, 0, 1, 99])
def test_links_that_stand_on_each_other_without_an_end_are_refused(below: int) -> None:
    document = json.loads(write(summary_of(chain()[1:])))
    document["links"][0][8] = below
    with pytest.raises(SummaryUnreadable):
        read(json.dumps(document))
