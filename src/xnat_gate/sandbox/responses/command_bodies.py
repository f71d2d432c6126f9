"""The bodies of the Container Service's requests, and the words with which it refuses them.

Laws: a body that cannot be read is 500; what breaks a rule is 400 with every rule that is broken, one in a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands import lengths, rules
from xnat_gate.sandbox.commands.shaping import Shape
from xnat_gate.sandbox.exceptions import BadRequest, Failure, NotPlayed

DUPLICATE = "This command duplicates a command already in the database."


def body(call: Call) -> object:
    """The JSON of the body. Raises Failure."""
    try:
        found: object = json.loads(call.body.read())
    except ValueError as error:
        raise Failure("Could not read JSON.") from error
    return found


def number(call: Call, name: str) -> int:
    """An id in the path. Raises NotPlayed for anything else."""
    if not call.args[name].isdecimal():
        raise NotPlayed(f"The sandbox does not play {call.method} {call.path}")
    return int(call.args[name])


def word(call: Call, name: str) -> str:
    """A parameter as it was sent; '' when it was not."""
    return next(iter(call.every(name)), "")


def check(command: Shape) -> None:
    """Raises BadRequest with all that is wrong, Failure where the server itself falls over."""
    try:
        problems = rules.problems(command)
    except rules.ServerBreaks as error:
        raise Failure(f"There was an error processing the request: {error}") from error
    if problems:
        raise invalid(problems)
    if over := lengths.too_long(command):
        raise Failure(f"ERROR: value too long for type character varying(255): {', '.join(over)}")


def invalid(problems: Iterable[str]) -> BadRequest:
    return BadRequest("\n\t".join(["Invalid command:", *problems]))
