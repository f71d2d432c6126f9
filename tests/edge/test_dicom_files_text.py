"""Values that many files have in common are one object in memory, and are what each file says for itself."""

from __future__ import annotations

from xnat_gate.edge.dicom_files.text import LONGEST_KEPT, MOST_KEPT, _kept, values


def test_the_same_short_bytes_are_the_same_object() -> None:
    said = values(b"1\\0\\0\\0\\1\\0", "DS")
    assert said == ("1", "0", "0", "0", "1", "0")
    assert values(bytes(bytearray(b"1\\0\\0\\0\\1\\0")), "DS", ("ISO_IR 192",)) is said


def test_what_is_kept_is_told_apart_by_all_that_it_depends_on() -> None:
    raw = b"\xc3\xa4\x00\x01"
    told = {
        values(raw, "LO", ("ISO_IR 192",)),
        values(raw, "LO", ("ISO_IR 100",)),
        values(raw, "US"),
        values(raw, "US", little=False),
    }
    assert len(told) == 4


def test_long_values_and_long_character_sets_are_not_kept() -> None:
    long, before = b"9" * (LONGEST_KEPT + 1), _kept.cache_info().currsize
    assert values(long, "LO") == (long.decode(),)
    assert values(b"\xe4", "LO", ("ISO_IR 100",) * LONGEST_KEPT) == values(b"\xe4", "LO", ("ISO_IR 100",))
    assert _kept.cache_info().currsize <= before + 1
    assert _kept.cache_info().maxsize == MOST_KEPT
