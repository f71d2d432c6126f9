"""Carries out what a subscription asks for: launches its wrapper on the object, or, on schedule, on many.

Laws: contexts are not compared with the object of an event, only with the items of a schedule; a launch that was queued
ends the delivery of an event at ACTION_STEP, that of a schedule goes on to ACTION_COMPLETE; what became of the
container is told by its own workflow alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xnat_gate.sandbox.commands import contexts
from xnat_gate.sandbox.events import actions, items, payload
from xnat_gate.sandbox.events.happening import Happening
from xnat_gate.sandbox.events.payload import Payload
from xnat_gate.sandbox.exceptions import Refusal
from xnat_gate.sandbox.models import commands, deliveries, projects, rights
from xnat_gate.sandbox.models.commands import Shape
from xnat_gate.sandbox.models.deliveries import Step
from xnat_gate.sandbox.models.subscriptions import Subscription
from xnat_gate.sandbox.models.users import User
from xnat_gate.sandbox.world import World

SCHEDULED = frozenset(
    {"Project", "Subject", "Session", "Assessor", "Scan", "ProjectAsset", "SubjectAssessor"}
)
"""Types of a first external input that a schedule can feed; that of an event goes into the first, whatever it is."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One delivery's action: the wrapper, the name and type of its first external input, the launch parameters."""

    delivery: int
    user: User
    subscription: Subscription
    wrapper: Shape
    root: str
    root_type: str
    params: Mapping[str, str]


def deed(
    world: World, delivery: int, user: User, one: Subscription, params: Mapping[str, str]
) -> Deed | None:
    """What is to be done; None when that cannot be told, with the reason in the history."""
    number = actions.wrapper_of(one.action_key)
    found = commands.of_wrapper(world.db, number) if number is not None else None
    if found is None:
        deliveries.add(world.db, delivery, Step.ACTION_FAILED, f"Wrapper not found with id: {number}")
        return None
    wrapper = found[1]
    root = next(iter(wrapper.get("external-inputs", [])), None)
    if root is None:
        message = f"Failed to determine external input type for command wrapper with id:{number}"
        deliveries.add(world.db, delivery, Step.ACTION_FAILED, message)
        return None
    return Deed(delivery, user, one, wrapper, root["name"], root["type"], params)


def on_object(world: World, what: Deed, happening: Happening, about: Payload | None) -> None:
    """Launch on the event's object."""
    if about is None:
        message = "The object of the event cannot be loaded."
        deliveries.add(world.db, what.delivery, Step.ACTION_FAILED, message)
        return
    chosen = what.subscription.filter.projects
    project = None if not chosen else chosen[0] if len(chosen) == 1 else happening.project
    _launch(world, what, project, about.uri)


def on_schedule(world: World, what: Deed) -> None:
    """Launch on every item of the chosen projects that fits."""
    if what.root_type not in SCHEDULED:
        message = f"External Input type:{what.root_type} is not supported by scheduled events."
        deliveries.add(world.db, what.delivery, Step.ACTION_FAILED, message)
        return
    chosen = what.subscription.filter.projects or [project.id for project in projects.listed(world.db)]
    uris = dict.fromkeys(uri for project in chosen for uri in _uris(world, what, project))
    if not uris:
        message = f"No inputs of type: {what.root_type} found. Nothing to do."
        deliveries.add(world.db, what.delivery, Step.ACTION_COMPLETE, message)
        return
    launched = [_launch(world, what, chosen[0] if len(chosen) == 1 else None, uri) for uri in uris]
    if any(launched):
        deliveries.add(world.db, what.delivery, Step.ACTION_COMPLETE, "Done")


def _launch(world: World, what: Deed, project: str | None, uri: str) -> bool:
    """Whether a launch was queued."""
    # a container may fire events in turn: the ring of rooms is closed here
    from xnat_gate.sandbox.containers import launching

    params = {**what.params, what.root: uri}
    try:
        if not what.user.enabled:
            raise Refusal(f"The account {what.user.login} is disabled.")
        launching.launch(
            world,
            user=what.user,
            wrapper_id=what.wrapper["id"],
            project=project,
            root=what.root,
            params=params,
        )
    except Refusal as refusal:
        deliveries.add(world.db, what.delivery, Step.ACTION_FAILED, str(refusal))
        return False
    deliveries.add(world.db, what.delivery, Step.ACTION_STEP, "Container queued.")
    return True


def _uris(world: World, what: Deed, project: str) -> Iterator[str]:
    """The archive URIs of a project's items that fit contexts, payload filter and rights."""
    for model, primary in items.of_type(world, what.root_type, project):
        if not contexts.offered(what.wrapper, str(model["xsiType"])):
            continue
        if not payload.passes(what.subscription.filter.payload_filter, model):
            continue
        if what.root_type == "Project" or rights.may_edit(world.db, what.user, primary):
            yield str(model["uri"])
            continue
        message = (
            f"User: {what.user.login} doesn't have permission to run containers on the primary project."
            f" Skipping item: {model['id']}."
        )
        deliveries.add(world.db, what.delivery, Step.ACTION_STEP, message)
