"""The config service at site and project scope.

Laws: site scope is written by site administrators, project scope by owners; a disabled text is 404 as contents; DELETE
disables and forgets nothing.
"""

from __future__ import annotations

import json

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.exceptions import BadRequest, Failure, Forbidden, NotFound
from xnat_gate.sandbox.models import config, rights
from xnat_gate.sandbox.models.config import SITE, Config

COLUMNS = (
    "tool",
    "path",
    "project",
    "user",
    "create_date",
    "reason",
    "contents",
    "unversioned",
    "version",
    "status",
)
STATES = ("enabled", "disabled")


def tools(call: Call) -> Response:
    """The names of the tools."""
    found = config.tools(call.world.db, _scope(call))
    return replies.table(call, ("tool",), [{"tool": tool} for tool in found])


def of_tool(call: Call) -> Response:
    """The newest version of each text of a tool; 404 when there is none."""
    found = config.of_tool(call.world.db, _scope(call), call.args["tool"])
    return _table(call, found) if found else _missing(call)


def get(call: Call) -> Response:
    """The raw text with `contents=true` (404 when disabled), else a row; `version`, `action=getHistory`, `meta`,
    `accept-not-found`, `defaultToSiteWide`.
    """
    scope, tool, path = _scope(call), call.args["tool"], call.args["path"]
    history = config.history(call.world.db, scope, tool, path)
    if not history and scope != SITE and call.is_true("defaultToSiteWide"):
        history = config.history(call.world.db, SITE, tool, path)
    if call.param("action") == "getHistory" and history:
        return _table(call, history)
    version = call.param("version")
    found = history[-1:] if version is None else [one for one in history if str(one.version) == version]
    if not found:
        return _missing(call)
    if call.is_true("contents"):
        if found[0].status != "enabled":
            return _missing(call)
        return replies.text(found[0].contents)
    return _table(call, found)


def put(call: Call) -> Response:
    """Stores a new version: 201 for the first, else 200; the same text makes none; `status=` enables or
    disables; `unversioned`; site: administrators, project: owners (403).
    """
    scope = _writable_scope(call)
    tool, path = call.args["tool"], call.args["path"]
    status, contents = call.param("status"), _contents(call)
    if status is not None and status not in STATES:
        raise BadRequest(f"Invalid status: {status}")
    if contents is None:
        if status is None:
            raise BadRequest("No contents or status provided")
        return _set_status(call, scope, status)
    if not contents.strip():
        raise Failure("No contents provided")
    first = config.put(
        call.world.db, scope, tool, path, contents, call.user.login, unversioned=call.is_true("unversioned")
    )
    return replies.empty(201 if first else 200)


def delete(call: Call) -> Response:
    """Disables the text and forgets nothing."""
    return _set_status(call, _writable_scope(call), "disabled")


def _set_status(call: Call, scope: str, status: str) -> Response:
    found = config.newest(call.world.db, scope, call.args["tool"], call.args["path"])
    if found is None:
        return _missing(call)
    config.set_status(call.world.db, found, status, call.user.login)
    return replies.empty()


def _contents(call: Call) -> str | None:
    """The text of the body; None when there is none."""
    if not call.uploads and not call.body_length:
        return None
    text = call.text()
    if call.content_type != "application/json":
        return text
    try:
        return str(json.loads(text)["contents"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest("The JSON body has no contents.") from error


def _scope(call: Call) -> str:
    project = call.args.get("project")
    return SITE if project is None else rights.visible(call.world.db, call.user, project).id


def _writable_scope(call: Call) -> str:
    scope = _scope(call)
    allowed = call.user.admin if scope == SITE else rights.may_own(call.world.db, call.user, scope)
    if not allowed:
        raise Forbidden("User does not have permission to modify this configuration.")
    return scope


def _missing(call: Call) -> Response:
    if call.is_true("accept-not-found"):
        return replies.empty(204)
    raise NotFound("Couldn't find config for specified parameters.")


def _table(call: Call, found: list[Config]) -> Response:
    rows = [
        {
            "tool": one.tool, "path": one.path, "project": one.project, "user": one.login, "create_date": one.created,
            "reason": "", "contents": one.contents, "unversioned": one.unversioned, "version": one.version,
            "status": one.status,
        }
        for one in found
    ]  # fmt: skip
    columns = [name for name in COLUMNS if name != "contents" or not call.is_true("meta")]
    return replies.table(call, columns, rows)
