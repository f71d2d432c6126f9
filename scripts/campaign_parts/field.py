"""The field of a campaign: its folders, and the three services on them, from beginning to end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from xnat_gate.edge import protocol_file

from . import killing
from .services import Service

WAIT = "wait_for_images: 30m"
ENDS = ("archived", "quarantined", "rejected", "held", "failed")
"""States of the journal in which nothing is under way."""


class Field:
    """Below `root`, which must not be there yet; a context manager, inside which all three run."""

    def __init__(self, root: Path, quiet_period: str) -> None:
        self.root = root
        self.drop, self.state = root / "drop", root / "state"
        self.journal = self.state / "journal.sqlite3"
        for folder in (self.drop, self.state, root / "logs"):
            folder.mkdir(parents=True)
        state = f"--state={self.state}"
        self._receive = ["receive", f"--drop={self.drop}", state, "--bind=127.0.0.1", "--reserve=0"]
        self.sandbox = self._service(
            ["sandbox", "--port=0", f"--state={root / 'xnat'}", "--containers=process"],
            r"sandbox ready at \S+",
        )
        self.receiver = self._service([*self._receive, "--port=0"], r"listening on [^ ]+:\d+")
        self.importer = self._service(
            [
                "import",
                str(self.drop),
                state,
                f"--quiet-period={quiet_period}",
                f"--protocol={self._protocol()}",
            ],
            r"\bwatching ",
        )

    @property
    def url(self) -> str:
        return self.sandbox.greeting.split()[-1]

    @property
    def port(self) -> int:
        return int(self.receiver.greeting.rpartition(":")[2])

    def __enter__(self) -> Self:
        """Each is ready on return; the receiver keeps the port that it found."""
        try:
            for service in (self.sandbox, self.receiver):
                service.start()
            for service in (self.sandbox, self.receiver):
                service.await_ready()
            self.receiver.words = [*self._receive, f"--port={self.port}"]
            self.importer.environ |= {"XNAT_HOST": self.url, "XNAT_USER": "admin", "XNAT_PASS": "admin"}
            self.importer.start()
            self.importer.await_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def is_calm(self, until: float) -> bool:
        """Wait until nothing is under way, several looks in a row: no folder, no claim, no unfinished entry."""
        still = 0
        while time.monotonic() < until:
            still = 0 if self._busy() else still + 1
            if still > 2:
                return True
            time.sleep(0.3)
        return False

    def unfinished(self) -> list[str]:
        return [
            f"{study} of arrival {arrival} is {state}"
            for arrival, study, state in killing.states(self.journal)
            if state not in ENDS
        ]

    def verb(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "xnat_gate", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def _busy(self) -> bool:
        seen = any(not path.name.startswith(".") for path in self.drop.iterdir())
        return seen or killing.importing(self.drop) or killing.receiving(self.drop) or bool(self.unfinished())

    def _service(self, words: list[str], ready: str) -> Service:
        return Service(words, ready, self.root / "logs" / f"{words[0]}.log")

    def _protocol(self) -> Path:
        """The default one, but that RT waits for its images no longer than a campaign can."""
        text = protocol_file.default_text()
        if WAIT not in text:
            raise ValueError(f"the default protocol no longer says {WAIT!r}: tell the campaign what it says")
        path = self.root / "protocol.yaml"
        path.write_text(text.replace(WAIT, "wait_for_images: 5s"), encoding="utf-8")
        return path

    def _end(self) -> None:
        for service in (self.receiver, self.importer, self.sandbox):
            service.kill()
