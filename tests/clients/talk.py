"""The three ways to a client: a process that is talked to, a command that is run once, and forks of such a command.

Laws: a client gets a home of its own and none of the runner's settings; one that answers nothing for a minute is
ended and the test fails.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import environments
from tests.forked import Forks

PROGRAMS = Path(__file__).parent / "programs"
PATIENCE = 60


class ClientError(Exception):
    """The client raised; `kinds` are the names of the error's class and its bases."""

    def __init__(self, kinds: list[str], message: str) -> None:
        super().__init__(f"{kinds[0]}: {message}")
        self.kinds = kinds


class Talk:
    """A running program of the folder `programs`; `talk("archive", project="A")` calls its function."""

    def __init__(self, python: Path, program: str, *words: str, home: Path, log: Path) -> None:
        self._log = log
        self._errors = log.open("w")
        self._process = subprocess.Popen(
            [python, PROGRAMS / program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=self._errors, env=environments.variables(home, {}), cwd=home,
        )  # fmt: skip

    def __call__(self, deed: str, **given: object) -> Any:
        """The function's answer. Raises ClientError with the client's error, AssertionError when it is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watch = threading.Timer(PATIENCE, self._process.kill)
        watch.start()
        try:
            self._process.stdin.write(json.dumps({"do": deed, "given": given}, default=str) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        assert line, f"the client is gone: {self._log.read_text()[-2000:]}"
        said = json.loads(line)
        if "error" in said:
            raise ClientError(said["error"], said["message"])
        return said["answer"]

    def end(self) -> None:
        """Say goodbye. Raises AssertionError when the client does not end well."""
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        finally:
            self._errors.close()
        assert self._process.returncode == 0, self._log.read_text()[-2000:]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, f"{self.code}: {self.out}\n{self.err}"
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Command:
    """A console script with its environment variables."""

    program: Path
    home: Path
    variables: Mapping[str, str]

    def __call__(self, *words: str | Path) -> Done:
        done = subprocess.run(
            [self.program, *words], capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.home,
            stdin=subprocess.DEVNULL, env=environments.variables(self.home, self.variables),
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Forked:
    """As `Command`, by forks of one process that has imported the script's program; it keeps the home it began with."""

    forks: Forks
    home: Path
    variables: Mapping[str, str]

    def __call__(self, *words: str | Path) -> Done:
        environment = environments.variables(self.home, self.variables)
        done = self.forks(*words, environment=environment, folder=self.home)
        return Done(done.returncode, done.stdout, done.stderr)
