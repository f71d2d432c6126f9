"""`xnat-gate receive`: what it says, what it refuses to start with, and that its folder is the importer's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dicom_network import Receiver, data_set, data_set_in, dcmtk, storescu
from tests.hospital import Site
from xnat_gate.cli.doors import main, parser
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.receiving_options import OPTIONS, size
from xnat_gate.sandbox.phantoms import Patient, rt_study

CORK = Patient("PHANTOM^CORK", "CORK-1")


def test_it_says_in_one_line_where_it_listens_and_ends_well(tmp_path: Path) -> None:
    with Receiver(tmp_path / "drop", "--state", str(tmp_path / "state")) as receiver:
        assert re.fullmatch(
            rf"listening on 127\.0\.0\.1:\d+ as XNAT, drop folder {tmp_path / 'drop'}\n", receiver.greeting
        )
        assert receiver.stop() == Exit.PASSED
    assert list((tmp_path / "drop" / ".receiving").iterdir()) == []


def test_the_log_can_be_plain_text(tmp_path: Path) -> None:
    with Receiver(tmp_path / "drop", "--log=text") as receiver:
        assert dcmtk("echoscu", "-aec", "XNAT", "127.0.0.1", receiver.port).returncode == 0
        assert receiver.stop() == Exit.PASSED
        assert any("event=association outcome=released" in line for line in receiver.log)


def test_the_defaults_are_those_of_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(option.variable, raising=False)
    read = parser().parse_args(["receive", "--drop", "in"])
    assert (read.drop, read.port, read.ae_title, read.state) == (Path("in"), 8104, "XNAT", None)
    assert (read.called_ae, read.calling_ae, read.allow_ip) == ("check", frozenset(), ())
    assert (read.tls_cert, read.tls_key, read.tls_ca) == (None, None, None)
    assert (read.health_port, read.health_bind) == (None, "127.0.0.1")


def test_an_option_may_stand_in_the_environment_and_is_overruled_by_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"PORT": "104", "AE_TITLE": "GATE", "RESERVE": "5GB", "CALLING_AE": " "}.items():
        monkeypatch.setenv(f"XNAT_GATE_RECEIVE_{name}", value)
    read = parser().parse_args(["receive", "--drop", "in", "--ae-title", "OTHER"])
    assert (read.port, read.ae_title, read.reserve, read.calling_ae) == (104, "OTHER", 5 * 10**9, frozenset())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--port=70000"], "no whole number from 0 to 65535"),
        (["--ae-title=SEVENTEEN-LETTERS"], "is no AE title"),
        (["--allow-ip=10.0.0.5/8"], "is no address or network"),
        (["--reserve=much"], "is no size"),
        (["--idle-timeout=0"], "too short"),
        (["--max-pdu=1"], "no whole number from 4096"),
        (["--log=xml"], "none of json, text"),
        (["--health-port=none"], "is no port: write a number from 0 to 65535, or off"),
        (["--health-port=65536"], "is no port"),
    ],
)
def test_a_wrong_option_is_told(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["receive", "--drop", str(tmp_path), *words])
    assert (ended.value.code, told in capsys.readouterr().err) == (Exit.WRONG, True)


def test_a_wrong_variable_is_told_like_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XNAT_GATE_RECEIVE_PORT", "many")
    with pytest.raises(SystemExit):
        main(["receive", "--drop", str(tmp_path)])
    assert "--port: 'many' is no whole number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--drop", "{}/typo"], "make it, or name another"),
        (["--drop", "{}", "--state", "{}/deep/er"], "lies in the drop folder"),
        (["--drop", "{}", "--tls-ca", "{}/ca.pem"], "both --tls-cert and --tls-key"),
        (["--drop", "{}", "--tls-cert", "{}/c", "--tls-key", "{}/k"], "cannot be used together"),
        (["--drop", "{}", "--bind", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
)
def test_what_it_cannot_start_with_is_a_wrong_call(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["receive", "--port", "0", *(word.format(tmp_path) for word in words)]) == Exit.WRONG
    assert told in capsys.readouterr().err


def test_a_port_that_is_taken_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Receiver(tmp_path / "drop") as receiver:
        words = [
            "receive",
            "--drop",
            str(tmp_path / "drop"),
            "--bind",
            "127.0.0.1",
            "--port",
            str(receiver.port),
        ]
        assert main(words) == Exit.WRONG
        assert "or name another with --port" in capsys.readouterr().err
        words[-1:] = ["0", "--health-port", str(receiver.port)]
        assert main(words) == Exit.WRONG
    assert (
        "see that nothing else listens there, or name another with --health-port" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("5GB", 5 * 10**9), ("1.5 kb", 1500), ("2MiB", 2 << 20), ("17", 17)]
)
def test_sizes_are_read_as_people_write_them(text: str, number: int) -> None:
    assert size(text) == number


def test_a_study_that_was_pushed_ends_like_the_same_study_dropped_as_a_folder(site: Site) -> None:
    """The phantom of two patients, alike but for the names: one comes by C-STORE and one by folder."""
    pushed, dropped = site.root / "pushed", site.drop / "dropped"
    rt_study(pushed, CORK, study=7)
    rt_study(dropped, Patient("PHANTOM^WAX", "WAX-1"), study=8)
    files = sorted(pushed.rglob("*.dcm"))
    with Receiver(site.drop) as receiver:
        done = storescu(receiver.port, files)
        assert done.returncode == 0, done.stderr
        assert receiver.told("association")["objects"] == len(files)
        assert site.import_once() == Exit.PASSED
    assert (site.sessions("HOSPITAL"), site.left_in_drop()) == (["CORK-1", "WAX-1"], [])
    assert [len(site.digests("HOSPITAL", label)) for label in ("CORK-1", "WAX-1")] == [len(files)] * 2
    assert sorted(map(data_set_in, site.contents("HOSPITAL", "CORK-1"))) == sorted(map(data_set, files))
