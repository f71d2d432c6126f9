"""The first thing a newcomer runs, from a checkout and from the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from xnat_gate.cli.doors import main
from xnat_gate.cli.exits import Exit

CHECKOUT = Path(__file__).parents[2]


def test_the_demo_shows_every_way_a_study_can_go(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["demo", "--keep", str(tmp_path)]) == Exit.PASSED
    told = capsys.readouterr()
    for word in (
        "archived",
        "quarantined",
        "rejected",
        "held",
        "CONFLICT",
        "not DICOM",
        "HOSPITAL",
        "QUARANTINE",
    ):
        assert word in told.out
    assert "everything went where it belongs" in told.err


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked somewhere far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(CHECKOUT)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as bundle:
        bundle.extractall(folder / "site")
    return folder / "site"


def run_installed(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-m", "xnat_gate", *arguments],
        env=environment,
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_brings_its_default_protocol_and_its_sandbox(installed: Path) -> None:
    place = subprocess.run(
        [
            sys.executable,
            "-c",
            "import xnat_gate, xnat_gate.edge.protocol_file as p; print(p.default_path())",
        ],
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"},
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert place.stdout.strip().startswith(str(installed))
    run = run_installed(installed, "demo")
    assert run.returncode == Exit.PASSED, run.stdout + run.stderr
