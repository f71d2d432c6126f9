"""Zips as people drop them: all of it comes out, or nothing, and never anything elsewhere."""

from __future__ import annotations

import errno
import io
import os
import random
import stat
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xnat_gate.core.naming import half_made
from xnat_gate.edge.zips import Limits, ZipRefused, unpack

SMALL = Limits(count=1000, size=1 << 20, reserve=0)
Member = tuple[str | zipfile.ZipInfo, bytes]


def zipped(*members: Member, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as bundle:
        for name, content in members:
            bundle.writestr(name, content, compress_type=method)
        bundle.comment = comment
    return target.getvalue()


def raw(*members: tuple[bytes, bytes], flags: int = 0) -> bytes:
    """With names that zipfile would not write, in the bytes that are given."""
    body, index = b"", b""
    for name, content in members:
        facts = (20, flags, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(name), 0)
        index += struct.pack("<4sH5H3L2H3H2L", b"PK\1\2", 20, *facts, 0, 0, 0, 0, len(body)) + name
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *facts) + name + content
    count = len(members)
    return body + index + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(index), len(body), 0)


def come_out(tmp_path: Path, content: bytes, limits: Limits = SMALL) -> dict[str, bytes]:
    """What came out, by relative path; nothing else may have changed."""
    (tmp_path / "study.zip").write_bytes(content)
    into = tmp_path / "study.zip.unpacked"
    count = unpack(tmp_path / "study.zip", into, limits)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.zip", "study.zip.unpacked"]
    found = {
        path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()
    }
    assert count == len(found)
    return found


def refusal(tmp_path: Path, content: bytes, limits: Limits = SMALL) -> str:
    """The words of a refusal that left nothing behind."""
    (tmp_path / "study.zip").write_bytes(content)
    with pytest.raises(ZipRefused) as refused:
        unpack(tmp_path / "study.zip", tmp_path / "out", limits)
    assert [path.name for path in tmp_path.iterdir()] == ["study.zip"]
    assert refused.value.__cause__ is None
    return str(refused.value)


def hung(content: bytes, **fields: int) -> bytes:
    """The same zip with other numbers in the list (and not in the headers) of its first member."""
    at = content.rfind(b"PK\1\2")
    places = {
        "flags": (8, "<H"),
        "method": (10, "<H"),
        "crc": (16, "<L"),
        "packed": (20, "<L"),
        "size": (24, "<L"),
    }
    places |= {"attributes": (38, "<L"), "offset": (42, "<L")}
    changed = bytearray(content)
    for name, value in fields.items():
        offset, code = places[name]
        struct.pack_into(code, changed, at + offset, value)
    return bytes(changed)


# -- what comes out ----------------------------------------------------------------------------------------------


def test_every_file_comes_out_byte_for_byte_under_its_name(tmp_path: Path) -> None:
    pixels = random.Random(1).randbytes(300_000)
    content = zipped(("DICOM/IM1", pixels), ("DICOM/", b""), ("README", b"hello"), comment=b"from the clinic")
    assert come_out(tmp_path, content) == {"DICOM/IM1": pixels, "README": b"hello"}


def test_an_empty_zip_is_an_empty_folder(tmp_path: Path) -> None:
    assert come_out(tmp_path, zipped()) == {}
    assert (tmp_path / "study.zip.unpacked").is_dir()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_stored_and_deflated_files_and_empty_ones_come_out(tmp_path: Path, method: int) -> None:
    members = {"a": b"", "b": b"x", "c": b"y" * 70_000}
    assert come_out(tmp_path, zipped(*members.items(), method=method)) == members


