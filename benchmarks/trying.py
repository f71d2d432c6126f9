"""A protocol tried on ten thousand remembered studies of some scanners, beside reading the headers of one of them."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import judge
from xnat_gate.core.protocol import Protocol
from xnat_gate.core.study import Study, group
from xnat_gate.core.summary import Place, Summary
from xnat_gate.core.summary_text import write
from xnat_gate.core.trial import Trial, tried
from xnat_gate.edge import dicom_files, protocol_file
from xnat_gate.edge.journal import Journal
from xnat_gate.roads.remembering import summary_of
from xnat_gate.roads.trying import Memory, Range, Texts
from xnat_gate.sandbox.phantoms import rt_study

STUDIES, SLICES, ROUNDS = 10_000, 100, 5
SCANNERS = ("Aera", "Skyra", "Sirius", "Nova", "Vega")
CHANGE = """
rules:
  - {id: SITE-1, title: no names in pictures, otherwise: quarantine,
     when: {Modality: [SC, US]}, require: {BurnedInAnnotation: "NO"}}
  - {id: SITE-2, title: one thickness, level: series, otherwise: hold,
     when: {Modality: CT}, require: {SliceThickness: {count: 1}}}
  - {id: SITE-3, title: no old software, otherwise: note,
     when: {SoftwareVersions: {prefix: "VA"}}}
"""


def load(text: str) -> Protocol:
    return protocol_file.loads(text, VOCABULARY, "benchmark")


def read_once(folder: Path, protocol: Protocol) -> tuple[Study, float]:
    """The study, and the seconds in which its headers are read from a warm disk cache."""
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        reading = dicom_files.read_folder(folder, to_read(protocol))
        took.append(time.perf_counter() - start)
    (study,) = group(reading)
    return study, statistics.median(took)


def remember(study: Study, protocol: Protocol, journal: Journal) -> None:
    """As if so many had come within a year, each of another size, from one of the scanners."""
    now, chance = datetime.now(UTC), random.Random(1)
    summary = summary_of(judge(study, protocol), protocol)
    rows = [
        (
            "A",
            f"1.2.{n}",
            (now - timedelta(hours=n)).isoformat(timespec="microseconds"),
            write(another(summary, chance)),
        )
        for n in range(STUDIES)
    ]
    with journal._connection as connection:  # noqa: SLF001 - one by one they would be flushed ten thousand times
        connection.executemany(
            "INSERT INTO summaries (arrival, study_uid, at, summary) VALUES (?, ?, ?, ?)", rows
        )


def another(summary: Summary, chance: random.Random) -> Summary:
    """A study of another patient at one of the scanners."""
    header = {
        "ManufacturerModelName": (chance.choice(SCANNERS),),
        "PixelSpacing": (f"{chance.random():.6f}",) * 2,
        "SliceThickness": (str(chance.randrange(1, 9)),),
    }
    profiles = tuple(
        replace(one, header={**one.header, **header}, at=tuple(sized(place, chance) for place in one.at))
        for one in summary.profiles
    )
    series = tuple(f"1.2.3.{chance.randrange(10**9)}" for _ in summary.series)
    return replace(summary, profiles=profiles, series=series)


def sized(place: Place, chance: random.Random) -> Place:
    return place if place.files == 1 else replace(place, files=chance.randrange(50, 400))


def try_on(new: Protocol, journal: Journal, text: str) -> tuple[Trial, float]:
    start = time.perf_counter()
    trial = tried(
        Memory(chosen=Range(last=STUDIES)).of_journal(journal),
        new,
        Texts(load, {load(text).sha256: text}.get),
    )
    return trial, time.perf_counter() - start


def main() -> None:
    text = protocol_file.default_text()
    old, new = (
        load(text),
        load(text.replace("ManufacturerModelName: NONE", "ManufacturerModelName: [Sirius]") + CHANGE),
    )
    with tempfile.TemporaryDirectory() as name, Journal(Path(name) / "journal.sqlite3") as journal:
        rt_study(Path(name) / "study", slices=SLICES)
        study, reading = read_once(Path(name) / "study", old)
        remember(study, old, journal)
        trial, took = try_on(new, journal, text)
    assert trial.studies == STUDIES
    assert not trial.untold
    assert trial.changed
    print(
        f"{STUDIES} remembered studies of {len(study.instances)} objects tried in {took:.1f} s, "
        f"{len(trial.changed)} would have gone elsewhere; reading the headers of one takes "
        f"{reading / took * STUDIES:.0f} times as long as trying a protocol on one"
    )


if __name__ == "__main__":
    main()
