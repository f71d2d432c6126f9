"""Wrappers of a command one by one, the visibility of a command, and what is available where."""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands import contexts, rules, shaping
from xnat_gate.sandbox.commands.shaping import Shape, Unreadable
from xnat_gate.sandbox.exceptions import BadRequest, Failure, NotFound, NotPlayed
from xnat_gate.sandbox.models import commands, enablement, rights
from xnat_gate.sandbox.responses.command_bodies import body, check, number, word
from xnat_gate.sandbox.responses.commands import existing
from xnat_gate.sandbox.responses.container_rights import admit_manager, admit_reader, demand_manager


def add(call: Call) -> Response:
    """Adds a wrapper to a command: 201 and its id as a bare number; 400, 401, 404.

    Not played: that a wrapper which breaks a rule may be stored all the same.
    """
    demand_manager(call)
    wrapper = _read(call, creating=True)
    with call.world.db.transaction():
        command = existing(call, number(call, "id"))
        check({**command.command, "xnat": [*command.command["xnat"], wrapper]})
        return replies.json_value(commands.add_wrapper(call.world.db, command.id, wrapper), 201)


def update(call: Call) -> Response:
    """Replaces the definition of a wrapper, which keeps its id: 200 and nothing; 400, 401, 404.

    Not played: a wrapper of another command.
    """
    demand_manager(call)
    wrapper = _read(call)
    key = number(call, "wrapper")
    with call.world.db.transaction():
        command = existing(call, number(call, "id"))
        if commands.of_wrapper(call.world.db, key) is None:
            raise NotFound(f"No command wrapper for id {key}")
        old = next((each for each in command.command["xnat"] if each["id"] == key), None)
        if old is None:
            raise NotPlayed("The sandbox does not play the update of a wrapper of another command")
        check(
            {
                **command.command,
                "xnat": [wrapper if each is old else each for each in command.command["xnat"]],
            }
        )
        commands.update_wrapper(call.world.db, key, old, wrapper)
    return replies.empty()


def delete(call: Call) -> Response:
    """Deletes a wrapper: 204, for an unknown one, too; 401."""
    demand_manager(call)
    commands.delete_wrapper(call.world.db, number(call, "wrapper"))
    return replies.empty(204)


def set_visibility(call: Call) -> Response:
    """`public`, `private` or `protected`: 200 and nothing; 400 for another word and an unknown command; 403."""
    admit_manager(call)
    key, wanted = number(call, "id"), call.args["visibility"]
    found = commands.by_id(call.world.db, key)
    if found is None:
        raise BadRequest(f"The command identified by id {key} does not exist.")
    changed = {**found.command, "visibility": wanted}
    if problems := rules.problems(changed):
        raise BadRequest(f"[{', '.join(problems)}]")
    commands.update(call.world.db, key, shaping.kept(changed))
    return replies.empty()


def available(call: Call) -> Response:
    """What is offered on a page of `xsiType` in a project, disabled with `enabled` false; 403 for who cannot read.

    Left out: what has no fitting context or no external input, and what writes where the caller may not.

    Not played: a call without `project` or `xsiType`.
    """
    project = call.args.get("project") or word(call, "project")
    xsi_type = word(call, "xsiType")
    if not project or not xsi_type:
        raise NotPlayed("The sandbox does not play available commands without project and xsiType")
    admit_reader(call, project)
    return replies.json_value(_available(call, project, xsi_type))


def available_on_site(call: Call) -> Response:
    """What fits `xsiType` anywhere, whatever the rights; with `projects=A,B` what is available in each of them."""
    xsi_type = word(call, "xsiType")
    if "projects" not in dict(call.params):
        fitting = _fitting(call, xsi_type)
        return replies.json_value(
            [
                _summary(command, wrapper, enablement.site(call.world.db, wrapper["id"]))
                for command, wrapper in fitting
            ]
        )
    common: list[Shape] = []
    for project in word(call, "projects").split(","):
        found = _available(call, project.strip(), xsi_type)
        common = [each for each in common if each in found] if common else found
    return replies.json_value(common)


def _available(call: Call, project: str, xsi_type: str) -> list[Shape]:
    db = call.world.db
    if not rights.may_read(db, call.user, project):
        return []
    return [
        _summary(command, wrapper, enablement.effective(db, wrapper["id"], project))
        for command, wrapper in _fitting(call, xsi_type)
        if wrapper["external-inputs"]
        and (rights.may_edit(db, call.user, project) or not contexts.wants_edit(wrapper, xsi_type))
    ]


def _fitting(call: Call, xsi_type: str) -> list[tuple[Shape, Shape]]:
    """Commands with those of their wrappers whose contexts the type fits."""
    return [
        (found.command, wrapper)
        for found in commands.all(call.world.db)
        for wrapper in found.command["xnat"]
        if contexts.offered(wrapper, xsi_type)
    ]


def _summary(command: Shape, wrapper: Shape, enabled: bool) -> Shape:
    told = {f"command-{key}": command.get(key) for key in ("id", "name", "label", "description")}
    told |= {f"wrapper-{key}": wrapper.get(key) for key in ("id", "name", "label", "description", "contexts")}
    root = next((each["name"] for each in wrapper["external-inputs"]), "")
    told |= {"image-name": command["image"], "image-type": command["type"], "enabled": enabled}
    return {key: value for key, value in (told | {"root-element-name": root}).items() if value is not None}


def _read(call: Call, *, creating: bool = False) -> Shape:
    try:
        return shaping.wrapper(body(call), creating=creating)
    except Unreadable as error:
        raise Failure(f"Could not read JSON: {error}") from error
