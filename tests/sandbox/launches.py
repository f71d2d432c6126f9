"""Commands to register and launch: small ones, made of shell and Python, and what became of them."""

from __future__ import annotations

import json
import time
from typing import Any

import requests

from tests.sandbox.client import JSON, Client
from xnat_gate.sandbox.server import Sandbox

Shape = dict[str, Any]
SESSION: Shape = {"name": "session", "type": "Session", "required": True}
IMAGE = "local/try:1"
OUTPUT = "/output"


def command(line: str, *, wrapper: Shape | None = None, shell: bool = False, **more: Any) -> Shape:
    """A command of one wrapper, which takes a session unless `wrapper` says more; keys with underscores."""
    own = {
        "name": "try",
        "contexts": ["xnat:imageSessionData"],
        "external-inputs": [SESSION],
        **(wrapper or {}),
    }
    told = {name.replace("_", "-"): value for name, value in more.items()}
    base = {"name": "try", "version": "1", "image": IMAGE, "type": "docker", "command-line": line}
    return {**base, "override-entrypoint": shell, "xnat": [own], **told}


def writing(line: str, *, required: bool = True, path: str | None = None, **more: Any) -> Shape:
    """A command in a shell whose /output becomes the session's resource TRY."""
    output: Shape = {"name": "out", "mount": "out", "required": required}
    handler = {"name": "keep", "accepts-command-output": "out", "as-a-child-of": "session", "label": "TRY"}
    mounts = [{"name": "out", "path": OUTPUT, "writable": True}, *more.pop("mounts", [])]
    wrapper = {"output-handlers": [{**handler, "format": "TXT"}], **more.pop("wrapper", {})}
    outputs = [output | ({"path": path} if path else {})]
    return command(line, wrapper=wrapper, shell=True, mounts=mounts, outputs=outputs, **more)


def fed(kind: str, **more: Any) -> Shape:
    """An input of this type whose files are in /input."""
    told = {name.replace("_", "-"): value for name, value in more.items()}
    return {"name": kind.lower(), "type": kind, "provides-files-for-command-mount": "in", **told}


def registered(admin: Client, body: Shape) -> int:
    """The ID of the command's only wrapper."""
    answer = admin.post("/xapi/commands", json=body)
    assert answer.status_code == 201, answer.text
    found = admin.get(f"/xapi/commands/{answer.json()}").json()
    return int(found["xnat"][0]["id"])


def experiment_id(client: Client, label: str = "E1", project: str = "HOSPITAL") -> str:
    rows = client.rows(f"/data/projects/{project}/experiments", label=label)
    return rows[0]["ID"]


def launched(client: Client, wrapper: int, root: str = "session", **params: str) -> str:
    """The workflow's number."""
    answer = client.post(f"/xapi/wrappers/{wrapper}/root/{root}/launch", json=params)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["status"] == "success"
    return str(told["workflow-id"])


def workflow(client: Client, number: str) -> Shape:
    answer = client.get(f"/data/workflows/{number}", params=JSON)
    assert answer.status_code == 200, answer.text
    found: Shape = answer.json()["items"][0]["data_fields"]
    return found


def row(client: Client, number: str) -> Shape:
    """The container of a workflow."""
    found: list[Shape] = client.get("/xapi/containers").json()
    return next(each for each in found if each["workflow-id"] == number)


def log(client: Client, number: str, name: str = "stdout") -> str:
    return client.get(f"/xapi/containers/{row(client, number)['id']}/logs/{name}").text


def await_running(client: Client, number: str) -> str:
    """The engine's ID of the only container, once it runs."""
    end = time.monotonic() + 20
    while (found := client.get("/xapi/containers").json()) == [] or found[0]["status"] != "Running":
        assert time.monotonic() < end, found
    assert found[0]["workflow-id"] == number
    return str(found[0]["container-id"])


class Runner:
    """Registers as admin, launches on session E1 as somebody, and waits for the end."""

    def __init__(self, sandbox: Sandbox, admin: Client, user: Client) -> None:
        self.sandbox, self.admin, self.user = sandbox, admin, user

    def __call__(self, body: Shape, **params: str) -> Shape:
        """The workflow at its end, with the log and the row in it when there was a container."""
        return self.run(registered(self.admin, body), **params)

    def start(self, body: Shape) -> str:
        """The workflow of a launch that is not waited for."""
        return launched(self.user, registered(self.admin, body), session=self.session)

    def run(self, wrapper: int, root: str = "session", **params: str) -> Shape:
        number = launched(self.user, wrapper, root, **{root: self.session, **params})
        self.sandbox.settle()
        found = workflow(self.user, number)
        if "comments" in found:
            found |= {"row": row(self.user, number), "log": log(self.user, number)}
        return found

    @property
    def session(self) -> str:
        return f"/archive/experiments/{experiment_id(self.admin)}"

    def files(self, label: str = "TRY") -> dict[str, bytes]:
        """The files of a resource of E1, by path."""
        base = f"/data/projects/HOSPITAL/experiments/E1/resources/{label}/files"
        listed = self.admin.get(base, params=JSON)
        if listed.status_code == 404:
            return {}
        rows = listed.json()["ResultSet"]["Result"]
        return {each["URI"].partition("/files/")[2]: self.admin.get(each["URI"]).content for each in rows}


def as_list(*values: str) -> str:
    return json.dumps(list(values))


def told(answer: requests.Response) -> Shape:
    assert answer.status_code == 200, answer.text
    found: Shape = answer.json()
    return found
