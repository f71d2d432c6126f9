"""The stamp of a protocol: one line, whatever is put into it, and never a change to what stands below it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xnat_gate.core.protocol.stamp import (
    LONGEST,
    NoReason,
    Stamp,
    new_stamp,
    reason_of,
    stamp_of,
    stamped,
    stripped,
)

NOW = datetime(2026, 11, 23, 10, 11, 12, 345678, UTC)
BODY = "protocol: 1\nname: a\n"


def stamp(reason: str = "ultrasound may pass", login: str = "admin", known: tuple[str, ...] = ()) -> Stamp:
    return new_stamp(login, reason, NOW, known)


def test_the_stamp_is_the_first_line_and_says_when_who_and_why() -> None:
    text = stamped(BODY, stamp())
    assert text == f"# in force since 2026-11-23T10:11:12Z by admin: ultrasound may pass\n{BODY}"
    assert stamp_of(text) == Stamp("2026-11-23T10:11:12Z", "admin", "ultrasound may pass")


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
