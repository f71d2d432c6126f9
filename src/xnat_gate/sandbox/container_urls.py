"""Which path of the Container Service is whose; urls.py adds them to the others."""

from __future__ import annotations

from xnat_gate.sandbox.responses import (
    command_configuration,
    commands,
    containers,
    docker,
    launching,
    wrappers,
)
from xnat_gate.sandbox.router import Route, route


def registration() -> list[Route]:
    """Commands and wrappers, where they are enabled, and the images they come from."""
    return [
        route("/xapi/containers/version", GET=docker.version),
        route("/xapi/commands", GET=commands.listed, POST=commands.create),
        route("/xapi/commands/available", GET=wrappers.available),
        route("/xapi/commands/available/site", GET=wrappers.available_on_site),
        route("/xapi/projects/{project}/commands/available", GET=wrappers.available),
        route("/xapi/commands/{id}", GET=commands.get, POST=commands.update, DELETE=commands.delete),
        route("/xapi/commands/{id}/wrappers", POST=wrappers.add),
        route("/xapi/commands/{id}/wrappers/{wrapper}", POST=wrappers.update),
        route("/xapi/wrappers/{wrapper}", DELETE=wrappers.delete),
        route("/xapi/command/{id}/visibility/{visibility}", POST=wrappers.set_visibility),
        *_wrapper_settings(),
        route("/xapi/docker/server", GET=docker.server, POST=docker.set_server),
        route("/xapi/docker/server/ping", GET=docker.ping),
        route("/xapi/docker/images", GET=docker.images),
        route("/xapi/docker/images/save", POST=docker.save),
        route("/xapi/docker/image-summaries", GET=docker.image_summaries),
        route("/xapi/docker/pull", POST=docker.pull),
        route("/xapi/docker/hubs", GET=docker.hubs),
    ]


def _wrapper_settings() -> list[Route]:
    """A wrapper is named by its id, or by its command and its name."""
    set_ = command_configuration
    found = [route("/xapi/wrappers/{wrapper}/projects", GET=set_.projects)]
    for base in ("wrappers/{wrapper}", "commands/{id}/wrappers/{name}"):
        site_, place = f"/xapi/{base}", f"/xapi/projects/{{project}}/{base}"
        found += [
            route(f"{site_}/enabled", GET=set_.enabled, PUT=set_.enable),
            route(f"{site_}/disabled", PUT=set_.disable),
            route(f"{site_}/config", GET=set_.get, POST=set_.put, DELETE=set_.delete),
            route(f"{place}/enabled", GET=set_.enabled_in_project, PUT=set_.enable_in_project),
            route(f"{place}/disabled", PUT=set_.disable_in_project),
            route(
                f"{place}/config",
                GET=set_.get_in_project,
                POST=set_.put_in_project,
                DELETE=set_.delete_in_project,
            ),
        ]
    return found


def launches() -> list[Route]:
    """Launching, and the containers that come of it."""
    found = []
    for base in ("/xapi", "/xapi/projects/{project}"):
        for wrapper in ("wrappers/{wrapper}", "commands/{id}/wrappers/{name}"):
            found += [
                route(f"{base}/{wrapper}/launch", POST=launching.launch),
                route(f"{base}/{wrapper}/root/{{root}}/launch", POST=launching.launch),
                route(f"{base}/{wrapper}/root/{{root}}/bulklaunch", POST=launching.bulk_launch),
            ]
        found += [
            route(f"{base}/containers", GET=containers.listed),
            route(f"{base}/containers/{{container}}/kill", POST=containers.kill),
        ]
    project, row = "/xapi/projects/{project}", "/xapi/containers/{container}"
    return [
        *found,
        route(f"{project}/wrapper/{{wrapper}}/launch", POST=launching.launch_by_query),
        route(f"{project}/wrapper/{{wrapper}}/root/{{root}}/launch", POST=launching.launch_by_query),
        route(row, GET=containers.get, DELETE=containers.delete),
        route(f"{row}/logs", GET=containers.logs),
        route(f"{row}/logs/{{file}}", GET=containers.log),
        route(f"{row}/logSince/{{file}}", GET=containers.log_since),
    ]
