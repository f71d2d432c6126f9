"""`xnat-gate protocol ...` as a person, and a script, use it against an XNAT over HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hospital import Site
from xnat_gate.cli import protocol_editing, protocol_files
from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.edge import protocol_file
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.models import config

DEFAULT = protocol_file.default_text()
STAMP = re.compile(
    r"# in force since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) by admin \(sha256 [0-9a-f]{12}\): (.*)\n"
)
CONFIG = "/data/config/xnat-gate/protocol.yaml"
MINE = "protocol: 1\nname: mine\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\nallow: {Modality: [CT]}\n"
UNASKED = ("--reason", "why not", "--yes")
LEAKY = "deny: {ManufacturerModelName: [Leaky]}"
BROKEN = "protocol: 1\nprojects: {hospital: A, quarantine: B}\nallow: {Modalit: [CT]}\nrt: {orphans: hold}\n"


class Held:
    """What lies in XNAT's config service, seen and changed from outside."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def put(self, text: str, user: str = "admin", **query: str) -> None:
        requests.put(
            self.site.sandbox.url + CONFIG, params={"inbody": "true", **query}, data=text.encode(),
            headers={"Content-Type": "text/plain"}, auth=(user, user), timeout=30,
        ).raise_for_status()  # fmt: skip

    def switch_off(self) -> None:
        requests.delete(
            self.site.sandbox.url + CONFIG, auth=("admin", "admin"), timeout=30
        ).raise_for_status()

    def forget(self) -> None:
        """As in an XNAT that never held a protocol."""
        self.site.sandbox.world.db.run("DELETE FROM config")

    @property
    def text(self) -> str:
        return self.site.get(f"{CONFIG}?contents=true").content.decode()

    @property
    def versions(self) -> int:
        rows = self.site.get(f"{CONFIG}?action=getHistory&format=json").json()["ResultSet"]["Result"]
        return len(rows)


@pytest.fixture
def held(site: Site) -> Held:
    return Held(site)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return path


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | bytes], None]]:
    """Somebody at a terminal, who types this."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        yield lambda text: os.write(ours, text if isinstance(text, bytes) else text.encode()) and None
    os.close(ours)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Each time it is opened, the editor does the next of these lines of shell to the file $1."""

    def does(*scripts: str) -> None:
        count = tmp_path / "opened"
        lines = [f"{number}) {script} ;;" for number, script in enumerate(scripts)]
        script = tmp_path / "my editor.sh"
        script.write_text(
            f"n=$(cat '{count}' 2>/dev/null || echo 0)\necho $((n + 1)) > '{count}'\n"
            f"case $n in\n{chr(10).join(lines)}\nesac\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("VISUAL", f"sh '{script}'")
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)

    return does


