"""A look at a waiting session by the importer's manifest beside one that reads it whole, against the sandbox: bytes
that came over the wire, and time. Both looks end in the same verdict, and leave the session where it is."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.states import State
from xnat_gate.edge import protocol_file
from xnat_gate.edge.drop_folder import DropFolder
from xnat_gate.edge.journal import Journal
from xnat_gate.edge.keeping import Keeping
from xnat_gate.edge.xnat import Account, Xnat, connected
from xnat_gate.roads.gate import Gate, Passage
from xnat_gate.roads.importing import Importing
from xnat_gate.roads.prearchive import look
from xnat_gate.sandbox.phantoms import ct_series
from xnat_gate.sandbox.server import Sandbox

SLICES, PIXELS = 200, 256
ROUNDS = 5
STAYS = (
    "protocol: 1\nprojects: {hospital: HOSPITAL, quarantine: QUARANTINE}\n"
    "allow: {Modality: [MR]}\nquarantine: prearchive\n"
)
"""A protocol under which the study is judged and stays where it is, so that it can be looked at again."""


@contextmanager
def gate(folder: Path) -> Iterator[Gate]:
    (folder / "protocol.yaml").write_text(STAYS)
    protocol = protocol_file.load(folder / "protocol.yaml", VOCABULARY)
    with (
        Sandbox.start(folder / "xnat") as sandbox,
        connected(Account(host=sandbox.url, user="admin", password="admin")) as archive,
        Journal(folder / "journal.sqlite3") as journal,
    ):
        shelf = Keeping(folder / "kept")
        yield Gate(
            archive=archive, protocol=protocol, rejected=shelf, held=shelf, journal=journal, scratch=folder / "scratch"
        )  # fmt: skip


def delivered(parts: Gate, folder: Path) -> Passage:
    """A CT series that waits, and the digest of the manifest beside it."""
    ct_series(
        folder / "drop" / "study", slices=SLICES, Rows=PIXELS, Columns=PIXELS, PixelData=bytes(PIXELS**2 * 2)
    )
    waits = Passage(what="", files=1, state=State.DELIVERED, where="")
    importing = Importing(
        drop=DropFolder(folder / "drop"),
        gate=parts,
        quiet_period=0.1,
        look=lambda row, _, manifest: iter((replace(waits, uri=row.uri, manifest=manifest),)),
    )
    return next(one for one in importing.once() if one.uri)


@contextmanager
def counted(xnat: Xnat) -> Iterator[list[int]]:
    """The size of every answer's body while the block lasts."""
    sizes: list[int] = []

    def count(answer: Any, **_: Any) -> None:
        sizes.append(int(answer.headers.get("Content-Length") or 0))

    http = xnat._connection._http  # noqa: SLF001 - nothing above the connection sees an answer
    http.hooks["response"].append(count)
    try:
        yield sizes
    finally:
        http.hooks["response"].remove(count)


def main() -> None:
    took: dict[str, list[float]] = {"manifest": [], "whole": []}
    came: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name, gate(Path(name)) as parts:
        one = delivered(parts, Path(name))
        assert isinstance(parts.archive, Xnat)
        for _ in range(ROUNDS):
            for way in random.sample(sorted(took), len(took)):
                row = parts.archive.row(one.uri)
                assert row is not None
                with counted(parts.archive) as sizes:
                    start = time.perf_counter()
                    (seen,) = look(row, parts, manifest_sha256=one.manifest if way == "manifest" else "")
                    took[way].append(time.perf_counter() - start)
                assert seen.state is State.QUARANTINED
                assert seen.files == SLICES
                came[way] = sum(sizes)
    faster = statistics.median(took["whole"]) / statistics.median(took["manifest"])
    print(
        f"{SLICES} slices, median of {ROUNDS}: reading the session whole takes {came['whole'] / came['manifest']:.0f} "
        f"times the bytes from XNAT, and {faster:.1f} times the time, of a look by the manifest"
    )


if __name__ == "__main__":
    main()
