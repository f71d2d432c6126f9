"""`xnat-gate check PATH`: judge what lies in a folder, without XNAT, and change nothing."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import load_protocol
from xnat_gate.cli.telling import counting
from xnat_gate.core import media, report
from xnat_gate.core.impersonal import to_read
from xnat_gate.core.judge import Beside, Outcome, judge_together
from xnat_gate.core.study import group
from xnat_gate.edge import dicom_files


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "check", help="judge the DICOM files below a folder; nothing is sent, moved or changed"
    )
    verb.add_argument("path", type=Path, metavar="PATH", help="a folder, or a single file")
    verb.add_argument(
        "--protocol", type=Path, metavar="FILE", help="default: the protocol that comes with xnat-gate"
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    protocol = load_protocol(options.protocol)
    path: Path = options.path
    if not path.exists():
        raise Usage(f"{path} is not there: name a folder or a file")
    total = sum(len(files) for _, _, files in os.walk(path)) if path.is_dir() else 1
    with counting("reading", total) as progress:
        reading = dicom_files.read_folder(path, to_read(protocol), progress)
    parts = media.findings(reading)
    asked = (media.ID,) if reading.directories else ()
    verdicts = judge_together(
        group(reading),
        protocol,
        lambda study: Beside(carried=tuple(filter(None, [parts.get(study.uid)])), also_asked=asked),
    )
    if options.format == "json":
        print(json.dumps(report.document(protocol, verdicts, reading), indent=2))
    else:
        print(report.text(verdicts, reading))
    clean = verdicts and all(one.outcome is Outcome.ARCHIVE and not one.rejected for one in verdicts)
    return Exit.PASSED if clean and not reading.unreadable else Exit.STOPPED
