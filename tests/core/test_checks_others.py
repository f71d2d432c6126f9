"""What the checks say of RT images, records, registrations, segmentations, the second generation and what points at
images, read aloud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.asking import ELSEWHERE, judged, only, said, summed
from tests.core.others import (
    C_ARM_CLASS,
    DEFINITION,
    EVIDENCE,
    KO_CLASS,
    LISTED,
    RADIATIONS,
    RWV_CLASS,
    SR_CLASS,
    VERIFYING,
    beside,
    fiducials,
    record,
    registration,
    rtimage,
    second_generation,
    segmentation,
)
from tests.core.studies import (
    FRAME,
    STUDY,
    a_protocol,
    blind,
    chain,
    changed,
    ct,
    pointing,
    refers,
    rtplan,
    rtstruct,
    study,
)
from xnat_gate.core.finding import Effect, Severity
from xnat_gate.core.judge import Outcome, judge
from xnat_gate.core.pointers import Number
from xnat_gate.core.study import Instance, Unreadable
from xnat_gate.core.waiting import awaiting, missing

SECOND, SECOND_FRAME = f"{ELSEWHERE}.7", f"{ELSEWHERE}.8"
ONE, OTHER = ct(3), ct(2, series=SECOND, frame=SECOND_FRAME, SeriesNumber="2")
*_, STRUCTURES, PLAN, _ = chain()
OWN = {f"RT{number}" for number in (*range(100, 111), 120, 150)}


def test_rt100_tells_a_missing_plan_from_one_that_is_not_named() -> None:
    lost = only("RT100", study(ct(), rtimage(PLAN)))
    assert lost.message == 'The plan of RT image "RTIMAGE 1" is missing.'
    assert (
        only("RT100", study(ct(), rtimage(PLAN)), links={"rt_image_to_plan": "require"}).effect
        is Effect.REJECT
    )
    assert said("RT100", study(ct(), rtimage(PLAN)), links={"rt_image_to_plan": "ignore"}) == []
    alone = only("RT100", study(ct(), rtimage(None, 1), rtimage(None, 2)))
    assert (alone.message, alone.severity) == ("2 RT images name no plan.", Severity.INFO)
    assert len(alone.about) == 2


def test_rt101_tells_what_became_of_the_plan() -> None:
    assert (
        only("RT101", study(ct(), record(PLAN))).message
        == 'The plan of treatment record "RTRECORD 1" is missing.'
    )
    foreign = changed(PLAN, PatientID="4712")
    assert only("RT101", study(ct(), STRUCTURES, foreign, record(PLAN))).message == (
        'The plan of treatment record "RTRECORD 1" is missing: '
        "what carries the identity is of another kind, of another patient, or has fewer frames."
    )
    twin = replace(PLAN, file="twin.dcm")
    assert only("RT101", study(chain(), twin, record(PLAN))).message == (
        'Several different files claim to be one plan of treatment record "RTRECORD 1".'
    )
    inherits = only("RT101", study(chain(4)[1:], record(PLAN)))
    assert inherits.message == (
        'Treatment record "RTRECORD 1" depends on structure set "RS1", which lacks some of its images.'
    )
    assert inherits.effect is Effect.HOLD
    alone = only("RT101", study(ct(), record(None)))
    assert (alone.message, alone.effect) == ("1 treatment record names no plan.", Effect.NOTE)


def test_rt102_counts_over_all_records() -> None:
    naming = refers(VERIFYING, f"{ELSEWHERE}.1", f"{ELSEWHERE}.2")
    records = (pointing(record(PLAN, 1), *naming[:1]), pointing(record(PLAN, 2), *naming))
    found = only("RT102", study(chain(), records))
    assert found.message == "2 verification images that 2 treatment records name did not come with them."
    assert len(found.about) == 2


def test_rt109_says_which_parts_the_plan_does_not_have() -> None:
    numbers = [
        Number("ReferencedBrachyApplicationSetupNumber", "4", ("TreatmentSessionApplicationSetupSequence",))
    ]
    lost = replace(
        record(PLAN, beam=""), pointers=replace(record(PLAN, beam="").pointers, numbers=tuple(numbers))
    )
    assert only("RT109", study(chain(), lost)).message == (
        'The plan of treatment record "RTRECORD 1" does not have its application setup 4.'
    )
    image = only(
        "RT109", study(chain(), rtimage(PLAN, ReferencedBeamNumber="03", ReferencedFractionGroupNumber="1"))
    )
    assert image.message == 'The plan of RT image "RTIMAGE 1" does not have its beam 3.'
    assert (image.effect, image.severity) == (Effect.NOTE, Severity.WARNING)


@pytest.mark.parametrize(
    "made",
    [
        study(chain(), rtimage(PLAN, ReferencedBeamNumber=None)),
        study(chain(), rtimage(PLAN, ReferencedBeamNumber=" 1 ", ReferencedFractionGroupNumber="001")),
        study(ct(), record(PLAN, beam="9")),
        study(ct(), STRUCTURES, blind(PLAN, references=PLAN.pointers.references), record(PLAN, beam="9")),
    ],
)
def test_rt109_says_nothing_of_what_cannot_be_compared(made: object) -> None:
    assert said("RT109", made) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parts", "message", "severity"),
    [
        (
            (ONE, registration(ONE, OTHER)),
            '2 of the 5 images of registration "REG 1" are missing.',
            Severity.WARNING,
        ),
        (
            (ct(1, "1.2.3", "1.2.4"), registration(ONE)),
            'All 3 images of registration "REG 1" are missing.',
            Severity.ERROR,
        ),
        (
            (ct(2, "1.2.3"), fiducials(FRAME, OTHER)),
            'All 2 images of set of fiducials "FID 1" are missing.',
            Severity.WARNING,
        ),
        (
            (ONE, OTHER, registration(FRAME, SECOND_FRAME)),
            'Registration "REG 1" names no images; only its coordinate systems fit images that are here.',
            Severity.INFO,
        ),
        (
            (ONE, fiducials(FRAME, SECOND_FRAME)),
            'No images in one of the coordinate systems of set of fiducials "FID 1" are here.',
            Severity.WARNING,
        ),
        (
            (ct(1, "1.2.3", "1.2.4"), fiducials(FRAME)),
            'No images in the coordinate systems of set of fiducials "FID 1" are here.',
            Severity.ERROR,
        ),
    ],
)
def test_rt103_says_what_a_registration_does_not_find(
    parts: tuple[Instance, ...], message: str, severity: Severity
) -> None:
    found = only("RT103", study(*parts))
    assert (found.message, found.severity, found.effect) == (message, severity, Effect.NOTE)


def test_rt103_follows_the_protocol() -> None:
    lost = study(ONE, registration(ONE, OTHER))
    assert only("RT103", lost, links={"registration_to_images": "require"}).effect is Effect.HOLD
    assert said("RT103", lost, links={"registration_to_images": "ignore"}) == []


def test_rt103_tells_a_registration_that_connects_nothing() -> None:
    found = only("RT103", study(ONE, registration(ONE)))
    assert found.message == 'Registration "REG 1" connects no two coordinate systems.'
    assert (found.severity, found.effect) == (Severity.INFO, Effect.NOTE)
    same_frame = ct(2, series="1.2.3.6", SeriesNumber="3")
    assert said("RT103", study(ONE, same_frame, registration(ONE, same_frame))) == []
    assert said("RT103", study(ONE, OTHER, registration(FRAME, OTHER))) == []


def test_rt104_tells_a_structure_set_without_the_roi_that_was_used() -> None:
    used = ("RegistrationSequence", "UsedRTStructureSetROISequence")
    made = pointing(registration(ONE, OTHER), *refers(used, STRUCTURES))

    def by_roi(number: str) -> Instance:
        numbers = (Number("ROINumber", number, used, STRUCTURES.sop_instance_uid),)
        return replace(made, pointers=replace(made.pointers, numbers=numbers))

    assert said("RT104", study(ONE, OTHER, STRUCTURES, by_roi("1"))) == []
    assert only("RT104", study(ONE, OTHER, STRUCTURES, by_roi("2"))).message == (
        'The structure set that registration "REG 1" was made with has no ROI 2.'
    )
    assert only("RT104", study(ONE, OTHER, by_roi("2"))).message == (
        '1 object that registration "REG 1" was made with did not come with it.'
    )


@pytest.mark.parametrize(
    ("of", "message", "severity", "effect"),
    [
        (
            segmentation((), frame=""),
            'Segmentation "SEG 1" does not say to which images it belongs.',
            Severity.ERROR,
            Effect.REJECT,
        ),
        (
            blind(segmentation(ONE), series_uids=(ONE[0].series_uid,)),
            (
                'Segmentation "SEG 1" names no images, only their series, which is here; '
                "whether these are the right images cannot be proven."
            ),
            Severity.INFO,
            Effect.NOTE,
        ),
        (
            blind(segmentation(ONE), series_uids=("1.2.3",)),
            'Segmentation "SEG 1" names no images, only their series, which is missing.',
            Severity.ERROR,
            Effect.REJECT,
        ),
        (
            segmentation(()),
            'Segmentation "SEG 1" names no images; only its coordinate system fits images that are here.',
            Severity.INFO,
            Effect.NOTE,
        ),
        (
            segmentation(ct(4)),
            '1 of the 4 images of segmentation "SEG 1" is missing.',
            Severity.WARNING,
            Effect.HOLD,
        ),
        (
            segmentation(OTHER),
            'All 2 images of segmentation "SEG 1" are missing. Other images in the same coordinate system are here.',
            Severity.ERROR,
            Effect.REJECT,
        ),
    ],
)
def test_rt105_says_what_a_segmentation_does_not_find(
    of: Instance, message: str, severity: Severity, effect: Effect
) -> None:
    found = only("RT105", study(ONE, of))
    assert (found.message, found.severity, found.effect) == (message, severity, effect)


def test_rt105_says_that_the_images_are_another_copy() -> None:
    copies = [changed(one, SOPInstanceUID=f"{one.sop_instance_uid}.9") for one in ONE]
    found = only("RT105", study(copies, segmentation(ONE)))
    assert found.message.endswith("Images of the same series are here, but they are another copy.")


def test_rt106_compares_only_what_is_there() -> None:
    bare = blind(segmentation(ONE))
    for path in (LISTED, ("SourceImageSequence",)):
        assert said("RT106", study(ONE, pointing(bare, *refers(path, *ONE)))) == []
    found = only("RT106", study(ONE, segmentation(ONE[:1], derived=ONE)))
    assert (
        found.message
        == '2 images that segmentation "SEG 1" is derived from are not in its own list of images.'
    )


def test_rt107_names_the_cause_that_is_inherited() -> None:
    radiation = second_generation(DEFINITION, PLAN, number=2, sop_class=C_ARM_CLASS)
    whole = second_generation(RADIATIONS, radiation)
    assert {each.message for each in said("RT107", study(chain(4)[1:], radiation, whole))} == {
        f'Second-generation RT object "RTRAD {number}" depends on structure set "RS1", '
        "which lacks some of its images."
        for number in (1, 2)
    }
    lost, inherits = said("RT107", study(ct(), radiation, whole))
    assert lost.message == 'The foundation of second-generation RT object "RTRAD 2" is missing.'
    assert inherits.message == (
        'Second-generation RT object "RTRAD 1" depends on second-generation RT object "RTRAD 2", '
        "whose foundations did not come with it."
    )
    assert said("RT107", study(ct(), blind(whole))) == []


def test_rt110_tells_what_is_listed_and_did_not_come() -> None:
    made = second_generation(DEFINITION, PLAN, sop_class=C_ARM_CLASS, listed=(PLAN, *OTHER))
    found = only("RT110", study(chain(), made))
    assert found.message == '2 objects that second-generation RT object "RTRAD 1" lists did not come with it.'
    assert found.severity is Severity.INFO


def test_rt108_counts_over_all_that_point() -> None:
    documents = (
        beside(EVIDENCE, *OTHER, number=1, sop_class=SR_CLASS, modality="SR"),
        beside(EVIDENCE, *OTHER, number=2, sop_class=KO_CLASS, modality="KO"),
        beside(("ReferencedImageSequence",), *ONE, number=3, sop_class=RWV_CLASS, modality="RWV"),
    )
    assert only("RT108", study(ONE, documents)).message == (
        "2 presentation states, documents or value maps point at 2 objects that did not come with them."
    )
    assert only("RT108", study(ONE, documents[:1])).message == (
        "1 presentation state, document or value map points at 2 objects that did not come with it."
    )
    assert said("RT108", study(ONE, OTHER, documents)) == []


def test_what_is_archived_has_come() -> None:
    archived = dict.fromkeys((one.sop_instance_uid for one in OTHER), "S1")
    made = study(ONE, beside(EVIDENCE, *OTHER), registration(ONE, OTHER))
    found = judge(made, a_protocol(), elsewhere=archived).findings
    assert not {"RT103", "RT108"} & {each.id for each in found}


def test_a_segmentation_waits_for_its_images_and_a_registration_does_not() -> None:
    verdict = judged(study(ONE, segmentation(OTHER), registration(ONE, OTHER)))
    waiting = awaiting(verdict, a_protocol())
    assert [each.modality for each in waiting] == ["SEG"]
    assert missing(verdict, waiting) == 2
    require = {"links": {"registration_to_images": "require"}, "rt": {"partial": "quarantine"}}
    verdict = judged(study(ONE, segmentation(OTHER), registration(ONE, OTHER)), **require)
    assert [each.modality for each in awaiting(verdict, a_protocol(**require))] == ["SEG", "REG"]


def test_a_record_that_comes_late_finds_its_plan_in_the_archive() -> None:
    archived = {PLAN.sop_instance_uid: "S1"}
    late = judge(study(record(PLAN), rtimage(PLAN)), a_protocol(), elsewhere=archived)
    assert "RT120" not in {each.id for each in late.findings}
    assert late.outcome is Outcome.ARCHIVE
    deep = second_generation(DEFINITION, record(PLAN), number=2)
    again = judge(study(deep, record(PLAN)), a_protocol(), elsewhere=archived)
    assert "RT120" not in {each.id for each in again.findings}
    alone = judge(study(record(None)), a_protocol(), elsewhere=archived)
    assert alone.outcome is Outcome.HOLD


def test_against_all_of_them_together_there_is_nothing_to_say() -> None:
    radiation = second_generation(DEFINITION, PLAN, number=2, sop_class=C_ARM_CLASS)
    image = rtimage(PLAN)
    whole = study(
        chain(),
        OTHER,
        image,
        pointing(record(PLAN), *refers(VERIFYING, image)),
        registration(ONE, OTHER),
        fiducials(ONE),
        segmentation(ONE),
        radiation,
        second_generation(RADIATIONS, radiation),
        beside(EVIDENCE, *ONE),
    )
    found = judged(whole)
    assert found.outcome is Outcome.ARCHIVE
    assert [each.message for each in found.findings if each.id in OWN] == []


def test_what_lacks_one_foundation_is_no_better_than_the_other_one() -> None:
    lost = beside(LISTED, number=1), beside(LISTED, number=2)
    lower = second_generation(RADIATIONS, lost[0], number=1)
    upper = second_generation(RADIATIONS, lower, lost[1], number=2)
    verdict = summed(ct(3), lower, upper, rt={"partial": "note"})
    assert verdict.rejected == (lower, upper)


def test_the_plan_of_a_record_that_cannot_be_read_is_told_as_that() -> None:
    plan = rtplan(rtstruct(ct()))
    cut = Unreadable("plan.dcm", "It is cut short.", STUDY, plan.sop_instance_uid, plan.sop_class_uid)
    one = replace(study(ct(), record(plan)), damaged=(cut,))
    assert only("RT101", one).message.endswith("is missing. It came in a file that cannot be read.")
