"""The stamp of a protocol: one line, whatever is put into it, and never a change to what stands below it."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xnat_gate.core.protocol.stamp import (
    LONGEST,
    NoReason,
    Stamp,
    changed_below,
    new_stamp,
    reason_of,
    stamp_of,
    stamped,
    stripped,
)

NOW = datetime(2026, 11, 23, 10, 11, 12, 345678, UTC)
BODY = "protocol: 1\nname: a\n"


def stamp(reason: str = "ultrasound may pass", login: str = "admin", known: tuple[str, ...] = ()) -> Stamp:
    return new_stamp(BODY, login, reason, NOW, known)


def test_the_stamp_is_the_first_line_and_says_when_who_and_why() -> None:
    text = stamped(BODY, stamp())
    digest = sha256(BODY.encode()).hexdigest()[:12]
    line = f"# in force since 2026-11-23T10:11:12Z by admin (sha256 {digest}): ultrasound may pass"
    assert text == f"{line}\n{BODY}"
    assert stamp_of(text) == Stamp("2026-11-23T10:11:12Z", "admin", "ultrasound may pass", digest)


def test_a_stamp_of_old_is_read_without_a_digest() -> None:
    text = f"# in force since 2026-11-23T10:11:12Z by admin: a (sha256 0123456789ab): b\n{BODY}"
    assert stamp_of(text) == Stamp("2026-11-23T10:11:12Z", "admin", "a (sha256 0123456789ab): b")
    assert not changed_below(text)


def test_what_is_changed_below_a_stamp_is_seen() -> None:
    text = stamped(BODY, stamp())
    assert [changed_below(one) for one in (text, f"\ufeff{text}", f"{text} ", BODY)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("end", ["\r", "\x85", "\u2028", "\u2029"])
def test_what_yaml_reads_as_another_line_is_no_part_of_the_stamp(end: str) -> None:
    whole = f"# in force since 2026-11-23T00:00:00Z by admin: only CT{end}{BODY}"
    assert (stamp_of(whole), stripped(whole)) == (Stamp("2026-11-23T00:00:00Z", "admin", "only CT"), BODY)
    cut = f"# in force since 2026-11-23T00:00:00Z by admin{end}deny: {{Modality: [CT]}}\n"
    assert (stamp_of(cut), stripped(cut)) == (None, cut)


def test_a_first_line_as_long_as_a_text_may_be_is_read_in_no_time() -> None:
    begin = "# in force since 2026-11-23T00:00:00Z by "
    assert stamp_of(f"{begin}admin: {' ' * 250_000}x") is not None
    assert stamp_of(f"{begin}{' (sha256 0123456789ab)' * 10_000}") is None


def test_an_earlier_stamp_is_replaced_and_no_other_comment() -> None:
    text = f"# mine\n{BODY}"
    again = stamped(stamped(text, stamp("one")), stamp("two"))
    assert again == f"{stamp('two').line}\n{text}"


def test_a_text_without_a_stamp_has_none() -> None:
    for text in (
        "",
        BODY,
        f"{BODY}{stamp().line}\n",
        "# in force since yesterday by admin: x\n",
        f" {stamp().line}\n",
    ):
        assert stamp_of(text) is None
        assert stripped(text) == text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_stamp_ends_as_the_lines_of_the_text_do(end: str) -> None:
    text = stamped(BODY.replace("\n", end), stamp())
    assert text.startswith(stamp().line + end + "protocol")
    assert stamp_of(text) == stamp()


def test_an_editor_may_leave_blanks_behind_the_stamp_or_cut_the_last_line_end() -> None:
    assert stamp_of(f"{stamp().line} \t\n{BODY}") == stamp()
    assert stamp_of(stamp().line) == stamp()


def test_two_versions_of_one_second_have_two_stamps() -> None:
    first = stamp()
    second = stamp(known=(first.line,))
    assert second.at == "2026-11-23T10:11:13Z"
    assert stamp(known=(first.line, second.line)).at == "2026-11-23T10:11:14Z"


@settings(max_examples=40)
@given(st.text(), st.text(), st.text())
@example("\ufeffprotocol: 1\r\n", "a: b", "why\nprotocol: 2")
@example("# in force since 2026-11-23T10:11:12Z by a: b", "x", "y")
def test_whatever_is_stamped_the_text_below_is_untouched(text: str, login: str, reason: str) -> None:
    text = stripped(text)
    if stamp_of(text) is not None:
        return  # two stamps one below the other: only the first one counts
    whole = stamped(text, Stamp("2026-11-23T10:11:12Z", login or "x", reason))
    assert stripped(whole).removeprefix("\n" if not text.removeprefix("\ufeff") else "") == text
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    rest = whole.removeprefix(mark)
    assert rest.startswith("# in force since ")
    line = Stamp("2026-11-23T10:11:12Z", login or "x", reason).line
    assert line.isprintable()
    assert rest[len(line) :].lstrip("\r\n") == text.removeprefix("\ufeff").lstrip("\r\n")
    assert not changed_below(stamped(text, new_stamp(text, "admin", reason, NOW, ())))


@settings(max_examples=40)
@given(st.text(max_size=400))
def test_a_reason_is_one_printable_line_or_refused(written: str) -> None:
    try:
        reason = reason_of(written)
    except NoReason:
        assert not written.strip() or len(written) > LONGEST or not " ".join(written.split()).isprintable()
        return
    assert reason.isprintable()
    assert 0 < len(reason) <= LONGEST
    assert reason.split() == written.split()
    assert stamp_of(stamped(BODY, stamp(reason))) == stamp(reason)


@pytest.mark.parametrize("written", ["", " \n ", "bell \x07", "x" * 301, "\x1b[2J"])
def test_what_is_no_reason_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(NoReason, match=r"(say|type|keep)"):
        reason_of(written)
