"""`xnat-gate demo`: the main job on an embedded sandbox, with studies that it makes itself."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit
from xnat_gate.cli.parts import gate
from xnat_gate.core.states import State
from xnat_gate.edge import protocol_file
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.edge.settings import Settings
from xnat_gate.roads.gate import Passage
from xnat_gate.roads.importing import Importing

QUIET_PERIOD = 0.3
EXPECTED = (State.ARCHIVED, State.REJECTED, State.REJECTED, State.QUARANTINED, State.HELD)
"""The RT study, the junk beside it, the orphan, the ultrasound; then the RT study once more."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "demo", help="see the gate at work on a small XNAT of its own, with made-up studies"
    )
    verb.add_argument(
        "--keep", type=Path, metavar="DIR", help="leave everything in this folder to look at afterwards"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        return _run_in(options.keep.absolute())
    with tempfile.TemporaryDirectory(prefix="xnat-gate-demo-") as folder:
        return _run_in(Path(folder))


def _run_in(folder: Path) -> Exit:
    from xnat_gate.sandbox.phantoms import junk, orphan_structure_set, rt_study, ultrasound
    from xnat_gate.sandbox.server import Sandbox

    def first(drop: Path) -> None:
        rt_study(drop / "1 planning study")
        junk(drop / "1 planning study")
        orphan_structure_set(drop / "2 structure set alone")
        ultrasound(drop / "3 ultrasound")

    def again(drop: Path) -> None:
        rt_study(drop / "4 planning study again")

    telling.line("starting a sandbox XNAT and dropping four folders with made-up studies")
    with Sandbox.start(folder / "xnat", protocol=protocol_file.default_text()) as sandbox:
        settings = Settings.read({}, host=sandbox.url, user="admin", password="admin")  # noqa: S106 - the sandbox's own
        passages = [*_import(settings, folder, first), *_import(settings, folder, again)]
    telling.print_table(passages)
    for reason in sorted({*folder.glob("rejected/**/reason.json"), *folder.glob("held/**/reason.json")}):
        telling.line(f"reason kept in {reason.relative_to(folder)}")
    as_expected = tuple(one.state for one in passages) == EXPECTED
    telling.line(
        "everything went where it belongs" if as_expected else "this is not what the demo should show"
    )
    return Exit.PASSED if as_expected else Exit.STOPPED


def _import(settings: Settings, folder: Path, drop_into: Callable[[Path], None]) -> list[Passage]:
    drop = folder / "drop"
    drop.mkdir(exist_ok=True)
    drop_into(drop)
    with (
        telling.working("importing") as tell,
        gate(settings, protocol=None, state=folder, tell=tell) as parts,
        DropFolder(drop) as watched,
    ):
        told = Importing(drop=watched, gate=parts, quiet_period=QUIET_PERIOD).once()
        return sorted(told, key=lambda one: one.came_as)
