"""What is alike: which of two classes, with whom, how often, and what the protocol makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.alike import JANE, JOHN, Compared, a_print, found, prints_of
from tests.core.studies import ROOT, STUDY, changed, ct, instance, rtstruct, study
from xnat_gate.core.finding import Effect
from xnat_gate.core.likeness import ASKED, Print

OTHER_STUDY = f"{ROOT}.8"
SLICES = ct(3)


def before(
    *, pixels: str = "old", content: str = "old", patient: str = JANE, other: str = OTHER_STUDY
) -> tuple[Print, ...]:
    """What is remembered of three slices with other UIDs; the words as in `prints_of`."""
    slices = ct(3, series=f"{ROOT}.8.3", StudyInstanceUID=other)
    return tuple(prints_of(slices, pixels, content, patient).values())


def told(compared: Compared) -> list[tuple[str, str]]:
    return [(one.id, one.message) for one in found(compared)]


@pytest.mark.parametrize(
    ("patient", "other", "whose"),
    [
        (JOHN, OTHER_STUDY, "images of another study that came before (another patient ID)"),
        (JANE, OTHER_STUDY, "images of another study that came before (the same patient ID)"),
        (JANE, STUDY, "other images of this study"),
        (JOHN, STUDY, "other images of this study (another patient ID)"),
    ],
)
def test_the_same_pixels_are_told_with_how_near_the_other_one_is(
    patient: str, other: str, whose: str
) -> None:
    known = before(pixels="picture", patient=patient, other=other)
    compared = Compared(study(SLICES), prints_of(SLICES), known)
    assert told(compared) == [("RT016", f"3 images are pixel for pixel the same as {whose}.")]


@pytest.mark.parametrize(
    ("other", "whose"),
    [
        (OTHER_STUDY, "an object of another study that came before (the same patient ID)"),
        (STUDY, "another object of this study"),
    ],
)
def test_one_object_under_a_new_uid_is_told_in_the_singular(other: str, whose: str) -> None:
    known = before(content="content", other=other)[:1]
    compared = Compared(study(SLICES), prints_of(SLICES), known)
    assert told(compared) == [("RT017", f"1 object is, but for its UIDs, the same as {whose}.")]


def test_what_is_alike_in_pixels_and_content_is_told_once_as_the_same_content() -> None:
    known = before(pixels="picture", content="content")
    assert [one.id for one in found(Compared(study(SLICES), prints_of(SLICES), known))] == ["RT017"]


def test_a_copy_in_the_study_does_not_hide_the_twin_at_another_patient() -> None:
    copies = [replace(one, file=f"copy of {one.file}") for one in ct(3, series=f"{ROOT}.8.4")]
    prints = {**prints_of(SLICES), **prints_of(copies)}
    compared = Compared(study(SLICES, copies), prints, before(pixels="picture", patient=JOHN))
    assert told(compared) == [
        (
            "RT016",
            "6 images are pixel for pixel the same as images of another study that came before (another patient ID).",
        ),
        ("RT017", "6 objects are, but for their UIDs, the same as other objects of this study."),
    ]


def test_another_patient_is_told_first() -> None:
    known = (*before(pixels="picture"), *before(pixels="picture", patient=JOHN, other=f"{ROOT}.9"))
    first, second = found(Compared(study(SLICES), prints_of(SLICES), known))
    assert "(another patient ID)" in first.message
    assert "(the same patient ID)" in second.message


def test_the_same_object_again_is_no_copy_of_itself() -> None:
    prints = prints_of(SLICES)
    assert found(Compared(study(SLICES), prints, tuple(prints.values()))) == ()


def test_two_files_that_claim_one_identity_are_left_to_rt012_and_rt013() -> None:
    again = replace(SLICES[0], file="again.dcm")
    prints = {one.file: a_print(one.sop_instance_uid, "picture", "content") for one in (SLICES[0], again)}
    assert found(Compared(study(SLICES[0], again), prints)) == ()


def test_one_object_in_two_files_counts_once() -> None:
    again = replace(SLICES[0], file="again.dcm")
    prints = {one.file: a_print(one.sop_instance_uid, "picture 0") for one in (SLICES[0], again)}
    (one,) = found(Compared(study(SLICES[0], again), prints, before(pixels="picture")))
    assert one.message.startswith("1 image is ")


def test_nothing_to_compare_is_like_nothing() -> None:
    blank = {one.file: a_print(one.sop_instance_uid) for one in SLICES}
    known = (a_print(f"{OTHER_STUDY}.1", patient=JOHN),)
    assert found(Compared(study(SLICES), blank, known)) == ()


def test_objects_without_a_print_are_passed_by() -> None:
    prints = prints_of(SLICES)
    del prints[SLICES[0].file]
    (one,) = found(Compared(study(SLICES), prints, before(pixels="picture")))
    assert one.message.startswith("2 images ")


def test_a_finding_is_about_the_series_concerned_and_no_other() -> None:
    structures = rtstruct(SLICES)
    prints = {**prints_of(SLICES), structures.file: a_print(structures.sop_instance_uid, content="contours")}
    (one,) = found(Compared(study(SLICES, structures), prints, before(pixels="picture")))
    assert one.about == (SLICES[0].series_uid,)


def test_without_a_series_it_is_about_the_study() -> None:
    bare = tuple(changed(one, SeriesInstanceUID=None) for one in SLICES)
    (one,) = found(Compared(study(bare), prints_of(bare), before(pixels="picture")))
    assert one.about == (STUDY,)


@pytest.mark.parametrize(("id", "key"), [("RT016", "same_pixels"), ("RT017", "new_uid")])
@pytest.mark.parametrize("effect", [Effect.NOTE, Effect.HOLD, Effect.QUARANTINE])
def test_the_protocol_says_what_follows(id: str, key: str, effect: Effect) -> None:
    words = {"pixels": "picture"} if id == "RT016" else {"content": "content"}
    compared = Compared(study(SLICES), prints_of(SLICES), before(**words))
    (one,) = found(compared, duplicates={key: effect.value})
    assert (one.id, one.effect, one.bars_delivery) == (id, effect, False)


def test_the_titles_say_for_logs_what_holds_when_all_is_well() -> None:
    compared = Compared(study(SLICES), prints_of(SLICES), before(pixels="picture"))
    assert [one.nameless for one in found(compared)] == ["expected: A picture has one header"]


marks = st.sampled_from(["", "a", "b"])
some_prints = st.lists(
    st.builds(
        Print,
        sop_instance_uid=st.sampled_from([f"{ROOT}.7.{n}" for n in range(5)]),
        study_uid=st.sampled_from([STUDY, OTHER_STUDY]),
        patient=st.sampled_from([JANE, JOHN]),
        pixels=marks,
        content=marks,
    ),
    max_size=8,
)


def in_study(prints: Sequence[Print]) -> Compared:
    """These prints as those of the files of one study."""
    objects = [
        instance(f"{n}.dcm", "1.2", "CT", one.sop_instance_uid, f"{ROOT}.7") for n, one in enumerate(prints)
    ]
    return Compared(study(objects), {one.file: seen for one, seen in zip(objects, prints, strict=True)})


@given(some_prints, some_prints)
def test_the_index_finds_what_comparing_every_pair_finds(own: list[Print], known: list[Print]) -> None:
    expected: dict[tuple[str, bool, bool], set[str]] = {}
    for one in own:
        alike: dict[tuple[bool, bool], set[str]] = {}
        for other in (*own, *known):
            if one.sop_instance_uid == other.sop_instance_uid and one.patient != other.patient:
                before = ("RT015", True, one.study_uid != other.study_uid)
                expected.setdefault(before, set()).add(one.sop_instance_uid)
            if one.sop_instance_uid != other.sop_instance_uid:
                near = (one.patient != other.patient, one.study_uid != other.study_uid)
                ways = alike.setdefault(near, set())
                ways |= {"RT017"} if one.content and one.content == other.content else set()
                ways |= {"RT016"} if one.pixels and one.pixels == other.pixels else set()
        for near, ways in alike.items():
            if ways:
                expected.setdefault((max(ways), *near), set()).add(one.sop_instance_uid)
    compared = replace(in_study(own), known=tuple(known))
    heard = found(compared)
    assert sorted((one.id, int(one.message.split()[0])) for one in heard) == sorted(
        (id, len(uids)) for (id, *_), uids in expected.items()
    )
    assert {one.id for one in heard} <= set(ASKED)


@given(some_prints, some_prints)
def test_the_order_of_what_came_before_makes_no_difference(own: list[Print], known: list[Print]) -> None:
    forth, back = (replace(in_study(own), known=tuple(order)) for order in (known, reversed(known)))
    assert found(forth) == found(back)


# --- the same object under another patient (RT015) --------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "where"), [(STUDY, "in a study of the same UID"), (OTHER_STUDY, "in another study")]
)
def test_objects_that_came_under_another_patient_are_told_with_their_number(other: str, where: str) -> None:
    known = prints_of((replace(one, file=one.file) for one in SLICES), "old", "old", JOHN)
    known = {file: replace(seen, study_uid=other) for file, seen in known.items()}
    compared = Compared(study(SLICES), prints_of(SLICES), tuple(known.values()))
    assert told(compared) == [("RT015", f"3 objects have come under another patient ID, {where}.")]


def test_images_of_a_phantom_may_come_under_any_patient() -> None:
    known = tuple(prints_of(SLICES, "picture", "old", JOHN).values())
    compared = Compared(study(SLICES), prints_of(SLICES), known)
    assert [one.id for one in found(compared)] == ["RT015"]
    assert found(compared, phantoms={"uid_prefixes": [SLICES[0].series_uid]}) == ()
