"""The environments of the clients: made once, finished or made again, and a failure is told in pip's words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.environments import NotInstallable


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    return tmp_path / "client.txt"


def test_an_unfinished_environment_is_made_again_and_a_finished_one_kept(pins: Path, tmp_path: Path) -> None:
    pins.write_text("")
    folder = environments.folder_of(pins, tmp_path / "place")
    folder.mkdir(parents=True)
    (folder / "half").touch()
    made = environments.of(pins, tmp_path / "place")
    assert made.python.exists()
    assert not (folder / "half").exists()
    (folder / "whole").touch()
    assert environments.of(pins, tmp_path / "place") == made
    assert (folder / "whole").exists()


def test_other_pins_are_another_environment(pins: Path, tmp_path: Path) -> None:
    pins.write_text("client==1\n")
    before = environments.folder_of(pins, tmp_path)
    pins.write_text("client==2\n")
    assert environments.folder_of(pins, tmp_path) != before


def test_what_cannot_be_installed_is_told_in_pips_words_and_not_tried_twice(
    pins: Path, tmp_path: Path
) -> None:
    pins.write_text("./nothing-here\n")
    with pytest.raises(NotInstallable, match="nothing-here") as first:
        environments.of(pins, tmp_path / "place")
    started = time.monotonic()
    with pytest.raises(NotInstallable) as again:
        environments.of(pins, tmp_path / "place")
    assert str(again.value) == str(first.value)
    assert time.monotonic() - started < 0.5


def test_a_client_sees_nothing_of_the_runners_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XNAT_PASS", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    seen = environments.variables(tmp_path, {"XNAT_USER": "owner"})
    assert seen["HOME"] == str(tmp_path)
    assert seen["XNAT_USER"] == "owner"
    assert not {"XNAT_PASS", "HTTPS_PROXY"} & set(seen)
