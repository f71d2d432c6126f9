"""`xnat-gate sandbox`: what it says when it is ready, and what it refuses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "xnat_gate", "sandbox", "--port", "0"]
NO_DAEMON = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}


def test_it_says_in_one_line_where_it_is_and_what_runs_its_containers(tmp_path: Path) -> None:
    words = [*COMMAND, "--state", str(tmp_path / "state")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=NO_DAEMON, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert re.fullmatch(r"sandbox ready at http://127\.0\.0\.1:\d+ \(.*\); containers: process\n", line)
    assert (rest, process.returncode) == ("", 0)


def test_an_engine_that_was_asked_for_and_does_not_answer_is_a_usage_error(tmp_path: Path) -> None:
    words = [*COMMAND, "--state", str(tmp_path / "state"), "--containers", "docker"]
    done = subprocess.run(words, capture_output=True, text=True, env=NO_DAEMON, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "containers with docker" in done.stderr
