"""A protocol on its way into force, when others are quicker and XNAT does not keep its word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from xnat_gate.core.archive import (
    ArchiveTroubled,
    ArchiveUnavailable,
    NotAllowed,
    OutcomeUnknown,
    ProtocolVersion,
)
from xnat_gate.core.platform import Caller
from xnat_gate.core.protocol.stamp import Stamp, new_stamp, stamp_of, stamped
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.edge.xnat.intake import PROTOCOL
from xnat_gate.roads.governing import Basis, Overtaken, Record, put_in_force, record
from xnat_gate.roads.installing import NotTaken
from xnat_gate.sandbox.models import config
from xnat_gate.sandbox.server import Sandbox

MINE = "protocol: 1\r\nname: mine # \u00e4\r\n"
STAMP = new_stamp(MINE, "admin", "why not", datetime(2026, 11, 23, tzinfo=UTC), ())


@pytest.fixture
def xnat(sandbox: Sandbox) -> Iterator[Xnat]:
    with connected(Account(host=sandbox.url, user="admin", password="admin")) as gateway:
        yield gateway


class Between:
    """An XNAT at which something happens just before and just after a protocol is stored."""

    def __init__(
        self, xnat: Xnat, *, before: Callable[[], object] = bool, after: Callable[[], object] = bool
    ) -> None:
        self.xnat, self.before, self.after = xnat, before, after

    def caller(self) -> Caller:
        return self.xnat.caller()

    def protocol_text(self) -> str | None:
        return self.xnat.protocol_text()

    def protocol_versions(self) -> tuple[ProtocolVersion, ...]:
        return self.xnat.protocol_versions()

    def push_protocol(self, text: str) -> None:
        self.before()
        self.xnat.push_protocol(text)
        self.after()


class Away(Between):
    """An XNAT that answers nothing more once it was asked to store a protocol."""

    away = False

    def push_protocol(self, text: str) -> None:
        self.away = True
        super().push_protocol(text)

    def protocol_versions(self) -> tuple[ProtocolVersion, ...]:
        if self.away:
            raise ArchiveUnavailable("XNAT is away")
        return super().protocol_versions()


class Altering(Between):
    def push_protocol(self, text: str) -> None:
        self.xnat.push_protocol(text.replace("\r", ""))


def lost() -> None:
    raise OutcomeUnknown("no answer came")


def broken() -> None:
    raise ArchiveTroubled("XNAT answered with 500")


def one_only(sandbox: Sandbox, text: str) -> None:
    """As XNAT holds it after a PUT with `unversioned=true`."""
    db = sandbox.world.db
    db.run("UPDATE config SET contents = 'not this one'")
    config.put(db, config.SITE, *PROTOCOL, text, "admin", unversioned=True)


def test_a_text_in_force_stands_under_its_stamp_letter_by_letter(xnat: Xnat) -> None:
    taken = put_in_force(xnat, MINE, STAMP, record(xnat))
    assert (taken.version.number, taken.between, taken.later) == (2, (), ())
    assert xnat.protocol_text() == f"{STAMP.line}\r\n{MINE}"


def test_who_was_overtaken_before_puts_nothing_in_force(xnat: Xnat) -> None:
    seen = record(xnat)
    xnat.push_protocol("theirs: 1\n")
    with pytest.raises(Overtaken, match=r"somebody put version 2 \(by admin, 20"):
        put_in_force(xnat, MINE, STAMP, seen)
    assert xnat.protocol_text() == "theirs: 1\n"


def test_whoever_comes_in_the_same_moment_is_told_of(xnat: Xnat) -> None:
    first = Between(xnat, before=lambda: xnat.push_protocol("theirs: 1\n"))
    taken = put_in_force(first, MINE, STAMP, record(xnat))
    assert (taken.version.number, [one.number for one in taken.between], taken.later) == (3, [2], ())
    last = Between(xnat, after=lambda: xnat.push_protocol("theirs: 2\n"))
    seen = record(xnat)
    taken = put_in_force(last, MINE, Stamp("2026-11-24T00:00:00Z", "admin", "again"), seen)
    assert (taken.version.number, taken.between, [one.number for one in taken.later]) == (4, (), [5])


def test_an_answer_that_was_lost_is_looked_for_in_the_history(xnat: Xnat) -> None:
    assert put_in_force(Between(xnat, after=lost), MINE, STAMP, record(xnat)).version.number == 2
    with pytest.raises(ArchiveUnavailable, match="no answer came"):
        put_in_force(Between(xnat, before=lost), "other: 1\n", STAMP, record(xnat))
    assert len(record(xnat).versions) == 2


def test_an_xnat_that_goes_away_is_told_with_what_became_of_the_protocol(xnat: Xnat) -> None:
    unknown = (
        r"may or may not have put the protocol in force: first no answer came, then XNAT is away\. .*history"
    )
    with pytest.raises(OutcomeUnknown, match=unknown):
        put_in_force(Away(xnat, before=lost), MINE, STAMP, record(xnat))
    with pytest.raises(
        ArchiveUnavailable, match=r"the protocol is not in force, .* \(no answer came\): .*history"
    ):
        put_in_force(Between(xnat, before=lost), MINE, STAMP, record(xnat))
    with pytest.raises(
        ArchiveUnavailable, match=r"has stored the protocol, and does not show .*do not repeat it"
    ):
        put_in_force(Away(xnat), MINE, STAMP, record(xnat))


def test_an_error_of_xnats_own_is_looked_after_too(xnat: Xnat) -> None:
    assert put_in_force(Between(xnat, after=broken), MINE, STAMP, record(xnat)).version.number == 2


def test_where_xnat_keeps_one_version_only_texts_are_compared(sandbox: Sandbox, xnat: Xnat) -> None:
    one_only(sandbox, "theirs: 1\n")
    seen = record(xnat)
    alone = Between(xnat, after=lambda: one_only(sandbox, xnat.protocol_text() or ""))
    taken = put_in_force(alone, MINE, STAMP, seen)
    assert (taken.version.number, taken.alone, len(record(xnat).versions)) == (1, True, 1)
    with pytest.raises(Overtaken, match="somebody put version 1 "):
        put_in_force(xnat, "ours: 1\n", STAMP, seen)


def test_versions_that_were_taken_away_are_told(xnat: Xnat) -> None:
    seen = record(xnat)
    more = Record((version(0, "before: 1"), *seen.versions))
    with pytest.raises(Overtaken, match="versions of the protocol were taken away"):
        put_in_force(xnat, MINE, STAMP, more)


def test_a_text_that_xnat_alters_is_not_called_in_force(xnat: Xnat) -> None:
    with pytest.raises(NotTaken, match="it shows version 2: look at that one"):
        put_in_force(Altering(xnat), MINE, STAMP, record(xnat))


def test_a_text_that_is_switched_off_at_once_is_not_called_in_force(xnat: Xnat) -> None:
    class Off(Between):
        def protocol_text(self) -> str | None:
            return None

    with pytest.raises(NotTaken, match="another text as the one in force"):
        put_in_force(Off(xnat), MINE, STAMP, record(xnat))


def test_a_right_that_is_lacking_is_told_as_such(sandbox: Sandbox) -> None:
    with connected(Account(host=sandbox.url, user="owner", password="owner")) as owner:
        stamp = Stamp("2026-11-24T00:00:00Z", "owner", "x")
        with pytest.raises(NotAllowed, match="owner may not change the protocol: only a site administrator"):
            put_in_force(owner, MINE, stamp, record(owner))


def version(number: int, text: str, *, enabled: bool = True) -> ProtocolVersion:
    return ProtocolVersion(number=number, text=text, user="admin", at="", enabled=enabled)


def test_a_text_is_made_from_the_newest_version_when_it_bears_its_stamp() -> None:
    stamps = [Stamp(f"2026-11-2{day}T00:00:00Z", "admin", "x") for day in (1, 2)]
    old, new = (stamped(MINE, stamp) for stamp in stamps)
    kept = Record((version(1, old), version(2, new, enabled=False)))
    assert kept.in_force is None
    assert kept.basis(f"{new}# more\n") is Basis.IN_FORCE
    assert kept.basis(old) is Basis.ANOTHER
    assert kept.basis(MINE) is Basis.UNTOLD
    assert Record((version(1, MINE),)).basis(old) is Basis.ANOTHER
    assert Record((version(1, MINE),)).basis("other: 1") is Basis.IN_FORCE
    assert Record(()).basis(old) is Basis.IN_FORCE
    assert kept.stamps == {stamp.line for stamp in stamps}
    assert stamp_of(old) == stamps[0]


def test_a_stamp_below_which_the_text_was_changed_does_not_tell_what_a_text_was_made_from() -> None:
    stamps = STAMP, Stamp(STAMP.at, STAMP.login, STAMP.reason)
    for kept in (
        Record((version(1, stamped(MINE, stamps[0]) + "deny: more\n"),)),
        Record((version(1, stamped(MINE, stamps[1])), version(2, stamped(MINE, stamps[1]) + "deny: more\n"))),
        Record((version(1, stamped(MINE, stamps[1]) + "deny: more\n"), version(2, stamped(MINE, stamps[1])))),
    ):
        assert kept.newest
        assert kept.basis(f"{kept.newest.text}# mine\n") is Basis.UNSURE
    again = Record((version(1, stamped(MINE, STAMP)), version(2, stamped(MINE, STAMP), enabled=False)))
    assert again.basis(stamped(f"{MINE}# mine\n", STAMP)) is Basis.IN_FORCE
