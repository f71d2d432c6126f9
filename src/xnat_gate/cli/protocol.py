"""`xnat-gate protocol ...`: the verbs about the protocol; each is a module that adds itself."""

from __future__ import annotations

import argparse

from xnat_gate.cli import (
    protocol_checking,
    protocol_converting,
    protocol_editing,
    protocol_explaining,
    protocol_past,
    protocol_pushing,
)

VERBS = (
    protocol_checking,
    protocol_explaining,
    protocol_converting,
    protocol_past,
    protocol_pushing,
    protocol_editing,
)


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = verbs.add_parser(
        "protocol", help="check, convert, look at and change the protocol that decides what goes where"
    )
    tasks = group.add_subparsers(dest="task", metavar="TASK", required=True)
    for verb in VERBS:
        verb.add(tasks)
