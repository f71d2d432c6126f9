"""kill -9 at any line: whatever was in flight, the next start finishes it, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests import forked
from tests.hospital import QUIET, Site, digests_of
from xnat_gate.cli.exits import Exit
from xnat_gate.sandbox.faults import Fault, Kind
from xnat_gate.sandbox.phantoms import Patient, ct_series, rt_study, rtstruct

CORK = Patient("PHANTOM^CORK", "CORK-1")

DIES = """
import os, signal
import {module} as place

whole = place.{name}
def dying(*given, **named):
    if "{moment}" == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = whole(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
    return answer
place.{name} = dying
"""

MOMENTS = [
    ("xnat_gate.roads.errands", "arrive", "before"),
    ("xnat_gate.roads.arrival", "deliver", "before"),
    ("xnat_gate.roads.delivery", "_send", "after"),
    ("xnat_gate.roads.arrival", "deliver", "after"),
    ("xnat_gate.roads.arrival", "leave", "before"),
    ("xnat_gate.roads.arrival", "leave", "after"),
    ("xnat_gate.edge.drop_folder.claim.Claim", "remove_files", "before"),
    ("xnat_gate.edge.drop_folder.claim.Claim", "remove_files", "after"),
    ("xnat_gate.edge.keeping.shelves.Keeping", "keep", "after"),
    ("xnat_gate.edge.drop_folder.claim.Claim", "finish", "before"),
    ("xnat_gate.roads.launched", "look", "before"),
    ("xnat_gate.roads.disposal", "archive", "after"),
]


def import_killed_by(site: Site, first: str) -> None:
    """Import with a process of its own, which kills itself because of what it runs first."""
    line = words(site, "--once", "--state", str(site.state))
    died = forked.gate()(*line, environment=os.environ, folder=site.root, first=first)
    assert died.returncode == -signal.SIGKILL, died.stderr


def die_at(site: Site, module: str, name: str, moment: str) -> None:
    """Import with a process that kills itself at this moment."""
    script = DIES.format(module=module, name=name, moment=moment)
    if module.rpartition(".")[2].lstrip("_")[0].isupper():
        package, _, klass = module.rpartition(".")
        script = script.replace(f"import {module} as place", f"from {package} import {klass} as place")
    import_killed_by(site, script)


@pytest.mark.parametrize(("module", "name", "moment"), MOMENTS)
def test_a_study_killed_on_its_way_is_archived_once_at_the_next_start(
    site: Site, module: str, name: str, moment: str
) -> None:
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    (site.drop / "study" / "notes.txt").write_text("junk")
    die_at(site, module, name, moment)
    site.import_once()
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.sessions("HOSPITAL") == ["CORK-1"]
    assert site.waiting("HOSPITAL") == []
    assert site.left_in_drop() == []
    assert list(site.kept("rejected")) == ["notes.txt"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_rejected_object_survives_a_kill_around_its_keeping(site: Site, moment: str) -> None:
    ct_series(site.drop / "study", CORK)
    rtstruct(site.drop / "study", ct_series(None, CORK, series=9), series=14)
    sent = digests_of(site.drop)
    die_at(site, "xnat_gate.edge.keeping.shelves.Keeping", "keep", moment)
    site.import_once()
    assert sorted(site.digests("HOSPITAL", "CORK-1") + digests_of(site.state / "rejected")) == sent


def words(site: Site, *options: str) -> list[str]:
    """The command line of an importer at this site."""
    return ["import", str(site.drop), "--quiet-period", QUIET, *options]


@contextmanager
def started(site: Site, *options: str) -> Iterator[forked.Running]:
    """An importer; killed in the end where it still runs."""
    running = forked.gate().start(*words(site, *options), environment=os.environ, folder=site.root)
    try:
        yield running
    finally:
        running.kill()
        running.wait(30)
        running.stdout.close()
        running.stderr.close()


def test_a_study_killed_on_its_way_to_held_goes_there_whole(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    for path in sorted((site.drop / "study").glob("*.dcm"))[:2]:
        path.with_suffix(".copy.dcm").write_bytes(path.read_bytes().replace(b"PHANTOM^CORK", b"PHANTOM^BARK"))
    sent = digests_of(site.drop)
    die_at(site, "xnat_gate.edge.keeping.filling.Shelf", "_take", "after")
    assert site.import_once() == Exit.STOPPED
    assert site.sessions("HOSPITAL") == []
    assert site.waiting("HOSPITAL") == []
    assert digests_of(site.state / "held") == sent


CLEARS_HALF = """
import os, signal
from xnat_gate.edge.drop_folder.claim import Claim

whole = Claim.remove_files
def half(self, relative):
    whole(self, [name for name in relative if "CT." in name])
    os.kill(os.getpid(), signal.SIGKILL)
Claim.remove_files = half
"""


def test_rt_objects_left_over_from_a_delivered_study_are_not_taken_for_orphans(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    sent = digests_of(site.drop)
    import_killed_by(site, CLEARS_HALF)
    assert site.import_once() == Exit.PASSED
    assert site.digests("HOSPITAL", "CORK-1") == sent
    assert site.kept("rejected") == {}
    assert site.left_in_drop() == []


def test_two_importers_on_one_folder_take_each_study_once(site: Site) -> None:
    sent = []
    for number in range(6):
        rt_study(site.drop / f"study {number}", Patient(f"PHANTOM^{number}", f"P-{number}"), study=number + 1)
        sent.append(digests_of(site.drop / f"study {number}"))
    with ExitStack() as running:
        importers = [
            running.enter_context(started(site, "--once", "--state", str(site.root / f"state {number}")))
            for number in range(2)
        ]
        told = [process.stdout.read() + process.stderr.read() for process in importers]
        assert [process.wait(30) for process in importers] == [Exit.PASSED, Exit.PASSED], told
    assert [site.digests("HOSPITAL", f"P-{number}") for number in range(6)] == sent
    assert site.waiting("HOSPITAL") == []


def test_a_watching_importer_takes_what_comes_and_ends_when_asked(site: Site, tmp_path: Path) -> None:
    with started(site, "--state", str(site.state)) as importer:
        staging = tmp_path / "staging"
        rt_study(staging, CORK)
        staging.rename(site.drop / "PHANTOM CORK came")
        line = importer.stdout.readline()
        assert line.startswith("archived: study ")
        assert "CORK-1" in line
        assert "PHANTOM" not in line
        assert site.sessions("HOSPITAL") == ["CORK-1"]
        importer.send_signal(signal.SIGTERM)
        assert importer.wait(timeout=30) == Exit.PASSED


def test_a_watching_importer_waits_for_an_xnat_that_is_away(site: Site) -> None:
    ct_series(site.drop / "study", CORK)
    with started(site, "--state", str(site.state), "--xnat", "http://127.0.0.1:1") as importer:
        assert "trying again" in importer.stderr.readline()
        assert site.left_in_drop() == ["study"]
        importer.send_signal(signal.SIGTERM)
        assert importer.wait(timeout=30) == Exit.PASSED


def test_a_watching_importer_looks_again_at_what_xnat_was_not_ready_for(site: Site) -> None:
    rt_study(site.drop / "study", CORK)
    fault = Fault(kind=Kind.STATUS, method="POST", path="/data/services/validate-archive", code=500, times=1)
    with site.sandbox.faults.add(fault), started(site, "--state", str(site.state)) as importer:
        assert importer.stdout.readline().startswith("delivered: study ")
        assert importer.stdout.readline().startswith("archived: study ")
    assert site.sessions("HOSPITAL") == ["CORK-1"]
