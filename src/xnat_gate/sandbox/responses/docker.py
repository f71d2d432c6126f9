"""The server that runs containers, its images and the commands in their labels: /xapi/docker; the plugin's version.

Laws: everybody who is logged in may look, managers may change (403); the engine itself is chosen when the sandbox
starts, and `sandbox-engine`, which no XNAT has, tells which it is.
"""

from __future__ import annotations

from starlette.responses import Response

from xnat_gate.sandbox import replies
from xnat_gate.sandbox.call import Call
from xnat_gate.sandbox.commands import labels, rules
from xnat_gate.sandbox.commands.scalars import Unreadable, boolean, text, whole
from xnat_gate.sandbox.commands.shaping import Form, Shape, anything
from xnat_gate.sandbox.containers.engine import EngineError, ImageMissing
from xnat_gate.sandbox.exceptions import BadRequest, Failure, NotFound, NotPlayed
from xnat_gate.sandbox.jobs import label_commands
from xnat_gate.sandbox.models import commands, container_servers
from xnat_gate.sandbox.responses.command_bodies import body, word
from xnat_gate.sandbox.responses.container_rights import admit_manager

OLDEST_XNAT = "1.8.5"
TEXTS = (
    "name", "host", "backend", "cert-path", "path-translation-xnat-prefix", "path-translation-docker-prefix",
    "container-user", "gpu-vendor", "archive-pvc-name", "build-pvc-name", "combined-pvc-name",
    "archive-path-translation", "build-path-translation", "combined-path-translation",
)  # fmt: skip
SWITCHES = ("pull-images-on-xnat-init", "auto-cleanup", "status-email-enabled")
SERVER = Form(
    {
        **dict.fromkeys(TEXTS, text),
        **dict.fromkeys((*SWITCHES, "swarm-mode"), boolean),
        "swarm-constraints": anything,
        "max-concurrent-finalizing-jobs": whole,
    },
    dict.fromkeys(SWITCHES, False),
)
HUB = {
    "id": 1, "name": "Docker Hub", "url": "https://index.docker.io/v1/", "default": True, "username": None,
    "email": None, "ping": None,
}  # fmt: skip


def version(call: Call) -> Response:
    """Whether the plugin fits this XNAT: `compatible`, `xnat-version-detected`, `min-xnat-version-required`.

    Not played: the check itself.
    """
    detected = call.world.settings.version
    told = {"compatible": True, "xnat-version-detected": detected, "min-xnat-version-required": OLDEST_XNAT}
    return replies.json_value(told)


def server(call: Call) -> Response:
    """The server as it is set, with `ping`, and `sandbox-engine`: docker, swarm or process."""
    return replies.json_value(_server(call))


def set_server(call: Call) -> Response:
    """Sets the server as a whole, what is left out is off: 201 and the server; 400 without `host`, 403, 500.

    Not played: another back end than the sandbox's engine, another `host`.
    """
    admit_manager(call)
    try:
        value = SERVER(body(call))
    except Unreadable as error:
        raise Failure(f"Could not read JSON: {error}") from error
    value.setdefault("backend", "swarm" if value.pop("swarm-mode", False) else "docker")
    if not value.get("host", "").strip():
        raise BadRequest("Must specify host for this backend.")
    if value["backend"] != _backend(call):
        raise NotPlayed(
            f"The sandbox runs its containers with {call.world.engine.name}, chosen when it started"
        )
    container_servers.put(call.world.db, {**value, "name": value.get("name") or value["host"]})
    return replies.json_value(_server(call), 201)


def ping(call: Call) -> Response:
    """`OK`; 500 when the server does not answer."""
    if not call.world.engine.ping():
        raise Failure("The Docker server returned an error:\nno answer")
    return replies.text("OK")


def images(call: Call) -> Response:
    """`image-id`, `tags`, `labels` of each image, and the images of commands that are not there; `installed=true`."""
    found = [
        {"image-id": each.id, "tags": list(each.tags), "labels": dict(each.labels)}
        for each in call.world.engine.images()
    ]
    tags = {tag for each in call.world.engine.images() for tag in each.tags}
    wanted = dict.fromkeys(each.command["image"] for each in commands.all(call.world.db))
    missing = [{"tags": [image], "labels": {}} for image in wanted if image not in tags]
    return replies.json_value(found if call.flag("installed") else found + missing)


def image_summaries(call: Call) -> Response:
    """Each image with its `names`, its `server` and its `commands`, registered or in the label alone (id 0)."""
    name = container_servers.current(call.world.db)["name"]
    found: list[Shape] = []
    for image in call.world.engine.images():
        inside = labels.read(image.labels.get(labels.LABEL, ""), image=None, image_id=image.id)
        inside = [_unregistered(each) for each in inside]
        found.append({"image-id": image.id, "server": name, "names": list(image.tags), "commands": inside})
    for registered in commands.all(call.world.db):
        own = registered.command
        place = next((each for each in found if own["image"] in each["names"]), None)
        if place is None:
            place = {"names": [own["image"]], "commands": []}
            found.append(place)
        _add_or_replace(place["commands"], own)
    return replies.json_value(found)


def save(call: Call) -> Response:
    """Registers the commands in the label of a present image; those that were, as a JSON list; 403, 404, 500.

    What breaks a rule or is there already is left out without a word; `image` without a tag registers none.
    """
    admit_manager(call)
    return replies.json_value(_save(call, _image(call)))


def pull(call: Call) -> Response:
    """Fetches an image and registers its commands, unless `save-commands=false`: 200; 400, 403, 404, 500."""
    admit_manager(call)
    image = _image(call)
    if "/" not in image and "sha256:" in image:
        raise BadRequest("Cannot pull an image by sha256 ID. Use image label instead.")
    try:
        call.world.engine.pull(image)
    except ImageMissing as error:
        raise NotFound(str(error)) from error
    except EngineError as error:
        raise Failure(f"The Docker server returned an error:\n{error}") from error
    if call.flag("save-commands", default=True):
        _save(call, image)
    return replies.empty()


def hubs(call: Call) -> Response:
    """The one hub there is, Docker's own.

    Not played: other hubs, whether it answers (`ping` is null).
    """
    return replies.json_value([HUB])


def _server(call: Call) -> Shape:
    engine = call.world.engine
    value = container_servers.current(call.world.db)
    if value["id"] == container_servers.DEFAULT["id"]:
        value |= {"host": engine.host, "backend": _backend(call)}
    return {**value, "ping": engine.ping(), "sandbox-engine": engine.name}


def _backend(call: Call) -> str:
    return "swarm" if call.world.engine.name == "swarm" else "docker"


def _image(call: Call) -> str:
    image = word(call, "image")
    if not image:
        raise NotPlayed(f"The sandbox does not play {call.method} {call.path} without image")
    return image


def _save(call: Call, image: str) -> list[Shape]:
    try:
        made = label_commands.save(call.world.db, call.world.engine, image)
    except rules.ServerBreaks as error:
        raise Failure(str(error)) from error
    except EngineError as error:
        raise Failure(f"The Docker server returned an error:\n{error}") from error
    if made is None:
        raise NotFound(f"Could not find image {image}")
    return made


def _unregistered(command: Shape) -> Shape:
    return {"id": 0, **command, "xnat": [{"id": 0, **wrapper} for wrapper in command["xnat"]]}


def _add_or_replace(listed: list[Shape], command: Shape) -> None:
    for index, each in enumerate(listed):
        if each.get("name") == command["name"]:
            listed[index] = command
            return
    listed.append(command)
