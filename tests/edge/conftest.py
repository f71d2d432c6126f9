"""Where the temporary folder of a test lies, when it matters."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """In memory as any other (tests/fast_places.py); on the disk for a test that has memory as its other disk."""
    if "other_disk" not in request.fixturenames:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="xnat-gate-test-", dir="/var/tmp") as folder:
        yield Path(folder)
