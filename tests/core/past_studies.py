"""Studies of every kind and protocols that disagree, as hypothesis draws them; and how a test remembers a study."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from tests.core.asking import ELSEWHERE, SCREENSHOT
from tests.core.others import (
    ANNOTATION_CLASS,
    fiducials,
    record,
    registration,
    rtimage,
    second_generation,
    segmentation,
)
from tests.core.studies import (
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
from xnat_gate.core.impersonal import keepable
from xnat_gate.core.judge import Verdict
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Instance, Study
from xnat_gate.core.summarising import summarise
from xnat_gate.core.summary import Summary
from xnat_gate.core.summary_text import read, write
from xnat_gate.edge.dicom_files import ASKABLE, TAGS


def _parts() -> tuple[Instance, ...]:
    images = ct(3)
    sets = (
        rtstruct(images, 1),
        rtstruct(ct(3, series=ELSEWHERE), 2),
        blind(rtstruct((), 3), frame_uids=rtstruct(images).pointers.frame_uids),
        rtstruct(ct(5), 4, SeriesNumber="1"),
    )
    device = rtplan(None, 3, RTPlanGeometry="TREATMENT_DEVICE")
    measured = rtplan(sets[3], 7, PlanIntent="VERIFICATION")
    plans = (rtplan(sets[0], 1), rtplan(sets[1], 2), device, rtplan(None, 4), measured)
    circle = pointing(rtplan(None, 5), *refers(("ReferencedStructureSetSequence",), rtplan(None, 5)))
    doses = (
        rtdose(plans[0], 1, structures=sets[0]),
        rtdose(plans[:2], 2, summation="MULTI_PLAN"),
        rtdose(None, 4, structures=sets[0]),
        rtdose(plans[3], 5, SeriesInstanceUID=sets[0].series_uid),
        rtdose(measured, 7),
    )
    odd = (
        SCREENSHOT,
        changed(ct(4)[3], PatientID="4712"),
        replace(ct(1)[0], file="edited.dcm", digest="e" * 64),
        replace(sets[1], file="twin.dcm", digest="f" * 64),
        changed(rtplan(None, 6), SOPInstanceUID=()),
        changed(ct(5)[4], SeriesInstanceUID=(), SeriesNumber=None),
        changed(ct(6)[5], PatientName="", SeriesInstanceUID="not a uid"),
        replace(ct(7)[6], part10=False),
        changed(sets[1], SOPInstanceUID="1.2.3.99", SeriesInstanceUID=images[0].series_uid, Modality="CT"),
    )
    return (*images, *sets, *plans, circle, *doses, *_others(images, sets, plans), *odd)


def _others(
    images: tuple[Instance, ...], sets: tuple[Instance, ...], plans: tuple[Instance, ...]
) -> tuple[Instance, ...]:
    """What lies beside the chain, whole and broken."""
    records = record(plans[0], 1), record(plans[1], 2, beam="7"), record(None, 3)
    segments = segmentation(images, 1), segmentation(ct(5)[2:], 2), segmentation(ct(2, series=ELSEWHERE), 3)
    radiation = second_generation(("DefinitionSourceSequence",), plans[0], number=2)
    return (
        *records,
        *segments,
        blind(segmentation((), 4), series_uids=(images[0].series_uid,)),
        rtimage(plans[1], 1),
        rtimage(None, 2),
        pointing(
            rtdose(None, 6, summation="RECORD"), *refers(("ReferencedTreatmentRecordSequence",), records[1])
        ),
        registration(images, ELSEWHERE, number=1),
        registration(images, ct(2, series=ELSEWHERE), number=2),
        fiducials(images[0].value("FrameOfReferenceUID")),
        radiation,
        second_generation(("RTRadiationSequence",), radiation, sets[1], number=1),
        second_generation(("SomethingSequence",), segments[1], number=3, sop_class=ANNOTATION_CLASS),
    )


PARTS = _parts()
_MORE = {
    "Manufacturer": ["ACME", "Sirius", None, ()],
    "ManufacturerModelName": ["Aera", "Skyra", None],
    "BurnedInAnnotation": ["YES", "NO", None, ()],
    "InstitutionName": ["Royal", "General", None],
    "PatientComments": ["none", None],
    "SliceThickness": ["1", "3", None],
    "StudyDate": ["20260101", "20250101", None],
}


@st.composite
def objects(draw: st.DrawFn) -> Instance:
    """One object of the parts, some of them of another machine."""
    one = draw(st.sampled_from(PARTS))
    for keyword in draw(st.lists(st.sampled_from(sorted(_MORE)), max_size=3)):
        one = changed(one, **{keyword: draw(st.sampled_from(_MORE[keyword]))})
    return one


def studies() -> st.SearchStrategy[Study]:
    many = st.lists(objects(), unique_by=lambda one: one.file, min_size=1, max_size=12)
    return st.builds(
        lambda made, damaged: study(made, damaged=damaged),
        many,
        st.sampled_from([(), (), (), ("broken.dcm",)]),
    )


_RULES = [
    {"when": {"Modality": ["SC", "CT"]}, "require": {"BurnedInAnnotation": "NO"}},
    {"when": {"Manufacturer": {"prefix": "ac"}}},
    {"level": "series", "when": {"Modality": "CT"}, "require": {"SliceThickness": {"count": 1}}},
    {"level": "study", "when": {"Modality": "RTDOSE", "not": {"Modality": "RTPLAN"}}},
    {"require": {"PatientComments": {"absent": True}}},
    {"when": {"PatientComments": {"present": True}, "Modality": "RTPLAN"}},
    {"require": {"any": [{"StudyDate": {"date_range": {"from": "2026-01-01"}}}, {"Modality": "CT"}]}},
    {"level": "study", "require": {"SeriesInstanceUID": {"count": {"from": 2}}}},
]
_ROUTES = [
    {"project": "SITE_A", "when": {"InstitutionName": "Royal"}},
    {"project": "SITE_B", "when": {"StudyDate": {"date_range": {"from": "2026-01-01"}}}},
    {"project": "SITE_A", "when": {"Modality": "SC"}},
]
_EFFECTS = st.sampled_from(["reject", "quarantine", "hold", "note"])
_WEIGHTS = st.sampled_from(["require", "warn", "ignore"])
_LENIENT = st.sampled_from(["quarantine", "hold", "note"])
_OWN = ("RT100", "RT101", "RT103", "RT105", "RT107", "RT109")


@st.composite
def protocols(draw: st.DrawFn, *, labels: bool = False) -> Protocol:
    """`labels`: also such as make their labels otherwise."""
    chosen = draw(st.lists(st.sampled_from(range(len(_RULES))), unique=True, max_size=4))
    rules = [
        {"id": f"R{number}", "title": "A rule", "otherwise": draw(_LENIENT), **_RULES[number]}
        for number in chosen
    ]
    changes: dict[str, object] = {
        "allow": draw(
            st.sampled_from([{"Modality": "ALL"}, {"Modality": ["CT", "RT*"]}, {"StudyDate": ["2026*"]}])
        ),
        "deny": draw(st.sampled_from([{}, {"ManufacturerModelName": ["Aera"]}, {"PatientID": ["4712"]}])),
        "rules": rules,
        "route": draw(st.lists(st.sampled_from(_ROUTES), unique_by=str, max_size=2)),
        "checks": draw(
            st.dictionaries(
                st.sampled_from(["RT001", "RT011", "RT014", "RT030", "RT120", "RT061", "RT022", *_OWN]),
                st.sampled_from(["quarantine", "hold"]),
                max_size=2,
            )
        ),
        "rt": {
            **{key: draw(_EFFECTS) for key in ("orphan", "partial", "unverifiable")},
            **{key: draw(_LENIENT) for key in ("shared_series", "shared_number")},
        },
        "links": {
            key: draw(_WEIGHTS)
            for key in (
                *("dose_to_plan", "plan_to_structures", "structures_to_images", "record_to_plan"),
                *("rt_image_to_plan", "segmentation_to_images", "registration_to_images"),
                *("fiducials_to_images", "second_generation"),
            )
        },
    }
    if labels:
        changes["labels"] = draw(st.sampled_from([{}, {"session": "{PatientID}_{StudyDate}"}]))
    name = repr(sorted(changes.items()))
    return replace(a_protocol(**changes), sha256=name)


def remembered(verdict: Verdict, protocol: Protocol, *, archived: bool = False) -> Summary:
    """As it is found again later, out of its text."""
    names = keepable(protocol.keywords, ASKABLE, TAGS)
    summary = summarise(verdict, protocol, names, archived=archived)
    again = read(write(summary))
    assert again == summary
    return again
