"""`xnat-gate explain RT035`: the manual page of a built-in check; without an id, what there is to explain."""

from __future__ import annotations

import argparse
import difflib

from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.core import checks, likeness, media
from xnat_gate.core.checks.check import Check
from xnat_gate.core.likeness import Likeness
from xnat_gate.edge import manual

OTHERS = {
    "ALLOW": "A list of the protocol: something is not on `allow`.",
    "DENY": "A list of the protocol: something is on `deny`.",
    "ROUTE": "The routes of the protocol: objects of one study belong into different projects.",
    media.ID: "The index of a medium (DICOMDIR) names objects that did not come.",
    "XNAT": "XNAT itself has something against the study; the message is its own.",
}
"""What else stands in reports, in a sentence."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "explain", help="what a check asks, why, and what to do, with a good and a bad example"
    )
    verb.add_argument(
        "id", nargs="*", metavar="ID", help="as it stands in reports: RT035; none: a list of all"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> Exit:
    asked = [id.strip().upper() for id in options.id]
    print("\n\n".join(_explained(id) for id in asked) if asked else _listed())
    return Exit.PASSED


def _explained(id: str) -> str:
    if id in OTHERS:
        return f"{id}: {OTHERS[id]}"
    found = manual.page(id)
    if found is None:
        near = difflib.get_close_matches(id, [*manual.pages(), *OTHERS], n=1)
        hint = f"did you mean {near[0]}?" if near else "xnat-gate explain lists what there is"
        raise Usage(f"there is no check {id}: {hint} (a rule of your own: xnat-gate protocol explain FOLDER)")
    return found.rstrip("\n")


def _listed() -> str:
    every: list[Check | Likeness] = [*checks.ALL, *likeness.ALL]
    lines = [
        f"{one.id}  {one.severity.value:<8} {one.title}" for one in sorted(every, key=lambda one: one.id)
    ]
    lines += [f"{id:<5}  {words}" for id, words in OTHERS.items()]
    return "\n".join(lines)