def test_a_zip_that_was_streamed_comes_out(tmp_path: Path) -> None:
    """Written where nobody can go back to fill in the sizes, which follow the bytes (as browsers and macOS do)."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError(errno.ESPIPE, "no")

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("a", b"x" * 5000)
        bundle.writestr("b", b"y")
    assert come_out(tmp_path, pipe.getvalue()) == {"a": b"x" * 5000, "b": b"y"}


def test_a_zip_with_sizes_in_the_long_form_comes_out(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as bundle, bundle.open("a", "w", force_zip64=True) as member:
        member.write(b"long")
    assert come_out(tmp_path, target.getvalue()) == {"a": b"long"}


def test_two_members_of_one_name_both_stay(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped(("D/IM.dcm", b"1"), ("D/IM.dcm", b"2"), ("D//./IM.dcm", b"3"), ("D/IM-2.dcm", b"4"))
    found = come_out(tmp_path, content)
    assert found == {"D/IM.dcm": b"1", "D/IM-2.dcm": b"2", "D/IM-3.dcm": b"3", "D/IM-2-2.dcm": b"4"}


def test_a_file_and_a_folder_of_one_name_both_stay(tmp_path: Path) -> None:
    found = come_out(tmp_path, zipped(("a", b"1"), ("a/b", b"2"), ("a/c", b"3"), ("d/e", b"4"), ("d", b"5")))
    assert found == {"a": b"1", "a-2/b": b"2", "a-2/c": b"3", "d/e": b"4", "d-2": b"5"}


def test_thousands_of_members_of_one_name_are_no_trouble(tmp_path: Path) -> None:
    content = raw(*[(b"a", b"")] * 2_000)
    assert len(come_out(tmp_path, content, Limits(reserve=0))) == 2_000


def test_zips_inside_and_the_leavings_of_macos_are_files_like_others(tmp_path: Path) -> None:
    members = {"inner.zip": zipped(("IM1", b"x")), "__MACOSX/._IM1": b"\0\5\x16\7", ".DS_Store": b"Bud1"}
    assert come_out(tmp_path, zipped(*members.items(), method=zipfile.ZIP_STORED)) == members


def test_foreign_letters_stay_whatever_their_encoding(tmp_path: Path) -> None:
    assert come_out(tmp_path, raw(("Möller/größe".encode(), b"x"), flags=0x800)) == {"Möller/größe": b"x"}


def test_foreign_letters_of_the_old_encoding_are_those_of_dos(tmp_path: Path) -> None:
    assert come_out(tmp_path, raw((b"gr\x94\xe1e", b"x"))) == {"größe": b"x"}


def test_names_parted_by_backslashes_are_folders_as_on_windows(tmp_path: Path) -> None:
    assert come_out(tmp_path, raw((b"DICOM\\ST1\\IM1", b"x"), (b"DICOM\\", b""))) == {"DICOM/ST1/IM1": b"x"}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        (b"line\nbreak\x1b[31m", "line%0Abreak%1B[31m"),
        (b"a//b/./c", "a/b/c"),
        (b".", "unnamed"),
        (b"...", "..."),
        ("right\u202eto left".encode(), "right%E2%80%AEto left"),
    ],
)
def test_a_bad_name_without_harm_is_made_a_safe_one(tmp_path: Path, name: bytes, safe: str) -> None:
    assert come_out(tmp_path, raw((name, b"x"), flags=0x800)) == {safe: b"x"}


def test_names_and_paths_without_end_are_cut(tmp_path: Path) -> None:
    found = come_out(tmp_path, raw((b"x" * 60_000 + b".dcm", b"1"), (b"d/" * 3000 + b"IM", b"2")))
    assert sorted(found.values()) == [b"1", b"2"]
    assert all(len(part.encode()) <= 255 for name in found for part in name.split("/"))
    assert all(len(name) < 1100 for name in found)


# -- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        b"../escape",
        b"a/../../escape",
        b"a/..",
        b"..",
        b"/etc/passwd",
        b"//server/share",
        b"\\\\server\\share",
        b"\\escape",
        b"..\\escape",
        b"a\\..\\..\\escape",
        b"C:\\escape",
        b"c:escape",
        b"a\0../escape",
        b"",
    ],
)
def test_a_name_that_leads_elsewhere_refuses_the_whole_zip_and_is_not_repeated(
    tmp_path: Path, name: bytes
) -> None:
    told = refusal(tmp_path, raw((b"good", b"x"), (name, b"evil")))
    assert "leads out of its folder" in told
    assert "escape" not in told


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_a_link_or_device_refuses_the_whole_zip(tmp_path: Path, kind: int) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (kind | 0o777) << 16
    assert "link or a device" in refusal(tmp_path, zipped(("a", b"x"), (link, b"/etc/passwd")))


def test_a_file_with_the_rights_of_a_file_is_none_of_these(tmp_path: Path) -> None:
    plain = zipfile.ZipInfo("plain")
    plain.external_attr = (stat.S_IFREG | 0o4777) << 16
    assert come_out(tmp_path, zipped((plain, b"x"))) == {"plain": b"x"}
    assert stat.S_IMODE((tmp_path / "study.zip.unpacked" / "plain").stat().st_mode) & 0o7111 == 0


@pytest.mark.parametrize("flag", [0x1, 0x41, 0x2000])
def test_a_locked_zip_is_refused_with_what_to_do(tmp_path: Path, flag: int) -> None:
    told = refusal(tmp_path, hung(zipped(("a", b"x")), flags=flag))
    assert told == "The zip is locked with a password: make it again without one."


@pytest.mark.parametrize("method", [1, 9, 97, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused_with_what_to_do(tmp_path: Path, method: int) -> None:
    assert "usual method (Deflate)" in refusal(tmp_path, hung(zipped(("a", b"x")), method=method))


@pytest.mark.parametrize(
    "wrong",
    [
        {"crc": 1},
        {"size": 4999},
        {"size": 5001},
        {"size": 0},
        {"packed": 3},
        {"offset": 7},
        {"packed": 1 << 31},
    ],
    ids=str,
)
def test_numbers_that_lie_are_not_believed(tmp_path: Path, wrong: dict[str, int]) -> None:
    content = zipped(("a", random.Random(2).randbytes(2500) * 2))
    assert "damaged" in refusal(tmp_path, hung(content, **wrong))


def test_a_file_longer_than_the_list_says_is_not_cut_to_what_it_says(tmp_path: Path) -> None:
    """The checksum is that of the beginning, so that all numbers agree."""
    whole = b"begin" + b"more" * 1000
    crc = zlib.crc32(b"begin")
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        content = zipped(("a", whole), method=method)
        assert "damaged" in refusal(tmp_path, hung(content, crc=crc, size=5))


def test_bytes_under_the_name_of_a_folder_are_not_lost_silently(tmp_path: Path) -> None:
    assert "damaged" in refusal(tmp_path, raw((b"folder/", b"hidden")))


@pytest.mark.parametrize("length", [0, 3, 4, 21, 100, 900, -1])
def test_a_zip_that_was_cut_short_is_refused(tmp_path: Path, length: int) -> None:
    content = zipped(("a", random.Random(3).randbytes(1000)), ("b", b"x"))
    assert "cut short" in refusal(tmp_path, content[:length])


@pytest.mark.parametrize(
    "content", [b"PK\3\4", b"no zip at all" * 100, bytes(70_000), b"PK\5\6" + b"\xff" * 18]
)
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "damaged" in refusal(tmp_path, content)


def test_a_flipped_bit_of_the_content_is_found(tmp_path: Path) -> None:
    content = bytearray(zipped(("a", random.Random(4).randbytes(1000)), method=zipfile.ZIP_STORED))
    content[500] ^= 1
    assert "damaged" in refusal(tmp_path, bytes(content))


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """How a few kilobytes become petabytes without a zip inside (Fifield 2019)."""
    one, index = zipped(("a", b"x" * 5000)), b"PK\1\2"
    entry = one[one.index(index) : one.index(b"PK\5\6")]
    body, count = one[: one.index(index)], 50
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entry) * count, len(body), 0)
    assert "several times" in refusal(tmp_path, body + entry * count + tail)


def test_members_that_hide_in_the_header_of_another_are_refused(tmp_path: Path) -> None:
    inner = bytes(10) + struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0x21, 0xD202EF8D, 1, 1, 1, 0) + b"b"
    outer = (
        struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0x21, 0xD202EF8D, 1, 1, 1, len(inner)) + b"a" + inner
    )
    body, index = outer + b"\0", b""
    for name, offset in ((b"a", 0), (b"b", 41)):
        facts = (20, 20, 0, 0, 0, 0x21, 0xD202EF8D, 1, 1, 1, 0, 0, 0, 0, 0, offset)
        index += struct.pack("<4s6H3L5H2L", b"PK\1\2", *facts) + name
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(index), len(body), 0)
    assert "several times" in refusal(tmp_path, body + index + tail)


def test_two_zips_behind_each_other_are_refused_since_one_would_be_lost(tmp_path: Path) -> None:
    two = zipped(("first", b"1")) + zipped(("second", b"2"))
    assert "more than its list" in refusal(tmp_path, two)


# -- how much ----------------------------------------------------------------------------------------------------


def test_as_many_files_as_may_be_come_out_and_not_one_more(tmp_path: Path) -> None:
    content = zipped(*((f"IM{number}", b"x") for number in range(5)))
    told = refusal(tmp_path, content, Limits(count=4, reserve=0))
    assert told == "The zip holds more than 4 files, the most that are unpacked: import it in parts."
    assert len(come_out(tmp_path, content, Limits(count=5, reserve=0))) == 5


def test_a_list_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with (tmp_path / "study.zip").open("wb") as file:
        file.truncate(1 << 30)
        file.seek(0, os.SEEK_END)
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 1 << 30, 0, 0))
    with pytest.raises(ZipRefused, match="more than 1000 files"):
        unpack(tmp_path / "study.zip", tmp_path / "out", SMALL)


def test_names_that_need_more_folders_than_files_may_be_are_refused(tmp_path: Path) -> None:
    content = zipped(*((f"{number}/" + "d/" * 100 + "IM", b"x") for number in range(4)))
    assert "folders" in refusal(tmp_path, content, Limits(count=300, reserve=0))


def test_as_many_bytes_as_may_be_come_out_and_not_one_more(tmp_path: Path) -> None:
    content = zipped(("a", b"x" * 600), ("b", b"y" * 400))
    assert "import it in parts" in refusal(tmp_path, content, Limits(size=999, reserve=0))
    assert len(come_out(tmp_path, content, Limits(size=1000, reserve=0))) == 2


def test_bytes_are_counted_as_they_come_and_not_as_they_were_promised(tmp_path: Path) -> None:
    content = hung(zipped(("a", b"x" * (1 << 22))), size=100)
    refusal(tmp_path, content, Limits(size=1000, reserve=0))
    assert not (tmp_path / half_made("out")).exists()


def test_a_bomb_is_refused_by_how_it_grows_and_small_images_of_one_colour_are_none(tmp_path: Path) -> None:
    content = zipped(("a", bytes(3 << 20)), ("b", bytes(3 << 20)))
    assert len(content) * 200 < 6 << 20
    assert "200 times its size" in refusal(tmp_path, content, Limits(ratio_from=4 << 20, reserve=0))
    assert len(come_out(tmp_path, content, Limits(reserve=0))) == 2


def test_a_disk_that_would_be_too_full_is_not_the_fault_of_the_zip(tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_bytes(zipped(("a", b"x" * 1000)))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as full:
        unpack(tmp_path / "study.zip", tmp_path / "out", Limits(reserve=1 << 62))
    assert full.value.errno == errno.ENOSPC
    assert [path.name for path in tmp_path.iterdir()] == ["study.zip"]


def test_a_disk_that_fills_up_meanwhile_stops_it_with_nothing_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study.zip").write_bytes(zipped(*((f"IM{number}", b"x" * 1000) for number in range(9))))
    truly, asked = os.statvfs, list[object]()

    def filling(path: Path) -> object:
        asked.append(path)
        facts = truly(path)
        return facts if len(asked) < 6 else os.statvfs_result((*facts[:4], 0, *facts[5:]))

    monkeypatch.setattr(os, "statvfs", filling)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        unpack(tmp_path / "study.zip", tmp_path / "out", SMALL)
    assert len(asked) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["study.zip"]


# -- whole or not at all -----------------------------------------------------------------------------------------


def test_what_is_there_is_never_unpacked_over(tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_bytes(zipped(("a", b"new")))
    (tmp_path / "out").mkdir()
    with pytest.raises(FileExistsError):
        unpack(tmp_path / "study.zip", tmp_path / "out", SMALL)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unpacking_that_was_killed_is_made_again_from_the_beginning(tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_bytes(zipped(("a", b"1"), ("b", b"2"), ("c", b"3")))
    script = """
