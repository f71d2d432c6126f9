"""Who may associate, and what a file is called, for whatever a sender may say."""

from __future__ import annotations

import errno
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.core.receiving import (
    Admission,
    Refusal,
    Status,
    ae_title,
    ae_titles,
    below_reserve,
    file_name,
    folder_name,
    is_uid,
    networks,
    numbered,
    status_for,
    told_uid,
)

UIDS = st.from_regex(r"[0-9]{1,9}(\.[0-9]{1,9}){0,5}", fullmatch=True)
ANYTHING = st.text(max_size=100) | st.sampled_from(
    ["..", ".", "", "/", "../x", "a/b", "\0", "1.2\n", "1.2.", ".1"]
)
ADDRESSES = st.ip_addresses().map(str)


def refusal(admission: Admission, **given: object) -> Refusal | None:
    asked = {"called": "XNAT", "calling": "TPS", "address": "10.1.2.3", "running": 0, **given}
    return admission.refusal(**asked)  # type: ignore[arg-type]


@given(calling=ANYTHING, address=ANYTHING | ADDRESSES)
def test_without_lists_anybody_may_come_who_calls_us_by_our_name(calling: str, address: str) -> None:
    assert refusal(Admission(), calling=calling, address=address) is None


@given(called=ANYTHING)
def test_our_name_is_the_only_one_we_answer_to(called: str) -> None:
    expected = None if called.strip() == "XNAT" else Refusal.CALLED_AE
    assert refusal(Admission(), called=called) is expected
    assert refusal(Admission(check_called=False), called=called) is None


@given(calling=ANYTHING)
def test_who_is_not_on_the_list_of_calling_titles_stays_out(calling: str) -> None:
    expected = None if calling.strip() in {"TPS", "PACS"} else Refusal.CALLING_AE
    assert refusal(Admission(calling=ae_titles("TPS,PACS")), calling=calling) is expected


@given(address=ADDRESSES)
def test_who_is_in_no_listed_network_stays_out(address: str) -> None:
    inside = ip_address(address) in ip_network("10.0.0.0/8")
    mapped = getattr(ip_address(address), "ipv4_mapped", None)
    expected = None if inside or (mapped and mapped in ip_network("10.0.0.0/8")) else Refusal.ADDRESS
    assert refusal(Admission(networks=networks("10.0.0.0/8")), address=address) is expected


@given(address=ANYTHING)
def test_what_is_no_address_is_on_no_list(address: str) -> None:
    if not address[:1].isdigit() and ":" not in address:
        assert refusal(Admission(networks=networks("0.0.0.0/0, ::/0")), address=address) is Refusal.ADDRESS


@given(address=st.ip_addresses(v=4))
def test_an_address_that_comes_over_ipv6_is_known_by_its_own_list(address: IPv4Address) -> None:
    allowed = Admission(networks=networks(str(address)))
    assert refusal(allowed, address=f"::ffff:{address}") is None
    assert refusal(allowed, address=str(IPv6Address("2001:db8::1"))) is Refusal.ADDRESS


@given(running=st.integers(0, 100), allowed=st.integers(1, 100))
def test_there_is_room_for_as_many_as_are_allowed(running: int, allowed: int) -> None:
    expected = Refusal.TOO_MANY if running >= allowed else None
    assert refusal(Admission(associations=allowed), running=running) is expected


def test_every_refusal_is_one_that_dicom_knows() -> None:
    known = {(1, 1, reason) for reason in (1, 3, 7)} | {(2, 3, 2)}
    assert {refusal.value[:3] for refusal in Refusal} == known


@given(text=ANYTHING, association=st.from_regex(r"[0-9TZa-f-]{10,30}", fullmatch=True))
def test_no_text_of_a_sender_leaves_the_drop_folder_or_hides_in_it(text: str, association: str) -> None:
    for name in (folder_name(text, association), file_name(text), numbered(file_name(text), 2)):
        assert PurePosixPath(name).name == name
        assert not name.startswith(".")
        assert "\0" not in name
        assert len(name.encode()) <= 255


@given(uid=UIDS, association=ANYTHING)
def test_a_study_has_one_folder_and_an_object_one_name(uid: str, association: str) -> None:
    assert (folder_name(uid, association), file_name(uid)) == (uid, f"{uid}.dcm")


@given(one=ANYTHING, other=ANYTHING)
def test_different_objects_have_different_names(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) is (one == other)


@given(
    name=UIDS.map(file_name) | UIDS, numbers=st.lists(st.integers(1, 50), unique=True, min_size=2, max_size=5)
)
def test_numbered_names_differ_and_keep_their_ending(name: str, numbers: list[int]) -> None:
    names = {numbered(name, number) for number in numbers}
    assert len(names) == len(numbers)
    assert {each.endswith(".dcm") for each in names} == {name.endswith(".dcm")}
    assert numbered(name, 1) == name


@pytest.mark.parametrize(
    "text", ["", "1..2", "1.2.", ".1", "1.2\n", "1.a", "PHANTOM^CORK", "1" * 65, "\u0661"]
)
def test_what_is_no_uid_is_not_told(text: str) -> None:
    assert not is_uid(text)
    assert told_uid(text) == "not a UID"


@given(free=st.integers(0, 2**60), reserve=st.integers(0, 2**60))
def test_the_reserve_is_never_given_away(free: int, reserve: int) -> None:
    assert below_reserve(free, reserve) is (free < reserve)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (errno.ENOSPC, 0xA700),
        (errno.EDQUOT, 0xA700),
        (errno.EIO, 0xC100),
        (errno.EROFS, 0xC100),
        (None, 0xC100),
    ],
)
def test_a_full_disk_is_told_apart_from_other_trouble(number: int | None, status: int) -> None:
    assert status_for(OSError(number, "trouble")) is Status(status)


@pytest.mark.parametrize("text", ["10.0.0.5/8", "300.1.1.1", "example.org", "10.0.0.0/33"])
def test_a_wrong_network_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no address or network: write"):
        networks(f"10.0.0.1, {text}")


@pytest.mark.parametrize("text", ["", "   ", "A" * 17, "A\\B", "ÄTZ", "A\nB"])
def test_a_wrong_ae_title_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no AE title"):
        ae_title(text)
