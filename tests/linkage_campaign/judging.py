"""The laws of the campaign, asked of one changed set of files."""

from __future__ import annotations

import shutil
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from tests.linkage_campaign.brute_force import Folder
from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.finding import Severity
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Verdict, judge_together
from xnat_gate.core.linkage.verdicts import Linkage
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Reading, group
from xnat_gate.edge.dicom_files import read_folder
from xnat_gate.edge.protocol_file import default_path, load

Told = tuple[object, ...]


@cache
def protocol() -> Protocol:
    return load(default_path(), VOCABULARY)


def read(files: Mapping[str, bytes]) -> Reading:
    """From a folder of its own."""
    root = Path(mkdtemp())
    try:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return read_folder(root, to_read(protocol()))
    finally:
        shutil.rmtree(root)


def judged(reading: Reading) -> tuple[Verdict, ...]:
    return judge_together(group(reading), protocol())


def told(verdicts: tuple[Verdict, ...]) -> list[Told]:
    """What must not depend on the order and the names of the files."""
    return [
        (
            one.study.uid,
            one.outcome,
            one.project,
            one.deliverable,
            Counter(
                (link.instance.sop_instance_uid, link.own, link.effective, link.reason) for link in one.links
            ),
            Counter(
                (each.id, each.severity, each.effect)
                for each in one.findings
                if each.severity is not Severity.INFO
            ),
            Counter(each.sop_instance_uid for each in one.rejected),
            Counter(each.sop_instance_uid for each in one.accepted),
        )
        for one in verdicts
    ]


def hold_the_laws(everything: Mapping[str, bytes], whole: Mapping[str, bytes], chance: Random) -> None:
    """Raises AssertionError with what was broken."""
    reading = read(everything)
    accounted = [*(one.file for one in reading.instances), *reading.not_dicom]
    accounted += [one.file for one in (*reading.unreadable, *reading.directories)]
    assert sorted(accounted) == sorted(everything), "a file is in no list, or in two"
    verdicts = judged(reading)
    _agrees(verdicts, whole, {one.file for one in reading.unreadable})
    in_order = told(verdicts)
    shuffled = list(reading.instances)
    chance.shuffle(shuffled)
    other = Reading(tuple(shuffled), reading.not_dicom, reading.unreadable[::-1])
    _same(told(judged(other)), in_order, "the order of the files matters")
    batches = {f"{chance.randrange(2)}/{name}": everything[name] for name in everything}
    _same(told(judged(read(batches))), in_order, "the way in two batches matters")


@contextmanager
def quiet() -> Iterator[None]:
    """pydicom warns of what is done to the files on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _agrees(verdicts: tuple[Verdict, ...], whole: Mapping[str, bytes], unread: Set[str]) -> None:
    with quiet():
        _compare(verdicts, Folder(whole), Folder({name: whole[name] for name in whole.keys() - unread}))


def _compare(verdicts: tuple[Verdict, ...], folder: Folder, read: Folder) -> None:
    """`folder`: all whole files, of which no more may be called linked; `read`: those that were read, no fewer."""
    by_name, were_read = ({one.name: one for one in each.objects} for each in (folder, read))
    for verdict in verdicts:
        for link in verdict.links:
            file, linked = link.instance.file, link.effective is Linkage.LINKED
            where = f"{file}: {link.own} {link.reason} {link.effective}"
            if linked:
                found = by_name.get(file)
                assert found is not None, f"LINKED, and not whole: {where}"
                assert folder.complete(found), f"LINKED, and not complete: {where}"
            elif file in were_read and read.unique(verdict.study.uid):
                assert not read.complete(were_read[file]), f"complete, and not LINKED: {where}"


def _same(one: list[Told], other: list[Told], law: str) -> None:
    for left, right in zip(one, other, strict=True):
        differing = [pair for pair in zip(left, right, strict=True) if pair[0] != pair[1]]
        assert not differing, f"{law}: {differing}"
