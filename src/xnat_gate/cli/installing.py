"""`xnat-gate install`: put the gate into an XNAT, or take it back; safe to repeat and to upgrade."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from xnat_gate.cli import telling
from xnat_gate.cli.exits import Exit, Usage
from xnat_gate.cli.parts import VOCABULARY, archive, checked_protocol, load_protocol, settings_for
from xnat_gate.core.installation import (
    Broken,
    Found,
    Ours,
    Plan,
    Remark,
    Step,
    Subscribe,
    Wish,
    plan,
    uninstall,
)
from xnat_gate.core.installation.obstacles import broken_protocol, put_in_force
from xnat_gate.core.platform import Body, Platform
from xnat_gate.core.protocol import Protocol, ProtocolInvalid
from xnat_gate.edge import command_files, protocol_file
from xnat_gate.edge.settings import duration
from xnat_gate.roads import installing
from xnat_gate.roads.surveying import look


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "install",
        help="put the gate into an XNAT: projects, commands, subscriptions; repeat it to mend or to upgrade",
    )
    verb.add_argument(
        "--xnat", metavar="URL", help="default: XNAT_HOST; the account comes from XNAT_USER and XNAT_PASS"
    )
    verb.add_argument("--dry-run", action="store_true", help="print the plan and do nothing")
    verb.add_argument(
        "--protocol", type=Path, metavar="FILE",
        help="names the projects, and is put in force when XNAT has no protocol; default: the one in force, "
        "else the one that comes with xnat-gate",
    )  # fmt: skip
    verb.add_argument(
        "--replace-broken-protocol", action="store_true",
        help="put --protocol in force when the one in force cannot be read; one that can be read is never replaced",
    )  # fmt: skip
    verb.add_argument(
        "--image", type=_image, default=command_files.IMAGE, metavar="NAME:TAG",
        help="the image of the jobs, as XNAT's Docker server calls it; default: %(default)s",
    )  # fmt: skip
    verb.add_argument(
        "--every", type=_minutes, default=5, metavar="TIME",
        help="how often the prearchive is looked at; must divide an hour; default: 5m",
    )  # fmt: skip
    verb.add_argument(
        "--enable-events", action="store_true",
        help="switch XNAT's Event Service on when it is off; that is a switch of the whole site",
    )  # fmt: skip
    verb.add_argument(
        "--uninstall",
        action="store_true",
        help="take it all back; projects, data and protocol stay (no protocol is read)",
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    verb.set_defaults(run=run)


def _image(text: str) -> str:
    """The Container Service takes no other names, and adds no tag to an updated command."""
    if not re.fullmatch(r".+:[a-zA-Z0-9_.-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} has no tag: write it as name:tag")
    return text


def _minutes(text: str) -> int:
    try:
        seconds = duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not seconds or seconds % 60 or 3600 % seconds:
        raise argparse.ArgumentTypeError(
            f"{text!r} does not divide an hour: write 1m, 5m, 10m, 15m, 30m or 1h"
        )
    return int(seconds // 60)


def run(options: argparse.Namespace) -> Exit:
    """Uninstalling reads no protocol: a broken one must not keep the gate in place."""
    if options.replace_broken_protocol and options.protocol is None:
        raise Usage("--replace-broken-protocol needs --protocol FILE, the one that is to be in force")
    if not options.uninstall:
        checked_protocol(options.protocol)
    settings = settings_for(options.xnat)
    commands = tuple(command.definition for command in command_files.load(image=options.image))
    with archive(settings) as xnat:
        if options.uninstall:
            return _carried_out(options, xnat, settings.host, Ours(commands), uninstall)
        return _carried_out(options, xnat, settings.host, _wish(options, commands, xnat, settings.host), plan)


def _carried_out(
    options: argparse.Namespace,
    xnat: Platform,
    url: str,
    wish: installing.W,
    planner: Callable[[installing.W, Found], Plan],
) -> Exit:
    found = look(wish, xnat, url)
    todo = planner(wish, found)
    taken = 0
    if not todo.problems and not options.dry_run:
        taken = installing.carry_out(wish, xnat, url, planner, telling.line)
    if options.format == "json":
        print(json.dumps(_document(todo, taken, dry_run=options.dry_run), indent=2))
    else:
        print("\n".join(_text(todo, taken, options, found.caller.login)))
    return Exit.WRONG if todo.problems else Exit.PASSED


def _wish(options: argparse.Namespace, commands: tuple[Body, ...], xnat: Platform, url: str) -> Wish:
    """The projects are those of the protocol: of the file, of the one in force, of the default, in this order."""
    in_force = xnat.protocol_text()
    here = None if in_force is None else _read(in_force)
    if isinstance(here, Broken) and options.protocol is None:
        raise Usage(str(broken_protocol(here, url)))
    if isinstance(here, Protocol) and options.protocol is None:
        protocol, text = here, str(in_force)
    else:
        path = options.protocol or protocol_file.default_path()
        protocol, text = load_protocol(path), path.read_bytes().decode("utf-8")
    if isinstance(here, Protocol) and _meant(protocol) != _meant(here):
        raise Usage(
            f"{options.protocol} names the projects {' and '.join(protocol.projects)}, the protocol in force in XNAT "
            f"{' and '.join(here.projects)}: leave out --protocol, or {put_in_force(url)}"
        )
    return Wish(
        hospitals=protocol.hospitals,
        quarantine=protocol.quarantine_project,
        commands=commands,
        protocol=text,
        every=options.every,
        enable_events=options.enable_events,
        broken=here if isinstance(here, Broken) else None,
        replace_broken=options.replace_broken_protocol,
    )


def _meant(protocol: Protocol) -> tuple[frozenset[str], str]:
    """Its projects, in whatever order it names them."""
    return frozenset(protocol.hospitals), protocol.quarantine_project


def _read(in_force: str) -> Protocol | Broken:
    try:
        return protocol_file.loads(in_force, VOCABULARY, "the protocol in XNAT")
    except ProtocolInvalid as error:
        return Broken(in_force, "; ".join(map(str, error.faults)))


def _text(todo: Plan, taken: int, options: argparse.Namespace, login: str) -> Iterable[str]:
    yield from _listed("a person must do this first; nothing was changed:", todo.problems)
    yield from _listed("to be known:", todo.warnings)
    if todo.problems or options.dry_run:
        yield from _listed("what would be done:", (step.sentence for step in todo.steps))
    if not todo.steps and not todo.problems and not taken:
        yield "nothing to do: everything is as wished"
    if taken:
        yield f"{'taken back' if options.uninstall else 'installed'}: {taken} steps"
        if any(isinstance(step, Subscribe) for step in todo.steps):
            yield f"what starts by itself runs with the rights of {login}: keep that account"


def _listed(heading: str, lines: Iterable[object]) -> list[str]:
    found = [f"  - {line}" for line in lines]
    return [heading, *found] if found else []


def _document(todo: Plan, taken: int, *, dry_run: bool) -> dict[str, object]:
    return {
        "version": 1,
        "dry_run": dry_run,
        "problems": [_remark(each) for each in todo.problems],
        "warnings": [_remark(each) for each in todo.warnings],
        "steps": [_step(each) for each in todo.steps],
        "taken": taken,
    }


def _remark(remark: Remark) -> dict[str, str]:
    return {"what": remark.what, "remedy": remark.remedy}


def _step(step: Step) -> dict[str, str]:
    """The name of a step is that of its class, in words."""
    words = re.findall(r"[A-Z][a-z]+", type(step).__name__)
    return {"step": "-".join(words).lower(), "stage": step.stage.value, "sentence": step.sentence}
