"""A folder in, three lists out: where each kind of file ends, and what is never opened."""

from __future__ import annotations

import hashlib
import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from xnat_gate.core.study import READ_ALWAYS, Unreadable
from xnat_gate.edge.dicom_files import ASKABLE, digest, read_folder
from xnat_gate.sandbox.phantoms import ct_series, instance_uid, junk, rt_study, save, us


def test_every_file_of_a_study_is_read_in_the_order_of_the_paths(tmp_path: Path) -> None:
    rt_study(tmp_path / "b" / "deep")
    us(tmp_path / "a")
    reading = read_folder(tmp_path, READ_ALWAYS)
    files = [instance.file for instance in reading.instances]
    assert files == sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.dcm"))
    assert len(files) == 9
    assert (reading.not_dicom, reading.unreadable) == ((), ())
    assert all(instance.part10 and instance.digest is None for instance in reading.instances)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"CT of the phantom\n"),
        ("report.pdf", b"%PDF-1.7\n" + bytes(400)),
        (".DS_Store", b"\0\0\0\1Bud1"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        (".gitkeep", b""),
        ("desktop.ini", b""),
        ("THUMBS.DB", bytes(600)),
        ("scan.log", b""),
        ("SUMS.MD5", b""),
        ("zeros-then-junk.dcm", bytes(4096) + b"\1"),
        ("late-junk.dcm", bytes(300_000) + b"\1"),
        ("almost.dcm", bytes(128) + b"DIC"),
        ("eights.bin", b"\x08\x00" * 512),
        ("eights-big.bin", b"\x00\x08" * 512),
        ("text8", b"\x08\x00\x05\x00CS\x04\x00ABCD" + b"no more elements here"),
    ],
)
def test_what_is_no_dicom_is_listed_as_such(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    reading = read_folder(tmp_path, READ_ALWAYS)
    assert reading.not_dicom == (name,)
    assert (reading.instances, reading.unreadable) == ((), ())


@pytest.mark.parametrize("name", ["slice.dcm", "IM000001", "1.2.840.113619.2.55", "deep/notes.txt.dcm"])
@pytest.mark.parametrize(
    ("size", "told"), [(0, "is empty"), (1, "but zeros"), (128, "but zeros"), (300_000, "but zeros")]
)
def test_a_slice_whose_copy_broke_off_before_its_first_byte_does_not_pass_for_junk(
    tmp_path: Path, name: str, size: int, told: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(bytes(size))
    reading = read_folder(tmp_path, READ_ALWAYS)
    (remainder,) = reading.unreadable
    assert (remainder.file, remainder.study_uid) == (name, "")
    assert told in remainder.why
    assert remainder.why.endswith("copying it broke off; copy or export it again.")
    assert (reading.instances, reading.not_dicom) == ((), ())


def test_a_text_of_nothing_but_zeros_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(bytes(512))
    assert [each.file for each in read_folder(tmp_path, READ_ALWAYS).unreadable] == ["notes.txt"]


def test_a_large_hole_is_read_without_filling_the_memory(tmp_path: Path) -> None:
    with (tmp_path / "hole.dcm").open("wb") as file:
        file.truncate(1 << 28)
    tracemalloc.start()
    reading = read_folder(tmp_path, READ_ALWAYS)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "but zeros" in reading.unreadable[0].why
    assert most < 1 << 21


def test_a_dicomdir_is_an_index_and_no_object(tmp_path: Path) -> None:
    (image,) = ct_series(None, slices=1, SOPClassUID="1.2.840.10008.1.3.10")
    save(image, tmp_path / "DICOMDIR")
    reading = read_folder(tmp_path, READ_ALWAYS)
    assert [each.file for each in (*reading.directories, *reading.unreadable)] == ["DICOMDIR"]
    assert (reading.instances, reading.not_dicom) == ((), ())


def test_a_path_may_be_one_file(tmp_path: Path) -> None:
    ct_series(tmp_path, slices=2)
    (instance,) = read_folder(tmp_path / "CT.1.1.2.dcm", READ_ALWAYS).instances
    assert (instance.file, instance.sop_instance_uid) == ("CT.1.1.2.dcm", instance_uid(1, 1, 2))


def test_a_path_that_is_not_there_is_an_error_and_no_empty_reading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_folder(tmp_path / "nowhere", READ_ALWAYS)


def test_a_wanted_word_that_is_no_keyword_is_an_error_even_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="PatientNaem"):
        read_folder(tmp_path, frozenset({"PatientNaem"}))


def test_files_that_claim_one_uid_get_a_digest_and_others_do_not(tmp_path: Path) -> None:
    ct_series(tmp_path / "one", slices=2)
    ct_series(tmp_path / "two", slices=1, StationName="ELSEWHERE")
    digests = {each.file: each.digest for each in read_folder(tmp_path, READ_ALWAYS).instances}
    assert digests == {
        "one/CT.1.1.1.dcm": hashlib.sha256((tmp_path / "one/CT.1.1.1.dcm").read_bytes()).hexdigest(),
        "one/CT.1.1.2.dcm": None,
        "two/CT.1.1.1.dcm": digest(tmp_path / "two/CT.1.1.1.dcm"),
    }
    assert digests["one/CT.1.1.1.dcm"] != digests["two/CT.1.1.1.dcm"]


def test_progress_counts_every_file(tmp_path: Path) -> None:
    ct_series(tmp_path, slices=2)
    junk(tmp_path)
    told: list[int] = []
    read_folder(tmp_path, READ_ALWAYS, told.append)
    assert told == [1, 2, 3]


def test_a_link_to_a_file_of_the_same_folder_is_read(tmp_path: Path) -> None:
    ct_series(tmp_path, slices=1)
    (tmp_path / "link.dcm").symlink_to("CT.1.1.1.dcm")
    assert [each.file for each in read_folder(tmp_path, READ_ALWAYS).instances] == [
        "CT.1.1.1.dcm",
        "link.dcm",
    ]


def test_a_link_to_a_file_elsewhere_is_not_followed_but_told(tmp_path: Path) -> None:
    ct_series(tmp_path / "elsewhere", slices=1)
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "link.dcm").symlink_to(tmp_path / "elsewhere" / "CT.1.1.1.dcm")
    (tmp_path / "drop" / "dangling.dcm").symlink_to(tmp_path / "nothing")
    reading = read_folder(tmp_path / "drop", READ_ALWAYS)
    assert reading.instances == ()
    assert [(each.file, "link" in each.why) for each in reading.unreadable] == [
        ("dangling.dcm", True),
        ("link.dcm", True),
    ]


