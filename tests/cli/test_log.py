"""The log of a service: what it writes, as text and as JSON, and what it keeps out."""

from __future__ import annotations

import errno
import io
import json
import re
import sys
import threading
import warnings
from datetime import UTC, datetime, timedelta

import pytest

from xnat_gate.cli.log import Log, keep_to_the_log

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"


def test_a_happening_is_one_line_of_json_with_its_time_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    Log(as_json=True)({"event": "association", "objects": 3, "studies": ["1.2"]})
    entry = json.loads(capsys.readouterr().err)
    at = datetime.fromisoformat(entry.pop("time"))
    assert entry == {"event": "association", "objects": 3, "studies": ["1.2"]}
    assert timedelta(0) <= datetime.now(UTC) - at < timedelta(minutes=1)


def test_the_same_as_text_can_be_cut_at_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    Log(as_json=False)(
        {"event": "object", "why": "no space=left", "calling": "", "objects": 3, "studies": ["1.2"]}
    )
    assert re.fullmatch(
        rf'time={TIME} event=object why="no space=left" calling="" objects=3 studies=\["1\.2"\]\n',
        capsys.readouterr().err,
    )


@pytest.mark.parametrize("as_json", [True, False])
def test_a_sentence_of_progress_is_a_line_in_either_form(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    Log(as_json=as_json).line("watching a folder")
    written = capsys.readouterr().err
    if as_json:
        assert json.loads(written).items() >= {"event": "progress", "text": "watching a folder"}.items()
    else:
        assert re.fullmatch(rf"{TIME} watching a folder\n", written)


def test_a_passage_is_the_event_study(capsys: pytest.CaptureFixture[str]) -> None:
    Log(as_json=True).passage({"state": "archived", "study_uid": "1.2", "files": 190})
    assert (
        json.loads(capsys.readouterr().err).items()
        >= {"event": "study", "state": "archived", "files": 190}.items()
    )


@pytest.mark.parametrize("as_json", [True, False])
def test_hostile_text_stays_on_its_line(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    told = Log(as_json=as_json)
    told({"event": "association", "calling": "A\nB\x1b[31m\u2028"})
    told.line("A\nB\x1b[31m")
    written = capsys.readouterr().err
    assert (len(written.splitlines()), "\x1b" in written) == (2, False)


def test_lines_of_many_threads_are_not_mixed(capsys: pytest.CaptureFixture[str]) -> None:
    told = Log(as_json=True)
    threads = [
        threading.Thread(target=lambda: [told({"event": "x" * 500}) for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["x" * 500] * 200


class FullDisk(io.StringIO):
    """What stderr is where it leads to a file on a disk without room."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", FullDisk())
    Log(as_json=True)({"event": "association"})
    Log(as_json=False).line("watching a folder")


def test_a_thread_that_fails_is_told_by_kind_and_place_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)

    def fails() -> None:
        raise ValueError("PHANTOM^CORK")

    with warnings.catch_warnings():
        keep_to_the_log(Log(as_json=True))
        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
    written = capsys.readouterr().err
    entry = json.loads(written)
    assert (entry["event"], entry["why"]) == ("error", "ValueError")
    assert entry["at"].startswith("test_log.py:")
    assert "PHANTOM" not in written
