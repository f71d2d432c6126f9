"""Late RT objects that join the session of their images: broken off, met by others, and not what they seem."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import requests
from pydicom.dataset import Dataset

from tests.hospital import Site
from tests.roads.looking import in_xnat, looked, once_before, rejected_in_xnat
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit
from xnat_gate.core.manifest import Holding, Manifest
from xnat_gate.core.manifest_text import write
from xnat_gate.core.states import State
from xnat_gate.edge.xnat import Xnat, late_scans
from xnat_gate.roads import joining
from xnat_gate.roads.gate import Passage
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtdose, rtplan, rtstruct, save, ultrasound

CORK = Patient("PHANTOM^CORK", "CORK-1")
LABELS = {"subject": "PHANTOM_CORK", "session": "CORK-1"}
NUMBERS = itertools.count()
ARCHIVED = "/data/projects/HOSPITAL/experiments/CORK-1"


class Killed(BaseException):
    """Stands for kill -9: nothing of the product catches it, and joining has nothing to tidy up."""


@dataclass
class Case:
    """A study at a site, object by object; `sent`: SHA-256 of every file that went into XNAT."""

    site: Site
    images: list[Dataset] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def put(self, *objects: Dataset, into: str = "HOSPITAL", labels: dict[str, str] | None = None) -> str:
        """Somebody sends these to XNAT's prearchive; the URI of their row."""
        folder = self.site.root / f"sent-{next(NUMBERS)}"
        for one in objects:
            path = folder / f"{one.SOPInstanceUID}.dcm"
            save(one, path)
            self.sent.append(hashlib.sha256(path.read_bytes()).hexdigest())
        return self.site.upload(folder, into, **(LABELS if labels is None else labels))

    @property
    def whole(self) -> list[str]:
        return sorted(self.sent)

    @property
    def archived(self) -> list[str]:
        return self.site.digests("HOSPITAL", "CORK-1")


@pytest.fixture
def case(site: Site) -> Case:
    """Two images of a study, archived."""
    one = Case(site, images=ct_series(None, CORK, slices=2))
    one.put(*one.images)
    assert [passage.state for passage in looked(site)] == [State.ARCHIVED]
    return one


def radiotherapy(images: Sequence[Dataset]) -> list[Dataset]:
    """A structure set, a plan and a dose over these images."""
    structures = rtstruct(None, images)
    plan = rtplan(None, structures)
    return [structures, plan, rtdose(None, plan)]


def ask(site: Site, method: str, path: str, body: bytes = b"", **query: str) -> requests.Response:
    """Somebody asks this of XNAT."""
    answer = requests.request(
        method, site.sandbox.url + path, params=query, data=body, auth=("admin", "admin"), timeout=30
    )
    assert answer.status_code < 400, answer.text
    return answer


def states(passages: Sequence[Passage]) -> list[State]:
    return [one.state for one in passages]


def killed(
    monkeypatch: pytest.MonkeyPatch, site: Site, owner: object, name: str, moment: str, at: int
) -> None:
    """A look that dies around the call number `at` of this step."""
    whole, calls = getattr(owner, name), 0

    def dying(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if (calls, moment) == (at, "before"):
            raise Killed
        answer = whole(*given, **named)
        if (calls, moment) == (at, "after"):
            raise Killed
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dying)
        with pytest.raises(Killed):
            looked(site)


# --- broken off -------------------------------------------------------------------------------------------------

MOMENTS: list[tuple[object, str, str, int]] = [
    (Xnat, "annotate", "after", 1),
    (Xnat, "add_scan", "after", 1),
    (Xnat, "add_file", "before", 1),
    (Xnat, "add_file", "after", 1),
    (late_scans, "shown", "before", 1),
    (Xnat, "add_file", "after", 2),
    (Xnat, "delete", "before", 1),
]