def test_links_to_folders_are_passed_by_even_when_they_go_round_in_circles(tmp_path: Path) -> None:
    ct_series(tmp_path / "inner", slices=1)
    (tmp_path / "inner" / "circle").symlink_to(tmp_path, target_is_directory=True)
    assert [each.file for each in read_folder(tmp_path, READ_ALWAYS).instances] == ["inner/CT.1.1.1.dcm"]


def test_pipes_and_sockets_are_told_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        reading = read_folder(tmp_path, READ_ALWAYS)
    assert [each.file for each in reading.unreadable] == ["pipe", "socket"]
    assert all("remove it" in each.why for each in reading.unreadable)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser is refused nothing")
def test_what_the_disk_refuses_is_told_with_the_remedy(tmp_path: Path) -> None:
    ct_series(tmp_path, slices=2)
    (tmp_path / "CT.1.1.1.dcm").chmod(0)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    reading = read_folder(tmp_path, READ_ALWAYS)
    locked.chmod(0o700)
    assert [each.file for each in reading.instances] == ["CT.1.1.2.dcm"]
    assert [each.file for each in reading.unreadable] == ["CT.1.1.1.dcm", "locked"]
    assert all("the right to read it" in each.why for each in reading.unreadable)


def test_hundreds_of_folders_in_each_other_are_no_difficulty(tmp_path: Path) -> None:
    deepest = tmp_path
    for _ in range(600):
        deepest = deepest / "d"
        deepest.mkdir()
    ct_series(deepest, slices=1)
    (instance,) = read_folder(tmp_path, READ_ALWAYS).instances
    assert instance.file == "d/" * 600 + "CT.1.1.1.dcm"


def test_names_that_are_no_unicode_do_not_stop_the_reader(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe.txt")).write_bytes(b"?")
    (name,) = read_folder(tmp_path, READ_ALWAYS).not_dicom
    assert os.fsencode(name) == b"\xff\xfe.txt"


def test_no_patient_is_named_in_a_reason(tmp_path: Path) -> None:
    rt_study(tmp_path)
    for path in tmp_path.glob("*.dcm"):
        path.write_bytes(path.read_bytes()[:-30])
    unreadable = read_folder(tmp_path, READ_ALWAYS).unreadable
    assert len(unreadable) == 8
    assert all(isinstance(each, Unreadable) and "WATER" not in each.why for each in unreadable)


def test_all_of_the_standard_can_be_asked_for_but_commands_and_what_only_parts_a_file() -> None:
    assert {step for name in READ_ALWAYS for step in name.split(".")} <= ASKABLE.keys()
    assert {"TransferSyntaxUID", "BurnedInAnnotation", "BeamSequence", "PixelData"} <= ASKABLE.keys()
    assert (
        not {"", "CommandField", "FileMetaInformationGroupLength", "SequenceDelimitationItem"}
        & ASKABLE.keys()
    )
