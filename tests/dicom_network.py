"""A receiver as it is started by its users, and the foreign programs that send to it.

dcmtk's programs come with the Debian package dcmtk; without them a test is skipped, with REQUIRE_DCMTK=1 it fails.
"""

from __future__ import annotations

import io
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from pydicom import dcmread
from pynetdicom import AE, evt
from pynetdicom.association import Association

from tests import forked

WITHIN = 60.0


class Receiver:
    """`xnat-gate receive` in a process of its own, a fork, on a free port."""

    def __init__(self, drop: Path, *options: str, environ: dict[str, str] | None = None) -> None:
        drop.mkdir(exist_ok=True)
        self.drop = drop
        words = ["receive", "--drop", str(drop), "--port=0", "--bind=127.0.0.1", "--reserve=0", *options]
        environment = {**os.environ, **(environ or {})}
        self._process = forked.gate().start(*words, environment=environment, folder=Path.cwd())
        self._told: queue.Queue[str] = queue.Queue()
        self.log: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.greeting = self._process.stdout.readline()
        found = re.search(r":(\d+) as ", self.greeting)
        if found is None:
            self.kill()
        assert found is not None, self.log
        self.port = int(found[1])

    def told(self, event: str, **wanted: object) -> dict[str, Any]:
        """The next line of the log that tells of this, waited for."""
        deadline = time.monotonic() + WITHIN
        while True:
            text = self._told.get(timeout=max(0.0, deadline - time.monotonic()))
            with suppress(json.JSONDecodeError):
                entry: dict[str, Any] = json.loads(text)
                if entry["event"] == event and wanted.items() <= entry.items():
                    return entry

    def peak_memory(self) -> int:
        """Bytes that were resident at most."""
        facts = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmHWM:\s+(\d+) kB", facts)[0]) * 1024

    def tell_to_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """The exit code."""
        code = self._process.wait(WITHIN)
        self._listener.join(WITHIN)
        return code

    def stop(self) -> int:
        self.tell_to_stop()
        return self.wait()

    def kill(self) -> None:
        self._process.kill()
        self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        for stream in (self._process.stdout, self._process.stderr):
            stream.close()

    def _listen(self) -> None:
        for line in self._process.stderr:
            self.log.append(line)
            self._told.put(line)


def dcmtk(program: str, *words: object) -> subprocess.CompletedProcess[str]:
    """What the program says; its exit code is for the test to judge."""
    beside = shutil.which(
        "dcmsend"
    )  # pynetdicom brings a storescu and an echoscu of its own, but none of this
    if beside is None:
        if os.environ.get("REQUIRE_DCMTK") == "1":
            pytest.fail("dcmtk is not installed: apt-get install dcmtk")
        pytest.skip("dcmtk is not installed")
    path = Path(beside).with_name(program)
    return subprocess.run([path, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


def statuses(done: subprocess.CompletedProcess[str]) -> list[tuple[str, int]]:
    """SOPInstanceUID and status of every answer, as a program of dcmtk's tells them with -d."""
    answer = (
        r"Message Type +: C-STORE RSP\n(?:.*\n)*?.*Affected SOP Instance UID +: (\S+)\n"
        r"(?:.*\n)*?.*DIMSE Status +: 0x([0-9a-fA-F]{4})"
    )
    return [(uid, int(status, 16)) for uid, status in re.findall(answer, done.stdout + done.stderr)]


def storescu(port: int, files: Iterable[Path], *words: object) -> subprocess.CompletedProcess[str]:
    return dcmtk("storescu", "-aec", "XNAT", *words, "127.0.0.1", port, *files)


@contextmanager
def associated(
    port: int, contexts: Iterable[tuple[str, str]], called: str = "XNAT", **more: Any
) -> Iterator[Association]:
    """An association of our own, with one presentation context for each SOP class and transfer syntax."""
    entity = AE(ae_title="TESTSCU")
    entity.dimse_timeout = 10  # which it also waits for a receiver that was killed
    for sop_class, syntax in sorted(set(contexts)):
        entity.add_requested_context(sop_class, syntax)
    wires: list[socket.socket] = []
    opened = (evt.EVT_CONN_OPEN, lambda event: wires.append(event.assoc.dul.socket.socket))
    association = entity.associate("127.0.0.1", port, ae_title=called, evt_handlers=[opened], **more)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()
        for wire in wires:
            wire.close()  # which pynetdicom forgets where the other side was faster


def contexts_of(files: Iterable[Path]) -> set[tuple[str, str]]:
    """SOP class and transfer syntax of each."""
    heads = [dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]) for path in files]
    return {(str(head.SOPClassUID), str(head.file_meta.TransferSyntaxUID)) for head in heads}


def send(association: Association, files: Iterable[Path]) -> list[int | None]:
    """The status of each; None where none came."""
    return [association.send_c_store(path).get("Status") for path in files]


def data_set(path: Path) -> tuple[str, bytes]:
    """The transfer syntax, and the encoded data set after the file meta information."""
    return data_set_in(path.read_bytes())


def data_set_in(raw: bytes) -> tuple[str, bytes]:
    assert raw[128:132] == b"DICM"
    start = 144 + int.from_bytes(raw[140:144], "little")
    head = dcmread(io.BytesIO(raw), stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
    return str(head.file_meta.TransferSyntaxUID), raw[start:]


def in_sight(drop: Path) -> list[Path]:
    """The files that an importer would find."""
    return sorted(path for path in _files(drop) if not path.relative_to(drop).parts[0].startswith("."))


def out_of_sight(drop: Path) -> list[Path]:
    """The files that a receiver has begun."""
    return [path for path in _files(drop / ".receiving") if path.name != "lock"]


def _files(folder: Path) -> list[Path]:
    """All below it, while others make and remove folders there."""
    return [Path(place) / name for place, _, names in os.walk(folder) for name in names]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """This folder as a disk of its own (`8m`); only root can have one: else the test is skipped, with REQUIRE_DOCKER=1,
    which is set where there is root, it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail("no small disk can be mounted: that takes root and the right to mount")
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, *, but: int = 0) -> Path:
    """A file that takes the room of a disk, but so many bytes; hidden, so that no importer sees it."""
    filler = folder / ".filler"
    facts = os.statvfs(folder)
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        for _ in range((facts.f_bavail * facts.f_frsize - but) // 4096):
            file.write(bytes(4096))
    return filler


def until(holds: Callable[[], object]) -> None:
    """Looks again and again; fails after a minute."""
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)