def say(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """The exit code of `protocol ...`, its results and its other lines."""
    capsys.readouterr()
    code = main(["protocol", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def pushed(capsys: pytest.CaptureFixture[str], file: Path, *more: str) -> tuple[int, str, str]:
    return say(capsys, "push", file, "--reason", "only CT", "--yes", *more)


def kept_by(tmp_path: Path, err: str) -> Path:
    """The file that an edit left."""
    found = re.search(r"the edited text is kept in (\S+\.yaml)", err)
    assert found, err
    path = Path(found[1])
    assert path.parent == tmp_path
    return path


# --- check


def test_all_faults_of_all_files_are_told_each_on_its_line(
    tmp_path: Path, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(BROKEN, encoding="utf-8")
    code, out, _ = say(capsys, "check", broken, tmp_path / "none.yaml", mine)
    first, second, missing, fine = out.splitlines()
    assert code == Exit.WRONG
    assert first.startswith(f"{broken}: line 3, column ")
    assert "did you mean Modality?" in first
    assert "rt.orphans: unknown key; did you mean orphan?" in second
    assert "none.yaml: cannot be read (No such file or directory)" in missing
    assert fine == f"{mine}: ok: mine, sha256 {hashlib.sha256(MINE.encode()).hexdigest()}"
    assert say(capsys, "check", mine)[0] == Exit.PASSED


def test_standard_input_is_checked_and_told_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BROKEN.encode() + b"\xff")))
    code, out, _ = say(capsys, "check", "-", "--format", "json")
    assert code == Exit.WRONG
    (one,) = json.loads(out)["protocols"]
    assert (one["file"], one["valid"]) == ("standard input", False)
    assert [(fault["line"], fault["message"]) for fault in one["faults"]] == [(5, "is not UTF-8")]


def test_a_file_that_is_hostile_to_terminals_is_told_without_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = tmp_path / "\x1b[2Jevil"
    evil.write_text('protocol: 1\n"\\e[31m": 2\n\x9b: 3\n', encoding="utf-8")
    out = say(capsys, "check", evil)[1]
    assert not any(letter in out for letter in "\x1b\x9b")


def test_the_one_in_force_is_checked(
    held: Held, site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XNAT_HOST")
    code, out, _ = say(capsys, "check", "--in-force", "--xnat", site.sandbox.url)
    assert (code, "the protocol in XNAT: ok: hospital import, version 1" in out) == (Exit.PASSED, True)
    held.put(BROKEN)
    code, out, _ = say(capsys, "check", "--in-force", "--xnat", site.sandbox.url, "--format", "json")
    assert (code, len(json.loads(out)["protocols"][0]["faults"])) == (Exit.WRONG, 2)
    held.switch_off()
    assert say(capsys, "check", "--in-force", "--xnat", site.sandbox.url)[0] == Exit.WRONG


def test_standard_input_that_is_closed_is_a_file_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    code, out, _ = say(capsys, "check", "-")
    assert (code, "standard input: cannot be read (Bad file descriptor)" in out) == (Exit.WRONG, True)


def test_a_check_of_nothing_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = say(capsys, "check")
    assert (code, "--in-force" in err) == (Exit.WRONG, True)


# --- convert


def test_dashers_file_becomes_a_protocol_with_a_report_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "protocol.txt"
    file.write_bytes("0008,0060 Modality MR\r\n0008,1090 ManufacturersModelName Véga, Aera".encode("latin-1"))
    code, out, err = say(capsys, "convert", file, "--hospital", "CLINIC", "--name", "trial")
    protocol = protocol_file.loads(out, protocol_vocabulary(), "")
    assert (code, protocol.hospital, protocol.name) == (Exit.PASSED, "CLINIC", "trial")
    assert str(protocol.deny["ManufacturerModelName"]) == "Véga, Aera"
    assert "DASHER kept out every object without a model" in err
    target = tmp_path / "new.yaml"
    assert say(capsys, "convert", file, "--output", target)[:2] == (Exit.PASSED, "")
    code, _, err = say(capsys, "convert", file, "--output", target)
    assert (code, "--force" in err) == (Exit.WRONG, True)
    code, out, _ = say(capsys, "convert", file, "--output", target, "--force", "--format", "json")
    told = json.loads(out)
    assert (code, told["modalities"], told["models"]) == (Exit.PASSED, ["MR"], ["Véga", "Aera"])
    assert target.read_bytes().decode() == told["protocol"]
    assert {one["id"] for one in told["differences"]} == {
        "no-modality", "shorter-names", "no-model", "whole-studies"
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.yaml", "protocol.txt"]


def protocol_vocabulary() -> Any:
    from xnat_gate.cli.parts import VOCABULARY

    return VOCABULARY


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        (b"0008,0060 Modality CT\nwhat is this\n", (), "protocol.txt: line 2, column 1: is none of the two"),
        (b"0008,0060 Modality CT", ("--hospital", "A B"), "is no XNAT project ID"),
        (b"#" * 300_000, (), "larger than 256 KB"),
    ],
)
def test_what_cannot_be_converted_is_a_wrong_call(
    content: bytes,
    options: tuple[str, ...],
    complaint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "protocol.txt").write_bytes(content)
    code, out, err = say(capsys, "convert", tmp_path / "protocol.txt", *options)
    assert (code, out, complaint in err) == (Exit.WRONG, "", True), err


# --- pull


def test_the_protocol_is_pulled_byte_for_byte(
    held: Held, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    odd = "\ufeff" + MINE.replace("\n", "\r\n") + "# \u00e4\u4e2d\U0001f600\u2028 end"
    held.put(odd)
    assert main(["protocol", "pull"]) == Exit.PASSED
    out, err = capfdbinary.readouterr()
    assert out == odd.encode()
    assert err.startswith(b"version 2, ")
    assert b", by admin\n" in err
    assert main(["protocol", "pull", "--version", "1", "--output", str(tmp_path / "old.yaml")]) == Exit.PASSED
    assert capfdbinary.readouterr().out == b""
    assert (tmp_path / "old.yaml").read_bytes() == DEFAULT.encode()


def test_a_file_is_not_overwritten_unasked(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = say(capsys, "pull", "--output", mine)
    assert (code, "--force" in err, mine.read_text()) == (Exit.WRONG, True, MINE)
    assert say(capsys, "pull", "--output", mine, "--force")[0] == Exit.PASSED
    assert mine.read_bytes() == DEFAULT.encode()


@pytest.mark.parametrize("place", [".", "/"])
def test_a_place_without_a_name_for_a_file_is_a_wrong_call(place: str) -> None:
    """As `pull --output .`, by which somebody means a file in the folder."""
    for force in (False, True):
        with pytest.raises(Usage, match="name another file"):
            protocol_files.write(Path(place), MINE, force=force)
    with pytest.raises(Usage, match="name another file"):
        protocol_files.write(Path("x" * 300), MINE, force=True)


def test_a_link_is_followed_when_its_file_is_overwritten(mine: Path, tmp_path: Path) -> None:
    link, circle = tmp_path / "link.yaml", tmp_path / "circle.yaml"
    link.symlink_to(mine)
    protocol_files.write(link, "new", force=True)
    assert (link.is_symlink(), mine.read_text()) == (True, "new")
    circle.symlink_to(circle)
    with pytest.raises(Usage, match="name another file"):
        protocol_files.write(circle, "new", force=True)


def test_what_cannot_be_pulled_is_told_with_what_can(held: Held, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no version 7" in say(capsys, "pull", "--version", "7")[2]
    held.switch_off()
    code, _, err = say(capsys, "pull")
    assert (code, "--version 2" in err) == (Exit.WRONG, True)
    assert "it is switched off" in say(capsys, "pull", "--version", "2")[2]
    held.forget()
    assert "protocol push FILE" in say(capsys, "pull")[2]


# --- push


def test_a_push_shows_the_difference_stamps_the_text_and_tells_the_version(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = pushed(capsys, mine)
    assert code == Exit.PASSED, err
    assert "--- version 1, in force" in out
    assert "+name: mine" in out.splitlines()
    assert "-name: hospital import" in out.splitlines()
    assert "no journal was named (--state)" in err
    assert "version 2 is in force: mine" in out
    assert (found := STAMP.match(held.text))
    assert found[2] == "only CT"
    assert held.text[found.end() :] == MINE
    code, out, _ = pushed(capsys, mine)
    assert (code, "nothing to do" in out, held.versions) == (Exit.PASSED, True, 2)


def test_without_a_terminal_nothing_is_put_in_force_unasked(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = say(capsys, "push", mine, "--reason", "only CT")
    assert (code, held.versions) == (Exit.WRONG, 1)
    assert "+name: mine" in out
    assert "say --yes" in err


@pytest.mark.parametrize(
    ("typed", "versions"), [(b"y\n", 2), (b"\n", 1), (b"no\n", 1), (b"\x04", 1), (b"\xfc\n", 1)]
)
def test_at_a_terminal_the_question_is_asked_and_only_yes_is_one(
    typed: bytes, versions: int, held: Held, mine: Path, typing: Callable[[str | bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    typing(typed)
    code, _, err = say(capsys, "push", mine, "--reason", "only CT")
    assert "Put it in force? [y/N]" in err
    assert (code, held.versions) == (Exit.PASSED if versions == 2 else Exit.STOPPED, versions)


def test_a_file_that_others_have_overtaken_is_not_put_in_force(
    held: Held, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed(capsys, mine)
    ours, theirs = tmp_path / "ours.yaml", tmp_path / "theirs.yaml"
    for path, name in ((ours, "ours"), (theirs, "theirs")):
        say(capsys, "pull", "--output", path)
        path.write_text(path.read_text().replace("mine", name))
    assert pushed(capsys, theirs)[0] == Exit.PASSED
    code, _, err = pushed(capsys, ours)
    assert (code, held.versions) == (Exit.WRONG, 3)
    assert "was not made from version 3, which was put in force by admin, 20" in err
    assert ": only CT. " in err
    assert "protocol pull --output NEW.yaml" in err
    assert pushed(capsys, ours, "--force")[0] == Exit.PASSED
    assert "name: ours" in held.text
    assert len(STAMP.findall(held.text)) == 1


def test_what_was_changed_from_outside_below_the_same_stamp_is_not_taken_back_unasked(
    held: Held, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed(capsys, mine)
    ours = tmp_path / "ours.yaml"
    say(capsys, "pull", "--output", ours)
    held.put(f"{held.text}{LEAKY}\n")
    ours.write_text(ours.read_text().replace("mine", "ours"))
    code, _, err = pushed(capsys, ours)
    assert (code, held.versions, LEAKY in held.text) == (Exit.WRONG, 3, True)
    assert "bears the stamp of version 3, which was put in force by admin, 20" in err
    assert "push that one with --force" in err
    assert "says: in force since" in say(capsys, "history")[1].splitlines()[1]
    say(capsys, "pull", "--output", ours, "--force")
    ours.write_text(ours.read_text().replace("mine", "ours"))
    assert pushed(capsys, ours, "--force")[0] == Exit.PASSED
    assert "name: ours" in held.text
    assert LEAKY in held.text
    assert ours.write_text(held.text.replace("ours", "theirs"))
    assert pushed(capsys, ours)[0] == Exit.PASSED


@pytest.mark.parametrize(
    "first",
    [
        f"# in force since 2026-11-23T00:00:00Z by admin: only CT\u2028{LEAKY}\n",
        f"# in force since 2026-11-23T00:00:00Z by admin\r{LEAKY}\r",
    ],
)
def test_what_yaml_reads_as_another_line_than_the_stamp_is_not_cut_off_with_it(
    first: str, held: Held, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held.put(first + MINE)
    ours = tmp_path / "ours.yaml"
    say(capsys, "pull", "--output", ours)
    ours.write_bytes(ours.read_bytes().replace(b"mine", b"ours"))
    assert protocol_file.load(ours, protocol_vocabulary()).deny
    code, out, err = pushed(capsys, ours)
    assert code == Exit.PASSED, err
    assert LEAKY in held.text
    assert f"-{LEAKY}" not in out


def test_projects_that_no_protocol_named_before_are_told_of(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "xnat-gate install" not in pushed(capsys, mine)[2]
    mine.write_text(MINE + "route: [{project: SITE_B, when: {InstitutionName: B}}]\n")
    told = "no protocol named SITE_B before: `xnat-gate install` sets up its jobs there"
    assert told in pushed(capsys, mine)[2]
    mine.write_text(mine.read_text() + "conflict: hold\n")
    assert "xnat-gate install" not in pushed(capsys, mine)[2]


def test_a_push_where_xnat_keeps_one_version_only_is_no_failure(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unversioned(monkeypatch)
    code, out, err = pushed(capsys, mine)
    assert "name: mine" in held.text
    assert "ATTENTION: XNAT keeps one version of the protocol only" in err
    assert (code, "is in force: mine" in out) == (Exit.PASSED, True)


def unversioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after one PUT with `unversioned=true`: XNAT then replaces the text in its place."""
    whole = config.put

    def one_only(*given: object, **named: object) -> bool:
        return whole(*given, **{**named, "unversioned": True})  # type: ignore[arg-type]

    monkeypatch.setattr(config, "put", one_only)


@pytest.mark.parametrize("cut", [True, False])
def test_where_xnat_goes_away_meanwhile_it_is_told_that_the_protocol_may_be_in_force(
    cut: bool, held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its answer, or after it."""
    faults = held.site.sandbox.faults
    with contextlib.ExitStack() as stack:
        if cut:
            stack.enter_context(
                faults.add(Fault(kind=Kind.CUT, method="PUT", path="/data/config/*", times=1))
            )
        away = Fault(kind=Kind.STATUS, method="GET", path="/data/config/*", skip=2, code=500)
        stack.enter_context(faults.add(away))
        code, _, err = pushed(capsys, mine)
    assert "name: mine" in held.text
    assert code == Exit.UNAVAILABLE
    told = "may or may not have put the protocol in force" if cut else "has stored the protocol"
    assert told in err.splitlines()[-1]
    assert "`xnat-gate protocol history`" in err.splitlines()[-1]


def test_a_file_without_a_stamp_is_told_of_and_pushed(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed(capsys, mine)
    mine.write_text(MINE + "conflict: hold\n")
    code, _, err = pushed(capsys, mine)
    assert (code, "carries no stamp" in err) == (Exit.PASSED, True)


def test_what_is_broken_or_switched_off_may_be_replaced(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held.put(BROKEN)
    code, _, err = pushed(capsys, mine)
    assert (code, "version 2, which is in force, is broken (faults: 2)" in err) == (Exit.PASSED, True)
    held.switch_off()
    code, out, err = pushed(capsys, mine)
    assert (code, "version 4 was switched off by admin" in err) == (Exit.PASSED, True)
    assert "--- nothing in force" in out
    held.forget()
    code, _, err = pushed(capsys, mine)
    assert (code, "no protocol is in force in XNAT yet" in err) == (Exit.PASSED, True)


def test_a_broken_file_or_reason_is_told_before_xnat_is_asked(
    tmp_path: Path, mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XNAT_HOST", "http://127.0.0.1:9")
    (tmp_path / "broken.yaml").write_text(BROKEN)
    assert "rt.orphans" in pushed(capsys, tmp_path / "broken.yaml")[2]
    assert pushed(capsys, tmp_path / "none.yaml")[0] == Exit.WRONG
    for reason in (" ", "x" * 301, "a\x1bb"):
        code, _, err = say(capsys, "push", mine, "--yes", "--reason", reason)
        assert (code, "the reason" in err) == (Exit.WRONG, True)


def test_somebody_who_is_no_administrator_is_told_who_may(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XNAT_USER", "owner")
    monkeypatch.setenv("XNAT_PASS", "owner")
    code, _, err = pushed(capsys, mine)
    assert (code, held.versions) == (Exit.WRONG, 1)
    assert "owner may not change the protocol: only a site administrator of XNAT may" in err


def test_hostile_text_in_xnat_reaches_no_terminal(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held.put(f"# in force since 2026-01-01T00:00:00Z by admin: \x1b[2J\n{MINE}# \x1b[31m\x9b\n")
    for words in (("history",), ("push", str(mine), "--reason", "x", "--yes")):
        code, out, err = say(capsys, *words)
        assert code == Exit.PASSED
        assert not any(letter in out + err for letter in "\x1b\x9b")


def test_an_xnat_that_is_away_is_another_exit_code(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XNAT_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("XNAT_USER", "admin")
    monkeypatch.setenv("XNAT_PASS", "admin")
    assert pushed(capsys, mine)[0] == Exit.UNAVAILABLE


# --- history and rollback


def test_the_history_tells_who_when_why_and_what_is_wrong(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed(capsys, mine)
    held.put(BROKEN)
    held.put(f"# in force since 2026-01-01T00:00:00Z by somebody: trust me\n{MINE}")
    held.switch_off()
    code, out, _ = say(capsys, "history")
    head, *rows = out.splitlines()
    assert (code, head.split()) == (Exit.PASSED, ["version", "when", "who", "protocol", "sha256", "why"])
    assert [row.split()[0] for row in rows] == ["5", "4", "3", "2", "1"]
    assert "mine, switched off" in rows[0]
    assert rows[1].endswith("says: in force since 2026-01-01T00:00:00Z by somebody: trust me")
    assert "broken (faults: 2)" in rows[2]
    assert rows[3].endswith("only CT")
    assert hashlib.sha256(DEFAULT.encode()).hexdigest()[:12] in rows[4]
    assert "in force  " not in "".join(rows)
    pushed(capsys, mine)
    told = json.loads(say(capsys, "history", "--format", "json")[1])["versions"]
    assert [(one["number"], one["in_force"], one["enabled"]) for one in told[:2]] == [
        (6, True, True), (5, False, False)
    ]  # fmt: skip
    assert [(one["reason"], bool(one["says"]), one["faults"]) for one in told] == [
        ("only CT", False, 0), ("", True, 0), ("", True, 0), ("", False, 2), ("only CT", False, 0), ("", False, 0)
    ]  # fmt: skip
    assert say(capsys, "history")[1].splitlines()[1].startswith("in force  6")
    held.forget()
    assert say(capsys, "history")[1] == "XNAT never held a protocol\n"


def test_a_rollback_is_a_new_version_with_the_old_text(
    held: Held, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed(capsys, mine)
    held.put(BROKEN)
    back = ("--reason", "too strict", "--yes")
    code, out, err = say(capsys, "rollback", "2", *back)
    assert code == Exit.PASSED, err
    assert "version 4 is in force: mine" in out
    assert held.text.partition("\n")[2] == MINE
    assert STAMP.match(held.text)[2] == "too strict"  # type: ignore[index]
    assert (
        "nothing to do: version 2 is in force already, as version 4" in say(capsys, "rollback", "2", *back)[1]
    )
    code, _, err = say(capsys, "rollback", "3", *back)
    assert (code, "version 3: line 3" in err) == (Exit.WRONG, True)
    assert "there is no version 9" in say(capsys, "rollback", "9", *back)[2]
    assert held.versions == 4


# --- edit


def test_what_comes_out_of_the_editor_is_put_in_force(
    held: Held, tmp_path: Path, editor: Callable[..., None], typing: Callable[[str | bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    editor('sed -i "s/^name: .*/name: edited/" "$1"')
    typing("fewer models\ny\n")
    code, out, err = say(capsys, "edit")
    assert code == Exit.PASSED, err
    assert "+name: edited" in out
    assert "version 2 is in force: edited" in out
    assert STAMP.match(held.text)[2] == "fewer models"  # type: ignore[index]
    assert "kept in" not in err
    assert list(tmp_path.glob("xnat-gate-protocol-*")) == []


def test_faults_are_told_and_mended_in_the_editor_again(
    held: Held,
    editor: Callable[..., None],
    typing: Callable[[str | bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    editor('sed -i "s/^name:/nam:/" "$1"', 'sed -i "s/^nam:/name: a/" "$1"')
    typing("e\n")
    code, _, err = say(capsys, "edit", *UNASKED)
    assert code == Exit.PASSED, err
    assert "the edited text: line 12, column 1: nam: unknown key; did you mean name?" in err
    assert "name: a hospital import" in held.text


def test_who_gives_up_keeps_the_edited_file(
    held: Held, tmp_path: Path, editor: Callable[..., None], typing: Callable[[str | bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    editor('sed -i "s/^name:/nam:/" "$1"', 'sed -i "s/^name:/name: a/" "$1"')
    typing("q\n")
    code, _, err = say(capsys, "edit", "--reason", "why not")
    assert (code, held.versions) == (Exit.WRONG, 1)
    assert "nam: hospital import" in kept_by(tmp_path, err).read_text()
    typing("n\n")
    code, _, err = say(capsys, "edit", "--reason", "why not")
    assert (code, held.versions) == (Exit.STOPPED, 1)
    assert "name: a hospital import" in kept_by(tmp_path, err).read_text()


def test_who_was_overtaken_while_editing_keeps_the_edited_file(
    site: Site, held: Held, tmp_path: Path, editor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "colleague.py").write_text(
        "import base64, urllib.request as web\n"
        f"ask = web.Request('{site.sandbox.url}{CONFIG}?inbody=true', data=b'{MINE.split(chr(10))[0]}', method='PUT')\n"
        "ask.add_header('Content-Type', 'text/plain')\n"
        "ask.add_header('Authorization', 'Basic ' + base64.b64encode(b'admin:admin').decode())\n"
        "web.urlopen(ask)\n"
    )
    editor(f'"{sys.executable}" -I "{tmp_path}/colleague.py"; echo "# ours" >> "$1"')
    code, _, err = say(capsys, "edit", *UNASKED)
    assert (code, held.versions) == (Exit.WRONG, 2)
    assert "somebody put version 2 (by admin, 20" in err
    assert kept_by(tmp_path, err).read_text().endswith("# ours\n")


def test_who_was_overtaken_where_xnat_keeps_one_version_only_puts_nothing_in_force(
    held: Held,
    editor: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unversioned(monkeypatch)
    whole = protocol_editing._open_editor

    def meanwhile(path: Path) -> None:
        whole(path)
        held.put(MINE.replace("mine", "theirs"))

    monkeypatch.setattr(protocol_editing, "_open_editor", meanwhile)
    editor('echo "# ours" >> "$1"')
    code, _, err = say(capsys, "edit", *UNASKED)
    assert "name: theirs" in held.text, err
    assert code == Exit.WRONG


def test_a_file_that_the_editor_took_away_is_not_called_kept(
    held: Held, tmp_path: Path, editor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    editor('rm "$1"')
    code, _, err = say(capsys, "edit", *UNASKED)
    assert (code, held.versions, list(tmp_path.glob("*.yaml"))) == (Exit.WRONG, 1, [])
    assert "is kept in" not in err
    assert "so there is no edited text" in err


@pytest.mark.parametrize("then", ['rm "$1"', ': > "$1"'])
def test_what_was_read_once_is_kept_whatever_the_editor_does_then(
    then: str, held: Held, tmp_path: Path, editor: Callable[..., None], typing: Callable[[str | bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    editor('echo "typed: 1" >> "$1"', then)
    typing("e\nq\n")
    code, _, err = say(capsys, "edit", *UNASKED)
    assert (code, held.versions) == (Exit.WRONG, 1)
    (kept,) = re.findall(r"what was read of it before is kept in (\S+\.yaml)", err)
    assert Path(kept).read_text() == f"{DEFAULT}typed: 1\n"
    assert ("the edited text is kept in" in err) == ("rm" not in then)


def test_who_cannot_be_given_a_file_to_edit_is_told_so(
    held: Held,
    editor: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OSError(28, "No space left on device")

    editor("true")
    monkeypatch.setattr("tempfile.mkstemp", full)
    code, _, err = say(capsys, "edit", *UNASKED)
    assert (code, "No space left on device" in err) == (Exit.WRONG, True)


def test_an_editor_that_changes_nothing_changes_nothing(
    held: Held, tmp_path: Path, editor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    editor("true")
    assert say(capsys, "edit", *UNASKED)[:2] == (Exit.PASSED, "nothing was changed\n")
    assert (held.versions, list(tmp_path.glob("xnat-gate-protocol-*"))) == (1, [])


def test_no_editor_is_opened_where_nobody_sits(
    held: Held, editor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    editor('echo "# ours" >> "$1"')
    for options in ((), ("--yes",), ("--reason", "x")):
        code, _, err = say(capsys, "edit", *options)
        assert (code, "needs a terminal" in err, "kept" in err) == (Exit.WRONG, True, False)
    assert held.versions == 1


def test_where_no_protocol_is_the_default_one_is_edited(
    held: Held, editor: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    held.forget()
    editor('echo "# ours" >> "$1"')
    code, _, err = say(capsys, "edit", *UNASKED)
    assert (code, "this is the one that comes with xnat-gate" in err) == (Exit.PASSED, True)
    assert held.text.partition("\n")[2] == f"{DEFAULT}# ours\n"


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ("no-such-editor -x", "the editor no-such-editor -x cannot be started (No such file or directory)"),
        ("sh 'open", "No closing quotation"),
        ("false", "ended with exit code 1"),
    ],
)
def test_an_editor_that_does_not_work_is_named(
    named: str, complaint: str, held: Held, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    editor: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    editor("true")
    monkeypatch.delenv("VISUAL")
    monkeypatch.setenv("EDITOR", named)
    code, _, err = say(capsys, "edit", *UNASKED)
    assert (code, complaint in err) == (Exit.WRONG, True), err
    assert kept_by(tmp_path, err).read_bytes() == DEFAULT.encode()
