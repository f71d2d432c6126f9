"""Zips that pass by: read from the front, member by member, while they are downloaded."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from xnat_gate.core.study import READ_ALWAYS
from xnat_gate.edge import bundles, dicom_files
from xnat_gate.edge.bundles import BundleBroken, Member, passing
from xnat_gate.sandbox.phantoms import ct_series, rt_study

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


class Pipe(io.RawIOBase):
    """Nothing can go back in it: sizes and checksums follow the members, as in the zips of Java."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self.written += piece
        return len(piece)


def zipped(members: dict[str, bytes], compression: int = DEFLATED, *, piped: bool = True) -> bytes:
    target = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return bytes(target.written if isinstance(target, Pipe) else target.getvalue())


def in_pieces(whole: bytes, size: int) -> Iterator[bytes]:
    return (whole[start : start + size] for start in range(0, len(whole), size))


def read(whole: bytes, folder: Path, size: int = 1000) -> dict[str, bytes]:
    return {one.name: one.content.read() for one in passing(in_pieces(whole, size), folder)}


MEMBERS = {"S/SCANS/1/a.dcm": b"one" * 500, "S/empty": b"", "S/SCANS/2/ü b.dcm": bytes(range(256)) * 20}


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
@pytest.mark.parametrize(("compression", "piped"), [(DEFLATED, True), (DEFLATED, False), (STORED, False)])
def test_members_come_as_they_are_however_the_pieces_are_cut(
    tmp_path: Path, compression: int, piped: bool, size: int
) -> None:
    assert read(zipped(MEMBERS, compression, piped=piped), tmp_path, size) == MEMBERS


def test_size_and_digests_are_those_of_the_content(tmp_path: Path) -> None:
    for member in passing([zipped(MEMBERS)], tmp_path):
        content = MEMBERS[member.name]
        assert member.size == len(content)
        assert member.md5 == hashlib.md5(content).hexdigest()
        assert member.sha256 == hashlib.sha256(content).hexdigest()


def test_an_empty_zip_holds_nothing_and_folders_are_no_members(tmp_path: Path) -> None:
    assert read(zipped({}), tmp_path) == {}
    assert read(zipped({"S/": b"", "S/x": b"1"}), tmp_path) == {"S/x": b"1"}


@pytest.mark.parametrize("piped", [True, False])
def test_a_zip_that_is_cut_anywhere_is_broken(tmp_path: Path, piped: bool) -> None:
    """Between two members, too, and within the list at its end: wherever the reader has seen all that it wanted."""
    whole = zipped(MEMBERS, STORED if not piped else DEFLATED, piped=piped)
    for length in range(len(whole)):
        with pytest.raises(BundleBroken):
            read(whole[:length], tmp_path)


def test_a_zip_whose_end_counts_other_members_is_broken(tmp_path: Path) -> None:
    """As when a proxy glues the end of one answer to the start of another."""
    one, two = zipped({"a": b"1"}), zipped({"a": b"1", "b": b"2"})
    start, end = two[: two.index(b"PK\x03\x04", 1)], two[two.index(b"PK\x01\x02") :]
    with pytest.raises(BundleBroken, match="without its end"):
        read(start + end, tmp_path)
    assert read(one, tmp_path) == {"a": b"1"}


@pytest.mark.parametrize("piped", [True, False])
def test_a_member_whose_bytes_were_hurt_on_the_way_breaks_the_zip(tmp_path: Path, piped: bool) -> None:
    whole = bytearray(zipped(MEMBERS, STORED if not piped else DEFLATED, piped=piped))
    at = 30 + len("S/SCANS/1/a.dcm") + 3
    whole[at] ^= 0xFF
    with pytest.raises(BundleBroken, match="not a whole zip"):
        read(bytes(whole), tmp_path)


@pytest.mark.parametrize("other", [b"", b"<!DOCTYPE html><html></html>", b"PK", b"\0" * 100])
def test_what_is_no_zip_is_broken(tmp_path: Path, other: bytes) -> None:
    with pytest.raises(BundleBroken):
        read(other, tmp_path)


def test_what_the_pieces_raise_comes_through(tmp_path: Path) -> None:
    def breaking_off() -> Iterator[bytes]:
        yield zipped(MEMBERS)[:700]
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        list(passing(breaking_off(), tmp_path))


def test_a_member_too_big_for_memory_passes_through_a_file_that_vanishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "IN_MEMORY", 1000)
    content = ct_series(tmp_path / "ct", slices=1) and next((tmp_path / "ct").iterdir()).read_bytes()
    folder = tmp_path / "scratch"
    (member,) = (_kept(one) for one in passing([zipped({"S/SCANS/1/a.dcm": content})], folder))
    assert member == hashlib.sha256(content).hexdigest()
    assert list(folder.iterdir()) == []


def _kept(member: Member) -> str:
    return hashlib.file_digest(member.content, "sha256").hexdigest()  # type: ignore[arg-type]


def test_memory_does_not_grow_with_the_zip(tmp_path: Path) -> None:
    whole = zipped({f"{number}": bytes(1 << 20) for number in range(64)})
    tracemalloc.start()
    try:
        for member in passing(in_pieces(whole, 1000), tmp_path):
            assert member.size == 1 << 20
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_objects_are_read_from_a_passing_zip_as_from_the_disk(tmp_path: Path) -> None:
    rt_study(tmp_path / "study")
    files = {f"S/SCANS/2/DICOM/{path.name}": path.read_bytes() for path in (tmp_path / "study").glob("*.dcm")}
    others = {"S/SCANS/2/scan_2_catalog.xml": b"<catalog/>", "S/notes.dcm": b"x", "S/SCANS/2/lost.dcm": b""}
    whole = zipped({**others, **files})
    reading = dicom_files.read_passing(passing([whole], tmp_path), READ_ALWAYS)
    at_rest = dicom_files.read_folder(tmp_path / "study", READ_ALWAYS)
    assert [(one.header, one.pointers) for one in reading.instances] == [
        (one.header, one.pointers) for one in at_rest.instances
    ]
    assert reading.not_dicom == ("S/SCANS/2/scan_2_catalog.xml",)
    assert [one.file for one in reading.unreadable] == ["S/SCANS/2/lost.dcm"]


def test_each_object_is_shown_with_its_content_while_that_is_there(tmp_path: Path) -> None:
    ct_series(tmp_path / "ct")
    files = {f"S/SCANS/1/{path.name}": path.read_bytes() for path in (tmp_path / "ct").iterdir()}
    seen: dict[str, bytes] = {}
    dicom_files.read_passing(
        passing([zipped(files)], tmp_path),
        frozenset({"SOPInstanceUID"}),
        lambda instance, content: seen.update({instance.file: _from_the_start(content)}),
    )
    assert seen == files


def _from_the_start(content: object) -> bytes:
    content.seek(0)  # type: ignore[attr-defined]
    found: bytes = content.read()  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("second", [MEMBERS, {"S/SCANS/1/other.dcm": b"unseen", "b": b"", "c": b""}])
def test_two_zips_one_after_the_other_are_not_read_as_the_first(
    tmp_path: Path, second: dict[str, bytes]
) -> None:
    """Whoever reads from the front would see nothing of the second."""
    with pytest.raises(BundleBroken):
        read(zipped(MEMBERS) + zipped(second), tmp_path)


def test_a_zip_of_more_members_than_its_end_can_count_is_whole(tmp_path: Path) -> None:
    many = {str(number): b"" for number in range(0x10001)}
    assert len(read(zipped(many, STORED, piped=False), tmp_path, 1 << 20)) == len(many)
