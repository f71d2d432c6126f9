"""The services of a site as processes, for tests in which they outlive, or do not outlive, what happens round them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.campaign_parts.services import Service

from tests.dicom_network import until
from tests.hospital import QUIET, Site

ACCOUNT = {"XNAT_USER": "admin", "XNAT_PASS": "admin"}


@contextmanager
def importer(site: Site, *options: str, url: str = "") -> Iterator[Service]:
    """`xnat-gate import`, watching; killed in the end where it still runs."""
    words = ["import", str(site.drop), f"--state={site.state}", f"--quiet-period={QUIET}", *options]
    service = Service(words, r"\bwatching ", log_of(site), {**ACCOUNT, "XNAT_HOST": url or site.sandbox.url})
    service.start()
    try:
        yield service
    finally:
        service.kill()


def log_of(site: Site) -> Path:
    return site.root / "import.log"


def told(log: Path, pattern: str, times: int = 1) -> None:
    """Wait until a service has said this."""
    until(lambda: log.exists() and len(re.findall(pattern, log.read_text(), re.MULTILINE)) >= times)


@contextmanager
def xnat(root: Path, *options: str, port: int = 0) -> Iterator[Service]:
    """`xnat-gate sandbox` on the state folder root/xnat; killed in the end."""
    words = ["sandbox", f"--port={port}", f"--state={root / 'xnat'}", "--containers=process", *options]
    service = Service(words, r"sandbox ready at \S+", root / "xnat.log")
    service.start()
    try:
        service.await_ready()
        yield service
    finally:
        service.kill()


def url_of(service: Service) -> str:
    return service.greeting.split()[-1]
