"""/data/user/cache: files of one's own, to be imported by `src=` later.

Laws: every account has its own; a name never leaves its resource.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call, Upload
from xnat_gate.sandbox.exceptions import BadRequest, NotFound, Refusal
from xnat_gate.sandbox.models.folders import within

SOURCE = re.compile(r"^(?:/data)?/user/cache/resources/(?P<r>[^/]+)/files/(?P<f>.+)$")


class Exists(Refusal):
    """The resource is there already."""

    status = 412


def put_resource(call: Call) -> Response:
    """Creates a resource: 200; 412 when it is there."""
    home = _home(call, call.args["resource"])
    if home.is_dir():
        raise Exists("Resource already exists.")
    home.mkdir(parents=True)
    return replies.empty()


def delete_resource(call: Call) -> Response:
    """Removes a resource with its files; 404."""
    call.world.folders.discard(_existing(call))
    return replies.empty()


def files(call: Call) -> Response:
    """The files of a resource: `Name,Size,URI`; 404."""
    home = _existing(call)
    base = f"/data/user/cache/resources/{call.args['resource']}/files"
    rows = [
        {"Name": path.name, "Size": path.stat().st_size, "URI": f"{base}/{path.relative_to(home).as_posix()}"}
        for path in sorted(home.rglob("*"))
        if path.is_file()
    ]
    return replies.table(call, ("Name", "Size", "URI"), rows)


def get(call: Call) -> Response:
    """The bytes of a file; 404."""
    place = _file(call)
    return replies.file(place, place.name)


def put(call: Call) -> Response:
    """Stores a file, multipart or in-body, and its resource when that is missing: 200 empty.

    Not played: `extract`.
    """
    place = within(_home(call, call.args["resource"]), call.args["path"])
    upload = call.one_file()
    fresh = call.world.folders.temporary()
    with fresh.open("wb") as target:
        shutil.copyfileobj(upload.file if upload else call.body, target)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh.replace(place)
    return replies.empty()


def delete(call: Call) -> Response:
    """Removes a file; 404."""
    call.world.folders.discard(_file(call))
    return replies.empty()


@contextmanager
def source(call: Call) -> Iterator[Upload | None]:
    """The cached file that `src=` names; None when the request has no `src`."""
    src = call.param("src")
    if src is None:
        yield None
        return
    words = SOURCE.match(src)
    if words is None:
        raise BadRequest(f"Invalid src: {src}")
    place = within(_home(call, words["r"]), words["f"])
    if not place.is_file():
        raise NotFound(f"Unable to find {src}")
    with place.open("rb") as file:
        yield Upload(place.name, "", file)


def _home(call: Call, resource: str) -> Path:
    return within(call.world.folders.root / "users", f"{call.user.login}/{resource}")


def _existing(call: Call) -> Path:
    home = _home(call, call.args["resource"])
    if not home.is_dir():
        raise NotFound("Unable to find the resource.")
    return home


def _file(call: Call) -> Path:
    place = within(_existing(call), call.args["path"])
    if not place.is_file():
        raise NotFound("Unable to find file.")
    return place
