"""The services under test as processes: started, killed, started again at once, and heard."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

START = 60.0
"""Seconds until a service is ready, at most."""
END = 60.0


class Service:
    """One verb of xnat-gate. `ready` is set while it says it is; `said`: its latest lines; `fell`: what it said when it
    ended without having been asked to."""

    def __init__(
        self, words: list[str], ready: str, log: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.name = words[0]
        self.words = words
        self.ready = threading.Event()
        self.greeting = ""
        self.said: deque[str] = deque(maxlen=30)
        self.fell: list[str] = []
        self._ready = re.compile(ready)
        self._log = log
        self.environ = {**os.environ, **(environ or {}), "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None

    def start(self) -> None:
        """Returns at once; whether it is ready tells `ready`."""
        self.ready = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "xnat_gate", *self.words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environ,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process, self.ready), daemon=True)
        self._listener.start()

    def await_ready(self) -> None:
        """Raises RuntimeError with what it said when it does not come up."""
        if not self.ready.wait(START):
            raise RuntimeError(f"{self.name} did not start: {''.join(self.said)}")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> bool:
        """kill -9; False when it had fallen by itself before, which is written down."""
        if self._process is None:
            return False
        fell = self._process.poll()
        self._process.kill()
        self._gone()
        if fell is not None:
            self.fell.append(f"{self.name} ended by itself with exit code {fell}: {''.join(self.said)}")
        return fell is None

    def stop(self) -> int:
        """SIGTERM; the exit code. Raises TimeoutExpired when it does not end."""
        if self._process is None:
            return 0
        self._process.terminate()
        code = self._process.wait(END)
        self._gone()
        self._process = None
        return code

    def _gone(self) -> None:
        assert self._process is not None
        self._process.wait()
        if self._listener is not None:
            self._listener.join(END)
        self.ready.clear()

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"--- {self.name} starts as process {process.pid}\n")
            for line in process.stdout:
                self.said.append(line)
                log.write(line)
                log.flush()
                if found := self._ready.search(line):
                    self.greeting = found[0]
                    ready.set()
        process.stdout.close()
