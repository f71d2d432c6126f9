"""Puts what a container has written into a resource, by the same code that takes uploads over REST.

Laws: the children of `<mount>/<path>` go up with their folders kept; when that is a file, or empty, it goes itself; a
resource that is there stays, files of the same name are replaced, the others stay, its own format and tags too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.containers import finding, outputs
from xnat_gate.sandbox.containers.failures import ResolutionFailed
from xnat_gate.sandbox.containers.outputs import Output
from xnat_gate.sandbox.exceptions import InConflict, Refusal
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.responses import files, resources
from xnat_gate.sandbox.world import World


class UploadFailed(Exception):
    """An output did not get into the archive; `str()` tells why."""


def upload(world: World, user: User, output: Output, mount: Path, workflow: int | None) -> None:
    """Raises UploadFailed."""
    place = mount / output.path.strip("/")
    try:
        outputs.demand_edit(world, user, output.parent)
        found = sorted(_files(place))
        if not found:
            with suppress(InConflict):  # it is there already
                resources.put(_call(world, user, output, workflow))
        for path in found:
            name = path.relative_to(place).as_posix() if path != place else path.name
            _put(world, user, output, workflow, path, name, tell=path == found[0])
    except (Refusal, ResolutionFailed, OSError) as error:
        raise UploadFailed(str(error)) from error


def _put(
    world: World, user: User, output: Output, workflow: int | None, path: Path, name: str, *, tell: bool
) -> None:  # fmt: skip
    """An output is one upload, however many files it has: only the first of them is told of."""
    with path.open("rb") as content:
        call = _call(world, user, output, workflow)
        call.args = {**call.args, "path": name}
        call.body, call.body_length = content, path.stat().st_size
        call.headers = {**call.headers, "content-length": str(call.body_length)}
        files.put(call, tell=tell)


def _call(world: World, user: User, output: Output, workflow: int | None) -> Call:
    """The request that this upload would be."""
    words = finding.URI.fullmatch(output.parent)
    args = {name: unquote(word) for name, word in (words.groupdict() if words else {}).items() if word}
    params = [("overwrite", "true"), ("event_id", str(workflow or ""))]
    params += [
        (name, output.texts[name]) for name in ("format", "description", "content") if output.texts[name]
    ]
    params += [("tags", ",".join(output.tags))] if output.tags else []
    path = f"{output.parent.replace('/archive', '/data', 1)}/resources/{output.texts['label']}"
    return Call(
        world=world, method="PUT", path=path, asked_path=path, args={**args, "resource": output.texts["label"]},
        params=params, headers={"content-type": "application/octet-stream"}, body=io.BytesIO(), body_length=0,
        user=user,
    )  # fmt: skip


def _files(place: Path) -> Iterator[Path]:
    """Raises FileNotFoundError."""
    if not place.exists():
        raise FileNotFoundError(f"There is nothing at {place}.")
    if place.is_file():
        yield place
        return
    for path in place.rglob("*"):
        if path.is_file():
            yield path
