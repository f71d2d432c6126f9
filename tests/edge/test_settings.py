"""The environment, read once and refused all at once."""

from __future__ import annotations

import re
from pathlib import Path

import certifi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xnat_gate.edge.settings import Settings, SettingsInvalid, Timeouts, duration

ENVIRONMENT = {"XNAT_HOST": "https://xnat.example.org/", "XNAT_USER": "robot", "XNAT_PASS": "correct horse"}


def faults(environ: dict[str, str], **overrides: str | None) -> list[str]:
    with pytest.raises(SettingsInvalid) as refusal:
        Settings.read(environ, **overrides)
    assert str(refusal.value).splitlines() == [str(fault) for fault in refusal.value.faults]
    assert all(fault.remedy for fault in refusal.value.faults)
    return [fault.variable for fault in refusal.value.faults]


def test_three_variables_are_enough() -> None:
    assert Settings.read(ENVIRONMENT) == Settings(
        host="https://xnat.example.org",
        user="robot",
        password="correct horse",
        ca_bundle=None,
        timeouts=Timeouts(),
    )


def test_an_archive_request_may_outlast_the_wait_of_xnat_itself() -> None:
    assert Settings.read(ENVIRONMENT).timeouts.archive == 660 > 600


def test_the_password_is_never_shown() -> None:
    settings = Settings.read(ENVIRONMENT)
    assert "correct horse" not in f"{settings!r} {settings!s}"


def test_all_faults_are_told_at_once_with_the_variable_and_what_to_do() -> None:
    environ = {
        "XNAT_HOST": "xnat.example.org",
        "XNAT_GATE_READ_TIMEOUT": "soon",
        "XNAT_GATE_CA_BUNDLE": "/no/such",
    }
    named = ["XNAT_HOST", "XNAT_USER", "XNAT_PASS", "XNAT_GATE_CA_BUNDLE", "XNAT_GATE_READ_TIMEOUT"]
    assert faults(environ) == named


def test_empty_and_blank_count_as_absent() -> None:
    assert faults({"XNAT_HOST": "", "XNAT_USER": " ", "XNAT_PASS": "\n"}) == [
        "XNAT_HOST",
        "XNAT_USER",
        "XNAT_PASS",
    ]
    assert (
        Settings.read({**ENVIRONMENT, "XNAT_GATE_CA_BUNDLE": "", "XNAT_GATE_READ_TIMEOUT": ""}).ca_bundle
        is None
    )


def test_overrides_stand_before_the_environment_and_none_counts_as_not_given() -> None:
    settings = Settings.read(ENVIRONMENT, host="http://localhost:8080", user=None, read_timeout="2m")
    assert (settings.host, settings.user, settings.timeouts.read) == ("http://localhost:8080", "robot", 120)


def test_an_override_nobody_knows_is_an_error_of_the_program() -> None:
    with pytest.raises(TypeError, match="hots"):
        Settings.read(ENVIRONMENT, hots="https://xnat.example.org")


@pytest.mark.parametrize(
    ("given_host", "host"),
    [
        ("https://xnat.example.org", "https://xnat.example.org"),
        (" http://10.0.0.1:8080/xnat/ \n", "http://10.0.0.1:8080/xnat"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_host_is_a_web_address_without_a_slash_at_its_end(given_host: str, host: str) -> None:
    assert Settings.read({**ENVIRONMENT, "XNAT_HOST": given_host}).host == host


@pytest.mark.parametrize(
    "host",
    [
        "xnat.example.org",
        "ftp://xnat.example.org",
        "https://",
        "https://xnat.example.org:port",
        "https://xnat.example.org:99999",
        "http://[::1",
        "https://xnat example.org",
        "https://xnat.example.org?x=1",
        "https://xnat.example.org/#top",
        "https://robot:hunter2@xnat.example.org",
    ],
)
def test_what_is_no_address_of_an_xnat_is_refused_without_repeating_a_secret(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="XNAT_HOST") as refusal:
        Settings.read({**ENVIRONMENT, "XNAT_HOST": host})
    assert "hunter2" not in str(refusal.value)


def test_a_password_with_a_line_break_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsInvalid, match="XNAT_PASS holds a line break") as refusal:
        Settings.read({**ENVIRONMENT, "XNAT_PASS": "hunter2\n"})
    assert "hunter2" not in str(refusal.value)


def test_spaces_belong_to_a_password_and_not_to_an_account() -> None:
    settings = Settings.read({**ENVIRONMENT, "XNAT_USER": " robot ", "XNAT_PASS": " p "})
    assert (settings.user, settings.password) == ("robot", " p ")


def test_an_account_with_a_colon_cannot_log_in_and_is_refused() -> None:
    assert faults({**ENVIRONMENT, "XNAT_USER": "robot:x"}) == ["XNAT_USER"]


def test_a_bundle_of_certificates_is_taken_when_it_holds_some(tmp_path: Path) -> None:
    assert Settings.read({**ENVIRONMENT, "XNAT_GATE_CA_BUNDLE": certifi.where()}).ca_bundle == Path(
        certifi.where()
    )
    (tmp_path / "empty.pem").write_text("")
    for wrong in (tmp_path / "empty.pem", tmp_path / "missing.pem", tmp_path):
        assert faults({**ENVIRONMENT, "XNAT_GATE_CA_BUNDLE": str(wrong)}) == ["XNAT_GATE_CA_BUNDLE"]


@pytest.mark.parametrize("name", ["CONNECT", "READ", "ARCHIVE", "TRANSFER"])
def test_every_timeout_has_its_variable(name: str) -> None:
    timeouts = Settings.read({**ENVIRONMENT, f"XNAT_GATE_{name}_TIMEOUT": "77s"}).timeouts
    assert getattr(timeouts, name.lower()) == 77
    assert timeouts != Timeouts()
    assert faults({**ENVIRONMENT, f"XNAT_GATE_{name}_TIMEOUT": "0"}) == [f"XNAT_GATE_{name}_TIMEOUT"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ("5s", 5), ("2m", 120), ("1h", 3600), ("1d", 86400), ("0", 0), ("0.5s", 0.5), (" 30m ", 1800)],
)
def test_a_duration_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "5 s", "-5", "+5", "5S", "5ms", "1h30m", "1e3", "inf", "nan", "\u0665s", "9" * 400]
)
def test_any_other_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration: write a number") as refusal:
        duration(text)
    assert "5s, 2m, 1h or 1d" in str(refusal.value)


@given(st.text(max_size=12))
def test_a_duration_is_never_negative_nor_endless(text: str) -> None:
    try:
        seconds = duration(text)
    except ValueError:
        assert not re.fullmatch(r"\s*[0-9]{1,9}[smhd]?\s*", text, re.ASCII)
    else:
        assert 0 <= seconds < 10**14
