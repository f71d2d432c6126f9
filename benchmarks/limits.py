"""What the largest files cost that a hospital, a broken program or somebody evil could send: memory and time of reading
and judging, each in a process of its own; nothing may crash, pass a gigabyte or take minutes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import large_files as large

from xnat_gate.cli.parts import VOCABULARY
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import judge_together
from xnat_gate.core.study import READ_ALWAYS, group
from xnat_gate.edge import protocol_file
from xnat_gate.edge.dicom_files import TAGS, read_folder

SQUARE = b"\\".join(b"%d.25\\%d.75\\-345.0" % (at, 60 - at) for at in range(60))
WIDE = [(TAGS[word], word) for word in READ_ALWAYS if word in TAGS and TAGS[word] > 0x00100000]


def series(folder: Path, slices: int) -> None:
    for nth in range(slices):
        large.ct(folder / f"ct{nth}.dcm", nth)


def of_one(build: Callable[..., None], *told: object, **named: object) -> Callable[[Path], None]:
    return lambda folder: build(folder / "one.dcm", *told, **named)


def long_contours(many: int, megabytes: int) -> Callable[[Path], None]:
    return lambda folder: large.contours(
        folder / "one.dcm", many, b"\\".join([b"-123.4567"] * (megabytes * 100_000)), many, long=True
    )


def drawn(folder: Path) -> None:
    series(folder, 20_000)
    large.contours(folder / "set.dcm", 20_000, SQUARE, per_roi=20_000)


CASES: dict[str, Callable[[Path], None]] = {
    "400 images, for comparison": lambda folder: series(folder, 400),
    "20,000 images with a structure set on all": drawn,
    "structure set of 200 MB, 200,000 contours": of_one(large.contours, 200_000, SQUARE),
    "structure set of 200 MB, 13 long contours": long_contours(13, 16),
    "structure set of 200 MB, 4 endless contours": long_contours(4, 50),
    "a million references": of_one(large.references, 1_000_000),
    "499,000 references": of_one(large.references, 499_000),
    "a million ROIs": of_one(large.numbers, 1_000_000),
    "99,000 ROIs": of_one(large.numbers, 99_000),
    "ROI names of 200 MB": of_one(large.long_words, 6_000),
    "60 sequences in each other, lengths told": of_one(large.nested, 60, defined=True),
    "5,000 sequences in each other, lengths told": of_one(large.nested, 5_000, defined=True),
    "5,000 sequences in each other, not told": of_one(large.nested, 5_000, defined=False),
    "a million sequences never closed": of_one(large.never_closed, 1_000_000),
    "six million empty items": of_one(large.empty_items, 6_000_000),
    "six million empty elements": of_one(large.empty_elements, 6_000_000),
    "four million unknown sequences": of_one(large.unknown_sequences, 4_000_000),
    "deflate bomb of 3 GB": of_one(large.bomb, 3_000),
    "GridFrameOffsetVector of 500,000 values": of_one(large.grid, 500_000),
    "GridFrameOffsetVector of ten million values": of_one(large.grid, 10_000_000),
    "every header value a megabyte": of_one(large.wide_values, WIDE, 1 << 20),
    "segmentation of 100,000 frames": of_one(large.frames, 100_000),
}


def child(folder: Path) -> None:
    protocol = protocol_file.load(protocol_file.default_path(), VOCABULARY)
    start = time.process_time()
    reading = read_folder(folder, to_read(protocol))
    read = time.process_time() - start
    verdicts = judge_together(group(reading), protocol)
    judged = time.process_time() - start - read
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    found = sorted({finding.id for verdict in verdicts for finding in verdict.findings})
    why = " ".join(one.why for one in reading.unreadable)[:200]
    print(f"{read:.3f}\t{judged:.3f}\t{peak}\t{','.join(found)}\t{why}")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, since the largest size of one is told to those that it starts."""
    return subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=False)


def main(wanted: str) -> None:
    unit = 0.0
    for name in CASES:
        if unit and wanted not in name:
            continue
        with tempfile.TemporaryDirectory() as place:
            run("--build", name, place).check_returncode()
            done = run("--child", place)
        if done.returncode:
            print(f"{name}: FAILED\n{done.stderr}", flush=True)
            continue
        read, judged, peak, found, why = done.stdout.rstrip("\n").split("\t")
        unit = unit or float(read)
        cost = f"read {float(read) / unit:.1f}, judged {float(judged) / unit:.1f}, {peak} MB"
        print(f"{name}: {cost} {found} {why}", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--build", name, place]:
            CASES[name](Path(place))
        case ["--child", place]:
            child(Path(place))
        case words:
            main(" ".join(words))
