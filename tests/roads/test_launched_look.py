"""The second look as a container: believed where XNAT shows what the container tells, and taken here where it does not.

The Container Service is a stand-in here, so that a container can lie, vanish and never end; what is launched for real
is in tests/installed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from tests.hospital import Site
from tests.roads.looking import once_before
from tests.roads.test_second_thoughts import somebody
from xnat_gate.cli import parts
from xnat_gate.core.archive import ArchiveRefused, NotThere
from xnat_gate.core.launching import Stream, Workflow
from xnat_gate.core.states import State
from xnat_gate.edge.settings import Settings
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.launched import Launched
from xnat_gate.roads.passage_lines import line
from xnat_gate.sandbox.phantoms import Patient, rt_study

CORK = Patient("PHANTOM^CORK", "CORK-1")


@dataclass
class Containers:
    """A Container Service of which the test says what it answers."""

    log: str = ""
    ends: Workflow | Exception = field(default_factory=lambda: Workflow("Complete"))
    refuses: Exception | None = None
    wrapper: int | None = 4
    launched: list[Mapping[str, str]] = field(default_factory=list)

    def find_wrapper(self, command: str, project: str, context: str = "xnat:projectData") -> int | None:
        return self.wrapper

    def launch(
        self, wrapper: int, project: str, root: str, value: str, inputs: Mapping[str, str] | None = None
    ) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.launched.append({**(inputs or {}), root: value})
        return "7"

    def workflow(self, id: str) -> Workflow:
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends

    def container_log(self, workflow: Workflow, stream: Stream = Stream.STDOUT) -> str:
        return self.log


def waiting(site: Site) -> None:
    rt_study(site.root / "files", CORK)
    site.upload(site.root / "files", "HOSPITAL", session="CORK-1")


def look(site: Site, containers: Containers, **more: object) -> tuple[list[Passage], list[str]]:
    """What became of the one waiting row, and what was told meanwhile."""
    told: list[str] = []
    settings = Settings.read({}, host=site.sandbox.url, user="admin", password="admin")
    with parts.gate(settings, protocol=None, state=site.state, tell=told.append) as made:
        gate: Gate = replace(made, launching=containers)
        (row,) = gate.archive.rows("HOSPITAL")
        return list(Launched(**more)(row, gate, "ab12")), told


def says(state: State, row_of: Site, **more: str) -> str:
    (row,) = row_of.waiting("HOSPITAL")
    one = Passage(what="5 CT", files=8, state=state, where="HOSPITAL / CORK-1", study_uid=row["tag"], **more)
    return line(one) + "\nprearchive of HOSPITAL: 1 looked at\n"


def states(passages: list[Passage]) -> list[State]:
    return [one.state for one in passages]


def test_the_row_and_the_digest_of_its_manifest_are_handed_to_the_container(site: Site) -> None:
    waiting(site)
    containers = Containers()
    (row,) = site.waiting("HOSPITAL")
    look(site, containers)
    assert containers.launched == [
        {"project": "HOSPITAL", "row": row["url"].removeprefix("/data"), "manifest": "ab12"}
    ]


@pytest.mark.parametrize(
    "containers",
    [
        Containers(wrapper=None),
        Containers(refuses=NotThere("no such plugin")),
        Containers(refuses=ArchiveRefused("XNAT did not launch: no")),
        Containers(ends=Workflow("Failed (Container launch)", "Could not pull image")),
        Containers(ends=NotThere("no such workflow")),
        Containers(log="Traceback (most recent call last):"),
    ],
    ids=[
        "no command",
        "no plugin",
        "launch refused",
        "no image",
        "workflow lost",
        "a log that tells nothing",
    ],
)
def test_where_no_container_tells_what_it_did_the_look_is_taken_here(
    site: Site, containers: Containers
) -> None:
    waiting(site)
    passages, _ = look(site, containers)
    assert states(passages) == [State.ARCHIVED]
    assert site.sessions("HOSPITAL") == ["CORK-1"]


@pytest.mark.parametrize("state", [State.ARCHIVED, State.QUARANTINED, State.FAILED, State.REJECTED])
def test_a_container_that_tells_of_an_end_which_xnat_does_not_show_is_not_believed(
    site: Site, state: State
) -> None:
    waiting(site)
    passages, told = look(site, Containers(log=says(state, site)))
    assert any("it is taken here" in one for one in told)
    assert states(passages) == [State.ARCHIVED]
    assert site.sessions("HOSPITAL") == ["CORK-1"]


def test_an_archiving_that_went_otherwise_than_it_was_judged_stays_told_and_journalled(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is in the archive by then, and that is not all there is to say."""
    waiting(site)
    (row,) = site.waiting("HOSPITAL")
    archived = lambda: somebody(site, "POST", "/data/services/archive", src=row["url"])  # noqa: E731
    once_before(monkeypatch, Containers, "workflow", archived)
    why = "XNAT shows 9 files where 8 were expected"
    passages, _ = look(site, Containers(log=says(State.FAILED, site, nameless=why)))
    assert states(passages) == [State.FAILED]
    assert passages[0].why == why
    with site.journal() as journal:
        assert [one.state for one in journal.of_study(row["tag"])] == [State.FAILED]


def test_what_a_container_tells_of_another_study_is_not_the_answer_for_this_one(site: Site) -> None:
    waiting(site)
    other = Passage(what="1 CT", files=1, state=State.HELD, where="HOSPITAL / X", study_uid="1.2.3")
    passages, _ = look(site, Containers(log=line(other)))
    assert states(passages) == [State.ARCHIVED]


def test_a_container_that_tells_why_the_session_waits_is_believed_and_journalled(site: Site) -> None:
    waiting(site)
    passages, _ = look(site, Containers(log=says(State.HELD, site, nameless="RT034: not whole")))
    assert states(passages) == [State.HELD]
    with site.journal() as journal:
        assert [one.state for one in journal.of_study(passages[0].study_uid)] == [State.HELD]
    assert len(site.waiting("HOSPITAL")) == 1


def test_a_container_that_does_not_end_is_left_to_itself_and_the_row_is_looked_at_again(site: Site) -> None:
    waiting(site)
    passages, _ = look(site, Containers(ends=Workflow("Running")), patience=0.0)
    assert states(passages) == [State.DELIVERED]
    assert "has not ended yet" in passages[0].why


def test_a_stop_does_not_wait_for_a_container(site: Site) -> None:
    waiting(site)
    stop = threading.Event()
    stop.set()
    passages, _ = look(site, Containers(ends=Workflow("Running")), stop=stop)
    assert states(passages) == [State.DELIVERED]
