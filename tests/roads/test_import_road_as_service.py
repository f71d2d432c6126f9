"""One arrival in trouble, and an importer that has others to see to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hospital import Site
from tests.roads.test_waiting_room import CORK, Clock, Parts, drop, parts, service  # noqa: F401
from xnat_gate.core.states import State
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rtstruct

DERRY = Patient("PHANTOM^DERRY", "DERRY-1")


@contextmanager
def running(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    options = ["--state", str(site.state), "--quiet-period", "0.4s"]
    with (site.root / "log").open("wb") as log:
        words = [sys.executable, "-m", "xnat_gate", "import", str(site.drop), *options]
        process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def until(site: Site, session: str, process: subprocess.Popen[bytes], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if session in site.sessions("HOSPITAL"):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("code", [500, 403])
def test_an_arrival_about_which_xnat_cannot_be_asked_holds_up_no_other(
    site: Site,
    parts: Parts,  # noqa: F811
    code: int,
) -> None:
    """The archived session in which its links could end has a catalogue that XNAT cannot, or may not, show."""
    images = site.root / "images"
    images.mkdir()
    for number, content in enumerate(parts.images):
        (images / f"{number}.dcm").write_bytes(content)
    site.upload(images, "HOSPITAL", SUBJECT_ID="PHANTOM_CORK", EXPT_LABEL="CORK-1")
    site.prearchive()
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    path = "/data/experiments/*"
    fault = Fault(kind=Kind.STATUS, method="GET", path=path, code=code)
    with running(site) as process:
        with site.sandbox.faults.add(fault):
            drop(site, "plan", *parts.rt)
            deadline = time.monotonic() + 8
            while site.left_in_drop() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert site.left_in_drop() == [], "taken"
            ct_series(site.drop / "other", DERRY, study=2)
            came = until(site, "DERRY-1", process, 9)
            log = (site.root / "log").read_text()
        assert process.poll() is None, log
        assert came, log


def test_a_study_that_is_held_is_held_though_a_part_of_it_waits(site: Site, tmp_path: Path) -> None:
    """The structure set carries the number of the series of the images (RT014: hold), and refers to others."""
    made = tmp_path / "made"
    ct = ct_series(made, CORK, series=1)
    rtstruct(made, ct_series(None, CORK, series=9), series=14, SeriesInstanceUID=ct[0].SeriesInstanceUID)
    with service(site, Clock()) as importer:
        drop(site, "study", *(path.read_bytes() for path in sorted(made.glob("*.dcm"))))
        first = importer.next()
        assert first.state in (State.WAITING, State.HELD, State.ARCHIVED)
        if first.state is not State.HELD:
            importer.next()
    assert site.sessions("HOSPITAL") == []
