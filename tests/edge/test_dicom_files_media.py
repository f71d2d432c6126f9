"""The index of a medium is understood as such, whatever it is called, and never crashes the reader."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet

from xnat_gate.core.media import Directory, findings, left_behind
from xnat_gate.core.study import READ_ALWAYS, Instance, Reading, Unreadable
from xnat_gate.edge.dicom_files import directory, read_folder, read_passing
from xnat_gate.edge.dicom_files.reading import read_file, read_object
from xnat_gate.sandbox.phantoms import ct_series, junk, rt_study, save, study_uid, ultrasound

CLASS = "1.2.840.10008.1.3.10"


def medium(folder: Path, *datasets: Dataset) -> Path:
    """A disc as a viewer burns it: DICOMDIR at the top, the objects below under names of eight letters."""
    disc = FileSet()
    for dataset in datasets:
        disc.add(dataset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        disc.write(folder, use_existing=False)
    disc._stage["t"].cleanup()  # or it complains when it is forgotten
    return folder


def written(tmp_path: Path) -> list[Dataset]:
    """An RT study and an ultrasound of another patient, as files."""
    study, other = rt_study(tmp_path / "source", slices=3), ultrasound(tmp_path / "source")
    return [*study.everything, other]


def named(datasets: list[Dataset]) -> dict[str, frozenset[str]]:
    studies = {str(one.StudyInstanceUID) for one in datasets}
    return {
        study: frozenset(str(one.SOPInstanceUID) for one in datasets if one.StudyInstanceUID == study)
        for study in studies
    }


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = tmp_path_factory.mktemp("disc")
    return medium(room / "medium", *written(room))


def lists(reading: Reading) -> list[str]:
    """Every file that was read, as often as it stands in a list."""
    return sorted(
        [
            *(one.file for one in reading.instances),
            *reading.not_dicom,
            *(one.file for one in reading.unreadable),
            *(one.file for one in reading.directories),
        ]
    )


def test_a_dicomdir_tells_which_objects_of_which_studies_lie_on_the_medium(tmp_path: Path) -> None:
    objects = written(tmp_path)
    reading = read_folder(medium(tmp_path / "medium", *objects), READ_ALWAYS)
    assert reading.directories == (Directory("DICOMDIR", named(objects)),)
    assert len(reading.instances) == 7
    assert (reading.not_dicom, reading.unreadable) == ((), ())
    assert findings(reading) == {}
    assert left_behind(reading.directories[0], reading) == 0


def test_every_file_ends_in_exactly_one_list(tmp_path: Path) -> None:
    medium(tmp_path / "drop" / "medium", *written(tmp_path))
    junk(tmp_path / "drop")
    (tmp_path / "drop" / "empty.dcm").touch()
    index = (tmp_path / "drop" / "medium" / "DICOMDIR").read_bytes()
    (tmp_path / "drop" / "cut").write_bytes(index[:-40])
    reading = read_folder(tmp_path / "drop", READ_ALWAYS)
    there = [
        path.relative_to(tmp_path / "drop").as_posix()
        for path in (tmp_path / "drop").rglob("*")
        if path.is_file()
    ]
    assert lists(reading) == sorted(there)
    assert [one.file for one in reading.directories] == ["medium/DICOMDIR"]
    assert [one.file for one in reading.unreadable] == ["cut", "empty.dcm"]


def test_it_is_known_by_its_class_and_not_by_its_name(tmp_path: Path, disc: Path) -> None:
    (tmp_path / "IM000001.dcm").write_bytes((disc / "DICOMDIR").read_bytes())
    ct_series(tmp_path, slices=1)
    (tmp_path / "CT.1.1.1.dcm").rename(tmp_path / "DICOMDIR")
    reading = read_folder(tmp_path, READ_ALWAYS)
    assert [one.file for one in reading.directories] == ["IM000001.dcm"]
    assert [one.file for one in reading.instances] == ["DICOMDIR"]


def test_a_medium_of_which_a_part_was_copied_tells_what_is_missing(tmp_path: Path) -> None:
    objects = written(tmp_path)
    folder = medium(tmp_path / "medium", *objects)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "DICOMDIR":
            head = dcmread(path, stop_before_pixels=True)
            if head.Modality == "US" or head.get("InstanceNumber") == 2:
                path.unlink()
    reading = read_folder(folder, READ_ALWAYS)
    assert [finding.message for finding in findings(reading).values()] == [
        "The DICOMDIR names 1 more object of this study, which was not copied."
    ]
    assert set(findings(reading)) == {study_uid(1)}
    assert left_behind(reading.directories[0], reading) == 1


def changed(disc: Path, change: object) -> bytes:
    """The index with a change to its records; their offsets stay those that were written."""
    assert callable(change)
    dataset = dcmread(disc / "DICOMDIR")
    whole = Dataset(dataset)
    whole.file_meta = dataset.file_meta
    change(whole)
    target = io.BytesIO()
    whole.save_as(target, enforce_file_format=True)
    return target.getvalue()


def read(content: bytes) -> Instance | Directory | Unreadable | None:
    return read_file("DICOMDIR", io.BytesIO(content), READ_ALWAYS)


def whys(content: bytes) -> str:
    found = read(content)
    assert isinstance(found, Unreadable)
    assert found.study_uid == ""
    assert found.why.endswith("copy it again from the medium.")
    return found.why


def test_a_record_that_is_not_in_use_names_nothing_nor_do_those_below_it(disc: Path) -> None:
    def retire_the_first_patient(dataset: Dataset) -> None:
        dataset.DirectoryRecordSequence[0].RecordInUseFlag = 0

    whole, rest = read((disc / "DICOMDIR").read_bytes()), read(changed(disc, retire_the_first_patient))
    assert isinstance(whole, Directory)
    assert isinstance(rest, Directory)
    assert len(whole.objects) == 2
    assert len(rest.objects) == 1


def test_records_in_circles_are_damage_and_no_endless_walk(disc: Path) -> None:
    def turn_back(dataset: Dataset) -> None:
        first = dataset.DirectoryRecordSequence[0]
        first.OffsetOfReferencedLowerLevelDirectoryEntity = (
            dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity
        )

    assert "in circles" in whys(changed(disc, turn_back))


def test_an_offset_that_leads_nowhere_is_damage(disc: Path) -> None:
    def go_astray(dataset: Dataset) -> None:
        dataset.DirectoryRecordSequence[0].OffsetOfTheNextDirectoryRecord = 5

    assert "leads to no record" in whys(changed(disc, go_astray))


def test_a_directory_of_nothing_names_nothing(disc: Path) -> None:
    def empty(dataset: Dataset) -> None:
        dataset.DirectoryRecordSequence = []
        dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0

    assert read(changed(disc, empty)) == Directory("DICOMDIR", {})


def test_the_study_that_is_named_by_the_old_way_is_known(disc: Path) -> None:
    """PS3.3 F.5.2: its UID stood as that of the object to which the record refers."""

    def old(dataset: Dataset) -> None:
        for record in dataset.DirectoryRecordSequence:
            if record.DirectoryRecordType == "STUDY":  # as long as before, so that the offsets stay right
                record[0x0004, 0x1511] = type(record["StudyInstanceUID"])(
                    0x00041511, "UI", record.StudyInstanceUID
                )
                del record.StudyInstanceUID

    found, whole = read(changed(disc, old)), read((disc / "DICOMDIR").read_bytes())
    assert found == whole


def test_an_index_without_its_class_is_known_by_the_group_it_begins_with(disc: Path) -> None:
    content = (disc / "DICOMDIR").read_bytes()
    head = b"\x02\0\x02\0UI" + struct.pack("<H", len(CLASS)) + CLASS.encode()
    assert head in content
    hidden = content.replace(head, head.replace(b"\x02\0\x02\0UI", b"\x02\0\x00\x01UI"))
    assert read(hidden) == read(content)


def test_an_object_that_claims_the_class_of_an_index_is_delivered_by_nobody(tmp_path: Path) -> None:
    (image,) = ct_series(None, slices=1, SOPClassUID=CLASS)
    save(image, tmp_path / "IM1")
    reading = read_folder(tmp_path, READ_ALWAYS)
    assert reading.instances == ()
    assert lists(reading) == ["IM1"]


@pytest.mark.parametrize("left", [0.3, 0.6, 0.9])
def test_an_index_that_was_cut_short_is_unreadable(disc: Path, left: float) -> None:
    content = (disc / "DICOMDIR").read_bytes()
    assert "cut short" in whys(content[: int(len(content) * left)])


def test_more_records_than_any_medium_holds_are_not_gathered(
    disc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST_RECORDS", 1000)
    content = (disc / "DICOMDIR").read_bytes()
    at = content.index(b"\x04\0\x20\x12SQ")
    records = b"\xfe\xff\0\xe0\0\0\0\0" * 1001
    bomb = content[:at] + b"\x04\0\x20\x12SQ\0\0" + struct.pack("<L", len(records)) + records
    assert "more than 1000 records" in whys(bomb)


def test_a_value_without_end_is_damage(disc: Path) -> None:
    def long(dataset: Dataset) -> None:
        dataset.DirectoryRecordSequence[0].DirectoryRecordType = "X" * 5000

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "5000 bytes long" in whys(changed(disc, long))


def test_among_what_xnat_gives_out_an_index_is_no_object(disc: Path) -> None:
    class Member:
        name, sha256 = "S/SCANS/1/DICOM/DICOMDIR", "00"
        content = io.BytesIO((disc / "DICOMDIR").read_bytes())

    reading = read_passing([Member()], READ_ALWAYS)
    assert reading == Reading(not_dicom=(Member.name,))


@pytest.fixture(scope="module")
def index(disc: Path) -> bytes:
    return (disc / "DICOMDIR").read_bytes()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_bytes_of_an_index_crash_the_reader(index: bytes, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.tuples(st.integers(132, len(index) - 1), st.integers(0, 255)), max_size=8))
    damaged = bytearray(index)
    for place, value in places:
        damaged[place] = value
    cut = data.draw(st.integers(132, len(index)))
    found = read(bytes(damaged[:cut]))
    assert found is None or isinstance(found, Directory | Unreadable | Instance)
    assert not isinstance(read_object("x", io.BytesIO(bytes(damaged[:cut])), READ_ALWAYS), Directory)


# -- links that lead out -----------------------------------------------------------------------------------------


def test_a_link_to_a_folder_elsewhere_is_told_and_what_it_shows_is_not_read(tmp_path: Path) -> None:
    ct_series(tmp_path / "elsewhere", slices=1)
    ct_series(tmp_path / "drop" / "inner", slices=1)
    (tmp_path / "drop" / "out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "drop" / "in").symlink_to(tmp_path / "drop" / "inner")
    reading = read_folder(tmp_path / "drop", READ_ALWAYS)
    assert [one.file for one in reading.instances] == ["inner/CT.1.1.1.dcm"]
    [left] = reading.unreadable
    assert left.file == "out"
    assert "not followed" in left.why
