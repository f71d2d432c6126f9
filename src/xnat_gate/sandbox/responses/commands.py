"""Registered commands: /xapi/commands.

Laws: managers alone change them; who is none does not see private ones, unless a project that they read has one of its
wrappers enabled.
"""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands import rules, shaping
from xnat_gate.sandbox.commands.shaping import Shape, Unreadable
from xnat_gate.sandbox.exceptions import BadRequest, Failure, NotFound
from xnat_gate.sandbox.models import commands, enablement, rights
from xnat_gate.sandbox.models.commands import Registered
from xnat_gate.sandbox.responses.command_bodies import DUPLICATE, body, check, number, word
from xnat_gate.sandbox.responses.container_rights import demand_manager, manages

CRITERIA = ("name", "version", "image")


def listed(call: Call) -> Response:
    """Commands as a JSON list, by `name`, `image`, `version` (with `name`, else 400), `restrictToEnabledForSite`."""
    wanted = {key: word(call, key) for key in CRITERIA if word(call, key).strip()}
    if "version" in wanted and "name" not in wanted:
        raise BadRequest('Bad request:\nIf "version" is specified, must specify "name" as well.')
    found = [
        each
        for each in commands.all(call.world.db)
        if all(each.command.get(key) == value for key, value in wanted.items())
        and (not call.flag("restrictToEnabledForSite") or _enabled(call, each))
    ]
    return replies.json_value([each.command for each in found if _seen(call, each)])


def get(call: Call) -> Response:
    """The command with its id and those of its wrappers; 200 and nothing for who may not see it; 404."""
    found = existing(call, number(call, "id"))
    return replies.json_value(found.command) if _seen(call, found) else replies.empty()


def create(call: Call) -> Response:
    """Registers a command, `image=` before that of the body: 201 and the id as a bare number.

    A duplicate, and every rule that is broken: 400; a body that cannot be read, a text that is too long: 500; 401 for
    who is no manager.

    Not played: JSON with comments and single quotes.
    """
    demand_manager(call)
    command = _read(call, creating=True)
    command["image"] = rules.tagged(word(call, "image").strip() or command.get("image", ""))
    with call.world.db.transaction():
        if commands.duplicated(call.world.db, command):
            raise BadRequest(f"Bad request:\n{DUPLICATE}")
        check(command)
        return replies.json_value(commands.add(call.world.db, shaping.kept(command)), 201)


def update(call: Call) -> Response:
    """Replaces the definition, not the type; parts of the same name keep their ids: 200 and nothing; 400, 401, 404."""
    demand_manager(call)
    command = _read(call)
    with call.world.db.transaction():
        old = existing(call, number(call, "id"))
        check(command)
        if commands.duplicated(call.world.db, command, but=old.id):
            raise Failure(DUPLICATE)
        kept = shaping.kept({**command, "type": old.command["type"]})
        commands.update(call.world.db, old.id, kept)
    return replies.empty()


def delete(call: Call) -> Response:
    """Deletes the command and its wrappers: 204, for an unknown one, too; 401."""
    demand_manager(call)
    commands.delete(call.world.db, number(call, "id"))
    return replies.empty(204)


def existing(call: Call, key: int) -> Registered:
    """Raises NotFound."""
    found = commands.by_id(call.world.db, key)
    if found is None:
        raise NotFound(f"Could not find entity with ID {key}")
    return found


def _read(call: Call, *, creating: bool = False) -> Shape:
    try:
        return shaping.of(body(call), creating=creating)
    except Unreadable as error:
        raise Failure(f"Could not read JSON: {error}") from error


def _enabled(call: Call, found: Registered) -> bool:
    return any(enablement.site(call.world.db, wrapper["id"]) for wrapper in found.command["xnat"])


def _seen(call: Call, found: Registered) -> bool:
    if found.command["visibility"] != "private" or manages(call):
        return True
    db = call.world.db
    places = {place for wrapper in found.command["xnat"] for place in enablement.projects(db, wrapper["id"])}
    return any(rights.may_read(db, call.user, place) for place in places)
