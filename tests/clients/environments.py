"""A virtual environment for each outside client, made once and kept beside the checkout.

Laws: an environment is named after what it holds (client, pins, Python), so changed pins make another one; one process
makes it while the others wait; one that was not finished is made again, from nothing. Clients never see the settings,
proxies or home of whoever runs the tests.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

REQUIREMENTS = Path(__file__).parent / "requirements"
PLACE = Path(__file__).parents[2] / ".venv-clients"
PATIENCE = 600
"""Seconds for one installation."""
READY = "ready"
"""The file that is written last."""


class NotInstallable(Exception):
    """The environment could not be made; the message is the installer's own."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An installed client; `programs` is the folder of its executables."""

    programs: Path

    @property
    def python(self) -> Path:
        return self.programs / "python"


def of(pins: Path, place: Path = PLACE) -> Environment:
    """The environment of a requirements file, made when there is none. Raises NotInstallable."""
    folder = folder_of(pins, place)
    place.mkdir(parents=True, exist_ok=True)
    with _alone(_beside(folder, "lock")):
        if not ((folder / READY).exists() and (folder / "bin" / "python").exists()):
            _refuse_again(folder)
            _make(folder, pins)
    return Environment(folder / "bin")


def folder_of(pins: Path, place: Path = PLACE) -> Path:
    """Where the environment of a requirements file lies, or would lie."""
    return place / f"{pins.stem}-{_key(pins.read_text(encoding='utf-8'))}"


def of_client(client: str) -> Environment:
    """As `of`, for `requirements/{client}.txt`."""
    return of(REQUIREMENTS / f"{client}.txt")


def variables(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    """What a client's process gets to see of the world."""
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1", **more}


def _key(pins: str) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{hashlib.sha256(pins.encode()).hexdigest()[:8]}-py{version}"


def _beside(folder: Path, kind: str) -> Path:
    return folder.with_name(f"{folder.name}.{kind}")


def _make(folder: Path, pins: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run(folder, sys.executable, "-m", "venv", "--without-pip", str(folder))
    _run(
        folder, sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet",
        "--no-input", "--retries", "1", "--disable-pip-version-check", "--requirement", str(pins),
    )  # fmt: skip
    (folder / READY).touch()


def _run(folder: Path, *command: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _give_up(folder, str(error))
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        _give_up(folder, " ".join(errors) or (done.stderr or done.stdout).strip()[-500:])


def _give_up(folder: Path, why: str) -> NoReturn:
    """Remember the failure for this run: waiting for a missing index once is enough."""
    _beside(folder, "failed").write_text(f"{_test_run()}\n{why}", encoding="utf-8")
    raise NotInstallable(why)


def _refuse_again(folder: Path) -> None:
    try:
        run, _, why = _beside(folder, "failed").read_text(encoding="utf-8").partition("\n")
    except FileNotFoundError:
        return
    if run == _test_run():
        raise NotInstallable(why)


def _test_run() -> str:
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
