"""The same jobs where XNAT's Docker is a Swarm: commands and mounts work there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hospital import digests_of
from tests.images.built import Images
from tests.images.swarm import swarm as swarm
from tests.installed.conftest import installed
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.containers.engine import Kind
from xnat_gate.sandbox.phantoms import Patient, rt_study

pytestmark = pytest.mark.xdist_group("docker")


def test_a_study_is_archived_and_checked_by_services_of_a_swarm(swarm: Images, tmp_path: Path) -> None:
    with installed(tmp_path, Kind.SWARM, swarm.host) as hospital:
        site = hospital.site
        rt_study(site.drop / "cork", Patient("PHANTOM^CORK", "CORK-1"))
        sent = digests_of(site.drop)
        assert site.import_once() == Exit.PASSED
        assert site.digests("HOSPITAL", "CORK-1") == sent
        hospital.settle()
        (gate,) = hospital.runs("check-prearchive", "CORK-1")
        (check,) = hospital.runs("check-session", hospital.id_of("HOSPITAL", "CORK-1"))
        assert [run.status for run in (gate, check)] == ["Complete", "Complete"]
        assert [run.row["backend"] for run in (gate, check)] == ["swarm", "swarm"]
        assert hospital.report_of(hospital.id_of("HOSPITAL", "CORK-1"))["passed"] is True
