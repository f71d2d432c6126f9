"""The campaign in its short form; the long one is `make campaign` (docs/campaign.md)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "scripts" / "campaign.py"
KILLS = 6


def test_killed_again_and_again_under_load_nothing_is_lost(tmp_path: Path) -> None:
    bounds = ("--seconds=100", "--calm=100", "--studies=12", "--senders=3")
    speed = ("--pace=0.3", "--quiet-period=0.5s")
    command = [
        sys.executable,
        CAMPAIGN,
        f"--kills={KILLS}",
        "--seed=5",
        *bounds,
        *speed,
        f"--keep={tmp_path / 'field'}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", done.stdout, re.MULTILINE))
    assert (told["**all**"], told["**lost**"]) == (f"**{KILLS}**", "**0**")
    assert int(told["acknowledged with Success"]) > 0
    assert int(told["dropped as files"]) > 0
    owed = int(told["acknowledged with Success"]) + int(told["dropped as files"])
    assert int(told["of these found"]) == owed