import os, signal, sys
from pathlib import Path
from xnat_gate.edge.zips import Limits, unpack, unpacking
once = unpacking._come_out
def dies(bundle, member, target, meter):
    if member.path == "c":
        os.kill(os.getpid(), signal.SIGKILL)
    return once(bundle, member, target, meter)
unpacking._come_out = dies
unpack(Path(sys.argv[1]) / "study.zip", Path(sys.argv[1]) / "out", Limits(reserve=0))
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert sorted(path.name for path in (tmp_path / half_made("out")).iterdir()) == ["a", "b"]
    assert not (tmp_path / "out").exists()
    assert unpack(tmp_path / "study.zip", tmp_path / "out", SMALL) == 3
    assert not (tmp_path / half_made("out")).exists()


def test_a_zip_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(zipped(("a", b"secret")))
    (tmp_path / "study.zip").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        unpack(tmp_path / "study.zip", tmp_path / "out", SMALL)


# -- any zip at all ----------------------------------------------------------------------------------------------


def tried(content: bytes) -> int | None:
    """How many files came out, none when it was refused. Whatever came, it came to lie where it should."""
    with tempfile.TemporaryDirectory() as name:
        room = Path(name) / "room"
        room.mkdir()
        (room / "study.zip").write_bytes(content)
        try:
            count = unpack(room / "study.zip", room / "out", SMALL)
        except ZipRefused:
            count = None
        there = {"study.zip"} | ({"out"} if count is not None else set())
        assert {path.name for path in room.iterdir()} == there
        assert [path.name for path in Path(name).iterdir()] == ["room"]
        found = list((room / "out").rglob("*"))
        assert not any(path.is_symlink() for path in found)
        assert count is None or sum(path.is_file() for path in found) == count
        return count