def test_a_joining_killed_at_any_step_is_finished_by_the_next_look_and_once(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step after the other, each time with another part of the study."""
    for number, (owner, name, moment, at) in enumerate(MOMENTS):
        late = [
            rtstruct(None, case.images, series=20 + 10 * number + n, number=20 + 10 * number + n)
            for n in range(2)
        ]
        case.put(*late)
        killed(monkeypatch, case.site, owner, name, moment, at)
        assert states(looked(case.site)) == [State.ARCHIVED], (name, moment, at)
        assert case.archived == case.whole, (name, moment, at)
        assert case.site.waiting("HOSPITAL") == []


def test_a_joining_killed_after_its_row_went_leaves_nothing_to_do(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.put(*radiotherapy(case.images))
    killed(monkeypatch, case.site, joining, "record", "before", 1)
    assert looked(case.site) == []
    assert case.archived == case.whole


def test_rt_that_is_sent_a_second_time_is_a_conflict_and_nothing_goes(case: Case) -> None:
    late = radiotherapy(case.images)
    case.put(*late)
    assert states(looked(case.site)) == [State.ARCHIVED]
    before = case.archived
    case.put(*late)
    (told,) = looked(case.site)
    assert told.state is State.HELD
    assert "3 of 3 objects are already in session CORK-1" in told.why
    assert case.archived == before
    assert in_xnat(case.site) == case.whole


def test_one_object_with_other_contents_holds_the_whole_of_it(case: Case) -> None:
    structures, plan, dose = radiotherapy(case.images)
    case.put(structures)
    assert states(looked(case.site)) == [State.ARCHIVED]
    before = case.archived
    structures.StructureSetLabel = "EDITED"
    case.put(structures, plan, dose)
    (told,) = looked(case.site)
    assert told.state is State.HELD
    assert "1 of them with other contents" in told.why
    assert case.archived == before
    assert in_xnat(case.site) == case.whole


def test_another_file_of_the_same_name_in_the_scan_stays_and_the_row_waits(case: Case) -> None:
    structures = rtstruct(None, case.images)
    row = case.put(structures)
    (name,) = (
        file["Name"]
        for file in case.site.get(f"/data{row}/scans/11/resources/DICOM/files?format=json").json()[
            "ResultSet"
        ]["Result"]
    )
    ask(
        case.site,
        "PUT",
        f"{ARCHIVED}/scans/11",
        xsiType="xnat:rtImageScanData",
        UID=structures.SeriesInstanceUID,
    )
    ask(case.site, "PUT", f"{ARCHIVED}/scans/11/resources/DICOM/files/{name}", b"somebody's", inbody="true")
    (told,) = looked(case.site)
    assert told.state is State.HELD
    assert in_xnat(case.site) == sorted([*case.whole, hashlib.sha256(b"somebody's").hexdigest()])


# --- what comes in between --------------------------------------------------------------------------------------


def test_what_comes_into_the_row_while_it_joins_is_judged_by_the_next_look(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    structures, plan, dose = radiotherapy(case.images)
    case.put(structures, plan)
    once_before(monkeypatch, Xnat, "add_file", lambda: case.put(dose))
    assert states(looked(case.site)) == [State.DELIVERED]
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert case.archived == case.whole


def test_what_is_forbidden_and_comes_while_it_joins_does_not_go_in(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.put(rtstruct(None, case.images))
    once_before(monkeypatch, Xnat, "add_file", lambda: case.put(ultrasound(None, CORK, study=1)))
    assert states(looked(case.site)) == [State.DELIVERED]
    looked(case.site)
    assert len(case.archived) == 3
    assert in_xnat(case.site) == sorted([*case.whole, case.sent[2]])
    assert [row["name"] for row in case.site.waiting("HOSPITAL") + case.site.waiting("QUARANTINE")] == [
        "CORK-1"
    ]


def test_two_looks_at_once_add_each_object_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.put(*radiotherapy(case.images))
    others: list[Passage] = []
    once_before(monkeypatch, Xnat, "add_file", lambda: others.extend(looked(case.site)))
    mine = looked(case.site)
    assert State.ARCHIVED in states([*others, *mine])
    looked(case.site)
    assert case.archived == case.whole
    assert case.site.waiting("HOSPITAL") == []


def test_a_hold_that_the_importer_leaves_after_the_look_began_is_heeded(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The importer warns as soon as the row waits; a scheduled look may have begun by then."""
    row = case.put(*radiotherapy(case.images))

    def warned() -> None:
        held = Manifest(
            study_uid=str(case.images[0].StudyInstanceUID), uri=row, changed="", keywords=frozenset(), instances=(),
            prints={}, holdings=(Holding("RT014", "these objects are in another study, too"),),
        )  # fmt: skip
        ask(
            case.site,
            "PUT",
            f"/data{row}/resources/GATE/files/manifest.json",
            write(held).encode(),
            inbody="true",
        )

    once_before(monkeypatch, Xnat, "session", warned)
    looked(case.site)
    assert len(case.archived) == 2
    assert states(looked(case.site)) == [State.HELD]


def test_a_scan_that_somebody_makes_at_the_same_moment_keeps_its_series(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.put(rtstruct(None, case.images))
    theirs = {"xsiType": "xnat:rtImageScanData", "UID": "1.2.3.4"}
    once_before(
        monkeypatch, Xnat, "add_scan", lambda: ask(case.site, "PUT", f"{ARCHIVED}/scans/11", **theirs)
    )
    looked(case.site)
    looked(case.site)
    rows = case.site.get(f"{ARCHIVED}/scans?format=json&columns=ID,UID").json()["ResultSet"]["Result"]
    assert "1.2.3.4" in {row["UID"] for row in rows}


# --- what must not be lost or changed ---------------------------------------------------------------------------


def test_a_document_that_somebody_laid_beside_the_row_is_not_lost_with_it(case: Case) -> None:
    row = case.put(*radiotherapy(case.images))
    ask(case.site, "PUT", f"/data{row}/resources/LETTERS/files/letter.txt", b"a letter", inbody="true")
    looked(case.site)
    found = case.site.get(f"{ARCHIVED}/resources/LETTERS/files/letter.txt")
    waiting = case.site.get(f"/data{row}/resources/LETTERS/files/letter.txt")
    assert b"a letter" in (found.content, waiting.content)


def test_what_a_person_has_said_of_a_scan_stays(case: Case) -> None:
    series = {"series": 11, "number": 11}
    case.put(rtstruct(None, case.images, **series))
    assert states(looked(case.site)) == [State.ARCHIVED]
    ask(case.site, "PUT", f"{ARCHIVED}/scans/11", quality="unusable", type="by hand")
    case.put(rtstruct(None, case.images, instance=2, **series))
    assert states(looked(case.site)) == [State.ARCHIVED]
    (scan,) = (
        row
        for row in case.site.get(f"{ARCHIVED}/scans?format=json").json()["ResultSet"]["Result"]
        if row["ID"] == "11"
    )
    assert (scan["quality"], scan["type"]) == ("unusable", "by hand")


def test_the_last_whole_copy_of_an_object_does_not_go_on_the_word_of_a_catalogue(site: Site) -> None:
    case = Case(site, images=ct_series(None, CORK, slices=2))
    structures, plan, dose = radiotherapy(case.images)
    case.put(*case.images, structures)
    assert states(looked(site)) == [State.ARCHIVED]
    (place,) = (site.root / "xnat" / "archive").rglob(f"*{structures.SOPInstanceUID}*.dcm")
    place.write_bytes(place.read_bytes()[:400])
    case.put(structures, plan, dose)
    looked(site)
    assert case.sent[2] in in_xnat(site)


# --- labels -----------------------------------------------------------------------------------------------------


def test_a_session_label_that_differs_in_case_is_not_joined_unasked(site: Site) -> None:
    case = Case(site, images=ct_series(None, CORK, slices=2))
    row = case.put(*case.images)
    ask(site, "POST", "/data/services/archive", src=row, subject="PHANTOM_CORK", session="cork-1")
    case.put(*radiotherapy(case.images))
    assert states(looked(site)) == [State.HELD]
    assert site.sessions("HOSPITAL") == ["cork-1"]
    assert in_xnat(site) == case.whole


def test_a_subject_label_that_differs_in_case_is_the_same_subject(site: Site) -> None:
    case = Case(site, images=ct_series(None, CORK, slices=2))
    row = case.put(*case.images)
    ask(site, "POST", "/data/services/archive", src=row, subject="phantom_cork", session="CORK-1")
    case.put(*radiotherapy(case.images))
    assert states(looked(site)) == [State.ARCHIVED]
    assert case.archived == case.whole


@pytest.mark.parametrize("query", [{"label": "RENAMED"}, {"subject_ID": "SOMEBODY_ELSE"}])
def test_a_session_that_somebody_renamed_or_gave_to_another_subject_is_not_joined(
    case: Case, query: dict[str, str]
) -> None:
    if "subject_ID" in query:
        ask(case.site, "PUT", "/data/projects/HOSPITAL/subjects/SOMEBODY_ELSE")
    ask(case.site, "PUT", ARCHIVED, **query)
    case.put(*radiotherapy(case.images))
    looked(case.site)
    assert in_xnat(case.site) == case.whole or rejected_in_xnat(case.site)
    assert len(case.site.sessions("HOSPITAL")) == 1
    (label,) = case.site.sessions("HOSPITAL")
    assert len(case.site.digests("HOSPITAL", label)) == 2


def test_labels_with_which_a_row_came_do_not_choose_the_session_that_it_joins(case: Case) -> None:
    other = Case(case.site, images=ct_series(None, Patient("PHANTOM^BARK", "BARK-1"), study=2, slices=2))
    other.put(*other.images, labels={"subject": "PHANTOM_BARK", "session": "BARK-1"})
    assert states(looked(case.site)) == [State.ARCHIVED]
    other.put(*radiotherapy(other.images), labels=LABELS)
    assert states(looked(case.site)) == [State.ARCHIVED]
    assert len(case.archived) == 2
    assert case.site.digests("HOSPITAL", "BARK-1") == other.whole


# --- another patient --------------------------------------------------------------------------------------------


def test_a_structure_set_of_a_namesake_is_not_linked_to_the_images_of_another_patient(case: Case) -> None:
    """The subject is the name, by the default protocol; within one study another PatientID makes it an orphan."""
    namesake = Patient("PHANTOM^CORK", "CORK-2")
    case.put(
        rtstruct(None, case.images, patient=namesake, study=2),
        labels={"subject": "PHANTOM_CORK", "session": "CORK-2"},
    )
    looked(case.site)
    assert case.site.sessions("HOSPITAL") == ["CORK-1"]


def test_a_late_object_of_another_patient_does_not_join_where_the_label_is_not_the_patients_id(
    site: Site,
) -> None:
    protocol = site.protocol('labels: {subject: "{PatientName}", session: "{StudyID}"}\n')
    labels = {"subject": "PHANTOM_CORK", "session": "S1"}
    case = Case(site, images=ct_series(None, CORK, slices=2, StudyID="S1"))
    case.put(*case.images, labels=labels)
    assert states(looked(site, protocol=protocol)) == [State.ARCHIVED]
    case.put(rtstruct(None, case.images, PatientID="SOMEBODY-ELSE"), labels=labels)
    looked(site, protocol=protocol)
    assert len(site.digests("HOSPITAL", "S1")) == 2


# --- quarantine -------------------------------------------------------------------------------------------------

LEAKY = {"ManufacturerModelName": "Leaky"}
DENIES = "deny: {ManufacturerModelName: [Leaky]}\n"


@pytest.fixture
def quarantined(site: Site) -> Case:
    """A study that the protocol forbids, archived in QUARANTINE."""
    site.protocol(DENIES)
    case = Case(site, images=ct_series(None, CORK, slices=2, **LEAKY))
    case.put(*case.images)
    assert states(looked(site, protocol=site.root / "mine.yaml")) == [State.QUARANTINED]
    return case


def test_late_rt_that_is_forbidden_as_its_images_joins_them_in_quarantine(quarantined: Case) -> None:
    site = quarantined.site
    quarantined.put(rtstruct(None, quarantined.images, **LEAKY))
    assert states(looked(site, protocol=site.root / "mine.yaml")) == [State.QUARANTINED]
    assert site.digests("QUARANTINE", "CORK-1") == quarantined.whole
    assert site.sessions("HOSPITAL") == []


def test_late_rt_that_is_clean_waits_when_its_images_are_in_quarantine(quarantined: Case) -> None:
    site = quarantined.site
    quarantined.put(*radiotherapy(quarantined.images))
    (told,) = looked(site, protocol=site.root / "mine.yaml")
    assert told.state is State.HELD
    assert "in session CORK-1 of QUARANTINE" in told.why
    assert site.sessions("HOSPITAL") == []
    assert in_xnat(site) == quarantined.whole


def test_late_rt_of_a_study_of_which_a_part_is_in_quarantine_waits_for_a_person(case: Case) -> None:
    """As late images of such a study do: it has been torn apart, and nobody has said that it may grow."""
    site = case.site
    row = case.put(*ct_series(None, CORK, series=3, number=3, slices=2, **LEAKY), into="QUARANTINE")
    ask(site, "POST", "/data/services/archive", src=row, subject="PHANTOM_CORK", session="CORK-1")
    case.put(*radiotherapy(case.images))
    assert states(looked(site)) == [State.HELD]
    assert len(case.archived) == 2


def test_late_rt_of_a_study_of_which_a_part_has_another_label_waits_for_a_person(case: Case) -> None:
    site = case.site
    row = case.put(*ct_series(None, CORK, series=3, number=3, slices=2), labels={"session": "PART-2"})
    ask(site, "POST", "/data/services/archive", src=row, subject="PHANTOM_CORK", session="PART-2")
    case.put(*radiotherapy(case.images))
    assert states(looked(site)) == [State.HELD]
    assert len(case.archived) == 2


def test_late_rt_joins_a_study_that_an_administrator_has_released_from_quarantine(quarantined: Case) -> None:
    site = quarantined.site
    ask(
        site, "PUT", "/data/projects/QUARANTINE/subjects/PHANTOM_CORK/projects/HOSPITAL", primary="true",
        format="json",
    )  # fmt: skip
    ask(site, "PUT", "/data/projects/QUARANTINE/experiments/CORK-1/projects/HOSPITAL", primary="true")
    quarantined.put(*radiotherapy(quarantined.images))
    assert states(looked(site, protocol=site.root / "mine.yaml")) == [State.ARCHIVED]
    assert quarantined.archived == quarantined.whole


def test_late_rt_of_a_study_that_stays_in_the_prearchive_of_quarantine_is_not_rejected(site: Site) -> None:
    protocol = site.protocol(DENIES + "quarantine: prearchive\n")
    case = Case(site, images=ct_series(None, CORK, slices=2, **LEAKY))
    case.put(*case.images)
    assert states(looked(site, protocol=protocol)) == [State.QUARANTINED]
    case.put(*radiotherapy(case.images))
    looked(site, protocol=protocol)
    assert rejected_in_xnat(site) == []
    assert in_xnat(site) == case.whole


# --- what is always late ----------------------------------------------------------------------------------------


def test_a_portal_image_that_comes_after_its_plan_was_archived_joins_its_session(case: Case) -> None:
    case.put(*radiotherapy(case.images))
    assert states(looked(case.site)) == [State.ARCHIVED]
    image = rtdose(None, rtplan(None, rtstruct(None, case.images)), series=40, number=40)
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.1"
    image.Modality = "RTIMAGE"
    case.put(image)
    assert states(looked(case.site)) == [State.ARCHIVED]


# --- whoever may not see QUARANTINE -----------------------------------------------------------------------------


def test_a_member_gets_a_report_on_a_session_whose_links_are_open(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(site)
    images = ct_series(None, CORK, slices=2)
    row = case.put(*images, rtstruct(None, ct_series(None, CORK, series=9, slices=2), series=14))
    ask(site, "POST", "/data/services/archive", src=row, **LABELS)
    (found,) = site.get("/data/projects/HOSPITAL/experiments?format=json").json()["ResultSet"]["Result"]
    monkeypatch.setenv("XNAT_USER", "member")
    monkeypatch.setenv("XNAT_PASS", "member")
    assert main(["session", found["ID"]]) == Exit.STOPPED