NAMES = st.text(max_size=20) | st.lists(st.sampled_from(["..", ".", "", "a", "b.dcm", "C:", "\\", "\0"])).map(
    "/".join
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, st.binary(max_size=50)), max_size=6), st.sampled_from([0, 0x800]))
@example([("a", b"1"), ("a/a", b"2"), ("a", b"3")], 0)
def test_a_zip_of_any_names_comes_out_whole_or_not_at_all(
    members: list[tuple[str, bytes]], flags: int
) -> None:
    content = raw(*((name.encode(errors="replace"), data) for name, data in members), flags=flags)
    count = tried(content)
    files = [name for name, _ in members if name and not name.replace("\\", "/").endswith("/")]
    assert count is None or count == len(files)


def damaged(content: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, value in places:
        changed[place % len(changed)] = value
    return bytes(changed)


SOUND = zipped(("DICOM/IM1", bytes(500)), ("b", b"stored"), ("c/", b""), comment=b"x") + b""
LISTED_AT = SOUND.index(b"PK\1\2")


@settings(max_examples=250, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SOUND) - 1) | st.integers(LISTED_AT, len(SOUND) - 1), st.integers(0, 255)
        )
    )
)
def test_a_damaged_zip_is_refused_or_comes_out_and_never_more(places: list[tuple[int, int]]) -> None:
    count = tried(damaged(SOUND, places))
    assert count is None or count <= 3


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200).map(lambda data: b"PK\3\4" + data) | st.binary(max_size=100))
def test_any_bytes_are_refused_and_never_a_crash(content: bytes) -> None:
    assert tried(content) in (None, 0)
